package harness

import (
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/benbjohnson/clock"
)

// trolleyServer is Trolley's authentication, written out from the page and not
// from the profile, with a switch for each breach the tests want.
type trolleyServer struct {
	clk clock.Clock

	limit                                                        int64 // of the window, in seconds; 0 for 30
	noWindow, noSignature, noKey, noScheme, keyFirst, pastOnly   bool
	lenientStamp, bodyUnsigned, echoSecret, echoSignature, crash bool
	timestampMessage, keyMessage, signatureMessage, code         string
	status                                                       int
	accepted, refused                                            string // bodies in place of the documented ones
}

// The made-up credentials of Trolley's profile.
const (
	trolleyKey    = "ALC7SKEWPROOFEXAMPLE0000"
	trolleySecret = "harness-secret-key"
)

func (s *trolleyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.crash {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	body, _ := io.ReadAll(r.Body)
	if message := s.refusal(r, string(body)); message != "" {
		s.refuse(w, r, string(body), message)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if s.accepted != "" {
		_, _ = io.WriteString(w, s.accepted)
		return
	}
	_, _ = io.WriteString(w, `{"ok":true,"recipients":[]}`)
}

// refusal is the message of the first check that fails; empty for none.
func (s *trolleyServer) refusal(r *http.Request, body string) string {
	stamps := r.Header["X-Pr-Timestamp"]
	authorization := r.Header["Authorization"]
	if len(stamps) != 1 && !s.lenientStamp {
		return "X-PR-Timestamp is missing or repeated"
	}
	if len(authorization) != 1 {
		return "Authorization is missing or repeated"
	}
	var key, signature string
	credentials, ok := strings.CutPrefix(authorization[0], "prsign ")
	if s.noScheme {
		_, credentials, ok = strings.Cut(authorization[0], " ")
	}
	if ok {
		key, signature, ok = strings.Cut(credentials, ":")
	}
	malformed := ""
	if !ok || signature == "" || strings.ContainsAny(credentials, " \t\"") || strings.Contains(signature, ":") {
		malformed = "Authorization is malformed"
	}
	unknown := ""
	if key != trolleyKey && !s.noKey && malformed == "" {
		unknown = s.say(s.keyMessage, "Invalid token: not found keyPrefix="+key[:min(11, len(key))])
	}
	if s.keyFirst && unknown != "" {
		return unknown
	}
	stamp := ""
	if len(stamps) > 0 {
		stamp = stamps[0]
	}
	if message := s.checkStamp(stamp); message != "" {
		return message
	}
	if malformed != "" {
		return malformed
	}
	if unknown != "" {
		return unknown
	}
	if s.bodyUnsigned && r.Method == http.MethodPost {
		return ""
	}
	if right := trolleySignature(trolleySecret, stamp, r.Method, r.RequestURI, body); !s.noSignature && !hmac.Equal([]byte(signature), []byte(right)) {
		return s.say(s.signatureMessage, "Invalid token: bad hash")
	}
	return ""
}

func (s *trolleyServer) checkStamp(stamp string) string {
	n, err := strconv.ParseInt(stamp, 10, 64)
	if s.lenientStamp && stamp == "" {
		return ""
	}
	if err != nil || strconv.FormatInt(n, 10) != stamp {
		return "X-PR-Timestamp is not a number of seconds"
	}
	limit := s.limit
	if limit == 0 {
		limit = 30
	}
	age := s.clk.Now().Unix() - n
	if !s.noWindow && (age > limit || age < -limit && !s.pastOnly) {
		return s.say(s.timestampMessage, "Timestamp is more than 30 seconds off of server time")
	}
	return ""
}

func (s *trolleyServer) say(own, documented string) string {
	if own != "" {
		return own
	}
	return documented
}

func (s *trolleyServer) refuse(w http.ResponseWriter, r *http.Request, body, message string) {
	if s.echoSecret {
		message += " (secret: " + trolleySecret + ")"
	}
	if s.echoSignature {
		message += " (expected " + trolleySignature(trolleySecret, r.Header.Get("X-PR-Timestamp"), r.Method, r.RequestURI, body) + ")"
	}
	status := s.status
	if status == 0 {
		status = http.StatusUnauthorized
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if s.refused != "" {
		_, _ = io.WriteString(w, s.refused)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "errors": []any{map[string]any{"code": s.say(s.code, "invalid_api_key"), "message": message}}})
}

// trolleyTarget is a server with some breaches, anew for each case.
func trolleyTarget(breach func(*trolleyServer)) Target {
	return HandlerTarget(func(clk clock.Clock) http.Handler {
		s := &trolleyServer{clk: clk}
		if breach != nil {
			breach(s)
		}
		return s
	})
}

func checker(t testing.TB, p *Profile, target Target, o Options) *Checker {
	t.Helper()
	c, err := NewChecker(p, target, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAServerWrittenFromThePageConforms(t *testing.T) {
	p := shipped(t, "trolley")
	c := checker(t, p, trolleyTarget(nil), Options{})
	if err := c.Calibrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, cs := range p.Cases {
		if cs.Side != "server" {
			continue
		}
		r := c.Run(t.Context(), cs)
		if r.Verdict != Pass && r.Verdict != Observed || len(r.Findings) > 0 {
			t.Errorf("%s: %s %s %+v", cs.Name(), r.Verdict, r.Reason, r.Findings)
		}
	}
	if err := CheckServer(t.Context(), p, trolleyTarget(nil), Options{}); err != nil {
		t.Errorf("CheckServer: %v", err)
	}
	if len(c.Notes()) > 0 {
		t.Errorf("notes: %q", c.Notes())
	}
}

func TestABreachCitesItsRequirement(t *testing.T) {
	for _, tt := range []struct {
		claim  string
		breach func(*trolleyServer)
		id     string
		rule   string // with its level, where that is not MUST
		kind   string
		says   string
	}{
		{"the window is never checked", func(s *trolleyServer) { s.noWindow = true }, "window/past-limit+1s", "TRO-011", "outcome", "accepted; expected refusal with timestamp"},
		{"the window is never checked, an hour late", func(s *trolleyServer) { s.noWindow = true }, "window/past-hour", "TRO-011", "outcome", "accepted; expected refusal with timestamp"},
		{"the window is two seconds too small", func(s *trolleyServer) { s.limit = 28 }, "window/past-limit-1s", "TRO-011", "outcome", "a right request was refused"},
		{"another message for the timestamp", func(s *trolleyServer) { s.timestampMessage = "Timestamp is too old" }, "errors/timestamp-message", "TRO-019", "message", "the body differs at $.errors[0].message"},
		{"another message for the key", func(s *trolleyServer) { s.keyMessage = "Invalid token: not found" }, "errors/key-message", "TRO-020", "message", "the body differs at $.errors[0].message"},
		{"another message for the signature", func(s *trolleyServer) { s.signatureMessage = "Invalid token: bad hmac" }, "errors/signature-message", "TRO-021", "message", "the body differs at $.errors[0].message"},
		{"another code", func(s *trolleyServer) { s.code = "invalid_key" }, "errors/key-code", "TRO-018", "code", "the body differs at $.errors[0].code"},
		{"a body of another shape", func(s *trolleyServer) { s.refused = `{"error":"Invalid token: bad hash"}` }, "errors/signature-shape", "TRO-017", "shape", "the body differs at $.ok"},
		{"a body that is no JSON", func(s *trolleyServer) { s.refused = "<html>401</html>" }, "errors/signature-shape", "TRO-017", "shape", "JSON"},
		{"the secret in the answer", func(s *trolleyServer) { s.echoSecret = true }, "leak/wrong-signature", "TRO-022", "leak", "the answer holds a secret of the customer"},
		{"the right signature in the answer", func(s *trolleyServer) { s.echoSignature = true }, "leak/wrong-signature", "TRO-022", "leak", "the answer to a wrong signature holds the right one"},
		{"a server that fails", func(s *trolleyServer) { s.crash = true }, "signature/zeros", "TRO-016", "server-error", "the server failed"},
		{"a server that refuses with 503", func(s *trolleyServer) { s.status = 503 }, "signature/zeros", "TRO-016", "server-error", "the server failed"},
		{"the signature is never checked", func(s *trolleyServer) { s.noSignature = true }, "signature/other-secret", "TRO-016", "outcome", "accepted; expected refusal with signature"},
		{"the key is never checked", func(s *trolleyServer) { s.noKey = true }, "key/unknown", "TRO-015", "outcome", "accepted; expected refusal with key"},
		{"the body is not signed", func(s *trolleyServer) { s.bodyUnsigned = true }, "signature/body-changed", "TRO-032", "outcome", "accepted; expected refusal with signature"},
		{"the key is checked before the timestamp", func(s *trolleyServer) { s.keyFirst = true }, "order/timestamp+key", "TRO-014", "outcome", "refused with key; expected refusal with timestamp"},
		{"a missing timestamp is let pass", func(s *trolleyServer) { s.lenientStamp, s.noSignature = true, true }, "timestamp/missing", "TRO-011", "outcome", "accepted; expected refusal"},
		{"any scheme is let pass", func(s *trolleyServer) { s.noScheme = true }, "authorization/basic", "TRO-027 SHOULD", "outcome", "accepted; expected refusal"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			p := shipped(t, "trolley")
			c := checker(t, p, trolleyTarget(tt.breach), Options{})
			r := c.Run(t.Context(), caseOf(t, p, tt.id))
			rule, level, _ := strings.Cut(tt.rule, " ")
			verdict := Observed // what is below MUST is reported and fails nobody
			if level == "" {
				verdict, level = Fail, string(Must)
			}
			if r.Verdict != verdict {
				t.Fatalf("%s: %s %s %+v", tt.id, r.Verdict, r.Reason, r.Findings)
			}
			i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Kind == tt.kind })
			if i < 0 {
				t.Fatalf("no finding of the kind %s: %+v", tt.kind, r.Findings)
			}
			f := r.Findings[i]
			if f.Rule != rule || string(f.Level) != level || !strings.Contains(f.Problem, tt.says) {
				t.Errorf("finding %+v\nwant one of %s, %s, that says %q", f, rule, level, tt.says)
			}
			if p.Requirement(f.Rule) == nil {
				t.Errorf("%s is no requirement", f.Rule)
			}
			said := fmt.Sprint(r.Err())
			if verdict == Fail && (!strings.HasPrefix(said, "trolley/"+tt.id+": fail") || !strings.Contains(said, rule+" MUST: ")) {
				t.Errorf("as an error it reads:\n%s", said)
			}
			if len(r.Sent) == 0 {
				t.Error("what was sent is not shown")
			}
			if text := fmt.Sprintf("%+v\n%s", r, said); strings.Contains(text, trolleySecret) {
				t.Errorf("the result holds the secret:\n%s", text)
			}
		})
	}
}

func TestCheckServerNamesEveryBrokenCase(t *testing.T) {
	err := CheckServer(t.Context(), shipped(t, "trolley"), trolleyTarget(func(s *trolleyServer) { s.noWindow = true }), Options{})
	if err == nil {
		t.Fatal("a server that checks no window conforms")
	}
	for _, want := range []string{"trolley/window/past-limit+1s: fail", "trolley/window/past-limit+1granule: fail", "trolley/replay/after-the-window: fail", "\tTRO-011 MUST: accepted; expected refusal with timestamp"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q", want)
		}
	}
	for _, right := range []string{"window/same-second", "window/past-limit-1s", "signature/zeros"} {
		if strings.Contains(err.Error(), "trolley/"+right+":") {
			t.Errorf("the error blames %s", right)
		}
	}
}

func TestWhatThePagesLeaveOpenIsObservedAndWhatIsPinnedFails(t *testing.T) {
	for _, tt := range []struct {
		claim          string
		server         func(*trolleyServer)
		id             string
		variant, shown string
	}{
		{"the limit itself is accepted", nil, "window/past-limit", "window-edge", "accept"},
		{"the limit itself is refused", func(s *trolleyServer) { s.limit = 29 }, "window/past-limit", "window-edge", "reject"},
		{"the future is bounded", nil, "window/future-limit+1s", "window-side", "both"},
		{"the future is not bounded", func(s *trolleyServer) { s.pastOnly = true }, "window/future-limit+1s", "window-side", "past-only"},
		{"the same request is accepted twice", nil, "replay/same-request-twice", "replay", "accept"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			p := shipped(t, "trolley")
			cs := caseOf(t, p, tt.id)
			r := checker(t, p, trolleyTarget(tt.server), Options{}).Run(t.Context(), cs)
			if r.Verdict != Observed || shows(r.Shown)[tt.variant] != tt.shown || len(r.Findings) > 0 {
				t.Errorf("%s, shows %v, %+v; want observed, %s=%s", r.Verdict, r.Shown, r.Findings, tt.variant, tt.shown)
			}
			for _, value := range p.Variants[tt.variant].Values {
				pinned, err := p.With(map[string]string{tt.variant: value}, true)
				if err != nil {
					t.Fatal(err)
				}
				r := checker(t, pinned, trolleyTarget(tt.server), Options{}).Run(t.Context(), caseOf(t, pinned, tt.id))
				if failed := r.Verdict == Fail; failed != (value != tt.shown) {
					t.Errorf("pinned to %s: %s %+v", value, r.Verdict, r.Findings)
				}
			}
		})
	}
}

// A status that is pinned binds, though the question is open.
func TestAPinnedStatusBinds(t *testing.T) {
	for _, tt := range []struct {
		pin  string
		want Verdict
	}{{"", Pass}, {"401", Pass}, {"any-4xx", Pass}, {"403", Fail}, {"400", Fail}} {
		p := shipped(t, "trolley")
		if tt.pin != "" {
			var err error
			if p, err = p.With(map[string]string{"status": tt.pin}, true); err != nil {
				t.Fatal(err)
			}
		}
		r := checker(t, p, trolleyTarget(nil), Options{}).Run(t.Context(), caseOf(t, p, "window/past-limit+1s"))
		if r.Verdict != tt.want {
			t.Errorf("pinned to %q: %s %+v", tt.pin, r.Verdict, r.Findings)
		}
		if tt.want == Fail && (len(r.Findings) != 1 || r.Findings[0].Rule != "TRO-023" || r.Findings[0].Level != Must || r.Findings[0].Kind != "status") {
			t.Errorf("pinned to %q: %+v", tt.pin, r.Findings)
		}
	}
}

func TestTargetsThatWouldSendCredentialsInTheClearAreRefused(t *testing.T) {
	p := shipped(t, "trolley")
	for url, says := range map[string]string{
		"https://api.example.com": "", "https://api.example.com/base/": "", "http://localhost:8080": "", "http://127.0.0.1": "", "http://[::1]:80": "",
		"http://api.example.com":             "plain HTTP would send credentials in the clear",
		"http://127.0.0.1.example.com":       "plain HTTP would send credentials in the clear",
		"http://localhost.example.com":       "plain HTTP would send credentials in the clear",
		"api.example.com":                    "write an absolute URL",
		"ftp://api.example.com":              "write an absolute URL",
		"https:///path":                      "write an absolute URL",
		"":                                   "write an absolute URL",
		"https://user:hunter2@example.com":   "leave out user, query and fragment",
		"https://example.com/?token=hunter2": "leave out user, query and fragment",
		"https://example.com/#x":             "leave out user, query and fragment",
	} {
		_, err := NewChecker(p, Target{URL: url}, Options{})
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want an error that says %q", url, err, says)
		}
	}
	if _, err := NewChecker(p, Target{URL: "http://api.example.com"}, Options{AllowPlain: true}); err != nil {
		t.Errorf("plain HTTP is not allowed when it is asked for: %v", err)
	}
}

func TestAMissingCredentialIsAnError(t *testing.T) {
	p := shipped(t, "trolley")
	_, err := NewChecker(p, Target{URL: "https://x.invalid", Credentials: Values{"access_key": "k"}}, Options{})
	if err == nil || !strings.Contains(err.Error(), "trolley needs the credential secret_key") {
		t.Errorf("got %v", err)
	}
}

// A profile and its cases are shared; a checker is not.
func TestTwoCheckersMayShareAProfile(t *testing.T) {
	p := shipped(t, "trolley")
	var both sync.WaitGroup
	for _, breach := range []func(*trolleyServer){nil, func(s *trolleyServer) { s.noWindow = true }} {
		both.Go(func() {
			err := CheckServer(t.Context(), p, trolleyTarget(breach), Options{})
			if (err == nil) != (breach == nil) {
				t.Errorf("with breach %v: %v", breach != nil, err)
			}
		})
	}
	both.Wait()
}

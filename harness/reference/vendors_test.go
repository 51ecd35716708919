package reference_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// Two vendors that nobody has met, each a folder of data in a flow that exists:
// what the harness promises of a vendor that fits must hold for them.
const (
	vendorsFolder = "../../suites/testdata/vendors"
	fewestCases   = 60 // what a folder with just a profile and requirements gets
)

func TestVendorsHold(t *testing.T) {
	profiles, err := harness.Load([]string{"quayside", "lanternpay"}, harness.WithFolder(os.DirFS(vendorsFolder)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		t.Run(p.Vendor, func(t *testing.T) {
			if _, err := os.Stat(vendorsFolder + "/" + p.Vendor + "/cases.yaml"); err == nil {
				t.Error("the vendor has cases of its own, and so shows nothing of the common ones")
			}
			if len(p.Cases) < fewestCases {
				t.Errorf("%d cases, fewer than %d", len(p.Cases), fewestCases)
			}
			count := map[harness.Verdict]int{}
			for _, r := range run(t, p, func(clk clock.Clock) http.Handler { return reference.New(p, clk) }) {
				count[r.Verdict]++
				if r.Verdict != harness.Pass && r.Verdict != harness.Observed || len(r.Findings) > 0 {
					t.Errorf("%s: %s %s %v\n%v", r.Case.Name(), r.Verdict, r.Reason, r.Findings, r.Sent)
				}
			}
			t.Logf("%d cases, %d requirements, %d vectors: %v", len(p.Cases), len(p.Requirements), len(p.Vectors), count)
		})
	}
}

// Every requirement of a server is cited by a case, or says why not.
func TestVendorsRequirements(t *testing.T) {
	for _, name := range []string{"quayside", "lanternpay"} {
		p := load(t, name)
		cited := map[string]bool{}
		for _, c := range p.Cases {
			if c.Side != "server" {
				continue
			}
			for _, id := range c.Rules {
				cited[id] = true
			}
		}
		for _, r := range p.Requirements {
			if r.Side != "client" && cited[r.ID] != (r.Untested == "") {
				t.Errorf("%s: cited is %v, untested is %q", r.ID, cited[r.ID], r.Untested)
			}
		}
	}
}

// A recipe needs a witness from outside, and one that agrees.
func TestVendorsWitness(t *testing.T) {
	p := load(t, "quayside")
	if len(p.Vectors) < 4 {
		t.Errorf("%d vectors, fewer than 4", len(p.Vectors))
	}
	for _, v := range p.Vectors {
		i := v.Inputs
		r := httptest.NewRequest(i["method"], i["path"]+"?"+i["query"], nil)
		right := quaysideSignature(r, []byte(i["body"]), i["key_id"], i["timestamp"])
		if last := v.Stages[len(v.Stages)-1].Value; v.Valid != (last == right) {
			t.Errorf("vector %s: the signature by hand is %s, that of the vector is %s", v.ID, right, last)
		}
	}
	for _, tt := range []struct{ name, file, old, new, want string }{
		{"nobody else vouches", "signatures.json", `"origin": "independent"`, `"origin": "computed"`, "recipe request has no valid vector from outside"},
		{"another separator", "profile.yaml", "QUAY1|", "QUAY1:", `stage "canonical" differs`},
		{"another encoding", "profile.yaml", "signing_key, base64]", "signing_key, base64url]", `stage "signature" differs`},
		{"no digest", "profile.yaml", `text: "{body}", steps: [sha256, hex]`, `text: "{body}"`, `stage "digest" differs`},
		{"a mistake that is none", "signatures.json", `"value": "rkT8zL+0k2Hc`, `"value": "RkT8zL+0k2Hc`, `stage "signature" differs`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := folder(t, "quayside")
			replace(t, files["quayside/"+tt.file], tt.old, tt.new)
			if _, err := harness.Load([]string{"quayside"}, harness.WithFolder(files)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("loading gives %v; want an error with %q", err, tt.want)
			}
		})
	}
	if p := load(t, "lanternpay"); len(p.Vectors) != 0 {
		t.Errorf("lanternpay signs nothing, and has %d vectors", len(p.Vectors))
	}
}

// broken is a server with one fault: the reference of a profile with one text
// replaced by another, or behind a handler that spoils what it does.
type broken struct {
	name string
	edit []string // old, new, old, new, ...
	wrap func(http.Handler) http.Handler
	want map[string]string // a case that has to fail, and the requirement it has to name
}

func TestVendorsBroken(t *testing.T) {
	for vendor, servers := range map[string][]broken{"quayside": brokenQuaysides, "lanternpay": brokenLanternpays} {
		right := load(t, vendor)
		for _, b := range servers {
			t.Run(vendor+"/"+b.name, func(t *testing.T) {
				wrong := right
				if b.edit != nil {
					wrong = load(t, vendor, b.edit...)
				}
				results := run(t, right, func(clk clock.Clock) http.Handler {
					if b.wrap == nil {
						return reference.New(wrong, clk)
					}
					return b.wrap(reference.New(wrong, clk))
				})
				failed := 0
				named := map[string]string{}
				for _, r := range results {
					if r.Verdict == harness.Fail {
						failed++
					}
					for _, f := range r.Findings {
						if r.Verdict == harness.Fail && f.Level == harness.Must && named[r.Case.ID] != b.want[r.Case.ID] {
							named[r.Case.ID] = f.Rule
						}
					}
				}
				for id, rule := range b.want {
					if named[id] != rule {
						t.Errorf("%s names %q; want a failure that names %s", id, named[id], rule)
					}
				}
				t.Logf("%d of %d cases fail", failed, len(results))
			})
		}
	}
}

var brokenQuaysides = []broken{
	{name: "window doubled", edit: []string{"window: {past: 5m, future: 5m}", "window: {past: 10m, future: 10m}"},
		want: map[string]string{"window/past-limit+1granule": "QUA-009", "window/past-limit+1s": "QUA-009", "window/future-limit+1s": "QUA-010"}},
	{name: "window halved", edit: []string{"window: {past: 5m, future: 5m}", "window: {past: 150s, future: 150s}"},
		want: map[string]string{"window/past-limit-1s": "QUA-009", "window/future-limit-1s": "QUA-010"}},
	{name: "window open to the future", edit: []string{"default: both", "default: past-only"},
		want: map[string]string{"window/future-year": "QUA-010"}},
	{name: "limit excluded", edit: []string{"default: accept, documented", "default: reject, documented"},
		want: map[string]string{"window/past-limit": "QUA-009"}},
	{name: "timestamp unchecked", edit: []string{"fields, key, timestamp, signature", "key, signature"},
		want: map[string]string{"window/past-year": "QUA-009", "timestamp/zero": "QUA-012", "timestamp/missing": "QUA-007"}},
	{name: "timestamp read leniently", wrap: reading(func(q url.Values) {
		if n, err := strconv.ParseFloat(q.Get("ts"), 64); err == nil {
			q.Set("ts", strconv.FormatInt(int64(n), 10))
		}
	}), want: map[string]string{"timestamp/plus-sign": "QUA-011", "timestamp/leading-zero": "QUA-011", "timestamp/fraction": "QUA-011"}},
	{name: "seconds taken too", wrap: reading(func(q url.Values) {
		if n, err := strconv.ParseInt(q.Get("ts"), 10, 64); err == nil && n < 1e11 {
			q.Set("ts", strconv.FormatInt(n*1000, 10))
		}
	}), want: map[string]string{"timestamp/seconds": "QUA-012"}},
	{name: "first of several timestamps taken", wrap: reading(func(q url.Values) { q["ts"] = q["ts"][:1] }),
		want: map[string]string{"timestamp/second-stale": "QUA-011"}},
	{name: "a fault of its own for a timestamp that is none", wrap: answering(func(r *http.Request, _ []byte, w *httptest.ResponseRecorder) {
		if _, err := strconv.ParseInt(r.URL.Query().Get("ts"), 10, 64); err != nil {
			w.Code = http.StatusInternalServerError
		}
	}), want: map[string]string{"timestamp/word": "QUA-012", "timestamp/exponent": "QUA-011"}},
	{name: "key unchecked", edit: []string{"fields, key, timestamp", "fields, timestamp"},
		want: map[string]string{"key/unknown": "QUA-008"}},
	{name: "any key accepted", wrap: reading(func(q url.Values) { q.Set("key", "qk-5e0c7a913bd2") }),
		want: map[string]string{"key/unknown": "QUA-008", "key/altered": "QUA-008"}},
	{name: "signature unchecked", edit: []string{"fields, key, timestamp, signature, replay", "key, timestamp, replay"},
		want: map[string]string{"signature/other-secret": "QUA-005", "signature/path-changed": "QUA-003", "signature/truncated": "QUA-006", "signature/missing": "QUA-007"}},
	{name: "beginning of the signature compared", wrap: spoiling(func(r *http.Request, body []byte) {
		q := r.URL.Query()
		right := quaysideSignature(r, body, q.Get("key"), q.Get("ts"))
		if len(q.Get("sig")) >= 8 && q.Get("sig")[:8] == right[:8] {
			setQuery(r, q["key"], q["ts"], right)
		}
	}), want: map[string]string{"signature/right-beginning": "QUA-005", "signature/first-eight": "QUA-006"}},
	{name: "body not signed", edit: []string{`text: "{body}", steps: [sha256, hex]`, `text: "", steps: [sha256, hex]`},
		want: map[string]string{"signature/right-book-berth": "QUA-002"}},
	{name: "body parsed and written again", wrap: spoiling(func(r *http.Request, body []byte) {
		var v map[string]any
		if json.Unmarshal(body, &v) == nil {
			again, _ := json.Marshal(v)
			r.Body = io.NopCloser(bytes.NewReader(again))
		}
	}), want: map[string]string{"signature/right-book-berth": "QUA-002"}},
	{name: "query not signed", edit: []string{"{path}|{query}|", "{path}||"},
		want: map[string]string{"signature/right-list-berths": "QUA-002"}},
	{name: "signature good for ever", edit: []string{"default: refuse", "default: accept"},
		want: map[string]string{"replay/same-request-twice": "QUA-015"}},
	{name: "timestamp before key", edit: []string{"key, timestamp, signature", "timestamp, key, signature"},
		want: map[string]string{"order/key+timestamp": "QUA-013"}},
	{name: "signature before timestamp", edit: []string{"timestamp, signature, replay", "signature, timestamp, replay", "rules:\n", "rules:\n  order-signature: QUA-013\n"},
		want: map[string]string{"order/timestamp+signature": "QUA-014"}},
	{name: "success for refusals", edit: []string{`status: "403"`, `status: "200"`},
		want: map[string]string{"errors/key-shape": "QUA-017", "errors/timestamp-shape": "QUA-017"}},
	{name: "another shape of errors", edit: []string{`body: {error: {type: "{code}", detail: "{message}"}}`, `body: {errors: [{type: "{code}", detail: "{message}"}]}`},
		want: map[string]string{"errors/signature-shape": "QUA-016"}},
	{name: "another type", edit: []string{"code: clock_skew", "code: stale"},
		want: map[string]string{"errors/timestamp-shape": "QUA-018"}},
	{name: "another detail", edit: []string{"more than 300 seconds", "more than 30 seconds"},
		want: map[string]string{"errors/timestamp-shape": "QUA-019"}},
	{name: "another detail for what is missing", edit: []string{"is required.", "is missing."},
		want: map[string]string{"timestamp/missing": "QUA-007"}},
	{name: "right signature told", wrap: answering(func(r *http.Request, body []byte, w *httptest.ResponseRecorder) {
		q := r.URL.Query()
		swap(w, "does not belong to this request.", "is not "+quaysideSignature(r, body, q.Get("key"), q.Get("ts")))
	}), want: map[string]string{"leak/wrong-signature": "QUA-020"}},
	{name: "signing key told", wrap: answering(func(_ *http.Request, _ []byte, w *httptest.ResponseRecorder) {
		w.Header().Set("X-Debug", quaysideSecret)
	}), want: map[string]string{"leak/right-request": "QUA-020"}},
	{name: "booking without its name", edit: []string{`body: {booking: "{any}"}`, `body: {made: "{any}"}`},
		want: map[string]string{"signature/right-book-berth": "QUA-021"}},
}

var brokenLanternpays = []broken{
	{name: "token lives twice as long", edit: []string{"lifetime: 1h", "lifetime: 2h"},
		want: map[string]string{"expiry/limit+1s": "LAN-014", "login/right": "LAN-005"}},
	{name: "token never expires", edit: []string{"token, expiry, operation", "token, operation"},
		want: map[string]string{"expiry/year-later": "LAN-014", "errors/expired-shape": "LAN-017"}},
	{name: "token good at the end of its hour", edit: []string{"default: reject", "default: accept"},
		want: map[string]string{"expiry/limit": "LAN-014"}},
	{name: "use extends a token's life", edit: []string{"default: absolute", "default: sliding"},
		want: map[string]string{"expiry/use-at-half-life": "LAN-015", "expiry/use-at-the-end": "LAN-015"}},
	{name: "login ends the old token", edit: []string{"default: valid", "default: revoked"},
		want: map[string]string{"token/old-after-new-login": "LAN-016"}},
	{name: "token unchecked", edit: []string{"authorization, token, expiry, operation", "authorization, operation"},
		want: map[string]string{"token/unknown": "LAN-013", "bearer/word-null": "LAN-010"}},
	{name: "token compared without case", wrap: anyCase,
		want: map[string]string{"token/upper-case": "LAN-013", "token/lower-case": "LAN-013"}},
	{name: "any scheme accepted", wrap: spoiling(func(r *http.Request, _ []byte) {
		if words := strings.Fields(r.Header.Get("Authorization")); len(words) > 0 {
			r.Header.Set("Authorization", "Bearer "+words[len(words)-1])
		}
	}), want: map[string]string{"bearer/scheme-basic": "LAN-010", "bearer/prefix-missing": "LAN-010", "bearer/two-spaces": "LAN-011"}},
	{name: "scheme in one case only", edit: []string{"default: ignore", "default: exact"},
		want: map[string]string{"bearer/scheme-lower-case": "LAN-011"}},
	{name: "first of several headers taken", wrap: spoiling(func(r *http.Request, _ []byte) {
		if h := r.Header["Authorization"]; len(h) > 1 {
			r.Header["Authorization"] = h[:1]
		}
	}), want: map[string]string{"bearer/header-repeated": "LAN-010"}},
	{name: "token taken from the query", wrap: spoiling(func(r *http.Request, _ []byte) {
		if token := r.URL.Query().Get("access_token"); token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
	}), want: map[string]string{"bearer/in-the-query": "LAN-012"}},
	{name: "balance open to everybody", wrap: answering(func(r *http.Request, _ []byte, w *httptest.ResponseRecorder) {
		if r.URL.Path == "/v2/balance" && r.Header.Get("Authorization") == "" {
			w.Code, w.Body = http.StatusOK, bytes.NewBufferString(`{"status":"ok"}`)
		}
	}), want: map[string]string{"bearer/header-missing-get-balance": "LAN-001"}},
	{name: "no challenge", edit: []string{`headers: {WWW-Authenticate: 'Bearer realm="lanternpay"'}, `, ""},
		want: map[string]string{"bearer/header-missing": "LAN-009"}},
	{name: "login refused for an old token", wrap: answering(func(r *http.Request, _ []byte, w *httptest.ResponseRecorder) {
		if r.URL.Path == "/oauth2/token" && r.Header.Get("Authorization") != "" {
			w.Code, w.Body = http.StatusUnauthorized, bytes.NewBufferString(`{"status":"error","reason":"The token is not known"}`)
		}
	}), want: map[string]string{"login/stale-authorization": "LAN-002"}},
	{name: "passphrase unchecked", wrap: form(func(f url.Values) { f.Set("passphrase", "lantern-made-up-secret") }),
		want: map[string]string{"login/secret-wrong": "LAN-006", "login/app_secret-missing": "LAN-007"}},
	{name: "application told from passphrase", wrap: answering(func(_ *http.Request, body []byte, w *httptest.ResponseRecorder) {
		if bytes.Contains(body, []byte("lp-app-Kestrel-41&")) {
			swap(w, "Application or passphrase is wrong", "Passphrase is wrong")
		}
	}), want: map[string]string{"login/secret-wrong": "LAN-006"}},
	{name: "grant_type not needed", wrap: form(func(f url.Values) { f.Set("grant_type", "client_credentials") }),
		want: map[string]string{"login/grant-missing": "LAN-007"}},
	{name: "what is missing counts as wrong", edit: []string{"body, fields, credentials", "body, credentials"},
		want: map[string]string{"login/app_id-missing": "LAN-007"}},
	{name: "no form counts as wrong", edit: []string{"body, fields, credentials", "fields, credentials"},
		want: map[string]string{"login/body-text": "LAN-008"}},
	{name: "token below the top level", edit: []string{`body: {token: "{token}", ttl: "{lifetime:number}"}`, `body: {data: {token: "{token}", ttl: "{lifetime:number}"}}`},
		want: map[string]string{"login/right": "LAN-003", "bearer/right": "LAN-003"}},
	{name: "token too short", edit: []string{"length: 43", "length: 20"},
		want: map[string]string{"login/right": "LAN-004"}},
	{name: "another ttl", edit: []string{`"{lifetime:number}"`, "86400"},
		want: map[string]string{"login/right": "LAN-005"}},
	{name: "ttl as text", edit: []string{"{lifetime:number}", "{lifetime}"},
		want: map[string]string{"login/right": "LAN-003"}},
	{name: "success for refusals", edit: []string{`status: "401"`, `status: "200"`},
		want: map[string]string{"token/unknown": "LAN-018", "login/key-unknown": "LAN-018"}},
	{name: "another shape of errors", edit: []string{"{status: error,", "{status: failed,"},
		want: map[string]string{"errors/token-shape": "LAN-017"}},
	{name: "another reason", edit: []string{"The token is not known", "The token is unknown"},
		want: map[string]string{"token/unknown": "LAN-013"}},
	{name: "expired like unknown", edit: []string{"message: The token has expired", "message: The token is not known"},
		want: map[string]string{"expiry/limit+1s": "LAN-014"}},
	{name: "passphrase repeated", edit: []string{"message: Application or passphrase is wrong", `message: "Not so: {app_secret}"`},
		want: map[string]string{"leak/wrong-login-secret": "LAN-019"}},
	{name: "another word for success", edit: []string{"body: {status: ok}", "body: {status: done}"},
		want: map[string]string{"token/fresh-get-balance": "LAN-020"}},
	{name: "payout that does not exist", edit: []string{", refuse: not-found", ""},
		want: map[string]string{"errors/get-unknown-payout": "LAN-022"}},
	{name: "operation before token", edit: []string{"authorization, token, expiry, operation", "authorization, operation, token, expiry", "rules:\n", "rules:\n  order-operation: LAN-023\n"},
		want: map[string]string{"order/token+operation": "LAN-023", "order/expiry+operation": "LAN-023"}},
}

// run runs every case of the profile against the server.
func run(t *testing.T, p *harness.Profile, server func(clock.Clock) http.Handler) []harness.Result {
	t.Helper()
	c, err := harness.NewChecker(p, harness.HandlerTarget(server), harness.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Calibrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	var results []harness.Result
	for _, cs := range p.Cases {
		if cs.Side != "server" {
			continue
		}
		results = append(results, c.Run(context.Background(), cs))
	}
	return results
}

// load loads a vendor, its profile edited. An edited one goes without signature
// vectors, which rightly refuse to agree with another recipe.
func load(t *testing.T, vendor string, edit ...string) *harness.Profile {
	t.Helper()
	files := folder(t, vendor)
	for i := 0; i < len(edit); i += 2 {
		delete(files, vendor+"/signatures.json")
		replace(t, files[vendor+"/profile.yaml"], edit[i], edit[i+1])
	}
	profiles, err := harness.Load([]string{vendor}, harness.WithFolder(files))
	if err != nil {
		t.Fatal(err)
	}
	return profiles[0]
}

// folder reads a vendor's files, to be edited.
func folder(t *testing.T, vendor string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	entries, err := os.ReadDir(vendorsFolder + "/" + vendor)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(vendorsFolder + "/" + vendor + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[vendor+"/"+e.Name()] = &fstest.MapFile{Data: text}
	}
	return files
}

// replace edits the file, and fails when there is nothing to edit: an edit that
// misses would leave the server unbroken.
func replace(t *testing.T, file *fstest.MapFile, old, new string) {
	t.Helper()
	if !bytes.Contains(file.Data, []byte(old)) {
		t.Fatalf("the file does not hold %q", old)
	}
	file.Data = bytes.ReplaceAll(file.Data, []byte(old), []byte(new))
}

// spoiling changes requests on their way to the server.
func spoiling(change func(r *http.Request, body []byte)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, sent *http.Request) {
			r := sent.Clone(sent.Context()) // the request is the harness's own
			change(r, takeBody(r))
			next.ServeHTTP(w, r)
		})
	}
}

// answering changes answers on their way back.
func answering(change func(r *http.Request, body []byte, w *httptest.ResponseRecorder)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, sent *http.Request) {
			r := sent.Clone(sent.Context())
			body := takeBody(r)
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			change(r, body, answer)
			for name, values := range answer.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		})
	}
}

// takeBody reads the body and puts it back.
func takeBody(r *http.Request) []byte {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

func swap(w *httptest.ResponseRecorder, old, new string) {
	w.Body = bytes.NewBuffer(bytes.ReplaceAll(w.Body.Bytes(), []byte(old), []byte(new)))
}

// form changes the form of a login.
func form(change func(url.Values)) func(http.Handler) http.Handler {
	return spoiling(func(r *http.Request, body []byte) {
		if f, err := url.ParseQuery(string(body)); err == nil && r.URL.Path == "/oauth2/token" {
			change(f)
			r.Body = io.NopCloser(strings.NewReader(f.Encode()))
		}
	})
}

// anyCase finds a token whatever the case of its letters.
func anyCase(next http.Handler) http.Handler {
	granted := map[string]string{}
	answers := answering(func(_ *http.Request, _ []byte, w *httptest.ResponseRecorder) {
		var reply struct{ Token string }
		if json.Unmarshal(w.Body.Bytes(), &reply) == nil && reply.Token != "" {
			granted[strings.ToLower(reply.Token)] = reply.Token
		}
	})
	return spoiling(func(r *http.Request, _ []byte) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if known := granted[strings.ToLower(token)]; known != "" && len(r.Header["Authorization"]) == 1 {
			r.Header.Set("Authorization", scheme+" "+known)
		}
	})(answers(next))
}

// reading makes a server that reads the three parameters its own way: a request
// whose signature is right as it was sent passes on as the server reads it.
func reading(change func(url.Values)) func(http.Handler) http.Handler {
	return spoiling(func(r *http.Request, body []byte) {
		q := r.URL.Query()
		if q.Get("sig") == "" || q.Get("sig") != quaysideSignature(r, body, q.Get("key"), q.Get("ts")) {
			return
		}
		change(q)
		setQuery(r, q["key"], q["ts"], quaysideSignature(r, body, q.Get("key"), q.Get("ts")))
	})
}

const quaysideSecret = "quayside-made-up-signing-key"

// quaysideSignature is the signature by the handbook, written out by hand: it
// shares nothing with the profile.
func quaysideSignature(r *http.Request, body []byte, key, ts string) string {
	digest := sha256.Sum256(body)
	text := "QUAY1|" + key + "|" + ts + "|" + r.Method + "|" + r.URL.EscapedPath() + "|" + ownQuery(r) + "|" + hex.EncodeToString(digest[:])
	mac := hmac.New(sha256.New, []byte(quaysideSecret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// ownQuery is the query without what authenticates it.
func ownQuery(r *http.Request) string {
	pairs := slices.DeleteFunc(strings.Split(r.URL.RawQuery, "&"), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains([]string{"key", "ts", "sig"}, name)
	})
	return strings.Join(pairs, "&")
}

// setQuery replaces what authenticates the query and leaves the rest as sent.
func setQuery(r *http.Request, keys, stamps []string, signature string) {
	added := url.Values{"key": keys, "ts": stamps, "sig": {signature}}.Encode()
	if own := ownQuery(r); own != "" {
		added = own + "&" + added
	}
	r.URL.RawQuery = added
}

package harness

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/benbjohnson/clock"
)

// saying is a server that refuses every request as the page says, and says more.
func saying(more func(w http.ResponseWriter, right string) (body string)) Target {
	return HandlerTarget(func(clock.Clock) http.Handler { return sayingHandler(more) })
}

func sayingHandler(more func(w http.ResponseWriter, right string) (body string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		extra := more(w, trolleySignature(trolleySecret, r.Header.Get("X-PR-Timestamp"), r.Method, r.RequestURI, string(sent)))
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"ok":false,"errors":[{"code":"invalid_api_key","message":"Invalid token: bad hash"}],"more":"`+extra+`"}`)
	})
}

// A secret is one wherever it stands, and a signature in hexadecimal is the same in
// capitals.
func TestWhatAnAnswerMustNotHold(t *testing.T) {
	for _, tt := range []struct {
		claim, id string
		more      func(w http.ResponseWriter, right string) string
		says, got string // of the finding; empty for none
	}{
		{"nothing", "signature/zeros", func(http.ResponseWriter, string) string { return "" }, "", ""},
		{"the signature in the body", "signature/zeros", func(_ http.ResponseWriter, right string) string { return right }, "holds the right one", `{"ok":false`},
		{"the signature in capitals", "signature/zeros", func(_ http.ResponseWriter, right string) string { return strings.ToUpper(right) }, "holds the right one", `{"ok":false`},
		{"the signature in a header", "signature/zeros", func(w http.ResponseWriter, right string) string {
			w.Header().Set("X-Expected-Signature", right)
			return ""
		}, "holds the right one", "X-Expected-Signature: "},
		{"the signature in a header in capitals", "signature/zeros", func(w http.ResponseWriter, right string) string {
			w.Header().Set("X-Expected-Signature", "hmac="+strings.ToUpper(right))
			return ""
		}, "holds the right one", "X-Expected-Signature: "},
		{"the key in a header", "signature/zeros", func(w http.ResponseWriter, _ string) string { w.Header().Set("X-Key", trolleyKey); return "" }, "holds the whole key", "X-Key: "},
		{"a part of the key in a header", "signature/zeros", func(w http.ResponseWriter, _ string) string { w.Header().Set("X-Key", trolleyKey[:11]); return "" }, "", ""},
		{"what was sent in a header, in capitals as it was sent", "signature/upper-case", func(w http.ResponseWriter, right string) string {
			w.Header().Set("X-Signature", strings.ToUpper(right))
			return ""
		}, "", ""},
		{"what was sent in a header, in small letters", "signature/upper-case", func(w http.ResponseWriter, right string) string { w.Header().Set("X-Signature", right); return "" }, "", ""},
		{"a part of the signature", "signature/zeros", func(w http.ResponseWriter, right string) string {
			w.Header().Set("X-Request-Id", right[:32])
			return right[32:]
		}, "", ""},
	} {
		p := shipped(t, "trolley")
		r := checker(t, p, saying(tt.more), Options{}).Run(t.Context(), caseOf(t, p, tt.id))
		checkLeak(t, tt.claim, r, tt.says, tt.got)
	}
}

func checkLeak(t *testing.T, claim string, r Result, says, got string) {
	t.Helper()
	var found []Finding
	for _, f := range r.Findings {
		if f.Kind == "leak" {
			found = append(found, f)
		}
	}
	switch {
	case says == "" && len(found) > 0:
		t.Errorf("%s: %+v", claim, found)
	case says != "" && (len(found) != 1 || found[0].Rule != "TRO-022" || !strings.Contains(found[0].Problem, says) || !strings.HasPrefix(found[0].Got, got)):
		t.Errorf("%s: %+v, want one that says %q of %q", claim, r.Findings, says, got)
	}
}

// Only a connection has a trailer: it comes behind the body.
func TestATrailerIsLookedAt(t *testing.T) {
	for _, tt := range []struct {
		claim string
		value func(right string) string
		says  string
	}{
		{"nothing", func(string) string { return "0" }, ""},
		{"the secret", func(string) string { return trolleySecret }, "a secret of the customer"},
		{"the signature", func(right string) string { return right }, "holds the right one"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Trailer", "X-Never")
			sayingHandler(func(w http.ResponseWriter, right string) string {
				w.Header().Set(http.TrailerPrefix+"X-Debug", tt.value(right))
				return ""
			}).ServeHTTP(w, r)
		}))
		transport := &http.Transport{}
		p := shipped(t, "trolley")
		r := checker(t, p, Target{URL: server.URL, Transport: transport}, Options{Keep: true}).Run(t.Context(), caseOf(t, p, "signature/zeros"))
		transport.CloseIdleConnections()
		server.Close()
		checkLeak(t, tt.claim, r, tt.says, "")
		if kept := strings.Join(r.Sent[0].ResponseHeader, "\n"); !strings.Contains(kept, "Trailer:X-Debug: ") || strings.Contains(kept, "X-Never: ") || strings.Contains(kept, trolleySecret) {
			t.Errorf("%s: kept of the answer is\n%s", tt.claim, kept)
		}
	}
}

func TestSpellingsOfASignature(t *testing.T) {
	for _, tt := range []struct {
		signature, text string
		want            bool
	}{
		{"00ffa1", "x00FFA1x", true},
		{"00FFA1", "00ffa1", true},
		{"00ffa1", "00ffa2", false},
		{"AbC/d+==", "ABC/D+==", false},
		{"123456", "0123456", true},
	} {
		if got := spellings(tt.signature).in(tt.text); got != tt.want {
			t.Errorf("%s in %s: %v", tt.signature, tt.text, got)
		}
	}
}

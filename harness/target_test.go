package harness

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
)

func TestShownURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://sandbox.example.com":              "https://sandbox.example.com",
		"http://127.0.0.1:8080/base/":              "http://127.0.0.1:8080/base/",
		"sandbox.example.com":                      "sandbox.example.com",
		"":                                         "",
		"https://me:sesame@host":                   "https://…@host",
		"http://me:sesame@host:8080":               "http://…@host:8080",
		"https://sesame@host/base":                 "https://…@host/base",
		"https://host/base?access_token=sesame":    "https://host/base…",
		"https://host#sesame":                      "https://host…",
		"https://me:sesame@host/?token=sesame":     "https://…@host/…",
		"https://me:sesame@host:x":                 "https://…@host:x",
		"https://me:sesame%zz@host":                "https://…@host",
		"https://me:sesame@host\n":                 "https://…@host\n",
		"https://me:ses/ame@host":                  "https://…@host",
		"https://me:ses@ame@host":                  "https://…@host",
		"https://me:12/sesame@host":                "https://…@host", // which parses, as host me:12
		"https://me:ses?ame@host":                  "https://…",
		"https://me:ses#ame@host":                  "https://…",
		"https://host/?mail=me@there&token=sesame": "https://…",
		"https://me:sesame://x@host":               "https://…@host",
		"me:sesame@host":                           "…@host",
		"me:sesame://x@host":                       "…@host",
		"//me:sesame@host":                         "…@host",
		"ftp://me:sesame@host":                     "…@host",
		"host?token=sesame":                        "host…",
	} {
		if got := ShownURL(raw); got != want {
			t.Errorf("%q is shown as %q, want %q", raw, got, want)
		}
	}
}

// A target that is refused is named without what may be secret in it.
func TestRefusedTargets(t *testing.T) {
	for raw, want := range map[string]string{
		"sandbox.example.com":             "absolute URL",
		"me:sesame@host":                  "absolute URL",
		"ftp://me:sesame@host":            "absolute URL",
		"https://me:sesame@host:x":        "absolute URL",
		"https://me:sesame%zz@host":       "absolute URL",
		"https://me:ses/ame@host":         "absolute URL",
		"https:///?sesame":                "absolute URL",
		"https://me:sesame@host":          "leave out user",
		"https://sesame@host":             "leave out user",
		"https://host?sesame":             "leave out user",
		"https://host?":                   "leave out user",
		"https://host/base#sesame":        "leave out user",
		"https://host/base#":              "leave out user",
		"http://me:sesame@192.0.2.1":      "leave out user",
		"http://192.0.2.1/me:sesame@here": "plain HTTP",
	} {
		_, err := checkURL(raw, false)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "ses") {
			t.Errorf("%q: got %v, want %q in it, and no secret", raw, err, want)
		}
	}
	if u, err := checkURL("https://host/@base//", false); err != nil || u.String() != "https://host/@base" {
		t.Errorf("a path with an @ gave %v, %v", u, err)
	}
}

// handled is a target with one handler for all cases.
func handled(serve http.HandlerFunc) Target {
	return HandlerTarget(func(clock.Clock) http.Handler { return serve })
}

// ask sends a handler one GET request.
func ask(t *testing.T, url string, serve http.HandlerFunc) (*http.Request, *http.Response) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"X-One": {"1"}, "X-Two": {"2", "3"}}
	resp, err := handled(serve).Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	return r, resp
}

func TestTheStatusOfAHandlersAnswer(t *testing.T) {
	flush := func(w http.ResponseWriter) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("flush: %v", err)
		}
	}
	for _, tt := range []struct {
		claim  string
		serve  func(http.ResponseWriter)
		status int
	}{
		{"nothing written", func(http.ResponseWriter) {}, 200},
		{"written", func(w http.ResponseWriter) { w.WriteHeader(401) }, 401},
		{"written twice", func(w http.ResponseWriter) { w.WriteHeader(401); w.WriteHeader(500) }, 401},
		{"100 before it", func(w http.ResponseWriter) { w.WriteHeader(100); w.WriteHeader(401) }, 401},
		{"102, 103 and 199 before it", func(w http.ResponseWriter) {
			for _, status := range []int{102, 103, 199, 401} {
				w.WriteHeader(status)
			}
		}, 401},
		{"103 before a body", func(w http.ResponseWriter) { w.WriteHeader(103); _, _ = io.WriteString(w, "{}") }, 200},
		{"103 and no more", func(w http.ResponseWriter) { w.WriteHeader(103) }, 200},
		{"103 after it", func(w http.ResponseWriter) { w.WriteHeader(401); w.WriteHeader(103) }, 401},
		{"101, which is an answer", func(w http.ResponseWriter) { w.WriteHeader(101); w.WriteHeader(401) }, 101},
		{"flushed before it", func(w http.ResponseWriter) { flush(w); w.WriteHeader(401) }, 200},
		{"flushed after it", func(w http.ResponseWriter) { w.WriteHeader(401); flush(w) }, 401},
		{"103, then flushed", func(w http.ResponseWriter) { w.WriteHeader(103); flush(w); w.WriteHeader(401) }, 200},
		{"flushed as a Flusher", func(w http.ResponseWriter) { w.(http.Flusher).Flush(); w.WriteHeader(401) }, 200},
	} {
		if _, resp := ask(t, "https://x.invalid/", func(w http.ResponseWriter, _ *http.Request) { tt.serve(w) }); resp.StatusCode != tt.status {
			t.Errorf("%s: status %d, want %d", tt.claim, resp.StatusCode, tt.status)
		}
	}
}

func TestAHandlerSeesThatTheConnectionIsSecure(t *testing.T) {
	for url, secure := range map[string]bool{"https://x.invalid/": true, "http://x.invalid/": false} {
		sent, _ := ask(t, url, func(_ http.ResponseWriter, r *http.Request) {
			if (r.TLS != nil) != secure || secure && (r.TLS.Version != tls.VersionTLS13 || !r.TLS.HandshakeComplete) {
				t.Errorf("%s: the handler sees the connection %+v", url, r.TLS)
			}
		})
		if sent.TLS != nil {
			t.Errorf("%s: the client's request has TLS set", url)
		}
	}
}

// What a handler does to its request is neither repeated nor reported.
func TestAHandlersRequestIsItsOwn(t *testing.T) {
	spoil := func(h http.Header) {
		for name, values := range h {
			values[0] = "spoilt"
			h.Add("X-More", name)
		}
		h.Del("X-Two")
	}
	sent, _ := ask(t, "https://x.invalid/", func(_ http.ResponseWriter, r *http.Request) { spoil(r.Header) })
	if got := fmt.Sprint(sent.Header); got != "map[X-One:[1] X-Two:[2 3]]" {
		t.Errorf("the client's header is now %s", got)
	}

	p := shipped(t, "trolley")
	honest := trolleyTarget(nil)
	transport := honest.Transport.(*handlerTransport)
	reset := honest.Reset
	honest.Reset = func() {
		reset()
		inner := transport.handler
		transport.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner.ServeHTTP(w, r)
			spoil(r.Header)
			clear(r.Header)
		})
	}
	c := checker(t, p, honest, Options{Keep: true})
	for _, cs := range p.Cases {
		if cs.Side != "server" {
			continue
		}
		r := c.Run(t.Context(), cs)
		if r.Verdict != Pass && r.Verdict != Observed {
			t.Errorf("%s: %s %s %+v", cs.Name(), r.Verdict, r.Reason, r.Findings)
		}
		for _, x := range r.Sent {
			if text := strings.Join(x.RequestHeader, "\n"); !strings.Contains(text, "User-Agent: ") || strings.Contains(text, "spoilt") {
				t.Errorf("%s: reported as sent is %q", cs.Name(), text)
			}
		}
	}
}

func TestAHandlerThatWritesForEverIsTold(t *testing.T) {
	p := shipped(t, "trolley")
	for _, size := range []int{1, 4096, MaxBody, MaxBody + 1, MaxBody + 2, 3 * MaxBody} {
		chunk := bytes.Repeat([]byte("x"), size)
		written, kept := 0, 0
		c := checker(t, p, handled(func(w http.ResponseWriter, _ *http.Request) {
			for {
				n, err := w.Write(chunk)
				if written += n; err != nil {
					kept = len(w.(*recorder).body)
					return
				}
			}
		}), Options{})
		r := c.Run(t.Context(), caseOf(t, p, "leak/right-request"))
		if written != MaxBody+1 || kept != MaxBody+1 {
			t.Errorf("by %d: %d bytes were taken and %d kept, want %d", size, written, kept, MaxBody+1)
		}
		if r.Verdict != Fail || !strings.Contains(r.Findings[0].Problem, "longer than 1048576 bytes") {
			t.Errorf("by %d: %s %s %+v", size, r.Verdict, r.Reason, r.Findings)
		}
	}
}

// A run with a deadline ends by it, whatever the handler does.
func TestAHandlerThatDoesNotReturnIsLeftBehind(t *testing.T) {
	p := shipped(t, "trolley")
	stop := make(chan struct{})
	defer close(stop)
	for _, tt := range []struct {
		claim string
		serve http.HandlerFunc
	}{
		{"it waits for ever", func(http.ResponseWriter, *http.Request) { <-stop }},
		{"it waits until the client is gone", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"it writes for ever", func(w http.ResponseWriter, _ *http.Request) {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = io.WriteString(w, "more")
				}
			}
		}},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			c := checker(t, p, handled(tt.serve), Options{})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			var r Result
			within(t, 30*time.Second, tt.claim, func() { r = c.Run(ctx, caseOf(t, p, "leak/right-request")) })
			if r.Verdict != Error || !strings.Contains(r.Reason, "had not answered GET /v1/recipients") || !strings.HasSuffix(r.Reason, "deadline exceeded") {
				t.Errorf("%s %s %+v", r.Verdict, r.Reason, r.Findings)
			}
			if err := r.Err(); err == nil || !strings.Contains(err.Error(), "leak/right-request") {
				t.Errorf("the error %v does not name the case", err)
			}
		})
	}
}

// Whether its goroutine is its own or not, a handler fares alike.
func TestADeadlineChangesNoAnswer(t *testing.T) {
	for _, tt := range []struct {
		claim string
		serve http.HandlerFunc
		want  string
	}{
		{"it answers", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, "401"},
		{"it panics", func(http.ResponseWriter, *http.Request) { panic("oh") }, "the handler panicked: oh"},
		{"it aborts", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "the handler panicked: net/http: abort Handler"},
	} {
		for _, limit := range []time.Duration{0, time.Hour} {
			ctx, cancel := context.Background(), func() {}
			if limit > 0 {
				ctx, cancel = context.WithTimeout(ctx, limit)
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://x.invalid/", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := handled(tt.serve).Transport.RoundTrip(r)
			cancel()
			got := fmt.Sprint(err)
			if err == nil {
				got = fmt.Sprint(resp.StatusCode)
			}
			if got != tt.want {
				t.Errorf("%s, limit %v: %s, want %s", tt.claim, limit, got, tt.want)
			}
		}
	}
}

func TestAHandlerThatEndsItsGoroutineIsNotWaitedFor(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://x.invalid/", nil)
	if err != nil {
		t.Fatal(err)
	}
	within(t, 30*time.Second, "the request", func() {
		_, err = handled(func(http.ResponseWriter, *http.Request) { runtime.Goexit() }).Transport.RoundTrip(r)
	})
	if !errors.Is(err, errGoexit) {
		t.Errorf("got %v", err)
	}
}

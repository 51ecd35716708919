package harness

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// answers is a transport whose answers are made by a function.
type answers func(*http.Request) (*http.Response, error)

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// bodied is an answer with a body of any kind.
func bodied(status int, header http.Header, body io.Reader) answers {
	return func(r *http.Request) (*http.Response, error) {
		if header == nil {
			header = http.Header{"Content-Type": {"application/json"}}
		}
		return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: io.NopCloser(body), ContentLength: -1, Request: r}, nil
	}
}

// counting counts what is read of a body, and whether it was closed.
type counting struct {
	from   io.Reader
	read   int
	closed bool
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read += n
	return n, err
}

func (c *counting) Close() error { c.closed = true; return nil }

// endless repeats a text for ever.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[e.at]
		e.at = (e.at + 1) % len(e.text)
	}
	return len(p), nil
}

// broken ends a body before its time.
type broken struct{ rest string }

func (b *broken) Read(p []byte) (int, error) {
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	if n == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return n, nil
}

func gzipped(text string) string {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// hostileAnswers are answers no honest server gives.
var hostileAnswers = []struct {
	claim  string
	status int
	header http.Header
	body   func() io.Reader
	says   string // what the finding of a case that expects acceptance says; empty where the answer counts as one
}{
	{"a body without end", 200, nil, func() io.Reader { return &endless{text: "x"} }, "longer than 1048576 bytes"},
	{"an object without end", 200, nil, func() io.Reader { return io.MultiReader(strings.NewReader(`{"ok":true,"x":"`), &endless{text: "x"}) }, "longer than 1048576 bytes"},
	{"white space without end", 200, nil, func() io.Reader { return io.MultiReader(strings.NewReader(`{"ok":true}`), &endless{text: " "}) }, "longer than 1048576 bytes"},
	{"a refusal without end", 401, nil, func() io.Reader { return &endless{text: `{"ok":false}`} }, "longer than 1048576 bytes"},
	{"a body one byte too long", 200, nil, func() io.Reader { return strings.NewReader(`{"ok":true}` + strings.Repeat(" ", MaxBody-10)) }, "longer than 1048576 bytes"},
	{"a body of just the limit", 200, nil, func() io.Reader { return strings.NewReader(`{"ok":true}` + strings.Repeat(" ", MaxBody-11)) }, ""},
	{"a body that breaks off", 200, nil, func() io.Reader { return &broken{`{"ok":true`} }, "broke off"},
	{"a body that breaks off after a whole document", 200, nil, func() io.Reader { return &broken{`{"ok":true}`} }, "broke off"},
	{"a body that breaks off at once", 200, nil, func() io.Reader { return &broken{} }, "broke off"},
	{"bytes that are no UTF-8", 200, nil, func() io.Reader { return strings.NewReader("\xff\xfe\x00\x80") }, "JSON"},
	{"a word that is no UTF-8, for true", 200, nil, func() io.Reader { return strings.NewReader("{\"ok\":\"\xff\xfe\"}") }, "not UTF-8"},
	{"a key that is no UTF-8", 200, nil, func() io.Reader { return strings.NewReader("{\"\xff\":1}") }, "not UTF-8"},
	{"junk that calls itself gzip", 200, http.Header{"Content-Encoding": {"gzip"}}, func() io.Reader { return strings.NewReader("\x1f\x8b\x08\x00junk") }, "JSON"},
	{"gzip that nobody has unpacked", 200, http.Header{"Content-Encoding": {"gzip"}}, func() io.Reader { return strings.NewReader(gzipped(`{"ok":true}`)) }, "JSON"},
	{"no JSON", 200, http.Header{"Content-Type": {"text/html"}}, func() io.Reader { return strings.NewReader("<!doctype html><title>It works!</title>") }, "JSON"},
	{"no body", 200, nil, func() io.Reader { return strings.NewReader("") }, "JSON"},
	{"no content", 204, http.Header{}, func() io.Reader { return strings.NewReader("") }, "JSON"},
	{"two documents", 200, nil, func() io.Reader { return strings.NewReader(`{"ok":true}{"ok":false}`) }, "JSON"},
	{"a byte order mark", 200, nil, func() io.Reader { return strings.NewReader("\xef\xbb\xbf{\"ok\":true}") }, "JSON"},
	{"arrays within arrays", 200, nil, func() io.Reader { return strings.NewReader(strings.Repeat("[", MaxBody)) }, "JSON"},
	{"arrays within arrays, closed", 200, nil, func() io.Reader {
		return strings.NewReader(strings.Repeat("[", MaxBody/2) + strings.Repeat("]", MaxBody/2))
	}, "JSON"},
	{"objects within objects", 200, nil, func() io.Reader { return strings.NewReader(strings.Repeat(`{"ok":`, MaxBody/6)) }, "JSON"},
	{"a deep array in its place", 401, nil, func() io.Reader {
		return strings.NewReader(`{"ok":false,"errors":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`)
	}, "a right request was refused"},
	{"a long array in its place", 401, nil, func() io.Reader {
		return strings.NewReader(`{"ok":false,"errors":[` + strings.Repeat("0,", 1<<16) + `0]}`)
	}, "a right request was refused"},
	{"many keys", 200, nil, func() io.Reader {
		return strings.NewReader(`{"ok":true` + strings.Repeat(`,"k":1`, MaxBody/6-10) + `}`)
	}, ""},
	{"a key twice, the last one wrong", 200, nil, func() io.Reader { return strings.NewReader(`{"ok":true,"ok":"no"}`) }, "the body differs at $.ok"},
	{"null", 200, nil, func() io.Reader { return strings.NewReader("null") }, "the body differs at $"},
	{"a number of a million digits", 200, nil, func() io.Reader { return strings.NewReader(`{"ok":` + strings.Repeat("9", MaxBody-7) + `}`) }, "the body differs at $.ok"},
	{"a header of a megabyte", 200, http.Header{"X-Trace": {strings.Repeat("h", 1<<20)}}, func() io.Reader { return strings.NewReader("{}") }, "the body differs at $.ok"},
	{"a header that is no UTF-8", 200, http.Header{"X-Trace": {"\xff\xfe\x00"}}, func() io.Reader { return strings.NewReader("{}") }, "the body differs at $.ok"},
	{"a thousand headers", 200, manyHeaders(1000), func() io.Reader { return strings.NewReader("{}") }, "the body differs at $.ok"},
	{"status 500", 500, nil, func() io.Reader { return strings.NewReader(`{"ok":true}`) }, "the server failed"},
	{"status 599 without end", 599, nil, func() io.Reader { return &endless{text: "\x00"} }, "longer than 1048576 bytes"},
	{"status 0", 0, nil, func() io.Reader { return strings.NewReader(`{"ok":true}`) }, "refused"},
	{"status 999", 999, nil, func() io.Reader { return strings.NewReader(`{"ok":true}`) }, "the server failed"},
	{"status -1", -1, nil, func() io.Reader { return strings.NewReader(`{"ok":true}`) }, "refused"},
	{"a redirect", 302, http.Header{"Location": {"https://elsewhere.invalid/"}}, func() io.Reader { return strings.NewReader("") }, "a right request was refused"},
}

func manyHeaders(n int) http.Header {
	h := http.Header{}
	for i := range n {
		h[fmt.Sprintf("X-%d", i)] = []string{"v"}
	}
	return h
}

func TestAHostileAnswerCostsLittleAndYieldsAFinding(t *testing.T) {
	p := shipped(t, "trolley")
	for _, hostile := range hostileAnswers {
		t.Run(hostile.claim, func(t *testing.T) {
			t.Parallel()
			for _, id := range []string{"leak/right-request", "signature/zeros", "window/past-limit"} {
				for _, live := range []bool{false, true} {
					body := &counting{from: hostile.body()}
					target := Target{URL: "https://hostile.invalid", Transport: answers(func(r *http.Request) (*http.Response, error) {
						resp, err := bodied(hostile.status, hostile.header, nil)(r)
						resp.Body = body
						return resp, err
					}), Clock: FrozenClock(DefaultBase)}
					if live {
						target.Clock = nil
					}
					c := checker(t, p, target, Options{Keep: true})
					var r Result
					within(t, 30*time.Second, id, func() { r = c.Run(t.Context(), caseOf(t, p, id)) })
					if live && id == "window/past-limit" {
						if r.Verdict != Skip || body.read > 0 {
							t.Errorf("%s: %s, want a skip without a request: the clock is not ours", id, r.Verdict)
						}
						continue
					}
					if !body.closed || body.read > MaxBody+1 {
						t.Errorf("%s: %d bytes were read, closed: %v; want at most %d, closed", id, body.read, body.closed, MaxBody+1)
					}
					checkBounded(t, c, r)
					if id != "leak/right-request" {
						continue
					}
					if hostile.says == "" {
						if r.Verdict != Pass {
							t.Errorf("live %v: %s %+v, want pass", live, r.Verdict, r.Findings)
						}
						continue
					}
					if r.Verdict != Fail || len(r.Findings) == 0 || !strings.Contains(r.Findings[0].Problem+r.Findings[0].Got, hostile.says) {
						t.Errorf("live %v: %s %s %+v\nwant a finding that says %q", live, r.Verdict, r.Reason, r.Findings, hostile.says)
					}
				}
			}
		})
	}
}

// checkBounded checks what holds for every result: a verdict, a sentence where
// it is not a pass, and no more text than a report can show.
func checkBounded(t testing.TB, c *Checker, r Result) {
	t.Helper()
	switch r.Verdict {
	case Pass:
	case Observed:
	case Fail:
		if len(r.Findings) == 0 {
			t.Errorf("%s fails without a finding", r.Case.Name())
		}
	case Inconclusive, Skip, Error:
		if r.Reason == "" {
			t.Errorf("%s: %s without a reason", r.Case.Name(), r.Verdict)
		}
	default:
		t.Errorf("%s: the verdict is %q", r.Case.Name(), r.Verdict)
	}
	for _, f := range r.Findings {
		if f.Rule == "" || f.Problem == "" || f.Kind == "" {
			t.Errorf("%s: a finding without rule, kind or problem: %+v", r.Case.Name(), f)
		}
		if n := len(f.Problem) + len(f.Got); n > 4096 {
			t.Errorf("%s: a finding with %d bytes of the answer", r.Case.Name(), n)
		}
	}
	for _, x := range r.Sent {
		if len(x.ResponseBody) > maxShown+64 {
			t.Errorf("%s: %d bytes of the answer are shown", r.Case.Name(), len(x.ResponseBody))
		}
		for _, h := range x.ResponseHeader {
			if len(h) > maxShown+256 {
				t.Errorf("%s: a header of %d bytes is shown", r.Case.Name(), len(h))
			}
		}
	}
	if text := fmt.Sprintf("%+v", r.Sent) + fmt.Sprintf("%+v %s", r.Findings, r.Reason); c.redactor.Leaks(text) {
		t.Errorf("%s: the result holds a secret", r.Case.Name())
	}
}

func TestAHostileLoginEndsTheCase(t *testing.T) {
	for _, vendor := range []string{"irp", "spreetail"} {
		p := shipped(t, vendor)
		for _, hostile := range hostileAnswers {
			t.Run(vendor+": "+hostile.claim, func(t *testing.T) {
				t.Parallel()
				for _, id := range []string{"login/right", "expiry/limit+1s"} {
					c := checker(t, p, Target{URL: "https://hostile.invalid", Clock: FrozenClock(DefaultBase), Transport: answers(func(r *http.Request) (*http.Response, error) {
						return bodied(hostile.status, hostile.header, hostile.body())(r)
					})}, Options{Keep: true})
					var r Result
					within(t, 30*time.Second, id, func() { r = c.Run(t.Context(), caseOf(t, p, id)) })
					checkBounded(t, c, r)
					if r.Verdict != Fail {
						t.Errorf("%s: %s %s, want fail", id, r.Verdict, r.Reason)
					}
				}
			})
		}
	}
}

// What is too long to show is cut, but never so that part of a secret is left.
func TestASecretAtTheCutIsHiddenWhole(t *testing.T) {
	p := shipped(t, "trolley")
	for _, length := range []int{200, 300, maxShown} {
		for at := length - len(trolleySecret) - 4; at <= length+2; at++ {
			filler := strings.Repeat("x", max(0, at))
			for _, body := range []string{filler + trolleySecret + filler, `{"ok":false,"errors":[{"code":"invalid_api_key","message":"` + filler + trolleySecret + `"}]}`} {
				c := checker(t, p, Target{URL: "https://hostile.invalid", Clock: FrozenClock(DefaultBase), Transport: bodied(401, nil, strings.NewReader(body))}, Options{})
				r := c.Run(t.Context(), caseOf(t, p, "signature/zeros"))
				text := fmt.Sprintf("%+v %+v %+v", r.Findings, r.Sent, r.Stages)
				if strings.Contains(text, trolleySecret[:4]) {
					t.Fatalf("with the secret at byte %d the result holds part of it:\n%s", at, text)
				}
				if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Kind == "leak" && f.Rule == "TRO-022" }) {
					t.Fatalf("with the secret at byte %d no leak is found: %+v", at, r.Findings)
				}
			}
		}
	}
}

func TestATokenIsNotShown(t *testing.T) {
	const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJsaXZlLXRva2VuIn0.c2lnbmF0dXJl"
	p := shipped(t, "spreetail")
	c := checker(t, p, Target{URL: "https://x.invalid", Clock: FrozenClock(DefaultBase), Transport: answers(func(r *http.Request) (*http.Response, error) {
		body := `{"success":true}`
		if r.URL.Path == p.Login.Operation.Path {
			body = `{"success":true,"data":{"access_token":"` + token + `","expires_in":86400,"client_id":"client-skewproof-example"}}`
		}
		return bodied(200, nil, strings.NewReader(body))(r)
	})}, Options{Keep: true})
	for _, id := range []string{"login/right", "token/unknown", "token/extended", "token/fresh-list-inventory", "expiry/limit+1s", "bearer/in-a-cookie", "bearer/in-the-query", "bearer/prefix-missing", "token/old-after-new-login"} {
		r := c.Run(t.Context(), caseOf(t, p, id))
		if len(r.Sent) == 0 {
			t.Errorf("%s: what was sent is not shown", id)
		}
		if text := fmt.Sprintf("%+v", r); strings.Contains(text, token) {
			t.Errorf("%s: the result holds the token:\n%s", id, text)
		}
	}
}

type timeout struct{}

func (timeout) Error() string { return "waited long enough" }

func (timeout) Timeout() bool { return true }

func (timeout) Temporary() bool { return true }

func TestALinkThatFailsIsAnErrorAndJunkIsTheServersFault(t *testing.T) {
	p := shipped(t, "trolley")
	for _, tt := range []struct {
		claim   string
		err     error
		verdict Verdict
		says    string
	}{
		{"nobody listens", &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}, Error, "connection refused"},
		{"the connection is reset", &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", errors.New("connection reset"))}, Error, "connection reset"},
		{"no answer in time", timeout{}, Error, "waited long enough"},
		{"the run was stopped", context.Canceled, Error, "canceled"},
		{"an untrusted certificate", errors.New("tls: failed to verify certificate: x509: unknown authority"), Error, "x509"},
		{"a limit of the run", &LimitError{Reason: "100 requests were sent"}, Skip, "not run: 100 requests were sent"},
		{"something that is no HTTP", errors.New("net/http: HTTP/1.x transport connection broken: malformed HTTP response \"\\x15\\x03\""), Fail, "no usable HTTP answer"},
		{"headers without end", errors.New("net/http: server response headers exceeded 10485760 bytes; aborted"), Fail, "headers exceeded"},
		{"an end before the answer", io.EOF, Fail, "no usable HTTP answer: EOF"},
		{"a sentence of several lines", errors.New("first\nsecond"), Fail, "first second"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			for _, clk := range []*SkewClock{nil, FrozenClock(DefaultBase)} {
				c := checker(t, p, Target{URL: "https://hostile.invalid", Clock: clk, Transport: answers(func(*http.Request) (*http.Response, error) { return nil, tt.err })}, Options{})
				r := c.Run(t.Context(), caseOf(t, p, "signature/zeros"))
				said := r.Reason
				for _, f := range r.Findings {
					said += f.Problem
				}
				if r.Verdict != tt.verdict || !strings.Contains(said, tt.says) || strings.Contains(said, "\n") {
					t.Errorf("%s %q, want %s, one line that says %q", r.Verdict, said, tt.verdict, tt.says)
				}
				checkBounded(t, c, r)
			}
		})
	}
}

func TestARateLimitSkipsTheCase(t *testing.T) {
	p := shipped(t, "trolley")
	for _, tt := range []struct {
		clock *SkewClock // of the target
		want  Verdict
	}{{nil, Skip}, {FrozenClock(DefaultBase), Fail}} { // a server of ours has no reason to limit the rate
		c := checker(t, p, Target{URL: "https://busy.invalid", Clock: tt.clock, Transport: bodied(429, nil, strings.NewReader(`{"ok":false}`))}, Options{})
		r := c.Run(t.Context(), caseOf(t, p, "signature/zeros"))
		if r.Verdict != tt.want || tt.want == Skip && !strings.Contains(r.Reason, "429") {
			t.Errorf("%s %q, want %s, and a skip names the status", r.Verdict, r.Reason, tt.want)
		}
	}
}

// The bomb is small on the wire: it is the transport that unpacks it.
func TestACompressedBombIsReadToTheLimit(t *testing.T) {
	bomb := gzipped(`{"ok":true}` + strings.Repeat(" ", 8<<20))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, bomb)
	}))
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	p := shipped(t, "trolley")
	c := checker(t, p, Target{URL: server.URL, Transport: transport}, Options{})
	r := c.Run(t.Context(), caseOf(t, p, "leak/right-request"))
	if r.Verdict != Fail || !strings.Contains(r.Findings[0].Problem, "longer than 1048576 bytes") {
		t.Errorf("%s %s %+v", r.Verdict, r.Reason, r.Findings)
	}
	checkBounded(t, c, r)
}

// FuzzJudge: whatever comes back, a case ends with a verdict, in bounded time,
// and the result holds no secret.
func FuzzJudge(f *testing.F) {
	var vendors []*Profile
	for _, v := range []string{"trolley", "irp", "spreetail"} {
		vendors = append(vendors, shipped(f, v))
	}
	logins := map[string]string{
		"irp":       `{"AuthenticationToken":"YmWaLx5DyTrZbKrxq2cfhKGw3/1XC8q6","Messages":[],"Success":true}`,
		"spreetail": `{"success":true,"data":{"access_token":"e30.e30.AAAA","expires_in":86400}}`,
	}
	for vendor, p := range vendors {
		for i, id := range []string{"leak/right-request", "order/token+signature", "jwt/claims-replaced", "token/unknown", "errors/signature-shape", "window/past-limit", "expiry/limit"} {
			n := slices.IndexFunc(p.Cases, func(c *Case) bool { return c.ID == id })
			if n < 0 {
				continue
			}
			for _, e := range []string{refusal, "token", "signature"} {
				status, _, body := p.Error(e, Values{"server_time": "2024-03-04 21:11:44.0000000Z", "signature": "00"})
				f.Add(byte(vendor), uint16(n), i%2 == 0, status, "Content-Type: application/json", body)
			}
			f.Add(byte(vendor), uint16(n), true, 200, "Content-Type: application/json; charset=utf-8\nWWW-Authenticate: Bearer", []byte(logins[p.Vendor]))
			f.Add(byte(vendor), uint16(n), false, 401, "X: "+p.Secret().Sample, []byte(`{"ok":false,"errors":[{"code":"x","message":"`+p.Secret().Sample+`"}]}`))
		}
	}
	for _, hostile := range hostileAnswers {
		text, _ := io.ReadAll(io.LimitReader(hostile.body(), 4096))
		f.Add(byte(0), uint16(0), false, hostile.status, "", text)
	}
	f.Fuzz(func(t *testing.T, vendor byte, n uint16, loginRight bool, status int, header string, body []byte) {
		p := vendors[int(vendor)%len(vendors)]
		cs := p.Cases[int(n)%len(p.Cases)]
		h := http.Header{}
		for line := range strings.SplitSeq(header, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			if strings.ContainsFunc(name, notInHeaderName) {
				continue // no HTTP stack lets it through
			}
			h[http.CanonicalHeaderKey(name)] = append(h[http.CanonicalHeaderKey(name)], value)
		}
		transport := answers(func(r *http.Request) (*http.Response, error) {
			if text := logins[p.Vendor]; loginRight && text != "" && r.URL.Path == p.Login.Operation.Path {
				return bodied(200, nil, strings.NewReader(text))(r)
			}
			return bodied(status, h, strings.NewReader(string(body)))(r)
		})
		c := checker(t, p, Target{URL: "https://hostile.invalid", Clock: FrozenClock(DefaultBase), Transport: transport, State: func(string) error { return nil }}, Options{Keep: true})
		r := c.Run(t.Context(), cs)
		checkBounded(t, c, r)
		if err := r.Err(); (err != nil) != (r.Verdict == Fail || r.Verdict == Error) {
			t.Errorf("%s: %s, and as an error %v", cs.Name(), r.Verdict, err)
		}
	})
}

func notInHeaderName(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

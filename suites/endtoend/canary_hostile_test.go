package endtoend

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hostile is a server that answers with bytes, which need not be HTTP: to each
// request the next of the answers. Requests without a signature, by which the
// clock is measured, are answered rightly, and as many others as is said.
func hostile(t *testing.T, rightly int, answers ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	var signed atomic.Int32
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer conn.Close()
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				n := rightly
				if _, ok := r.Header["X-Pr-Timestamp"]; ok {
					n = int(signed.Add(1)) - 1
				} else if rightly > 0 {
					n = 0
				}
				said := whole("200 OK", "", `{"ok":true}`)
				if n >= rightly {
					said = answers[(n-rightly)%len(answers)]
				}
				_, _ = io.WriteString(conn, said)
			})
		}
	})
	t.Cleanup(func() { l.Close(); served.Wait() })
	return "http://" + l.Addr().String()
}

// whole is an answer that is HTTP.
func whole(status, headers, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nDate: %s\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n%s", status, time.Now().UTC().Format(http.TimeFormat), len(body), headers, body)
}

// answered is one thing a server may say that has a secret in it, whole, where
// it does not belong.
type answered struct {
	name string
	text func(secret string) string
}

// noHTTP are answers that no client can read.
var noHTTP = []answered{
	{"no-HTTP", func(s string) string { return s + " is the secret\r\n" }},
	{"many-lines", func(s string) string { return strings.Repeat(s+"\r\n", 1000) }},
	{"version", func(s string) string { return "HTTP/" + s + " 200 OK\r\n\r\n" }},
	{"status", func(s string) string { return "HTTP/1.1 " + s + "\r\n\r\n" }},
	{"no-header", func(s string) string { return "HTTP/1.1 200 OK\r\n" + s + "\r\n\r\n" }},
	{"length", func(s string) string { return "HTTP/1.1 200 OK\r\nContent-Length: " + s + "\r\n\r\n" }},
	{"two-lengths", func(s string) string {
		return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: " + s + "\r\n\r\n"
	}},
	{"coding", func(s string) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + s + "\r\n\r\n" }},
	{"date", func(s string) string { return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: " + s + "\r\n\r\n{}" }},
	{"many-bytes", func(s string) string { return whole("200 OK", "X-A: "+strings.Repeat(s, 300<<10/len(s))+"\r\n", "") }},
}

// badHTTP are answers that can be read, more or less.
var badHTTP = []answered{
	{"chunk", func(s string) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + s + "\r\n" }},
	{"trailer", func(s string) string {
		return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Secret\r\n\r\n2\r\n{}\r\n0\r\nX-Secret: " + s + "\r\n\r\n"
	}},
	{"reason", func(s string) string { return whole("401 "+s, "", "{}") }},
	{"folded", func(s string) string { return whole("200 OK", "X-A: b\r\n "+s+"\r\n", "{}") }},
	{"cookie", func(s string) string { return whole("401 Unauthorized", "Set-Cookie: session="+s+"; Secure\r\n", "{}") }},
	{"challenge", func(s string) string {
		return whole("401 Unauthorized", `WWW-Authenticate: Bearer realm="`+s+`"`+"\r\n", "{}")
	}},
	{"redirect", func(s string) string {
		return whole("302 Found", "Location: http://me:"+s+"@127.0.0.1:1/?token="+s+"#"+s+"\r\n", "")
	}},
	{"age", func(s string) string { return whole("200 OK", "Age: "+s+"\r\n", "{}") }},
	{"JSON-name", func(s string) string {
		return whole("200 OK", "", `{"ok":false,`+jsonText(s)+`:{"a":[`+jsonText(s)+`]}}`)
	}},
	{"JSON-text", func(s string) string {
		return whole("401 Unauthorized", "", `{"ok":false,"errors":[{"code":"invalid_api_key","message":`+jsonText("for "+s)+`}]}`)
	}},
	{"JSON-in-JSON", func(s string) string {
		return whole("401 Unauthorized", "", `{"ok":false,"errors":[{"code":"invalid_api_key","message":`+jsonText(jsonText(s))+`}]}`)
	}},
	{"traceback", func(s string) string { return whole("500 Internal Server Error", "", "Traceback: key="+s) }},
	{"cut-short", func(s string) string { return whole("500 Internal Server Error", "", strings.Repeat("x", 4070)+s+s+s) }},
	{"excerpt", func(s string) string {
		return whole("500 Internal Server Error", "", strings.Repeat("filler ", 38)+s+s+s)
	}},
	{"endless", func(s string) string {
		return whole("500 Internal Server Error", "", strings.Repeat(s, 1<<20/len(s)+100))
	}},
	{"breaks-off", func(s string) string {
		return strings.Replace(whole("500 Internal Server Error", "", "key="+s), "Content-Length: ", "Content-Length: 1", 1)
	}},
	{"no-UTF-8", func(s string) string { return whole("500 Internal Server Error", "", "\xff\xfe"+s+"\xff\x80") }},
	{"ANSI", func(s string) string {
		return whole("500 Internal Server Error", "X-A: \x1b[31m"+s+"\x1b[0m\r\n", "\x1b[31m"+s+"\x1b[0m\x00"+s)
	}},
	{"rate", func(s string) string { return whole("429 Too Many Requests", "Retry-After: "+s+"\r\n", "{}") }},
}

// marked makes the answers, each with its name before the secret, by which what
// leaked is told.
func marked(secret string, all ...answered) (texts []string) {
	for _, a := range all {
		texts = append(texts, a.text(mark(a.name)+secret))
	}
	return texts
}

// What a hostile server says of a secret is not repeated, whether it is met
// before the first case or in the middle.
func TestCanariesOfHostileServers(t *testing.T) {
	t.Parallel()
	var all group
	defer all.wait()
	c := newCanaries()
	secret := c.secrets["SKEWPROOF_TROLLEY_SECRET_KEY"]
	for _, a := range noHTTP {
		all.run(t, a.name, func(t *testing.T) {
			r := c.run(t, nil, "-vendor", "trolley", "-target", hostile(t, 0, marked(secret, a)...), "-case", "trolley/signature/extended")
			if r.exit == 0 {
				t.Errorf("it conforms; %s", r.output())
			}
			r.wrote(t)
		})
	}
	all.run(t, "in the middle", func(t *testing.T) {
		r := c.run(t, nil, "-vendor", "trolley", "-target", hostile(t, 2, marked(secret, append(badHTTP, noHTTP...)...)...), "-test.v", "-ginkgo.json-report", "ginkgo.json")
		if r.exit != 1 {
			t.Errorf("exit %d, want 1; %s", r.exit, r.output())
		}
		r.wrote(t)
	})
}

// Nor is it in another spelling.
func TestCanariesInEverySpelling(t *testing.T) {
	t.Parallel()
	var all group
	defer all.wait()
	all.run(t, "spellings", func(t *testing.T) {
		c := newCanaries()
		var answers []string
		forms := spellings(c.secrets["SKEWPROOF_TROLLEY_SECRET_KEY"])
		for _, form := range slices.Sorted(maps.Keys(forms)) {
			answers = append(answers, whole("500 Internal Server Error", "X-Debug: "+mark(form)+forms[form]+"\r\n", "<p>"+mark(form)+forms[form]+"</p>"))
		}
		c.run(t, nil, "-vendor", "trolley", "-target", hostile(t, 2, answers...)).wrote(t)
	})
	// Go writes the names of headers in a case of its own.
	all.run(t, "the name of a header", func(t *testing.T) {
		c := newCanaries()
		c.set("SKEWPROOF_TROLLEY_SECRET_KEY", "canary-"+mixed(13)+"-"+mixed(16))
		answer := whole("500 Internal Server Error", c.secrets["SKEWPROOF_TROLLEY_SECRET_KEY"]+": 1\r\n", "{}")
		c.run(t, nil, "-vendor", "trolley", "-target", hostile(t, 2, answer), "-case", "trolley/signature/*").wrote(t)
	})
	// White space in a secret is part of it: some are whole files.
	for name, space := range map[string]string{"two spaces": "  ", "a line feed": "\n", "a tab": "\t", "two lines": "\r\n\r\n"} {
		c := newCanaries()
		secret := "canary-" + mixed(13) + space + mixed(16) + space + mixed(16)
		c.set("SKEWPROOF_TROLLEY_SECRET_KEY", secret)
		answers := []answered{badHTTP[8], badHTTP[9], badHTTP[10], badHTTP[11], badHTTP[12], badHTTP[13]}
		if !strings.Contains(space, "\n") { // which would end the line
			answers = append(badHTTP, noHTTP...)
			all.run(t, name+" at once", func(t *testing.T) {
				c.run(t, nil, "-vendor", "trolley", "-target", hostile(t, 0, marked(secret, noHTTP[3])...)).wrote(t)
			})
		}
		all.run(t, name, func(t *testing.T) {
			c.run(t, nil, "-vendor", "trolley", "-target", hostile(t, 2, marked(secret, answers...)...)).wrote(t)
		})
	}
}

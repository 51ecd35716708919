package endtoend

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const everyVendor = "trolley,irp,spreetail"

// leaky are servers that tell what they should not, or break what the harness
// knows a token by, together with others whose failures are shown at length.
var leaky = []string{
	"trolley/secret-echo,irp/secret-echo,spreetail/secret-echo",
	"trolley/expected-hash-echo,irp/token-on-error,spreetail/token-outside-data",
	"trolley/full-key-echo,irp/token-short,spreetail/login-any-case",
	"trolley/signature-unchecked,irp/signature-unchecked,spreetail/signature-unchecked",
	"trolley/plain-text-error,irp/empty-secret-accepted,spreetail/login-trims",
	"trolley/ok-true-on-error,irp/token-as-apikey,spreetail/login-success-missing",
	"trolley/no-window,irp/no-window,spreetail/login-id-only",
	"trolley/window-half,irp/inner-hash-accepted,spreetail/expires-in-string",
	"trolley/method-unsigned,irp/messages-object,spreetail/payload-unbound",
	"trolley/one-hour-off,irp/broken-body-500,spreetail/login-secret-only",
	"trolley/body-unsigned,irp/token-single-use,spreetail/crash-on-garbage-token",
	"trolley/crash-on-long-signature,irp/response-time-local,spreetail/alg-any",
}

// Whatever a server does, and however the run ends, no secret and no token is in
// anything that is printed or written.
func TestCanariesOfLiveRuns(t *testing.T) {
	t.Parallel()
	var all group
	defer all.wait()
	for _, faults := range append([]string{""}, leaky...) {
		all.run(t, "server "+faults, func(t *testing.T) {
			c := newCanaries()
			args := []string{"-vendor", everyVendor, "-unsafe", "-record", "recorded", "-har", "recorded/run.har"}
			if faults == "" || strings.Contains(faults, "secret-echo") {
				args = append(args, ginkgos...)
			}
			r := c.run(t, []string{"GOTRACEBACK=all"}, append(args, "-target", c.peer(t, "-broken", faults).URL)...)
			if want := min(len(faults), 1); r.exit != want {
				t.Errorf("exit %d, want %d; %s", r.exit, want, r.output())
			}
			if c.tokens() < 10 {
				t.Errorf("only %d tokens were seen to be granted", c.tokens())
			}
			r.wrote(t)
		})
	}
	for vendor, names := range map[string][2]string{"trolley": {"ACCESS_KEY", "SECRET_KEY"}, "irp": {"API_KEY", "SHARED_SECRET"}, "spreetail": {"CLIENT_ID", "CLIENT_SECRET"}} {
		variable := func(name string) string { return "SKEWPROOF_" + strings.ToUpper(vendor) + "_" + name }
		for _, wrong := range names { // the secret is another; or the key is the secret, too
			all.run(t, "wrong "+wrong+" of "+vendor, func(t *testing.T) {
				right, c := newCanaries(), newCanaries()
				if wrong == names[0] {
					c.env = append(c.env, variable(wrong)+"="+c.secrets[variable(names[1])])
				}
				r := c.run(t, nil, "-vendor", vendor, "-target", right.peer(t, "-broken", vendor+"/secret-echo").URL, "-test.v", "-ginkgo.trace")
				if r.exit == 0 {
					t.Errorf("it conforms; %s", r.output())
				}
				r.wrote(t)
			})
		}
	}
	for _, verbose := range []string{"-ginkgo.v", "-ginkgo.vv"} {
		all.run(t, verbose, func(t *testing.T) {
			c := newCanaries()
			r := c.run(t, nil, "-vendor", everyVendor, verbose, "-target", c.peer(t, "-broken", "trolley/secret-echo,irp/secret-echo,spreetail/secret-echo").URL)
			r.wrote(t)
		})
	}
	all.run(t, "dry run", func(t *testing.T) {
		c := newCanaries()
		c.run(t, nil, "-vendor", everyVendor, "-target", closedPort(t), "-dry-run", "-test.v")
	})
	all.run(t, "nobody listens", func(t *testing.T) {
		c := newCanaries()
		if r := c.run(t, nil, "-vendor", everyVendor, "-target", closedPort(t), "-test.v"); r.exit != 3 {
			t.Errorf("exit %d, want 3; %s", r.exit, r.output())
		}
	})
	all.run(t, "known failures", func(t *testing.T) {
		c := newCanaries()
		known := filepath.Join(t.TempDir(), "known.txt")
		write(t, known, "trolley/*\nirp/*\nspreetail/*\n")
		r := c.run(t, nil, "-vendor", everyVendor, "-known-failing", known, "-test.v",
			"-target", c.peer(t, "-broken", "trolley/secret-echo,irp/secret-echo,spreetail/secret-echo").URL)
		r.wrote(t)
	})
	all.run(t, "dies in the middle", func(t *testing.T) {
		c := newCanaries()
		p := c.watched(t, func(p *tap, n int) {
			if n == 60 {
				_ = p.process.Kill()
			}
		}, "-broken", "trolley/secret-echo")
		r := c.run(t, nil, "-vendor", everyVendor, "-target", p.URL, "-test.v")
		if r.exit == 0 {
			t.Errorf("it conforms; %s", r.output())
		}
		r.wrote(t)
	})
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGABRT} {
		all.run(t, "signal "+s.String(), func(t *testing.T) {
			c := newCanaries()
			running := make(chan *os.Process, 1)
			p := c.watched(t, func(_ *tap, n int) {
				if n == 120 {
					_ = (<-running).Signal(s) // it is there: it has just been answered
				}
			}, "-broken", "trolley/secret-echo,irp/secret-echo,spreetail/secret-echo")
			r := c.start(t, suiteBinary, []string{"GOTRACEBACK=all"}, func(p *os.Process) { running <- p },
				"-vendor", everyVendor, "-target", p.URL, "-test.v", "-rate", "1000")
			c.check(t, r)
			if r.exit == 0 {
				t.Errorf("it conforms; %s", r.output())
			}
		})
	}
	all.run(t, "time out", func(t *testing.T) {
		c := newCanaries()
		stuck := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				<-r.Context().Done()
			}
		}))
		t.Cleanup(stuck.Close)
		r := c.run(t, []string{"GOTRACEBACK=system"}, "-vendor", "trolley", "-target", stuck.URL, "-test.timeout", "3s", "-test.v")
		if r.exit == 0 {
			t.Errorf("it conforms; %s", r.output())
		}
		r.wrote(t)
	})
}

// A link that fails tells nothing either.
func TestCanariesOfTLS(t *testing.T) {
	t.Parallel()
	var all group
	defer all.wait()
	cert := filepath.Join(t.TempDir(), "cert.pem")
	c := newCanaries()
	p := c.peer(t, "-tls", "-cert-out", cert, "-broken", "trolley/secret-echo,irp/secret-echo,spreetail/secret-echo")
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.URL, "https://"))
	for name, target := range map[string]struct {
		url string
		env []string
	}{
		"nobody vouches":    {p.URL, nil},
		"another name":      {"https://127.0.0.2:" + port, []string{"SSL_CERT_FILE=" + cert}},
		"plain HTTP to TLS": {strings.Replace(p.URL, "https", "http", 1), nil},
		"TLS to plain HTTP": {strings.Replace(c.peer(t).URL, "http", "https", 1), nil},
	} {
		all.run(t, name, func(t *testing.T) {
			r := c.run(t, target.env, "-vendor", everyVendor, "-target", target.url, "-test.v")
			if r.exit == 0 {
				t.Errorf("it conforms; %s", r.output())
			}
		})
	}
	all.run(t, "debug output of Go", func(t *testing.T) { // which nobody asks for by mistake
		r := c.run(t, []string{"SSL_CERT_FILE=" + cert, "GODEBUG=http2debug=2,http1debug=1,netdns=2,tlsmaxrsasize=8192"}, "-vendor", "trolley,spreetail", "-target", p.URL, "-test.v")
		if r.exit != 1 {
			t.Errorf("exit %d, want 1; %s", r.exit, r.output())
		}
	})
}

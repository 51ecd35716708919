package suites

import (
	"cmp"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/onsi/ginkgo/v2"

	"github.com/skewproof/skewproof/harness"
)

// environment is what the environment says of credentials, by variable. It is
// read once, because a file that it names may be a pipe.
type environment map[string]credential

type credential struct {
	value string
	err   error // why the file that @ names cannot be read
}

// readEnvironment reads the credentials of every vendor there may be: much can be
// wrong, and is to be told without them, before a profile says which they are.
func readEnvironment() environment {
	e := environment{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "SKEWPROOF_") || strings.Count(name, "_") < 2 {
			continue
		}
		c := credential{value: value}
		if file, ok := strings.CutPrefix(value, "@"); ok {
			c = readCredential(file)
		}
		e[name] = c
	}
	return e
}

// readCredential reads a file. One that is not there may be no file, but a secret
// that begins with @: so it is a value to hide, and is not named in the error.
func readCredential(file string) credential {
	text, err := os.ReadFile(file)
	if err == nil {
		return credential{value: strings.TrimRight(string(text), "\r\n")}
	}
	var named *fs.PathError
	if errors.As(err, &named) {
		err = named.Err
	}
	return credential{value: file, err: err}
}

// leastSecret is the shortest value that is hidden before a profile calls it a
// secret, in bytes: a shorter one may well be a word.
const leastSecret = 8

// secrets are the values to hide while no profile is known.
func (e environment) secrets() map[string]string {
	all := map[string]string{}
	for name, c := range e {
		if len(c.value) >= leastSecret {
			all[name] = c.value
		}
	}
	return all
}

// secrets are the values to hide in a run of these profiles.
func (r *runner) secrets(profiles []*harness.Profile) map[string]string {
	all := r.environment.secrets()
	for _, p := range profiles {
		for _, c := range p.Credentials {
			variable := harness.EnvName(p.Vendor, c.Name)
			if c.Secret {
				all[p.Vendor+"."+c.Name] = cmp.Or(r.options.Credentials[c.Name], r.environment[variable].value)
			} else {
				delete(all, variable)
			}
		}
	}
	return all
}

// conceal takes the secrets out of whatever the run says from now on.
func (r *runner) conceal(secrets map[string]string) {
	redactor := harness.NewRedactor(secrets)
	r.redactor.Store(redactor)
	r.report.Redactor = redactor
	r.report.Target = redactor.Text(r.options.subject())
}

// hide is a text without the run's secrets.
func (r *runner) hide(text string) string { return r.redactor.Load().Text(text) }

// fail is Ginkgo's Fail, without secrets.
func (r *runner) fail(message string, skip ...int) {
	skip = append(skip, 0)
	ginkgo.Fail(r.hide(message), skip[0]+1)
}

// hiding writes what it is given without secrets. A secret that comes in two
// parts is not met, so each message is to come at once, as from fmt, flag and log.
type hiding struct {
	out  io.Writer
	hide func(string) string
}

func (h hiding) Write(text []byte) (int, error) {
	if _, err := io.WriteString(h.out, h.hide(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// hideMistakes keeps secrets out of what the flag set prints about a flag that it
// cannot read, which is before there is a run.
func hideMistakes(flags *flag.FlagSet) {
	redactor := sync.OnceValue(func() *harness.Redactor { return harness.NewRedactor(readEnvironment().secrets()) })
	flags.SetOutput(hiding{flags.Output(), func(text string) string { return redactor().Text(text) }})
}

// http2Value is the value of a header or of a frame in a line of net/http.
var http2Value = regexp.MustCompile(`= ?"(?:[^"\\]|\\.)*"`)

// hideLogged is what package log prints without secrets. With GODEBUG=http2debug
// net/http logs whatever it sends and gets, with tokens of which nobody knows yet,
// and cut at 256 bytes, maybe within a secret: so no value of it is shown.
func (r *runner) hideLogged(text string) string {
	if strings.Contains(text, "http2: ") {
		text = http2Value.ReplaceAllString(text, "=‹hidden›")
	}
	return r.hide(text)
}

package scripted_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// tapped is a transport that notes the tokens that pass.
type tapped struct {
	http.RoundTripper
	tokens *sync.Map
}

var tokenText = regexp.MustCompile(`"(?:access_token|AuthenticationToken)":"([^"]{16,})"`)

func (t tapped) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, readErr := io.ReadAll(resp.Body)
	for _, m := range tokenText.FindAllStringSubmatch(string(body), -1) {
		t.tokens.Store(strings.TrimPrefix(m[1], "Bearer "), true)
	}
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{readErr}))
	return resp, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// spellings are the ways in which a text may be given away.
func spellings(text string) []string {
	quoted, _ := json.Marshal(text)
	all := []string{text, hex.EncodeToString([]byte(text)), strings.ToUpper(hex.EncodeToString([]byte(text))), url.QueryEscape(text), url.PathEscape(text),
		string(quoted[1 : len(quoted)-1]), strings.ReplaceAll(text, "/", `\\/`)} // as JSON shows it
	for phase := range 3 {
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			coded := enc.EncodeToString([]byte(strings.Repeat("x", phase) + text))
			all = append(all, coded[4:len(coded)-4])
		}
	}
	return all
}

// leaks lists what the results hold of secrets and of the tokens until then.
func leaks(t *testing.T, p *harness.Profile, habits ...string) (found []string) {
	var secrets []string
	tokens := &sync.Map{}
	made := newHandmade(p.Vendor, habits...)
	c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: func(cfg harness.ClientConfig) (harness.Client, error) {
		for _, cred := range p.Credentials {
			if value := cfg.Credentials[cred.Name]; cred.Secret && value != "" && !slices.Contains(secrets, value) {
				secrets = append(secrets, value)
			}
		}
		cfg.Transport = tapped{cfg.Transport, tokens}
		return made(cfg)
	}}, scripted.Options{Keep: true})
	defer c.Close()
	for _, cs := range p.Cases {
		if cs.Side != "client" || together(cs) || len(found) > 5 {
			continue
		}
		text, hidden := asJSON(t, c.Run(context.Background(), cs)), slices.Clone(secrets)
		tokens.Range(func(token, _ any) bool { hidden = append(hidden, token.(string)); return true })
		for n, secret := range hidden {
			for _, form := range spellings(secret) {
				if at := strings.Index(text, form); at >= 0 {
					found = append(found, cs.Name()+": …"+text[max(0, at-80):at+len(form)])
				}
			}
			if n < len(secrets) && strings.Contains(text, secret[:len(secret)/2]) { // tokens all begin alike
				found = append(found, cs.Name()+": half of "+secret)
			}
		}
	}
	return found
}

func TestNothingSecretIsReported(t *testing.T) {
	vendors := vendorProfiles(t)
	for i, habit := range []string{"", "log-secret", "log-secret-base64", "log-token", "secret-in-errors", "secret-in-query", "secret-in-header", "secret-in-fields", "basic-auth-login",
		"token-in-query", "token-in-errors", "token-in-errors-base64", "token-in-errors-hex", "token-in-errors-json", "token-in-errors-escaped", "url-in-errors", "unescaped-token",
		"signs-the-key", "secret-in-long-body", "secret-as-kind", "secret-as-method", "bearer-always-twice", "follows-anywhere", "static-credentials", "no-recovery", "global-token", "json-fields"} {
		if testing.Short() && i%6 != 0 {
			continue
		}
		for vendor, p := range vendors {
			t.Run(vendor+"/"+habit, func(t *testing.T) {
				if found := leaks(t, p, strings.Fields(habit)...); len(found) > 0 {
					t.Errorf("%d secrets in results: %.600s", len(found), strings.Join(found[:min(3, len(found))], "\n"))
				}
			})
		}
	}
}

// A client that floods the harness gets a verdict, in time, of a size to read.
func TestHostileClientsAreBounded(t *testing.T) {
	vendors := vendorProfiles(t)
	for i, habit := range []string{"endless-body", "endless-target", "endless-headers", "endless-kind", "endless-message", "invalid-utf-8", "endless-401"} {
		if testing.Short() && i%3 != 0 {
			continue
		}
		for vendor, p := range vendors {
			t.Run(vendor+"/"+habit, func(t *testing.T) {
				began := time.Now()
				c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: newHandmade(vendor, habit)}, scripted.Options{Keep: true})
				defer c.Close()
				for n, cs := range clientCasesOf(p) {
					if n%20 != 0 {
						continue // a few will do
					}
					r := c.Run(context.Background(), cs)
					r.Case = nil
					text, err := json.Marshal(r)
					if problem := excess(text, err, time.Since(began)); problem != "" {
						t.Fatalf("%s: %s", cs.Name(), problem)
					}
				}
			})
		}
	}
}

func clientCasesOf(p *harness.Profile) (all []*harness.Case) {
	for _, cs := range p.Cases {
		if cs.Side == "client" && !together(cs) {
			all = append(all, cs)
		}
	}
	return all
}

func excess(text []byte, err error, took time.Duration) string {
	switch {
	case err != nil:
		return err.Error()
	case len(text) > 200_000: // twelve exchanges of three texts of 4096 are shorter
		return fmt.Sprintf("a result of %d bytes", len(text))
	case bytes.Contains(text, []byte(`\ufffd`)): // as encoding/json writes what is none
		return "what is no UTF-8 is in the result"
	case took > 20*time.Second:
		return "it took " + took.String()
	}
	return ""
}

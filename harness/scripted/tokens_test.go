package scripted_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// remembering is a client that knows every token of the run, those of other cases
// as well, and tells them in the way it is given.
type remembering struct {
	harness.Client
	all  *sync.Map
	tell func(said string) harness.Outcome
}

func (c remembering) Call(ctx context.Context, call harness.Call) harness.Outcome {
	c.Client.Call(ctx, call)
	return c.tell(c.said())
}

func (c remembering) said() string {
	var b strings.Builder
	c.all.Range(func(token, _ any) bool {
		fmt.Fprintf(&b, "%s %x %q %s\n", token, token, token, url.QueryEscape(token.(string)))
		return true
	})
	return b.String()
}

// Tokens are hidden wherever they are told, also before the requests of the moment
// are looked at, and those of the cases before.
func TestTokensOfTheRunAreHidden(t *testing.T) {
	vendors := vendorProfiles(t)
	for name, tell := range map[string]func(said string) harness.Outcome{
		"unreachable": func(said string) harness.Outcome { return harness.Outcome{Kind: harness.Unreachable, Message: said} },
		"unsupported": func(said string) harness.Outcome { return harness.Outcome{Kind: harness.Unsupported, Message: said} },
		"a message":   func(said string) harness.Outcome { return harness.Outcome{Kind: "other", Message: said} },
		"a kind":      func(said string) harness.Outcome { return harness.Outcome{Kind: said} },
		"a body":      func(said string) harness.Outcome { return harness.Outcome{Status: 200, Body: said} },
		"a panic":     func(said string) harness.Outcome { panic(said) },
	} {
		for _, vendor := range []string{"irp", "spreetail"} {
			t.Run(vendor+"/"+name, func(t *testing.T) {
				t.Parallel()
				p, all := vendors[vendor], &sync.Map{}
				c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: func(cfg harness.ClientConfig) (harness.Client, error) {
					cfg.Transport = tapped{cfg.Transport, all}
					right, err := referenceClient(p)(cfg)
					return remembering{right, all, tell}, err
				}}, scripted.Options{Keep: true})
				defer c.Close()
				known := 0
				for n, cs := range clientCasesOf(p) {
					if n%7 != 0 || cs.Without != "" || t.Failed() {
						continue // a few will do
					}
					text := asJSON(t, c.Run(context.Background(), cs))
					known = 0
					all.Range(func(token, _ any) bool {
						known++
						for _, form := range spellings(token.(string)) {
							if at := strings.Index(text, form); at >= 0 {
								t.Errorf("%s: token %d is told: …%s", cs.Name(), known, text[max(0, at-80):at])
							}
						}
						return !t.Failed()
					})
				}
				if known < 2 {
					t.Errorf("%d tokens were granted", known)
				}
			})
		}
	}
}

func asJSON(t *testing.T, r harness.Result) string {
	t.Helper()
	r.Case = nil
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The log that a client is given can take out what is secret, for who has to cut
// it: the credentials, and from the moment they are granted, the tokens.
func TestLogsTakeOutWhatIsSecret(t *testing.T) {
	p := vendorProfiles(t)["spreetail"]
	asked := 0
	c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: func(cfg harness.ClientConfig) (harness.Client, error) {
		hide := cfg.Log.(interface{ Hide(string) string }).Hide
		secret := cfg.Credentials[p.Secret().Name]
		if got := hide("with " + secret); got != "with ‹"+p.Secret().Name+"›" {
			t.Errorf("of a secret %q is left", got)
		}
		all := &sync.Map{}
		cfg.Transport = tapped{cfg.Transport, all}
		right, err := referenceClient(p)(cfg)
		return clientFunc(func(ctx context.Context, call harness.Call) harness.Outcome {
			o := right.Call(ctx, call)
			all.Range(func(token, _ any) bool {
				asked++
				if got := hide(token.(string) + "."); !strings.HasPrefix(got, "‹token of ") || !strings.HasSuffix(got, "›.") {
					t.Errorf("of a token %q is left", got)
				}
				return true
			})
			return o
		}), err
	}}, scripted.Options{})
	defer c.Close()
	cs := clientCases(p, "sends/get-order")[0]
	if r := c.Run(context.Background(), cs); r.Verdict != harness.Pass || asked == 0 {
		t.Errorf("%v; %d tokens were granted", r.Err(), asked)
	}
}

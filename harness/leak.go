package harness

import (
	"strings"
)

// leak looks for what an answer must never hold: a secret, or the signature
// that would have been right.
func (c *Checker) leak(cs *Case, d *draft, a *answer) (Finding, bool) {
	rule := cs.Rules[0]
	if ids := c.profile.Rules["no-echo"]; len(ids) > 0 {
		rule = ids[0]
	}
	text := string(a.body)
	leaks := c.redactor.Leaks(text)
	for name, values := range a.header {
		if name == "Date" || name == "Content-Length" {
			continue // their forms leave no room for one
		}
		for _, v := range values {
			leaks = leaks || c.redactor.Leaks(v)
		}
	}
	if leaks {
		return breach(rule, "leak", "the answer holds a secret of the customer", "no secret", excerpt(a)), true
	}
	if f, echoes := c.echoesKey(d, a, text); echoes {
		return f, true
	}
	if d.right == "" || c.profile.Request == nil {
		return Finding{}, false
	}
	if sent := d.values[c.profile.Request.result()]; sent != d.right && len(d.right) > 8 && !strings.Contains(sent, d.right) && strings.Contains(text, d.right) {
		return breach(rule, "leak", "the answer to a wrong signature holds the right one", "no signature", shorten(a.hide(text), 200)), true
	}
	return Finding{}, false
}

// echoesKey looks for the whole key in an error, where the vendor shows a part
// of it only.
func (c *Checker) echoesKey(d *draft, a *answer, text string) (Finding, bool) {
	ids := c.profile.Rules["no-key-echo"]
	sent := d.values[c.profile.Identity().Name]
	if len(ids) == 0 || len(sent) <= shortKey || !strings.Contains(text, sent) {
		return Finding{}, false
	}
	if c.profile.refused(d, a) == "" {
		return Finding{}, false
	}
	return breach(ids[0], "leak", "the error holds the whole key that was sent", "a part of the key", shorten(a.hide(text), 200)), true
}

// shortKey is the length up to which a key may be shown whole, in characters:
// what is longer is shown in part.
const shortKey = 12

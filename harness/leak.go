package harness

import (
	"slices"
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
	if _, leaks := a.holds(text, c.redactor.Leaks); leaks {
		return breach(rule, "leak", "the answer holds a secret of the customer", "no secret", excerpt(a)), true
	}
	if f, echoes := c.echoesKey(d, a, text); echoes {
		return f, true
	}
	if len(d.right) <= 8 || c.profile.Request == nil {
		return Finding{}, false
	}
	sent := d.values[c.profile.Request.result()]
	if sent == d.right {
		return Finding{}, false
	}
	right := spellings(d.right)
	if right.in(sent) {
		return Finding{}, false // whoever sent it knows it, in capitals as well
	}
	if where, tells := a.holds(text, right.in); tells {
		return breach(rule, "leak", "the answer to a wrong signature holds the right one", "no signature", shorten(a.hide(where), 200)), true
	}
	return Finding{}, false
}

// holds finds where the answer has something: in its body, which it gives whole,
// or in a header or a trailer.
func (a *answer) holds(body string, has func(string) bool) (where string, ok bool) {
	if has(body) {
		return body, true
	}
	for name, values := range a.header {
		if name == "Date" || name == "Content-Length" {
			continue // their forms leave no room for one
		}
		for _, v := range values {
			if has(v) && (where == "" || name+": "+v < where) { // the same in every run
				where = name + ": " + v
			}
		}
	}
	return where, where != ""
}

// spelt are the ways in which a server may write a signature.
type spelt []string

// spellings are the signature, and one in hexadecimal also in capital and in small
// letters, which mean the same.
func spellings(signature string) spelt {
	all := spelt{signature}
	if strings.Trim(signature, "0123456789abcdefABCDEF") != "" {
		return all
	}
	for _, s := range []string{strings.ToLower(signature), strings.ToUpper(signature)} {
		if s != signature {
			all = append(all, s)
		}
	}
	return all
}

func (s spelt) in(text string) bool {
	return slices.ContainsFunc(s, func(one string) bool { return strings.Contains(text, one) })
}

// echoesKey looks for the whole key in an error, where the vendor shows a part
// of it only.
func (c *Checker) echoesKey(d *draft, a *answer, text string) (Finding, bool) {
	ids := c.profile.Rules["no-key-echo"]
	sent := d.values[c.profile.Identity().Name]
	if len(ids) == 0 || len(sent) <= shortKey {
		return Finding{}, false
	}
	where, echoes := a.holds(text, func(s string) bool { return strings.Contains(s, sent) })
	if !echoes || c.profile.refused(d, a) == "" {
		return Finding{}, false
	}
	return breach(ids[0], "leak", "the error holds the whole key that was sent", "a part of the key", shorten(a.hide(where), 200)), true
}

// shortKey is the length up to which a key may be shown whole, in characters:
// what is longer is shown in part.
const shortKey = 12

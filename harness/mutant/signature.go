package mutant

import (
	"strings"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// signature breaks the comparison of signatures and the recipe.
func (m *maker) signature() {
	if m.profile.Request == nil {
		return
	}
	refused := m.rules("signature-refused", "signature-covers", "signature-length", "signature-missing")
	match := func(id, says string, ok func(sent, right string) bool) *Mutant {
		return m.server("signature-"+id, says, "", refused, reference.Tamper{Match: func(s reference.Signed) bool { return ok(s.Sent, s.Right) }})
	}
	match("not-compared", "any signature will do", func(string, string) bool { return true })
	match("of-any-length-of-right", "a signature of the right length will do", func(sent, right string) bool { return len(sent) == len(right) })
	match("first-8-compared", "only the first eight characters are compared", func(sent, right string) bool { return len(sent) >= 8 && sent[:8] == right[:8] })
	match("first-half-compared", "only the first half is compared", func(sent, right string) bool {
		n := len(right) / 2
		return len(sent) >= n && sent[:n] == right[:n]
	})
	match("last-8-compared", "only the last eight characters are compared", func(sent, right string) bool {
		return len(sent) >= 8 && strings.HasSuffix(sent, right[len(right)-8:])
	})
	match("prefix-will-do", "the beginning of the right signature will do", func(sent, right string) bool { return sent != "" && strings.HasPrefix(right, sent) })
	match("more-may-follow", "something may follow the right signature", func(sent, right string) bool { return strings.HasPrefix(sent, right) })
	match("last-character-overlooked", "the last character is not compared", func(sent, right string) bool {
		return len(sent) == len(right) && sent[:len(sent)-1] == right[:len(right)-1]
	})
	if x := match("empty-accepted", "an empty signature will do", func(sent, right string) bool { return sent == "" || sent == right }); m.fieldsFirst("signature") {
		x.Equivalent = "an empty field is refused by the check of the fields, before the signature is looked at"
	}
	match("never-right", "no signature is right", func(string, string) bool { return false }).Rules = m.rules("call-accepted")
	m.variant("signature-case-folded", "a signature in capitals will do", "", "hex-case", refused)
	accepted := append(m.rules("call-accepted", "login-accepted"), refused...)
	for _, v := range m.profile.Request.Variations() {
		m.profileServer("recipe-"+v.Name, "the server makes the signature otherwise: "+strings.ReplaceAll(v.Name, "-", " "), "", accepted,
			func(p *harness.Profile) { p.Request = v.Recipe })
	}
}

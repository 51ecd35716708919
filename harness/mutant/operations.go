package mutant

import (
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// operations leaves single operations unguarded: they accept what all others
// refuse.
func (m *maker) operations() {
	p := m.profile
	for _, of := range []struct {
		err, says string
		claims    []string
		guards    func(*harness.Operation) bool // which operations the pages say it of; nil for all
	}{
		{"signature", "a wrong signature", []string{"signature-refused", "signature-covers"}, nil},
		{"key", "an unknown key", []string{"key-unknown"}, nil},
		{"token", "an unknown token", []string{"token-refused", "jwt-tampered", "jwt-algorithm"}, nil},
		{"authorization-missing", "a call without a token", []string{"bearer-required", "bearer-missing"}, nil},
		{"field-missing", "a call without a signature", []string{"call-field-missing"}, func(*harness.Operation) bool { return len(p.Call.Fields) > 0 && p.Request != nil }},
		{"ip-denied", "an address that is not allowed", nil, nil},
		{"token-key-inactive", "the token of an inactive key", nil, nil},
		{"token-key-deleted", "the token of a deleted key", nil, nil},
		{"forbidden", "an account without the permission", nil, func(op *harness.Operation) bool { return !op.AboutToken }},
	} {
		if len(m.provoked(of.err)) == 0 || of.err == "key" && !slices.Contains(p.Call.Checks, "key") {
			continue
		}
		for _, op := range p.Operations {
			path, _, _ := strings.Cut(op.Path, "?")
			if op.Refuse != "" || p.Route(op.Method, path) != op || of.guards != nil && !of.guards(op) {
				continue // a server cannot tell operations apart that share a route
			}
			m.server(of.err+"-overlooked-at-"+op.Name, op.Name+" accepts "+of.says, "", append(m.rules(of.claims...), p.ErrorRules(of.err)...),
				reference.Tamper{Refuse: func(at *harness.Operation, name string) string {
					if at.Name == op.Name && name == of.err {
						return ""
					}
					return name
				}})
		}
	}
}

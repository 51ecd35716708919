package mutant

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness/reference"
)

// leaks tells what must not be told.
func (m *maker) leaks() {
	p := m.profile
	rules := m.rules("no-echo")
	secret := p.Samples()[p.Secret().Name]
	for _, when := range []struct {
		id      string
		refused bool
	}{{"a-refusal", true}, {"a-success", false}} {
		answers := m.answers("leak-", "", "", rules, func(t *reference.Told) bool { return (t.Refused != "") == when.refused })
		leak := func(id, says string, change func(*reference.Told)) { answers(id+"-in-"+when.id, says, change) }
		leak("secret", "the body repeats the secret", func(t *reference.Told) { t.Body = withKey(t.Body, "debug", secret) })
		leak("secret-in-header", "a header repeats the secret", func(t *reference.Told) { t.Header.Set("X-Debug", secret) })
		leak("secret-in-hex", "the body repeats the secret in hexadecimal", func(t *reference.Told) { t.Body = withKey(t.Body, "debug", fmt.Sprintf("%x", secret)) })
		if when.refused && p.Request != nil {
			tells := func(id, says string, change func(*reference.Told)) {
				leak(id, says, func(t *reference.Told) {
					if t.Right != "" && p.ErrorName(t.Refused) == p.ErrorName("signature") {
						change(t)
					}
				})
			}
			tells("signature", "the body tells the signature that would have been right", func(t *reference.Told) { t.Body = withKey(t.Body, "expected", t.Right) })
			tells("signature-in-header", "a header tells the signature that would have been right", func(t *reference.Told) { t.Header.Set("X-Expected-Signature", t.Right) })
			if m.signsInHex() {
				tells("signature-in-capitals", "the body tells the signature that would have been right in capitals", func(t *reference.Told) { t.Body = withKey(t.Body, "expected", strings.ToUpper(t.Right)) })
			}
		}
	}
	key := p.Samples()[p.Identity().Name]
	refusal := m.answers("leak-", "", "", m.rules("no-key-echo"), func(t *reference.Told) bool { return t.Refused != "" })
	refusal("key-in-a-refusal", "the body repeats the whole key", func(t *reference.Told) { t.Body = withKey(t.Body, "key", key) })
	refusal("key-in-header-in-a-refusal", "a header repeats the whole key", func(t *reference.Told) { t.Header.Set("X-Key", key) })
}

// signsInHex reports whether signatures are in hexadecimal, in which capitals mean
// the same.
func (m *maker) signsInHex() bool {
	stages := m.profile.Request.Run(maps.Clone(m.profile.Samples()), nil)
	_, err := hex.DecodeString(stages[len(stages)-1].Value)
	return err == nil
}

// withKey adds a key to a JSON object, or a line to anything else.
func withKey(body []byte, key, value string) []byte {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil || object == nil {
		return append(slices.Clone(body), "\n"+value...)
	}
	object[key] = value
	text, _ := json.Marshal(object) // it was read as JSON
	return text
}

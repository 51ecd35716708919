package harness

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"sort"
	"strings"
)

// Mask is a made-up value of the same length and shape as the given one: each
// letter and digit becomes another of its kind, all within hexadecimal, and
// everything else stays. It depends on the name and the shape alone, so that
// nothing of the value can be had back from it. Of a JSON Web Token the header and
// the claims stay, because checks read them, and the signature is masked, without
// which it opens nothing.
func Mask(name, value string) string {
	from := 0
	if isJWT(value) {
		from = strings.LastIndexByte(value, '.') + 1
	}
	out := []byte(value)
	var stream [sha256.Size]byte
	for i := range out[from:] {
		if i%len(stream) == 0 {
			stream = sha256.Sum256(append([]byte("skewproof mask\x00"+name), byte(i>>8), byte(i)))
		}
		switch n, c := stream[i%len(stream)], &out[from+i]; {
		case *c >= 'a' && *c <= 'z':
			*c = 'a' + n%6
		case *c >= 'A' && *c <= 'Z':
			*c = 'A' + n%6
		case *c >= '0' && *c <= '9':
			*c = '0' + n%10
		}
	}
	return string(out)
}

func isJWT(value string) bool {
	parts := strings.Split(value, ".")
	if len(parts) != 3 || parts[2] == "" {
		return false
	}
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	return err == nil && json.Valid(header)
}

// masking replaces values, in every spelling that secretForms knows, by the same
// spelling of their masks, and in any other by the mask as it is.
type masking struct {
	by     map[string]string
	others []secret
}

// hide adds a value to replace, and what to replace it by.
func (m *masking) hide(value, by string) {
	if m.by == nil {
		m.by = map[string]string{}
	}
	masked := secretForms(by)
	for i, form := range secretForms(value) {
		if _, known := m.by[form]; !known && i < len(masked) {
			m.by[form] = masked[i]
		}
	}
}

// secret adds a value that must not be left in any spelling.
func (m *masking) secret(value, by string) {
	m.hide(value, by)
	m.others = append(m.others, secret{value: value, shown: by})
}

// text is what replaces them.
func (m *masking) text() func(string) string {
	forms := sortedKeys(m.by)
	sort.SliceStable(forms, func(i, j int) bool { return len(forms[i]) > len(forms[j]) })
	var pairs []string
	for _, form := range forms {
		pairs = append(pairs, form, m.by[form])
	}
	known, others := strings.NewReplacer(pairs...), newRedactor(m.others)
	return func(s string) string { return others.Text(known.Replace(s)) }
}

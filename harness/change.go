package harness

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// signatureChanges alter a finished signature.
var signatureChanges = map[string]func(string) string{
	"flip-first":    func(s string) string { return flipAt(s, 0) },
	"flip-middle":   func(s string) string { return flipAt(s, len(s)/2) },
	"flip-last":     func(s string) string { return flipAt(s, len(s)-1) },
	"truncated":     func(s string) string { s = strings.TrimRight(s, "="); return s[:len(s)-1] },
	"truncated-45":  func(s string) string { return s[:min(45, len(s)-1)] },
	"first-8":       func(s string) string { return s[:min(8, len(s)-1)] },
	"extended":      func(s string) string { return s + "0" },
	"doubled":       func(s string) string { return s + s },
	"upper":         strings.ToUpper,
	"empty":         func(string) string { return "" },
	"zeros":         func(s string) string { return strings.Repeat("0", len(s)) },
	"letters":       func(s string) string { return strings.Repeat("z", len(s)) },
	"reversed":      reversed,
	"tail-replaced": func(s string) string { return s[:min(8, len(s))] + reversed(flipAll(s[min(8, len(s)):])) },
	"one-character": func(s string) string { return s[:1] },
	"huge":          func(s string) string { return strings.Repeat(s+"0", 60) },
}

// otherCase changes the case of the letters, so that the text is sure to differ:
// where the first way changes nothing the second does, and where there are no
// letters a character is altered.
func otherCase(s string, first, second func(string) string) string {
	for _, change := range []func(string) string{first, second} {
		if other := change(s); other != s {
			return other
		}
	}
	return flipAt(s, len(s)-1)
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// flipAt changes one character into another of the same kind.
func flipAt(s string, at int) string {
	if s == "" {
		return "0"
	}
	b := []byte(s)
	b[at] = flip(b[at])
	return string(b)
}

func flipAll(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] = flip(b[i])
	}
	return string(b)
}

// flip keeps digits digits and letters letters of the same case, within the
// hexadecimal ones, so that the form of the text stays right.
func flip(c byte) byte {
	switch {
	case c == '0':
		return '1'
	case c >= '1' && c <= '9':
		return c - 1
	case c == 'a', c == 'A':
		return c + 1
	case c >= 'b' && c <= 'z', c >= 'B' && c <= 'Z':
		return c - 1
	default:
		return 'x'
	}
}

// tokenChanges alter a token's text without its key. For a token of three parts
// (RFC 7519) some speak of the header, the payload and the signature.
var tokenChanges = map[string]func(string) string{
	"unknown": func(s string) string {
		return mapParts(s, func(_ int, p string) string { return reversed(flipAll(p)) })
	},
	"truncated":      func(s string) string { return s[:len(s)-1] },
	"extended":       func(s string) string { return s + "A" },
	"upper":          func(s string) string { return otherCase(s, strings.ToUpper, strings.ToLower) },
	"lower":          func(s string) string { return otherCase(s, strings.ToLower, strings.ToUpper) },
	"half":           func(s string) string { return s[:len(s)/2] },
	"empty":          func(string) string { return "" },
	"one-character":  func(string) string { return "x" },
	"word":           func(string) string { return "null" },
	"doubled":        func(s string) string { return s + s },
	"flip-first":     func(s string) string { return flipAt(s, 0) },
	"flip-middle":    func(s string) string { return flipAt(s, len(s)/2) },
	"huge":           func(s string) string { return strings.Repeat(s, 30) },
	"flip-header":    func(s string) string { return mapParts(s, flipPart(0)) },
	"flip-payload":   func(s string) string { return mapParts(s, flipPart(1)) },
	"flip-signature": func(s string) string { return mapParts(s, flipPart(2)) },
	"no-signature": func(s string) string {
		return mapParts(s, emptyPart(2))
	},
	"two-parts":     func(s string) string { return s[:max(0, strings.LastIndexByte(s, '.'))] },
	"one-part":      func(s string) string { part, _, _ := strings.Cut(s, "."); return part },
	"four-parts":    func(s string) string { return s + ".e30" },
	"leading-dot":   func(s string) string { return "." + s },
	"padded":        func(s string) string { return s + "=" },
	"empty-header":  func(s string) string { return mapParts(s, emptyPart(0)) },
	"empty-payload": func(s string) string { return mapParts(s, emptyPart(1)) },
	"swapped-parts": func(s string) string {
		p := strings.Split(s, ".")
		if len(p) == 3 {
			p[0], p[1] = p[1], p[0]
		}
		return strings.Join(p, ".")
	},
	"inner-space":        func(s string) string { return s[:len(s)/2] + " " + s[len(s)/2:] },
	"reversed":           reversed,
	"alg-none":           func(s string) string { return withoutSignature(s, "none") + "." },
	"alg-None":           func(s string) string { return withoutSignature(s, "None") + "." },
	"alg-NONE":           func(s string) string { return withoutSignature(s, "NONE") + "." },
	"alg-none-two-parts": func(s string) string { return withoutSignature(s, "none") },
	"claims-replaced":    replaceClaims,
	"claims-extended":    extendClaims,
}

// withoutSignature makes the unsigned twin of a JSON Web Token (RFC 7515
// appendix A.5).
func withoutSignature(s, alg string) string {
	parts := strings.Split(s, ".")
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"` + alg + `","typ":"JWT"}`))
	return header + "." + parts[min(1, len(parts)-1)]
}

// replaceClaims puts another subject into the payload and keeps the signature.
func replaceClaims(s string) string {
	return mapParts(s, func(i int, part string) string {
		if i != 1 {
			return part
		}
		return base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"somebody-else","client_id":"somebody-else","iat":0,"exp":253402300799}`))
	})
}

// extendClaims prolongs the token's life and keeps the signature.
func extendClaims(s string) string {
	return mapParts(s, func(i int, part string) string {
		payload, err := base64.RawURLEncoding.DecodeString(part)
		if i != 1 || err != nil {
			return part
		}
		longer := expClaim.ReplaceAll(payload, []byte("${0}0"))
		return base64.RawURLEncoding.EncodeToString(longer)
	})
}

var expClaim = regexp.MustCompile(`"exp": *[0-9]+`)

func mapParts(s string, change func(i int, part string) string) string {
	parts := strings.Split(s, ".")
	for i := range parts {
		parts[i] = change(i, parts[i])
	}
	return strings.Join(parts, ".")
}

// flipPart changes a character in the middle of one part, where it is sure to
// change the decoded bytes.
func flipPart(n int) func(int, string) string {
	return func(i int, part string) string {
		if i == n {
			return flipAt(part, len(part)/2)
		}
		return part
	}
}

func emptyPart(n int) func(int, string) string {
	return func(i int, part string) string {
		if i == n {
			return ""
		}
		return part
	}
}

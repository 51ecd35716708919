package harness

import (
	"fmt"
	"strings"
	"testing"
)

// Of a key that stands twice some clients read the first value and some the last.
func TestADocumentedKeyStandsOnce(t *testing.T) {
	for _, tt := range []struct {
		claim, id, body string
		status          int
		says            string
	}{
		{"a success", "signature/right-list-recipients", `{"ok":false,"ok":true}`, 200, "the key ok is there twice"},
		{"the same value twice", "signature/right-list-recipients", `{"ok":true,"a":"b:c","\u006fk":true}`, 200, "the key ok is there twice"},
		{"an error", "signature/zeros", `{"ok":true,` + errorList(badHash)[1:], 401, "the key ok is there twice"},
		{"in a list", "signature/zeros", strings.Replace(errorList(hint, badHash), `"code":"invalid`, `"code":"x","code":"invalid`, 1), 401, "the key errors[].code is there twice"},
		{"once in each object", "signature/zeros", errorList(badHash, hint), 401, ""},
		{"what nothing documents", "signature/right-list-recipients", `{"ok":true,"meta":{"a":1,"a":2},"more":1,"more":2}`, 200, ""},
	} {
		p := shipped(t, "trolley")
		r := answering(t, p, tt.status, "", tt.body).Run(t.Context(), caseOf(t, p, tt.id))
		if (len(r.Findings) > 0) != (tt.says != "") || tt.says != "" && (r.Findings[0].Kind != "shape" || r.Findings[0].Problem != tt.says) {
			t.Errorf("%s: %+v", tt.claim, r.Findings)
		}
	}
}

func TestKeysThatStandTwice(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                          "[]",
		`{"a":1,"b":":","c\":":{}}`:   "[]",
		`{"a":{"a":{"a":1}}}`:         "[]",
		`[{"a":1},{"a":2}]`:           "[]",
		`{"a":1,"a":2,"a":3}`:         "[[a] [a]]",
		`{"a":{"b":1,"b":2},"a":0}`:   "[[a b] [a]]",
		`[{"a":1},{"a":2,"a":[]}]`:    "[[ a]]",
		`":"`:                         "[]",
		`{"a\\":1,"a\\":"\\\":\"{:"}`: `[[a\]]`,
		strings.Repeat(`{"a":1,"a":`, 40) + "1" + strings.Repeat("}", 40): "",
	} {
		doc, err := decodeJSON([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got := twice([]byte(body), doc); want != "" && fmt.Sprint(got) != want || len(got) > maxFacts {
			t.Errorf("%s: %q, want %s", body, got, want)
		}
	}
}

package harness

import (
	"strings"
	"testing"
)

// errorList is Trolley's error with these elements.
func errorList(elements ...string) string {
	return `{"ok":false,"errors":[` + strings.Join(elements, ",") + `]}`
}

const (
	badHash  = `{"code":"invalid_api_key","message":"Invalid token: bad hash"}`
	tooOld   = `{"code":"invalid_api_key","message":"Timestamp is more than 30 seconds off of server time"}`
	notKnown = `{"code":"invalid_api_key","message":"Invalid token: not found keyPrefix=ALC7"}`
	hint     = `{"code":"hint","message":"See the documentation","url":"https://example.com"}`
	ownWords = `{"code":"invalid_api_key","message":"Check your clock, too"}`
)

// An error tells what is wrong, and no other that is documented; whatever else is in
// its list does not matter.
func TestAnErrorTellsNoOther(t *testing.T) {
	for _, tt := range []struct {
		claim, id, body string
		rule, says      string // empty for none
		documented      string
	}{
		{"alone", "signature/zeros", errorList(badHash), "", "", ""},
		{"twice", "signature/zeros", errorList(badHash, badHash), "", "", ""},
		{"with a hint", "signature/zeros", errorList(badHash, hint), "", "", ""},
		{"after a hint", "signature/zeros", errorList(hint, badHash), "", "", ""},
		{"with words of the server's own", "signature/zeros", errorList(badHash, ownWords, "5", "null", `"x"`), "", "", ""},
		{"after another", "signature/zeros", errorList(tooOld, badHash), "TRO-016", "refused with timestamp as well; expected refusal with signature", errorList(badHash)},
		{"before another", "signature/zeros", errorList(badHash, hint, tooOld), "TRO-016", "refused with timestamp as well; expected refusal with signature", errorList(badHash, hint)},
		{"amid all", "window/past-limit+1s", errorList(badHash, tooOld, badHash), "TRO-011", "refused with signature as well; expected refusal with timestamp", errorList(tooOld)},
		{"all that is wrong, where the order is documented", "order/timestamp+signature", errorList(tooOld, badHash), "TRO-014", "refused with signature as well", errorList(tooOld)},
		{"the key of somebody else", "order/key+signature", errorList(notKnown, badHash), "TRO-015", "refused with", ""},
		{"any error will do", "authorization/missing", errorList(tooOld, badHash), "", "", ""},
	} {
		p := shipped(t, "trolley")
		r := answering(t, p, 401, "", tt.body).Run(t.Context(), caseOf(t, p, tt.id))
		if (len(r.Findings) > 0) != (tt.says != "") {
			t.Errorf("%s: %+v", tt.claim, r.Findings)
			continue
		}
		if tt.says == "" {
			continue
		}
		if f := r.Findings[0]; f.Rule != tt.rule || f.Kind != "outcome" || !strings.Contains(f.Problem, tt.says) {
			t.Errorf("%s: %+v", tt.claim, f)
		}
		if tt.documented != "" && r.Expected.Body != tt.documented {
			t.Errorf("%s: the documented body is\n\t%s\nnot\n\t%s", tt.claim, r.Expected.Body, tt.documented)
		}
	}
}

// Where the pages leave open which of several faults is told, all may be.
func TestAllOfSeveralErrorsThatWillDo(t *testing.T) {
	base := shipped(t, "irp")
	body := func(p *Profile, names ...string) string {
		var list []string
		for _, name := range names {
			_, _, text := p.Error(name, Values{"parameter": "APIKey"})
			_, one, _ := strings.Cut(string(text), `"Messages":[`)
			one, _, _ = strings.Cut(one, `]`)
			list = append(list, one)
		}
		return `{"Messages":[` + strings.Join(list, ",") + `],"Success":false,"Signature":null,"TimeStamp":"2024-07-04 21:11:44.0000000Z"}`
	}
	pinned, err := base.With(map[string]string{"check-order": "as-listed"}, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		claim, id string
		p         *Profile
		names     []string
		fails     bool
	}{
		{"two faults, both told", "order/login-timestamp+signature", base, []string{"timestamp", "signature"}, false},
		{"two faults, and a third told", "order/login-timestamp+signature", base, []string{"timestamp", "key"}, true},
		{"two faults under a settled order", "order/login-timestamp+signature", pinned, []string{"timestamp", "signature"}, true},
		{"one fault", "signature/login-other-secret", base, []string{"signature"}, false},
		{"one fault, two told", "signature/login-other-secret", base, []string{"signature", "timestamp"}, true},
	} {
		r := answering(t, tt.p, 200, "Content-Type: application/json", body(tt.p, tt.names...)).Run(t.Context(), caseOf(t, tt.p, tt.id))
		if failed := r.Verdict == Fail; failed != tt.fails {
			t.Errorf("%s: %s %s %+v", tt.claim, r.Verdict, r.Reason, r.Findings)
		}
	}
}

// An error in anybody's words is nobody's: what fits it need not be meant so.
func TestWhatTellsOneErrorFromAnother(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`{code: x, message: one}`, `{code: x, message: two}`, true},
		{`{code: x, message: one}`, `{code: x, message: one}`, false},
		{`{code: x, message: "{any}"}`, `{code: x, message: one}`, false},
		{`{code: y, message: "{any}"}`, `{code: x, message: one}`, true},
		{`{code: 1}`, `{code: 2}`, true},
		{`{code: 1}`, `{other: 2}`, false},
		{`{code: 1}`, `text`, false},
		{`{message: "{any} exists"}`, `{message: one}`, true},
		{`{message: "{wording}"}`, `{message: "NO"}`, false},
		{`{at: {code: 1}}`, `{at: {code: 2}}`, true},
	} {
		if got := compiled(t, tt.a, patternCompiler()).unlike(compiled(t, tt.b, patternCompiler())); got != tt.want {
			t.Errorf("%s and %s: %v", tt.a, tt.b, got)
		}
	}
}

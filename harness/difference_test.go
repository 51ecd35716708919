package harness

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/benbjohnson/clock"
)

// answering checks a server that answers everything alike.
func answering(t *testing.T, p *Profile, status int, header, body string) *Checker {
	t.Helper()
	c, err := NewChecker(p, HandlerTarget(func(clock.Clock) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if name, value, ok := strings.Cut(header, ": "); ok {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Of a documented answer what fits stands as it came, so that only the rest is
// seen to differ.
func TestTheDocumentedAnswerNearestToTheOneThatCame(t *testing.T) {
	const right = `{"ok":false,"errors":[{"code":"invalid_api_key","message":"Invalid token: bad hash"}]}`
	for _, tt := range []struct {
		claim, id, body string
		status          int
		want            string
	}{
		{"another message", "signature/zeros", `{"ok":false,"errors":[{"code":"invalid_api_key","message":"No"}]}`, 401, right},
		{"accepted", "signature/zeros", `{"ok":true,"recipients":[]}`, 200, right},
		{"the entry is not the first", "signature/zeros", `{"ok":true,"errors":[{"code":"x"},{"code":"invalid_api_key","message":"Invalid token: bad hash","more":1}]}`, 401,
			`{"ok":false,"errors":[{"code":"x"},{"code":"invalid_api_key","message":"Invalid token: bad hash","more":1}]}`},
		{"the first entry of several", "signature/zeros", `{"errors":[{"code":"invalid_api_key"},5]}`, 401,
			`{"ok":false,"errors":[{"code":"invalid_api_key","message":"Invalid token: bad hash"},5]}`},
		{"no JSON", "signature/zeros", `<h1>No</h1>`, 401, right},
		{"nothing", "signature/zeros", ``, 401, right},
		{"refused", "signature/right-list-recipients", right, 401, `{"ok":true}`},
		{"a code of the server's own, without a message", "authorization/missing", `{"ok":true,"errors":[{"code":"own"}]}`, 401, `{"ok":false,"errors":[{"code":"own","message":"‹message›"}]}`},
	} {
		p := shipped(t, "trolley")
		r := answering(t, p, tt.status, "", tt.body).Run(t.Context(), caseOf(t, p, tt.id))
		if r.Verdict != Fail || r.Expected == nil {
			t.Errorf("%s: %s, with %v expected", tt.claim, r.Verdict, r.Expected)
			continue
		}
		if r.Expected.Body != tt.want {
			t.Errorf("%s: the documented body is\n\t%s\nnot\n\t%s", tt.claim, r.Expected.Body, tt.want)
		}
		if wants := strings.HasPrefix(r.Expected.Outcome, "refusal with"); wants == strings.Contains(tt.id, "right") {
			t.Errorf("%s: the outcome is %s", tt.claim, r.Expected.Outcome)
		}
	}
}

// What fits is never told of, and what does not always is, against whatever
// answer: the findings of all cases and what is kept for their readers agree.
func TestWhatIsKeptAgreesWithTheFindings(t *testing.T) {
	for _, vendor := range []string{"trolley", "irp", "spreetail"} {
		p := shipped(t, vendor)
		secret := p.Samples()[p.Secret().Name]
		told := 0
		for _, answer := range []struct {
			status int
			body   string
		}{{200, `{"ok":true}`}, {200, `{"Success":true,"Messages":[]}`}, {401, `{"errors":{"a":[]}}`}, {500, "oops"}, {400, `[[[]]]`}, {204, ``},
			{200, `{"ok":false,"Success":false,"error":"` + secret + `","message":"` + secret + `","errors":[{"code":"x","message":"` + secret + `"}],"Messages":[{"Code":"` + secret + `"}]}`}} {
			c := answering(t, p, answer.status, "X-Odd: 1", answer.body)
			for _, cs := range p.Cases {
				if cs.Side != "server" {
					continue
				}
				r := c.Run(t.Context(), cs)
				if r.Verdict == Skip {
					continue
				}
				if (len(r.Findings) > 0) != (r.Expected != nil) {
					t.Errorf("%s: %d findings, and %v expected", cs.Name(), len(r.Findings), r.Expected)
				}
				if r.Expected == nil {
					continue
				}
				told++
				if _, err := decodeJSON([]byte(r.Expected.Body)); err != nil && r.Expected.Body != "" {
					t.Errorf("%s: the documented body %q is no JSON: %v", cs.Name(), r.Expected.Body, err)
				}
				if len(r.Expected.Status) == 0 || r.Expected.Outcome == "" {
					t.Errorf("%s: %+v", cs.Name(), r.Expected)
				}
				if c.redactor.Leaks(r.Expected.Body) || r.Difference != nil && c.redactor.Leaks(r.Difference.Want+"\n"+r.Difference.Got) {
					t.Errorf("%s: a secret in %+v, %+v", cs.Name(), r.Expected, r.Difference)
				}
			}
		}
		if told < 300 {
			t.Errorf("%s: only %d answers told something", vendor, told)
		}
	}
}

func TestWhereASignatureDepartsFromTheRightOne(t *testing.T) {
	for _, tt := range []struct {
		vendor, id, stage string
		want, got         string // what begins there
	}{
		{"trolley", "signature/method-changed", "message", "GET\n", ""},
		{"trolley", "signature/body-left-out", "message", "{\"", "\n"},
		{"trolley", "signature/other-secret", "signature", "", ""},
		{"trolley", "signature/query-appended", "message", "&extra=1\n", "\n"},
		{"trolley", "signature/last-character", "signature", "", ""},
		{"trolley", "signature/truncated", "signature", "", ""},
		{"irp", "signature/other-secret", "signature", "", ""},
	} {
		p := shipped(t, tt.vendor)
		r := answering(t, p, 200, "", `{"ok":true,"Success":true,"Messages":[],"AuthenticationToken":"`+strings.Repeat("a", 128)+`","Signature":null}`).Run(t.Context(), caseOf(t, p, tt.id))
		d := r.Difference
		if d == nil || len(r.Findings) == 0 {
			t.Errorf("%s: no difference in %+v", tt.id, r)
			continue
		}
		if d.Stage != tt.stage || d.At < 0 || d.At != Parting(d.Want, d.Got) {
			t.Errorf("%s: %+v", tt.id, d)
			continue
		}
		if !strings.HasPrefix(d.Want[d.At:], tt.want) || !strings.HasPrefix(d.Got[d.At:], tt.got) {
			t.Errorf("%s: %q against %q", tt.id, d.Want[d.At:], d.Got[d.At:])
		}
		if tt.id == "signature/last-character" && d.At != len(d.Want)-1 || tt.id == "signature/truncated" && d.At != len(d.Got) {
			t.Errorf("%s: at %d of %d and %d", tt.id, d.At, len(d.Want), len(d.Got))
		}
	}
}

// What was added to the query belongs to the right signature, as the recipe takes
// it: whole, or apart from the path.
func TestTheRightSignatureCoversWhatWasSent(t *testing.T) {
	p := *shipped(t, "trolley")
	p.Request = p.Request.with(map[string]recipeStage{"message": p.Request[0].worded("{path}|{query}")})
	d := &draft{profile: &p, form: p.Call, op: p.Operations[0], values: p.Samples(), query: []string{"extra=1"}}
	d.target = "/v1/a?b=1"
	d.fillTarget()
	d.sign()
	got := p.difference(d, p.Samples())
	if got == nil || got.Stage != "message" || got.Want != "/v1/a|b=1&extra=1" || got.Got != "/v1/a|b=1" || got.At != len(got.Got) {
		t.Errorf("%+v", got)
	}
	d.repeated = true
	if got := p.difference(d, p.Samples()); got != nil {
		t.Errorf("of a request sent again: %+v", got)
	}
}

// A right signature has no difference, nor has a request without one.
func TestARightSignatureHasNoDifference(t *testing.T) {
	for _, id := range []string{"signature/right-list-recipients", "window/past-limit+1s", "authorization/missing", "key/unknown"} {
		p := shipped(t, "trolley")
		r := answering(t, p, 500, "", "").Run(t.Context(), caseOf(t, p, id))
		if r.Difference != nil || len(r.Findings) == 0 {
			t.Errorf("%s: %+v", id, r.Difference)
		}
	}
}

// Of the errors that an answer may be, the one it is most like is told of.
func TestTheNearestOfSeveralErrors(t *testing.T) {
	p := shipped(t, "trolley")
	d := &draft{profile: p, form: p.Call, op: p.Operations[0], values: Values{}}
	for _, name := range []string{"timestamp", "key", "signature"} {
		_, _, body := p.Error(name, Values{"access_key": "ALC7"})
		doc, err := decodeJSON(body)
		if err != nil {
			t.Fatal(err)
		}
		a := &answer{status: 418, doc: doc, hide: strings.ToLower}
		if got := p.nearest([]string{"timestamp", "key", "signature"}, d, a); got != p.possible(name)[0].reply {
			t.Errorf("%s is not the nearest to itself", name)
		}
	}
}

// What must not be there is not shown, and what need not be only where it came.
func TestWhatNeedNotBeThereIsNotExpected(t *testing.T) {
	text := leaf{text: parseTemplate("right")}
	absent := leaf{special: "absent"}
	scalar := func(leaves ...leaf) *pattern { return &pattern{kind: 's', leaf: leaves} }
	p := &pattern{kind: 'o', keys: []patternKey{{"never", scalar(absent)}, {"rather", scalar(text, absent)}, {"hardly", scalar(absent, text)}, {"always", scalar(text)}}}
	d := &draft{profile: shipped(t, "trolley"), values: Values{}}
	for _, tt := range []struct{ got, want string }{
		{`{}`, `{"always":"right"}`},
		{`{"never":"right","rather":"right","hardly":"right","always":"right"}`, `{"rather":"right","hardly":"right","always":"right"}`},
		{`{"never":1,"rather":1,"hardly":1,"always":1}`, `{"rather":"right","always":"right"}`},
	} {
		doc, err := decodeJSON([]byte(tt.got))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(p.nearest(nil, doc, true, d, &answer{doc: doc, hide: strings.ToLower})); got != tt.want {
			t.Errorf("%s: %s, not %s", tt.got, got, tt.want)
		}
	}
}

// Where two stages part is counted in what is shown, and hidden with a secret.
func TestHidingMovesTheByte(t *testing.T) {
	hide := NewRedactor(map[string]string{"key": "long-secret-1", "other": "long-secret-2"}).Text
	for _, tt := range []struct {
		want, got           string
		shownWant, shownGot string
		at                  int
	}{
		{"long-secret-1.a", "long-secret-1.b", "‹key›.a", "‹key›.b", len("‹key›.")},
		{"a.long-secret-1", "a.long-secret-2", "a.‹key›", "a.‹other›", len("a.‹")},
		{"a.long-secret-1", "b.long-secret-1", "a.‹key›", "b.‹key›", 0},
	} {
		r := Result{Difference: &Difference{Want: tt.want, Got: tt.got}, Expected: &Expected{Body: tt.want, Header: []string{tt.got}}}
		r.hide(hide)
		if d := r.Difference; d.Want != tt.shownWant || d.Got != tt.shownGot || d.At != tt.at {
			t.Errorf("%q and %q become %+v", tt.want, tt.got, d)
		}
		if e := r.Expected; e.Body != tt.shownWant || e.Header[0] != tt.shownGot {
			t.Errorf("%q and %q become %+v", tt.want, tt.got, e)
		}
	}
	r := Result{Difference: &Difference{Want: "long-secret-1", Got: "long-secret-2"}}
	r.hide(func(string) string { return "‹hidden›" })
	if r.Difference.At != -1 {
		t.Errorf("two hidden stages part at %d", r.Difference.At)
	}
	(&Result{}).hide(hide) // with nothing kept
}

func TestWhereTwoTextsPart(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", -1}, {"a", "a", -1}, {"a", "", 0}, {"ab", "a", 1}, {"ab", "ac", 1}, {"é", "è", 0}, {"aé", "a\xc3", 1}, {"é", "e", 0}, {"\xff", "\xfe", 0}, {"\x80\x80", "\x80", 0}} {
		if a, b := Parting(tt.a, tt.b), Parting(tt.b, tt.a); a != tt.want || b != tt.want {
			t.Errorf("%q and %q part at %d and %d, not %d", tt.a, tt.b, a, b, tt.want)
		}
	}
}

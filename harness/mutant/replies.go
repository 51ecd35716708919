package mutant

import (
	"net/http"
	"strings"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// replies breaks the answers to right requests.
func (m *maker) replies() {
	p := m.profile
	const left = "left to the server" // stands where the pages name no value
	ops := []*harness.Operation{p.Operations[0]}
	if p.Login != nil {
		ops = append(ops, p.Login.Operation)
	}
	for _, op := range ops {
		login := p.Login != nil && op == p.Login.Operation
		kind := "reply"
		if login {
			kind = "login-reply"
		}
		rules := p.ReplyRules(op)
		for _, value := range []string{"token", "lifetime", "client_id", "server_time", "remaining"} {
			rules = append(rules, p.Rules["value-"+value]...)
		}
		every := m.answers(kind+"-", "a success ", "", rules, func(t *reference.Told) bool { return t.Refused == "" && t.Login == login })
		every("status", "comes with a status that is none", func(t *reference.Told) { t.Status = http.StatusTeapot })
		every("as-text", "comes as text", func(t *reference.Told) { t.Body = []byte("OK") })
		every("wrapped", "comes wrapped in another object", func(t *reference.Told) { t.Body = []byte(`{"response":` + string(t.Body) + `}`) })
		_, _, sample := p.Success(op, harness.Values{"signature": "0", "server_time": "now", "token": "t", "lifetime": "1", "remaining": "01:00", "any": left})
		if len(places(sample)) > 0 {
			every("with-a-key-twice", "has a key twice, first with another value", twice(sample))
		}
		for _, place := range places(sample) {
			name := strings.ToLower(strings.Join(place, "-"))
			every("without-"+name, "lacks "+name, changing(place, gone))
			every(name+"-of-another-type", "has "+name+" in another type", changing(place, otherType))
			x := every(name+"-other", "has another "+name, changing(place, otherValue))
			if text, _ := valueAt(sample, place).(string); text == left {
				x.Equivalent = "the pages leave this value to the server"
			}
		}
	}
}

// answers makes mutants of one kind of answer.
func (m *maker) answers(prefix, about, catalogue string, rules []string, which func(*reference.Told) bool) func(id, says string, change func(*reference.Told)) *Mutant {
	return func(id, says string, change func(*reference.Told)) *Mutant {
		return m.server(prefix+id, about+says, catalogue, rules, reference.Tamper{Answer: func(t *reference.Told) {
			if which(t) {
				change(t)
			}
		}})
	}
}

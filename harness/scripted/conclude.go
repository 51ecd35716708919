package scripted

import (
	"fmt"
	"net/http"
	"sort"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// tokens hides those that were granted in the case, as secrets are hidden.
func (j *judge) tokens() *harness.Redactor {
	if len(j.stage.granted) == 0 {
		return nil // which hides nothing
	}
	if j.hidden == nil {
		secrets := map[string]string{}
		for i, g := range j.stage.granted {
			if len(g.token) >= minToken {
				secrets[fmt.Sprintf("token %d of %d characters", i+1, len(g.token))] = g.token
			}
		}
		j.hidden = harness.NewRedactor(secrets)
	}
	return j.hidden
}

// hide takes secrets and tokens out: those of this case by their numbers in it,
// which do not hang on the cases before.
func (j *judge) hide(s string) string {
	c := j.stage.checker
	return c.tokens.hide(j.tokens().Text(c.hide(s)))
}

// end ends the case without a verdict on the client.
func (j *judge) end(verdict harness.Verdict, why string) {
	j.res.Verdict, j.res.Reason = verdict, j.hide(why)
}

// readied readies a text for the report: secrets out first, while they are whole.
func (j *judge) readied(s string, most int) string {
	return shorten(strings.ToValidUTF8(j.hide(s), "\uFFFD"), most)
}

// conclude sums up and, where there is something to tell, shows what was sent.
func (j *judge) conclude() {
	res := j.res
	if j.missed && res.Verdict == "" {
		res.Verdict, res.Reason = harness.Inconclusive, "the request did not come within the part of the second that the case is about"
	}
	j.missed = j.missed && res.Verdict == harness.Inconclusive
	j.profile.Settle(res, j.open, j.stage.checker.options.Strict)
	tells := res.Verdict != harness.Pass && (res.Verdict != harness.Observed || len(res.Findings) > 0)
	if !tells && !j.stage.checker.options.Keep {
		res.Stages, res.Difference = nil, nil
		return
	}
	for i, x := range j.log {
		if i == maxShown {
			break
		}
		res.Sent = append(res.Sent, j.exchange(i, x))
	}
	res.Told = j.told
	for i := range res.Told {
		res.Told[i] = j.readied(res.Told[i], 300)
	}
	for i := range res.Findings {
		f := &res.Findings[i]
		f.Problem, f.Want, f.Got = j.readied(f.Problem, 500), j.readied(f.Want, 300), j.readied(f.Got, 300)
	}
	res.Difference = res.Difference.Hide(func(s string) string { return j.readied(s, maxText) })
	for i, s := range res.Stages {
		res.Stages[i].Value = j.readied(s.Value, maxText)
	}
}

// maxShown is how many exchanges a report shows.
const maxShown = 12

// maxText and maxHeaders bound what it shows of one, in bytes and in number.
const (
	maxText    = 4096
	maxHeaders = 40
)

func (j *judge) exchange(i int, x seen) harness.Exchange {
	text := func(s string) string { return j.readied(s, maxText) }
	headers := func(h http.Header) []string {
		var out []string
		for name, values := range h {
			for _, v := range values {
				if len(out) < 10*maxHeaders {
					out = append(out, text(name+": "+v))
				}
			}
		}
		sort.Strings(out)
		return out[:min(len(out), maxHeaders)]
	}
	return harness.Exchange{Step: i + 1, Method: text(x.method), Target: text(x.target), RequestHeader: headers(x.header), RequestBody: text(string(x.body)),
		Status: x.status, ResponseHeader: headers(x.sent), ResponseBody: text(string(x.answer))}
}

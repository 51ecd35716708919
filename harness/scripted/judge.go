package scripted

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// judge holds what was seen against what must be.
type judge struct {
	stage   *stage
	res     *harness.Result
	profile *harness.Profile
	log     []seen            // of all moments
	wanted  []harness.Call    // what the callers of this moment ask for, and what may follow from it
	stamps  []string          // that the client sent
	told    []string          // what the client's caller was told, for the report
	atOnce  bool              // the calls of this moment were made at once
	hidden  *harness.Redactor // see tokens
	reused  bool              // a stamp was older than its request
	open    bool              // some expectation hung on an open question
	missed  bool              // the instant that the case is about had passed
}

// find notes a breach of the claim, or where the profile names no requirement
// for it, of the case's own rule.
func (j *judge) find(claim, kind, problem, want, got string) {
	rule := j.res.Case.Rules[0]
	if ids := j.profile.Rules[claim]; len(ids) > 0 {
		rule = ids[0]
	}
	j.add(j.profile.Finding(rule, kind, problem, want, got))
}

// breach notes what no client may do, whatever the level of the case's rule.
func (j *judge) breach(kind, problem, want, got string) {
	j.add(harness.Finding{Rule: j.res.Case.Rules[0], Level: harness.Must, Kind: kind, Problem: problem, Want: want, Got: got})
}

func (j *judge) add(f harness.Finding) {
	if f.Rule == j.res.Case.Rules[0] && j.res.Case.Level == harness.Open && f.Kind != "crash" && f.Kind != "loop" {
		f.Level = harness.Open // see Profile.asks
	}
	for _, known := range j.res.Findings {
		if known.Rule == f.Rule && known.Problem == f.Problem {
			return // once is enough
		}
	}
	j.res.Findings = append(j.res.Findings, f)
}

func (j *judge) show(variant, value string) {
	if j.profile.Variants[variant] != nil {
		j.res.Shown = append(j.res.Shown, harness.Showing{Variant: variant, Values: []string{value}})
	}
}

// moment judges one moment and reports whether to go on.
func (j *judge) moment(i int, m *harness.Moment, p *player, outcomes []harness.Outcome) bool {
	for _, o := range outcomes {
		switch o.Kind {
		case harness.Unreachable:
			j.end(harness.Error, o.Message)
			return false
		case harness.Unsupported:
			j.end(harness.Skip, "the driver cannot make such a call: "+o.Message)
			return false
		}
	}
	log := p.server.take()
	j.log = append(j.log, log...)
	j.wanted = calls(m)
	for _, a := range m.Answers { // following a redirect, newly signed, is the client's choice
		if to := a.RedirectTo; to != "" && to != "other" {
			for _, method := range []string{m.Operation.Method, http.MethodGet} {
				again := m.Operation.Call(1)
				again.Method, again.Path = method, to
				if method == http.MethodGet {
					again.Body = ""
				}
				j.wanted = append(j.wanted, again)
			}
		}
	}
	j.reused, j.atOnce = false, m.Concurrent > 0
	for i := range log {
		x := &log[i]
		x.first = i == 0
		if j.res.Case.Without == "" { // else nothing is right about it, and that it came at all is what counts
			j.inspect(x, p.server.account)
		}
		if x.granted != "" {
			j.stage.granted = append(j.stage.granted, grant{strings.TrimPrefix(x.granted, "Bearer "), x.done, x.host})
			j.hidden = nil // see tokens
		}
		if f := j.res.Case.Fraction; f > 0 && j.stage.checker.client.Program {
			j.missed = j.missed || x.at.Sub(x.at.Truncate(time.Second)) < f
		}
	}
	for _, o := range outcomes {
		j.outcome(i, o)
	}
	if j.stage.checker.options.Shapes {
		kinds := "(at once)" // who of them comes first, and is told what, is up to the scheduler
		if m.Concurrent == 0 {
			kinds = kindsOf(outcomes)
		}
		j.res.Kinds = append(j.res.Kinds, kinds)
	}
	asked := 0
	for _, x := range log {
		if !x.idle {
			asked++
		}
	}
	if asked > maxForCall*len(outcomes) {
		j.breach("loop", fmt.Sprintf("the client does not stop: %s for %s", many(asked, "request"), many(len(outcomes), "call")), "a few requests for a call", strconv.Itoa(asked))
	}
	j.elsewhere()
	before := len(j.res.Findings)
	j.observe(i, m.Observe, m, log, outcomes)
	return len(j.res.Findings) == before || i == 0
}

// maxForCall is how many requests one call may take, logins and repetitions
// included, before it is called a loop.
const maxForCall = 12

// calls are what the moment's callers ask for.
func calls(m *harness.Moment) []harness.Call {
	var all []harness.Call
	for n := range max(m.Times, m.Concurrent) {
		all = append(all, m.Operation.Call(n+1))
	}
	return all
}

// outcome checks what any outcome must not be, and keeps it for the report.
func (j *judge) outcome(i int, o harness.Outcome) {
	if len(j.told) < maxTold {
		text := fmt.Sprintf("moment %d: status %d %s", i+1, o.Status, o.Body)
		if o.Kind != "" {
			text = fmt.Sprintf("moment %d: %s: %s", i+1, o.Kind, o.Message)
		}
		j.told = append(j.told, text)
	}
	if o.Kind == crashed {
		j.breach("crash", "the client broke down", "an error that its caller can handle", j.hide(o.Message))
	}
	if o.Kind != "" && harness.Kinds[o.Kind] == "" {
		j.find("client-kind", "outcome", "the client reports a kind of failure that the protocol does not know", strings.Join(slices.Sorted(maps.Keys(harness.Kinds)), ", "), o.Kind)
	}
	j.quiet("an error message", o.Message)
}

// maxTold is how many outcomes the report shows.
const maxTold = 20

// quiet looks for secrets in what the client says.
func (j *judge) quiet(where, text string) {
	if text != "" && (j.stage.checker.redactor.Leaks(text) || j.tokens().Leaks(text)) {
		j.find("client-quiet", "leak", where+" of the client holds a secret or a token", "no secret", j.hide(text))
	}
}

// elsewhere checks the requests to hosts that are not the vendor's, and those to
// its own without TLS.
func (j *judge) elsewhere() {
	s := j.stage
	s.mu.Lock()
	strays := s.strays
	s.strays = nil
	s.mu.Unlock()
	for _, x := range strays {
		text := x.target + string(x.body)
		for _, values := range x.header {
			text += strings.Join(values, "\n")
		}
		if s.checker.redactor.Leaks(text) || j.tokens().Leaks(text) || x.header.Get("Authorization") != "" {
			if x.plain {
				j.find("client-https", "leak", "credentials were sent without TLS", "no credentials in the clear", j.hide(x.method+" "+x.target))
				continue
			}
			j.find("client-redirect", "leak", "credentials were sent to another host: "+x.host, "no credentials there", j.hide(x.method+" "+x.target))
		}
	}
}

// late notes requests of clients whose case had ended, and what was logged.
func (j *judge) late() {
	c := j.stage.checker
	n := int(c.late.Swap(0))
	for _, l := range c.listeners {
		n += l.takeLate()
	}
	if n > 0 {
		j.find("client-late", "late", many(n, "request")+" of an earlier case came during this one", "a client that ends with its case", strconv.Itoa(n))
	}
	for _, p := range j.stage.players {
		if c, ok := p.client.(interface{ Flush() }); ok {
			j.broke("its log was flushed", j.stage.aside(c.Flush))
		}
	}
	j.quiet("the log", j.stage.logged.take())
}

// broke notes what clients panicked with outside of their calls; nil for none.
func (j *judge) broke(when string, panicked ...any) {
	for _, v := range panicked {
		if v != nil {
			j.breach("crash", "the client panicked when "+when, "no panic", fmt.Sprint(v))
		}
	}
}

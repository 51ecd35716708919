package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/skewproof/skewproof/vectors"
)

// commonCase is a case of common/, before a profile has made it its own.
type commonCase struct {
	raw  rawCase
	file string
	line int
	doc  *document
	at   string
}

// cases gives the profile its common cases and those of its own file.
func (l *loader) cases(folder fs.FS, p *Profile, profile *document) error {
	known := map[string]bool{}
	for _, c := range l.common {
		known[c.raw.ID] = true
		for _, w := range c.raw.When {
			if !knownFeature(strings.TrimPrefix(w, "!")) {
				return c.doc.errorAt(c.at, fmt.Errorf("case %q: unknown feature %q under when", c.raw.ID, w))
			}
		}
		if p.Declines[c.raw.ID] != "" || !p.hasAll(c.raw.When) {
			continue
		}
		if len(c.raw.Rule) != 1 {
			return c.doc.errorAt(c.at, fmt.Errorf("case %q: a common case has one rule, a claim", c.raw.ID))
		}
		claim := c.raw.Rule[0]
		if err := p.add(c, claim); errors.Is(err, errNoRule) {
			return profile.errorAt("rules", fmt.Errorf("%w, which the common case %s (%s:%d) checks; name its requirement under rules, or decline the case under declines with the reason", err, c.raw.ID, c.file, c.line))
		} else if err != nil {
			return c.doc.errorAt(c.at, err)
		}
	}
	for claim := range p.Rules {
		if !l.knowsClaim(claim) {
			return profile.errorAt("rules."+claim, fmt.Errorf("rules names the claim %q, which no common case checks; correct the name or remove it", claim))
		}
	}
	for id, reason := range p.Declines {
		if !known[id] || reason == "" {
			return profile.errorAt("declines", fmt.Errorf("declines %q: name a common case and the reason", id))
		}
	}
	own, err := readCases(folder, p.Vendor+"/cases.yaml")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, c := range own {
		if !p.hasAll(c.raw.When) {
			continue
		}
		if err := p.add(c, ""); err != nil {
			return c.doc.errorAt(c.at, err)
		}
	}
	return nil
}

// knowsClaim reports whether some common case, or the engine itself, cites the
// claim.
func (l *loader) knowsClaim(claim string) bool {
	if claim == "no-key-echo" || strings.HasPrefix(claim, "value-") {
		return true
	}
	for _, c := range l.common {
		for _, rule := range c.raw.Rule {
			before, _, template := strings.Cut(rule, "{")
			if rule == claim || template && strings.HasPrefix(claim, before) && contains(knownChecks, claim[len(before):]) {
				return true
			}
		}
	}
	return false
}

var errNoRule = errors.New("no requirement is named for the claim")

func (l *loader) loadCommon() error {
	if l.common != nil {
		return nil
	}
	files, err := fs.Glob(vectors.FS, "common/*.yaml")
	if err != nil {
		return err
	}
	sort.Strings(files)
	for _, file := range files {
		cases, err := readCases(vectors.FS, file)
		if err != nil {
			return err
		}
		l.common = append(l.common, cases...)
	}
	return nil
}

func readCases(folder fs.FS, name string) ([]*commonCase, error) {
	if _, err := fs.Stat(folder, name); err != nil {
		return nil, err
	}
	var file struct {
		Cases []rawCase `yaml:"cases"`
	}
	doc, err := readYAML(folder, name, &file)
	if err != nil {
		return nil, err
	}
	lines := doc.caseLines()
	var cases []*commonCase
	for i, raw := range file.Cases {
		cases = append(cases, &commonCase{raw: raw, file: name, line: lines[i], doc: doc, at: fmt.Sprintf("cases[%d]", i)})
	}
	return cases, nil
}

// caseLines gives the line each case begins on.
func (d *document) caseLines() []int {
	var lines []int
	path, err := yaml.PathString("$.cases")
	if err != nil {
		return nil
	}
	node, err := path.FilterFile(d.file)
	if err != nil {
		return nil
	}
	if list, ok := node.(*ast.SequenceNode); ok {
		for _, v := range list.Values {
			lines = append(lines, v.GetToken().Position.Line)
		}
	}
	return lines
}

// add makes the case the profile's own: once, or once for each thing it names.
func (p *Profile) add(c *commonCase, claim string) error {
	if c.raw.ID == "" || !strings.Contains(c.raw.ID, "/") {
		return fmt.Errorf("case %q: an id is aspect/claim, such as window/past-limit+1s", c.raw.ID)
	}
	subjects, err := p.subjects(c.raw.Each)
	if err != nil {
		return fmt.Errorf("case %s: %w", c.raw.ID, err)
	}
	for _, s := range subjects {
		rules := []string(c.raw.Rule)
		if claim != "" {
			if rules = p.rulesFor(substitute(claim, s)); rules == nil {
				return fmt.Errorf("%w %q", errNoRule, substitute(claim, s))
			}
		}
		for _, need := range c.raw.Needs {
			if !contains(knownNeeds, need) && !p.credential(need) {
				return fmt.Errorf("case %s needs %q; known are %s and credentials", c.raw.ID, need, strings.Join(knownNeeds, ", "))
			}
		}
		if len(rules) == 0 {
			return fmt.Errorf("case %s: cite a requirement under rule", c.raw.ID)
		}
		made := &Case{ID: substitute(c.raw.ID, s), Vendor: p.Vendor, Claim: substitute(claim, s), Rules: rules,
			Side: c.raw.Side, Needs: append([]string(nil), c.raw.Needs...), File: c.file, Line: c.line}
		if made.Side == "" {
			made.Side = "server"
		}
		for _, id := range rules {
			if p.byID[id] == nil {
				return fmt.Errorf("case %s cites %s, which %s/requirements.yaml does not have", made.ID, id, p.Vendor)
			}
		}
		made.Level = p.byID[rules[0]].Level
		for _, other := range p.Cases {
			if other.ID == made.ID {
				return fmt.Errorf("case id %s stands twice: also at %s:%d", made.ID, other.File, other.Line)
			}
		}
		steps := c.raw.Steps
		if len(steps) == 0 {
			steps = []rawStep{c.raw.rawStep}
		} else if c.raw.written() {
			return fmt.Errorf("case %s: write one step inline or several under steps, not both", made.ID)
		}
		for i, raw := range steps {
			step, err := p.step(made, raw, s, i)
			if err == nil {
				err = p.checkStep(made, step)
			}
			if err != nil && len(steps) > 1 {
				err = fmt.Errorf("step %d: %w", i+1, err)
			}
			if err != nil {
				return fmt.Errorf("case %s: %w", made.ID, err)
			}
			made.Steps = append(made.Steps, step)
		}
		p.Cases = append(p.Cases, made)
	}
	return nil
}

// nearerClaims are claims that a profile need not name apart: the second covers
// the first.
var nearerClaims = map[string]string{
	"window-every-call":        "window-past",
	"timestamp-not-an-instant": "timestamp-garbage",
	"signature-length":         "signature-refused",
	"signature-missing":        "signature-refused",
	"expired-like-invalid":     "token-refused",
}

func (p *Profile) rulesFor(claim string) []string {
	if rules := p.Rules[claim]; rules != nil {
		return rules
	}
	return p.Rules[nearerClaims[claim]]
}

// step checks one step and finds its operation.
func (p *Profile) step(c *Case, raw rawStep, s subject, i int) (Step, error) {
	step := Step{At: raw.At, Skew: raw.Skew, Call: substitute(raw.Call, s), Token: raw.Token, Save: raw.Save, Repeat: raw.Repeat}
	if s.at != "" {
		step.At, _ = ParseOffset(s.at)
	}
	if s.skew != "" {
		step.Skew, _ = ParseOffset(s.skew)
	}
	if raw.Expect == nil && s.expect == nil {
		return step, fmt.Errorf("nothing is said of what to expect; add expect")
	}
	if s.expect != nil {
		step.Expect = *s.expect
	} else {
		step.Expect = *raw.Expect
	}
	step.Expect = p.withoutFallbacks(step.Expect)
	for _, f := range raw.Break {
		if text, ok := f.written.(string); ok {
			var err error
			if f, err = newFault(f.Kind, substitute(text, s)); err != nil {
				return step, err
			}
		}
		step.Break = append(step.Break, f)
	}
	step.Break = append(step.Break, s.faults...)
	if len(step.Break) > 1 && c.Aspect() != "order" {
		return step, fmt.Errorf("break names %d things; only an order case breaks more than one", len(step.Break))
	}
	for _, o := range []Offset{step.At, step.Skew} {
		if _, err := o.Resolve(p.Window); err != nil {
			return step, err
		}
	}
	if err := p.checkExpect(step.Expect); err != nil {
		return step, err
	}
	op, err := p.operationFor(step)
	if err != nil {
		return step, err
	}
	step.operation = op
	if !op.Safe && !contains(c.Needs, "unsafe") {
		c.Needs = append(c.Needs, "unsafe")
	}
	for _, f := range step.Break {
		if odd, ok := f.value.(*oddStages); ok {
			if _, err := odd.compile(p); err != nil {
				return step, err
			}
		}
		need := map[string]string{"state": "server-state", "mint": "own-token-key"}[f.Kind]
		if need != "" && !contains(c.Needs, need) {
			c.Needs = append(c.Needs, need)
		}
	}
	return step, nil
}

// knownNeeds are what a case may need of its target.
var knownNeeds = []string{"own-clock", "own-token-key", "server-state", "unsafe"}

// checkStep makes sure that what the step names is there.
func (p *Profile) checkStep(c *Case, s Step) error {
	if s.Repeat && len(c.Steps) == 0 {
		return fmt.Errorf("repeat: there is no step before it")
	}
	saved := s.Token == ""
	for _, earlier := range c.Steps {
		saved = saved || earlier.Save == s.Token
	}
	if !saved {
		return fmt.Errorf("token %q: no earlier step saves a token under that name", s.Token)
	}
	form := p.Call
	if s.Call == "login" {
		form = p.Login
	}
	d := &draft{profile: p}
	for _, f := range s.Break {
		name := fmt.Sprint(f.value)
		switch f.Kind {
		case "sign-other", "leave-out":
			if !contains(p.signedInputs(), name) && !contains(p.Request.inputs(), name) {
				return fmt.Errorf("fault %s: the signature does not cover %q; it covers %s", f.Kind, name, strings.Join(p.signedInputs(), ", "))
			}
		case "drop", "blank", "nullify", "number":
			if place, _ := form.Carrier(d.carried(name)); place == "" {
				return fmt.Errorf("fault %s: nothing in the request carries %q", f.Kind, name)
			}
		case "state":
			if !contains(knownStates, name) {
				return fmt.Errorf("unknown state %q; known are %s", name, strings.Join(knownStates, ", "))
			}
		}
	}
	return nil
}

// knownStates are the documented states a server can be put in.
var knownStates = []string{"key-inactive", "key-deleted", "ip-denied", "account-suspended", "permission-denied", "rate-limited", "api-disabled"}

// withoutFallbacks drops the alternatives that the profile does not document,
// when it documents the first: they would stand for any refusal at all.
func (p *Profile) withoutFallbacks(e Expect) Expect {
	if e.By != "" {
		outcomes := map[string]Expect{}
		for value, outcome := range e.Outcomes {
			outcomes[value] = p.withoutFallbacks(outcome)
		}
		e.Outcomes = outcomes
		return e
	}
	if len(e.Refuse) < 2 || p.documented(e.Refuse[0]).name == refusal {
		return e
	}
	kept := e.Refuse[:1:1]
	for _, name := range e.Refuse[1:] {
		if p.documented(name).name != refusal {
			kept = append(kept, name)
		}
	}
	e.Refuse = kept
	return e
}

func (p *Profile) checkExpect(e Expect) error {
	for _, name := range e.Refuse {
		if _, own := p.errors.get(name); !own && fallbacks[name] == "" && !contains(knownErrors, name) {
			return fmt.Errorf("expects the error %q, which the profile does not document; it documents %s", name, strings.Join(p.errors.keys(), ", "))
		}
	}
	if e.By == "" {
		return nil
	}
	v := p.Variants[e.By]
	if v == nil {
		return fmt.Errorf("expects by the variant %q, which the profile does not have", e.By)
	}
	for value, outcome := range e.Outcomes {
		if !contains(v.Values, value) && builtinVariants()[e.By] == nil {
			return fmt.Errorf("variant %s has no value %q; it has %s", e.By, value, strings.Join(v.Values, ", "))
		}
		if err := p.checkExpect(outcome); err != nil {
			return err
		}
	}
	for _, value := range v.Values {
		if _, ok := e.Outcomes[value]; !ok {
			return fmt.Errorf("says nothing of the value %q of the variant %s", value, e.By)
		}
	}
	return nil
}

// knownErrors are the roles that common cases speak of and that have no
// fallback but refusal.
var knownErrors = []string{refusal, "timestamp", "signature", "credentials", "token", "missing", "malformed", "replay", "validation", "duplicate", "not-found", "forbidden"}

// operationFor finds what the step calls.
func (p *Profile) operationFor(s Step) (*Operation, error) {
	find := func(ok func(*Operation) bool) *Operation {
		var second *Operation
		for _, op := range p.Operations {
			if op.Refuse != "" || !ok(op) {
				continue
			}
			if op.Safe {
				return op
			}
			if second == nil {
				second = op
			}
		}
		return second
	}
	var op *Operation
	switch s.Call {
	case "":
		op = find(func(*Operation) bool { return true })
	case "login":
		if p.Login == nil {
			return nil, fmt.Errorf("calls login, but the flow %s has none", p.Flow)
		}
		return p.Login.Operation, nil
	case "protected":
		for _, o := range p.Operations {
			if !o.AboutToken && o.Refuse == "" {
				op = o
				break
			}
		}
	case "with-body":
		op = find(func(op *Operation) bool { return op.Body != "" })
	case "with-query":
		op = find(func(op *Operation) bool { return strings.Contains(op.Path, "?") })
	case "with-requires":
		op = find(func(op *Operation) bool { return len(op.Requires) > 0 })
	default:
		op = p.Operation(s.Call)
	}
	if op == nil {
		return nil, fmt.Errorf("calls %q, which is no operation of the profile", s.Call)
	}
	return op, nil
}

// features are what common cases ask of a profile under when.
func (p *Profile) features() map[string]bool {
	if p.has != nil {
		return p.has
	}
	f := map[string]bool{string(p.Flow): true}
	form := func(prefix string, form *Form) {
		f[prefix+"signed"] = p.signs(form)
		f[prefix+"stamped"] = form.uses("timestamp")
		place, carrier := form.Carrier("timestamp")
		f[prefix+"stamped-in-"+place] = place != ""
		f[prefix+"stamped-in-authorization"] = place == "header" && strings.EqualFold(carrier.Name, "Authorization")
		f[prefix+"identified"] = form.uses(p.Identity().Name)
		f[prefix+"fields"] = len(form.Fields) > 0
		f[prefix+"json"] = len(form.Fields) > 0 && form.Encoding == "json"
		for _, h := range form.Headers {
			if strings.EqualFold(h.Name, "Authorization") {
				f[prefix+"authorization"] = true
				f[prefix+"bearer"] = strings.HasPrefix(h.Text.String(), "Bearer {token}")
				f[prefix+"scheme"] = strings.Contains(h.Text.String(), " {")
			}
		}
	}
	form("", p.Call)
	f["login"] = p.Login != nil
	f["fixed-length-key"] = p.Identity().Length > 0
	if p.Login != nil {
		form("login-", p.Login)
	}
	f["window"] = p.Window.Past > 0 && p.Window.Future > 0
	if p.Timestamp != nil {
		f["numeric"] = p.Timestamp.Numeric
		f["textual"] = !p.Timestamp.Numeric
		f["whole-seconds"] = p.Timestamp.Granule == 1e9
	}
	if p.Token != nil {
		f["token"] = true
		f["jwt"] = p.Token.Recipe != nil
		f["opaque"] = p.Token.Recipe == nil
	}
	if p.Request != nil {
		for _, n := range p.signedInputs() {
			f["signs-"+n] = true
		}
		for _, step := range p.Request[len(p.Request)-1].steps {
			f[step.name+"-signature"] = true
		}
	}
	for _, op := range p.Operations {
		f["body"] = f["body"] || op.Body != ""
		f["query"] = f["query"] || strings.Contains(op.Path, "?")
		f["requires"] = f["requires"] || len(op.Requires) > 0
		f["refusing-operations"] = f["refusing-operations"] || op.Refuse != ""
	}
	for _, e := range p.errors.keys() {
		f["error-"+e] = true
	}
	p.has = f
	return f
}

// knownFeature reports whether features can give the name, for some profile.
func knownFeature(name string) bool {
	if contains([]string{string(SignEachRequest), string(SignThenToken), string(LoginThenBearer), "login", "fixed-length-key", "window", "numeric", "textual",
		"whole-seconds", "token", "jwt", "opaque", "body", "query", "requires", "refusing-operations"}, name) {
		return true
	}
	if step, ok := strings.CutSuffix(name, "-signature"); ok && builtinSteps[step] != nil {
		return true
	}
	if strings.HasPrefix(name, "error-") || strings.HasPrefix(name, "signs-") {
		return true
	}
	return contains([]string{"signed", "stamped", "stamped-in-header", "stamped-in-query", "stamped-in-field", "stamped-in-authorization",
		"identified", "fields", "json", "authorization", "bearer", "scheme"}, strings.TrimPrefix(name, "login-"))
}

func (p *Profile) hasAll(when []string) bool {
	features := p.features()
	for _, w := range when {
		name, negated := strings.CutPrefix(w, "!")
		if features[name] == negated {
			return false
		}
	}
	return true
}

// signedInputs lists what of a call the signature covers, in the words of the
// faults sign-other and leave-out.
func (p *Profile) signedInputs() []string {
	inputs := p.Request.inputs()
	var out []string
	for _, n := range []string{"timestamp", "method", "path", "query", "body"} {
		if contains(inputs, n) || (contains(inputs, "target") && (n == "path" || n == "query")) {
			out = append(out, n)
		}
	}
	return out
}

// subject is one thing that a case with each is made for.
type subject struct {
	word   string // what {each} in the case stands for
	first  string // of several faults, the one checked first: {first}
	call   string // what {call} stands for
	at     string
	skew   string
	faults []Fault
	expect *Expect
}

func substitute(text string, s subject) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return strings.NewReplacer("{each}", s.word, "{call}", s.call, "{first}", s.first).Replace(text)
}

func (p *Profile) subjects(each string) ([]subject, error) {
	var out []subject
	switch each {
	case "":
		return []subject{{}}, nil
	case "operation", "protected-operation":
		for _, op := range p.Operations {
			if op.Refuse == "" && !(op.AboutToken && each == "protected-operation") {
				out = append(out, subject{word: op.Name, call: op.Name})
			}
		}
	case "refusing-operation":
		for _, op := range p.Operations {
			if op.Refuse != "" {
				out = append(out, subject{word: op.Name, call: op.Name, expect: &Expect{Refuse: []string{op.Refuse}}})
			}
		}
	case "signed-input":
		for _, n := range p.signedInputs() {
			s := subject{word: n}
			switch n {
			case "body":
				s.call = "with-body"
			case "query":
				s.call = "with-query"
			}
			if _, err := p.operationFor(Step{Call: s.call}); err == nil {
				out = append(out, s)
			}
		}
	case "login-field", "login-faults":
		if p.Login == nil {
			return nil, fmt.Errorf("each %s: the flow %s has no login", each, p.Flow)
		}
		if each == "login-faults" {
			return p.orders(p.Login, "login"), nil
		}
		for _, n := range p.Login.Fields {
			out = append(out, subject{word: n.Value()})
		}
	case "call-field":
		for _, n := range p.Call.Fields {
			out = append(out, subject{word: n.Value()})
		}
	case "call-faults":
		return p.orders(p.Call, ""), nil
	default:
		return nil, fmt.Errorf("each %q: known are operation, protected-operation, refusing-operation, signed-input, login-field, call-field, login-faults, call-faults", each)
	}
	return out, nil
}

// orders lists all combinations of two and of three faults in what the form's
// checks look at, with the error of the first that is checked.
func (p *Profile) orders(form *Form, call string) []subject {
	var checks []string
	for _, c := range form.Checks {
		if c == "operation" && !p.features()["requires"] {
			continue
		}
		if c == "fields" && !form.carriesSignature(p) || c == "authorization" && (p.Flow != LoginThenBearer || !p.features()["authorization"]) {
			continue
		}
		if _, ok := orderFaults[c]; ok && (c != "key" || form.uses(p.Identity().Name)) {
			checks = append(checks, c)
		}
	}
	var out []subject
	add := func(of ...string) {
		s := subject{word: strings.Join(of, "+"), first: of[0], call: call}
		var errs []string
		for i, c := range of {
			for _, other := range of[:i] {
				if exclusive[other+"+"+c] {
					return
				}
			}
			o := orderFaults[c]
			if o.kind != "" {
				fault, err := newFault(o.kind, o.value)
				if err != nil {
					return
				}
				s.faults = append(s.faults, fault)
			}
			s.at, s.skew = s.at+o.at, s.skew+o.skew
			if c == "operation" {
				s.call = "with-requires"
			}
			errs = append(errs, o.err)
		}
		s.expect = &Expect{By: "check-order", Outcomes: map[string]Expect{"as-listed": {Refuse: errs[:1]}, "other": {Refuse: errs[1:]}}}
		out = append(out, s)
	}
	for i := range checks {
		for j := i + 1; j < len(checks); j++ {
			add(checks[i], checks[j])
		}
	}
	for i := range checks {
		for j := i + 1; j < len(checks); j++ {
			for k := j + 1; k < len(checks); k++ {
				add(checks[i], checks[j], checks[k])
			}
		}
	}
	return out
}

// orderFaults says how to break what a check looks at, and nothing else.
var orderFaults = map[string]struct {
	kind, at, skew, err string
	value               any
}{
	"authorization": {kind: "authorization", value: []any{}, err: "authorization-missing"},
	"fields":        {kind: "drop", value: "signature", err: "field-missing"},
	"timestamp":     {skew: "-window-1h", err: "timestamp"},
	"key":           {kind: "key", value: "unknown", err: "key"},
	"credentials":   {kind: "secret", value: "wrong", err: "credentials"},
	"token":         {kind: "token", value: "unknown", err: "token"},
	"expiry":        {at: "+lifetime+1s", err: "token-expired"},
	"signature":     {kind: "signature", value: "tail-replaced", err: "signature"},
	"operation":     {kind: "omit-required", value: "first", err: "validation"},
}

// exclusive are the faults that cannot be told apart when both are made.
var exclusive = map[string]bool{"authorization+token": true, "authorization+expiry": true, "token+expiry": true, "expiry+token": true, "fields+signature": true, "signature+fields": true}

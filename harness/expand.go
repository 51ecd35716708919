package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
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
		if err := c.checkWhen(); err != nil {
			return err
		}
		if !p.hasAll(c.raw.When) {
			continue
		}
		if err := p.add(c, ""); err != nil {
			return c.doc.errorAt(c.at, err)
		}
	}
	return nil
}

func (c *commonCase) checkWhen() error {
	for _, w := range c.raw.When {
		if !knownFeature(strings.TrimPrefix(w, "!")) {
			return c.doc.errorAt(c.at, fmt.Errorf("case %q: unknown feature %q under when", c.raw.ID, w))
		}
	}
	return nil
}

// knowsClaim reports whether some common case, or the engine itself, cites the
// claim.
func (l *loader) knowsClaim(claim string) bool {
	if claim == "no-key-echo" || strings.HasPrefix(claim, "value-") || slices.Contains(clientClaims, claim) ||
		strings.HasPrefix(claim, "client-signs-") || strings.HasPrefix(claim, "client-stage-") {
		return true
	}
	for _, c := range l.common {
		for _, rule := range c.raw.Rule {
			before, _, template := strings.Cut(rule, "{")
			if rule == claim || template && strings.HasPrefix(claim, before) && slices.Contains(knownChecks, claim[len(before):]) {
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
		for _, c := range cases {
			if err := c.checkWhen(); err != nil {
				return err
			}
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
	if len(lines) != len(file.Cases) {
		return nil, fmt.Errorf("%s:1: cases is a plain list, without tags and anchors", name)
	}
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
	for _, need := range c.raw.Needs {
		if !slices.Contains(knownNeeds, need) && !p.credential(need) {
			return fmt.Errorf("case %s needs %q; known are %s and credentials", c.raw.ID, need, strings.Join(knownNeeds, ", "))
		}
	}
	subjects, err := p.subjects(c.raw.Each)
	if err != nil {
		return fmt.Errorf("case %s: %w", c.raw.ID, err)
	}
	for _, s := range subjects {
		rules, asked := []string(c.raw.Rule), true
		if claim != "" {
			asked = p.asks(claim)
			if rules = p.rulesFor(substitute(claim, s)); rules == nil {
				return fmt.Errorf("%w %q", errNoRule, substitute(claim, s))
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
		if made.Level = p.byID[rules[0]].Level; !asked {
			made.Level = Open
		}
		for _, other := range p.Cases {
			if other.ID == made.ID {
				return fmt.Errorf("case id %s stands twice: also at %s:%d", made.ID, other.File, other.Line)
			}
		}
		switch made.Side {
		case "server":
			err = p.serverSteps(made, c.raw, s)
		case "client":
			err = p.clientTimeline(made, c.raw, s)
		default:
			err = fmt.Errorf("side %q; a case is of the side server or client", made.Side)
		}
		if err != nil {
			return fmt.Errorf("case %s: %w", made.ID, err)
		}
		p.Cases = append(p.Cases, made)
	}
	return nil
}

// serverSteps makes the requests of a server case.
func (p *Profile) serverSteps(made *Case, raw rawCase, s subject) error {
	if len(raw.Timeline) > 0 || raw.From+raw.Fraction+raw.Ticks+raw.Zone+raw.Without+raw.Base != "" {
		return fmt.Errorf("timeline, from, fraction, ticks, zone, without and base are of client cases; add side: client")
	}
	steps := raw.Steps
	if len(steps) == 0 {
		steps = []rawStep{raw.rawStep}
	} else if raw.written() {
		return fmt.Errorf("write one step inline or several under steps, not both")
	}
	for i, raw := range steps {
		step, err := p.step(made, raw, s)
		if err == nil {
			err = p.checkStep(made, step)
		}
		if err != nil && len(steps) > 1 {
			err = fmt.Errorf("step %d: %w", i+1, err)
		}
		if err != nil {
			return err
		}
		made.Steps = append(made.Steps, step)
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
	if !p.asks(claim) {
		for _, nearest := range []string{"client-call", "call-accepted", "token-accepted", "login-accepted"} {
			if rules := p.Rules[nearest]; rules != nil {
				return rules
			}
		}
	}
	return p.Rules[nearerClaims[claim]]
}

// asks reports whether the vendor's pages ask for what the claim says. Good
// manners of a client that they do not mention are looked at all the same, and
// reported as an open question under the requirement that calls succeed.
func (p *Profile) asks(claim string) bool {
	return !strings.HasPrefix(claim, "client-") || p.Rules[claim] != nil
}

// clientClaims are those that every request of a client is held against, in
// whatever case it is sent.
var clientClaims = []string{"client-target", "client-query", "client-login-target", "client-authorization", "client-bearer", "client-header",
	"client-fields", "client-login-fields", "client-body", "client-content-type", "client-stamp", "client-stamp-format", "client-stamp-floor", "client-utc",
	"client-stale", "client-sign-late", "client-token", "client-new-token", "client-signature", "client-utf8", "client-stage-case", "client-no-secret", "client-quiet",
	"client-redirect", "client-kind", "client-late"}

package harness

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// fromRaw makes the profile that raw describes, with every variant at its
// default.
func fromRaw(raw *rawProfile, steps map[string]StepFunc) (*Profile, error) {
	p := &Profile{Vendor: raw.Vendor, Title: raw.Title, Flow: raw.Flow, Declines: raw.Declines, raw: raw, steps: steps,
		Rules: map[string][]string{}, Variants: builtinVariants(), choice: map[string]string{}, pinned: map[string]bool{}}
	for claim, ids := range raw.Rules {
		p.Rules[claim] = ids
	}
	for _, e := range raw.Credentials.entries {
		c := e.value
		c.Name = e.key
		p.Credentials = append(p.Credentials, c)
	}
	builtin := maps.Clone(p.Variants)
	for _, e := range raw.Variants.entries {
		v := e.value
		if known := builtin[e.key]; known != nil {
			for _, value := range v.Values {
				if !slices.Contains(known.Values, value) {
					return nil, at("variants."+e.key, fmt.Errorf("the engine knows this variant with the values %v, not %q", known.Values, value))
				}
			}
		}
		if slices.Contains(callValues, e.key) || slices.Contains(replyValues, e.key) || p.credential(e.key) {
			return nil, at("variants."+e.key, fmt.Errorf("a variant cannot have the name of a value, %s; give it another", e.key))
		}
		p.Variants[e.key] = &v
	}
	for name, v := range p.Variants {
		p.choice[name] = v.Default
	}
	return p, p.compile()
}

// compile works out everything that depends on the choice of variants.
func (p *Profile) compile() error {
	raw := p.raw
	c := &compiler{variants: p.Variants, choice: p.choice, pinned: p.pinned, steps: p.steps}
	var err error
	if raw.Timestamp.Format != "" {
		if p.Timestamp, err = timestampFormat(raw.Timestamp.Format); err != nil {
			return at("timestamp.format", err)
		}
		p.Window.Granule = p.Timestamp.Granule
	}
	if raw.Timestamp.Reply != "" {
		if p.ReplyTime, err = timestampFormat(raw.Timestamp.Reply); err != nil {
			return at("timestamp.reply", err)
		}
	}
	if (raw.Window.Past == 0) != (raw.Window.Future == 0) {
		return at("window", fmt.Errorf("a window has two edges, past and future; where only old stamps are refused, name both and say so with the variant window-side"))
	}
	p.Window.Past, p.Window.Future = time.Duration(raw.Window.Past), time.Duration(raw.Window.Future)
	for _, r := range []struct {
		name string
		raw  []rawStage
		to   *Recipe
	}{{"request", raw.Recipes.Request, &p.Request}, {"webhook", raw.Recipes.Webhook, &p.Webhook}} {
		if *r.to, err = c.recipe(r.raw); err != nil {
			return at("recipes."+r.name, err)
		}
	}
	if raw.Token != nil {
		p.Token = &Token{Lifetime: time.Duration(raw.Token.Lifetime), Length: raw.Token.Length, Alphabet: raw.Token.Alphabet}
		p.Window.Lifetime = p.Token.Lifetime
		if p.Token.Recipe, err = c.recipe(raw.Recipes.Token); err != nil {
			return at("recipes.token", err)
		}
	}
	if err := p.compileForms(c); err != nil {
		return err
	}
	p.has = nil
	p.samples, p.routes = Values{}, map[string][]*Operation{}
	for _, cred := range p.Credentials {
		p.samples[cred.Name] = cred.Sample
	}
	for _, op := range p.Operations {
		path, _, _ := strings.Cut(op.Path, "?")
		p.routes[path] = append(p.routes[path], op)
	}
	if p.Login != nil {
		path, _, _ := strings.Cut(p.Login.Operation.Path, "?")
		p.routes[path] = append(p.routes[path], p.Login.Operation)
	}
	for _, cs := range p.Cases {
		p.routeCalls(cs)
	}
	if err := p.compileReplies(c); err != nil {
		return err
	}
	if err := p.Flow.check(p); err != nil {
		return at("flow", err)
	}
	return p.checkNames()
}

func (p *Profile) compileForms(c *compiler) (err error) {
	if p.raw.Login != nil {
		if p.Login, err = c.form(p.raw.Login); err != nil {
			return at("login", err)
		}
		if p.Login.Operation == nil {
			return at("login", fmt.Errorf("a login names its operation: {method, path}"))
		}
		op := *p.Login.Operation
		op.Name, op.Safe = "login", true
		if err := p.compileOperation(&op, c); err != nil {
			return at("login.operation", err)
		}
		p.Login.Operation = &op
	}
	if p.raw.Call == nil {
		return at("vendor", fmt.Errorf("the profile has no call: say how an operation is authenticated"))
	}
	if p.Call, err = c.form(p.raw.Call); err != nil {
		return at("call", err)
	}
	p.Operations = nil
	for _, e := range p.raw.Operations.entries {
		op := e.value
		op.Name = e.key
		if err := p.compileOperation(&op, c); err != nil {
			return at("operations."+e.key, err)
		}
		p.Operations = append(p.Operations, &op)
	}
	if len(p.Operations) == 0 {
		return at("operations", fmt.Errorf("name at least one operation that needs authentication"))
	}
	return nil
}

func (p *Profile) compileOperation(op *Operation, c *compiler) (err error) {
	if op.Method == "" || op.Path == "" {
		return fmt.Errorf("an operation has a method and a path")
	}
	if op.Path, err = c.expand(op.Path); err != nil {
		return err
	}
	if m, ok := nextMark(op.Path, 0); ok {
		return fmt.Errorf("path %q: unknown variant {%s}; a path holds text and variants only", op.Path, m.name)
	}
	if !strings.HasPrefix(op.Path, "/") {
		return fmt.Errorf("path %q: write the path from the host's root, beginning with /", op.Path)
	}
	if op.Reply != nil {
		op.reply, err = c.reply(withBase(*op.Reply, p.raw.Replies.Success))
	}
	return err
}

// withBase fills what a reply leaves out from the profile's general one.
func withBase(r, base rawReply) *rawReply {
	if r.Status == "" {
		r.Status = base.Status
	}
	if len(r.Headers.entries) == 0 {
		r.Headers = base.Headers
	}
	if r.Body == nil {
		r.Body = base.Body
	}
	if r.Rule == "" {
		r.Rule = base.Rule
	}
	if r.StatusRule == "" {
		r.StatusRule = base.StatusRule
	}
	if r.CodeRule == "" {
		r.CodeRule = base.CodeRule
	}
	if r.Code == nil {
		r.Code = base.Code
	}
	return &r
}

func (p *Profile) compileReplies(c *compiler) (err error) {
	success := withBase(p.raw.Replies.Success, rawReply{Status: "2xx"})
	if p.success, err = c.reply(success); err != nil {
		return at("replies.success", err)
	}
	base := withBase(p.raw.Replies.Error, rawReply{Status: "4xx"})
	if base.Body == nil {
		return at("replies", fmt.Errorf("say what every error's body looks like: replies.error.body"))
	}
	if p.failure, err = c.reply(base); err != nil {
		return at("replies.error", err)
	}
	if p.defaultCode, err = c.expand(base.code("0")); err != nil {
		return at("replies.error.code", err)
	}
	p.errors = ordered[*failure]{}
	raws := append([]entry[rawError]{}, p.raw.Errors.entries...)
	if _, ok := p.raw.Errors.get(refusal); !ok {
		raws = append(raws, entry[rawError]{key: refusal})
	}
	for _, e := range raws {
		f := &failure{name: e.key, rule: e.value.Rule}
		for _, name := range e.value.AnyOf {
			if name, err = c.expand(name); err != nil {
				return at("errors."+e.key+".any_of", err)
			}
			if !slices.Contains(f.anyOf, name) {
				f.anyOf = append(f.anyOf, name)
			}
		}
		own := withBase(rawReply{Status: e.value.Status, Headers: e.value.Headers, Body: e.value.Body}, *base)
		c.local = nil
		if e.key != refusal {
			c.local = map[string]string{"message": e.value.Message, "detail": e.value.Detail}
			if code := (rawReply{Code: e.value.Code}).code(base.code("")); code != "" {
				c.local["code"] = code
			}
		}
		if f.reply, err = c.reply(own); err != nil {
			return at("errors."+e.key, err)
		}
		if e.key != refusal { // which is any error
			f.reply.lists = f.reply.body.lists()
		}
		c.local = nil
		p.errors.entries = append(p.errors.entries, entry[*failure]{e.key, f})
	}
	for _, e := range p.errors.entries {
		for _, name := range e.value.anyOf {
			if f, ok := p.errors.get(name); !ok || len(f.anyOf) > 0 {
				return at("errors."+e.key+".any_of", fmt.Errorf("error %s may be %q, which is no single documented error", e.key, name))
			}
		}
	}
	for _, op := range p.Operations {
		for _, name := range append([]string{op.Refuse}, op.MayRefuse...) {
			if _, ok := p.errors.get(name); !ok && name != "" {
				return at("operations."+op.Name, fmt.Errorf("operation %s may be refused with %q, which errors does not document", op.Name, name))
			}
		}
	}
	p.possibly = nil
	possibly := map[string][]*failure{}
	for _, name := range append(p.errors.keys(), knownErrors...) {
		possibly[name] = p.findPossible(name)
	}
	for name := range fallbacks {
		possibly[name] = p.findPossible(name)
	}
	p.possibly = possibly
	return nil
}

package harness

import (
	"fmt"
	"slices"
)

// callValues are the values that every call has beside the credentials.
var callValues = []string{"timestamp", "method", "target", "path", "query", "body", "token"}

// checkNames makes sure that every placeholder has a value in its place.
func (p *Profile) checkNames() error {
	known := map[string]bool{}
	for _, n := range callValues {
		known[n] = true
	}
	for _, c := range p.Credentials {
		known[c.Name] = true
	}
	check := func(where string, t Template, extra ...string) error {
		if err := t.checkNames(func(n string) bool { return known[n] || slices.Contains(extra, n) }); err != nil {
			return at(where, fmt.Errorf("%w; known are credentials, %v and earlier stages", err, append(callValues, extra...)))
		}
		return nil
	}
	recipe := func(where string, r Recipe, extra ...string) error {
		for i, s := range r {
			if err := check(fmt.Sprintf("recipes.%s[%d]", where, i), s.text, extra...); err != nil {
				return err
			}
			for _, step := range s.steps {
				if step.key != "" && !known[step.key] && !slices.Contains(extra, step.key) {
					return at(fmt.Sprintf("recipes.%s[%d]", where, i), fmt.Errorf("step %s names the key %q, which is no credential", step.name, step.key))
				}
			}
			extra = append(extra, s.name)
		}
		return nil
	}
	var values, made []string
	for _, s := range p.Request {
		made = append(made, s.name)
	}
	forms := []struct {
		name string
		form *Form
	}{{"login", p.Login}, {"call", p.Call}}
	for _, f := range forms {
		if f.form != nil {
			for _, n := range f.form.Values {
				values = append(values, n.Name)
			}
		}
	}
	for _, f := range forms {
		if f.form == nil {
			continue
		}
		for _, list := range [][]Named{f.form.Values, f.form.Headers, f.form.Query, f.form.Fields} {
			for _, n := range list {
				if err := check(f.name, n.Text, append(made, values...)...); err != nil {
					return err
				}
			}
		}
		for i, c := range f.form.Checks {
			if !slices.Contains(knownChecks, c) {
				return at(fmt.Sprintf("%s.checks[%d]", f.name, i), fmt.Errorf("unknown check %q; known are %v", c, knownChecks))
			}
		}
	}
	if err := recipe("request", p.Request, values...); err != nil {
		return err
	}
	if err := recipe("webhook", p.Webhook); err != nil {
		return err
	}
	if p.Token != nil {
		if err := recipe("token", p.Token.Recipe, "issued", "expires", "now"); err != nil {
			return err
		}
	}
	return p.checkReplies(func(n string) bool {
		return known[n] || slices.Contains(made, n) || slices.Contains(values, n) || slices.Contains(replyValues, n)
	})
}

// replyValues are what answers mention beside the values of the request.
var replyValues = []string{"code", "message", "detail", "parameter", "server_time", "lifetime", "remaining",
	"true", "false", "null", "absent", "any", "anything", "rest"}

func (p *Profile) checkReplies(known func(string) bool) error {
	check := func(place string, r *reply) error {
		if r == nil {
			return nil
		}
		for _, h := range r.headers {
			if h.value.kind != 's' {
				return at(place, fmt.Errorf("header %s: the pattern of a header is a text", h.name))
			}
			if err := h.value.checkNames(known); err != nil {
				return at(place, err)
			}
		}
		if r.body == nil {
			return nil
		}
		return at(place, r.body.checkNames(known))
	}
	if err := check("replies.success", p.success); err != nil {
		return err
	}
	for _, e := range p.errors.entries {
		if err := check("errors."+e.key, e.value.reply); err != nil {
			return err
		}
	}
	for _, op := range p.Operations {
		if err := check("operations."+op.Name+".reply", op.reply); err != nil {
			return err
		}
	}
	if p.Login != nil {
		return check("login.operation.reply", p.Login.Operation.reply)
	}
	return nil
}

func (p *Profile) credential(name string) bool {
	for _, c := range p.Credentials {
		if c.Name == name {
			return true
		}
	}
	return false
}

// knownChecks are the checks a server makes, in a profile's order.
var knownChecks = []string{"authorization", "body", "fields", "timestamp", "key", "credentials", "token", "expiry", "signature", "replay", "operation"}

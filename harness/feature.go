package harness

import (
	"slices"
	"strings"
)

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
		f["token"], f["lifetime"] = true, p.LoginPlace("lifetime") != nil
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
	if slices.Contains([]string{string(SignEachRequest), string(SignThenToken), string(LoginThenBearer), "login", "fixed-length-key", "window", "numeric", "textual",
		"whole-seconds", "token", "lifetime", "jwt", "opaque", "body", "query", "requires", "refusing-operations"}, name) {
		return true
	}
	if step, ok := strings.CutSuffix(name, "-signature"); ok && builtinSteps[step] != nil {
		return true
	}
	if strings.HasPrefix(name, "error-") || strings.HasPrefix(name, "signs-") {
		return true
	}
	return slices.Contains([]string{"signed", "stamped", "stamped-in-header", "stamped-in-query", "stamped-in-field", "stamped-in-authorization",
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
		if slices.Contains(inputs, n) || (slices.Contains(inputs, "target") && (n == "path" || n == "query")) {
			out = append(out, n)
		}
	}
	return out
}

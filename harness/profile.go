package harness

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Profile is a vendor's written rules made executable, under one choice of the
// variants its pages leave open: how requests are signed and stamped, how long
// stamps and tokens live, what is checked in which order, and what each answer
// looks like. A Profile is immutable; With gives one under another choice.
type Profile struct {
	Vendor       string // the folder's name, and the first part of every case name
	Title        string
	Flow         Flow
	Credentials  []Credential
	Operations   []*Operation
	Timestamp    *TimestampFormat // nil when requests carry no timestamp
	ReplyTime    *TimestampFormat // of {server_time} in answers; nil when there is none
	Window       Limits
	Request      Recipe // makes {signature}; nil when requests are not signed
	Webhook      Recipe // makes the signature of a webhook; nil when there are none
	Login        *Form  // how a token is had; nil when the flow has no login
	Call         *Form  // how an operation is authenticated
	Token        *Token // nil when the flow has no token
	Variants     map[string]*Variant
	Rules        map[string][]string // claim -> requirement ids
	Declines     map[string]string   // common case -> why it does not apply
	Requirements []*Requirement
	Sources      []Source // what the requirements rest on, in the order of the file
	Cases        []*Case
	Vectors      []*Vector

	success     *reply
	failure     *reply            // the shape every documented error shares
	errors      ordered[*failure] // documented errors
	choice      map[string]string
	pinned      map[string]bool
	defaultCode string // of errors that name none
	samples     Values
	routes      map[string][]*Operation // by path without query
	possibly    map[string][]*failure   // see possible
	has         map[string]bool         // see features
	raw         *rawProfile
	steps       map[string]StepFunc
	byID        map[string]*Requirement
}

// Credential is one value the vendor issues to its customer.
type Credential struct {
	Name     string
	Secret   bool   `yaml:"secret"`   // never shown in any output
	Optional bool   `yaml:"optional"` // only some cases need it
	Sample   string `yaml:"sample"`   // what the reference server knows; made up
	Length   int    `yaml:"length"`   // in characters, where the vendor fixes it; else 0
	Purpose  string `yaml:"purpose"`
}

// Operation is one call of the vendor's API.
type Operation struct {
	Name        string
	Method      string          `yaml:"method"`
	Path        string          `yaml:"path"` // with the query, without the host
	Body        string          `yaml:"body"`
	Fields      ordered[string] `yaml:"fields"` // beside those of the form, when it has fields
	ContentType string          `yaml:"content_type"`
	Safe        bool            `yaml:"safe"`        // changes nothing, so it may be sent to a live target
	Reply       *rawReply       `yaml:"reply"`       // what a success holds beside the profile's success
	Refuse      string          `yaml:"refuse"`      // the documented answer is this error
	MayRefuse   []string        `yaml:"may_refuse"`  // errors that still show that authentication passed
	AboutToken  bool            `yaml:"about_token"` // it tells of the token itself, and so may answer for an expired one
	Requires    []string        `yaml:"requires"`    // JSON fields without which the answer is the error validation
	Unique      string          `yaml:"unique"`      // JSON field whose second use is the error duplicate

	reply *reply
}

// Form says where the values of an authenticated request travel, and in which
// order the server checks them.
type Form struct {
	Operation *Operation // of a login; nil for calls
	Values    []Named    // further values, worked out first
	Headers   []Named
	Query     []Named
	Fields    []Named // of the body
	Encoding  string  // of the fields: json or form
	Checks    []string
}

// Named is a template with the name of the header, field or value it fills.
type Named struct {
	Name string
	Text Template
}

// Value names what the template carries: its first value, or for a constant the
// place itself.
func (n Named) Value() string {
	if names := n.Text.Names(); len(names) > 0 {
		return names[0]
	}
	return n.Name
}

// uses reports whether the form carries the value.
func (f *Form) uses(name string) bool {
	for _, list := range [][]Named{f.Headers, f.Query, f.Fields, f.Values} {
		for _, n := range list {
			if n.Text.Has(name) {
				return true
			}
		}
	}
	return false
}

// Carrier finds the header, query parameter or body field that carries a value.
// The place is "header", "query" or "field", or empty when none does.
func (f *Form) Carrier(value string) (place string, n Named) {
	for _, c := range []struct {
		place string
		list  []Named
	}{{"header", f.Headers}, {"query", f.Query}, {"field", f.Fields}} {
		for _, n := range c.list {
			if n.Text.Has(value) || len(n.Text.Names()) == 0 && n.Name == value {
				return c.place, n
			}
		}
	}
	return "", Named{}
}

// Token is what a login grants.
type Token struct {
	Lifetime time.Duration
	Recipe   Recipe // makes a self-contained token such as a JWT; nil for an opaque one
	Length   int    // of an opaque token, in characters
	Alphabet string // of an opaque token: base64, base64url or hex
}

// Flow is the order of calls by which a client authenticates.
type Flow string

// The flows. Each is implemented in Go; a profile only names one.
const (
	SignEachRequest Flow = "sign-each-request" // every request carries its own signature
	SignThenToken   Flow = "sign-then-token"   // a signed login grants a token, and calls are signed with it
	LoginThenBearer Flow = "login-then-bearer" // a login grants a token, and calls carry it alone
)

func (f Flow) check(p *Profile) error {
	switch f {
	case SignEachRequest:
		if p.Request == nil || p.Timestamp == nil || p.Login != nil {
			return fmt.Errorf("flow %s needs recipes.request and timestamp, and has no login", f)
		}
	case SignThenToken:
		if p.Request == nil || p.Timestamp == nil || p.Login == nil || p.Token == nil {
			return fmt.Errorf("flow %s needs recipes.request, timestamp, login and token", f)
		}
	case LoginThenBearer:
		if p.Login == nil || p.Token == nil {
			return fmt.Errorf("flow %s needs login and token", f)
		}
	default:
		return fmt.Errorf("unknown flow %q; known are %s, %s, %s", f, SignEachRequest, SignThenToken, LoginThenBearer)
	}
	return nil
}

// With gives the profile under other values of some variants. A pinned value
// binds the target: showing another one fails. The names and values are checked.
func (p *Profile) With(choice map[string]string, pin bool) (*Profile, error) {
	if len(choice) == 0 {
		return p, nil
	}
	next, pinned := maps.Clone(p.choice), maps.Clone(p.pinned)
	for _, name := range sortedKeys(choice) {
		v, ok := p.Variants[name]
		if !ok {
			return nil, fmt.Errorf("%s has no variant %q; it has %s", p.Vendor, name, strings.Join(sortedKeys(p.Variants), ", "))
		}
		if !slices.Contains(v.Values, choice[name]) {
			return nil, fmt.Errorf("variant %s.%s has no value %q; it has %s", p.Vendor, name, choice[name], strings.Join(v.Values, ", "))
		}
		next[name] = choice[name]
		if pin {
			pinned[name] = true
		}
	}
	q := *p
	q.choice, q.pinned = next, pinned
	return &q, q.compile()
}

// Unpinned is the profile with its choice of variants, none of which binds.
func (p *Profile) Unpinned() *Profile {
	if len(p.pinned) == 0 {
		return p
	}
	q := *p
	q.pinned = map[string]bool{}
	if q.compile() != nil { // which it was made by once
		return p
	}
	return &q
}

// Choice is the value the profile takes for the variant.
func (p *Profile) Choice(variant string) string { return p.choice[variant] }

// Binding reports whether a target that shows another value of the variant
// fails for it.
func (p *Profile) Binding(variant string) bool {
	return p.pinned[variant] || p.Variants[variant].Documented
}

// Pinned are the values that were pinned, by variant; nil for none.
func (p *Profile) Pinned() map[string]string {
	var out map[string]string
	for name := range p.pinned {
		if out == nil {
			out = map[string]string{}
		}
		out[name] = p.choice[name]
	}
	return out
}

// Secrets lists the values of the secret credentials.
func (p *Profile) Secrets(v Values) []string {
	var out []string
	for _, c := range p.Credentials {
		if s := v[c.Name]; c.Secret && s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Samples are the credentials the reference server knows. The map is shared: do
// not change it.
func (p *Profile) Samples() Values { return p.samples }

// Route finds the operation, or the login, that a request's method and path
// (without query) name; nil when there is none.
func (p *Profile) Route(method, path string) *Operation {
	for _, op := range p.routes[path] {
		if op.Method == method {
			return op
		}
	}
	return nil
}

// Identity is the credential that names the customer and is no secret.
func (p *Profile) Identity() Credential {
	for _, c := range p.Credentials {
		if !c.Secret && !c.Optional {
			return c
		}
	}
	return Credential{}
}

// Secret is the credential that proves the customer: the first secret one.
func (p *Profile) Secret() Credential {
	for _, c := range p.Credentials {
		if c.Secret && !c.Optional {
			return c
		}
	}
	return Credential{}
}

// Operation finds an operation by name.
func (p *Profile) Operation(name string) *Operation {
	for _, op := range p.Operations {
		if op.Name == name {
			return op
		}
	}
	return nil
}

// Literal is the text before the first placeholder: of an Authorization header
// the scheme and the space after it.
func (t Template) Literal() string {
	if len(t.parts) > 0 && t.parts[0].name == "" {
		return t.parts[0].literal
	}
	return ""
}

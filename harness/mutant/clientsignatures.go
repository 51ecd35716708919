package mutant

import (
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// clientSignatures breaks the making of signatures.
func (m *maker) clientSignatures() {
	p := m.profile
	if p.Request == nil {
		return
	}
	any := []string{"client-signature", "client-signs-stamp", "client-signs-method", "client-signs-target", "client-signs-query", "client-signs-body", "client-utf8", "client-stage-case"}
	for _, s := range p.Request {
		any = append(any, "client-stage-"+s.Name())
	}
	for _, n := range p.Call.Values {
		any = append(any, "client-signs-"+n.Name)
	}
	for _, v := range p.Request.Variations() {
		m.client("recipe-"+v.Name, "the signature is made otherwise: "+strings.ReplaceAll(v.Name, "-", " "), "", any, always(reference.ClientTamper{Recipe: v.Recipe}))
	}
	signs := func(id, says, catalogue string, claims []string, of func(harness.Values, bool)) {
		m.client("signs-"+id, says, catalogue, claims, always(reference.ClientTamper{Sign: of}))
	}
	for _, other := range readings {
		change := func(v harness.Values) { other.change(v); settle(v, other.input) }
		if !slices.ContainsFunc(m.calls(), func(call harness.Call) bool { return m.differs(call, change) }) {
			continue // no call that a client is asked for has what is signed otherwise
		}
		claims := []string{"client-signs-" + other.input, "client-signs-target", "client-signature"}
		if other.input == "body" {
			claims = append(claims, "client-utf8")
		}
		signs(other.id, "the client signs otherwise: "+other.says, "", claims, func(v harness.Values, _ bool) { change(v) })
		if other.input == "body" && other.id != "no-body" {
			m.client("sends-"+strings.TrimPrefix(other.id, "the-"), "the client sends otherwise than it signed: "+other.says, "", append(claims, "client-body"), always(reference.ClientTamper{
				Sent: func(v harness.Values, _ bool) { other.change(v) }}))
		}
	}
	m.client("signature-of-another", "calls made at once get each other's signatures", "C32", append(any, "client-call"), func(harness.ClientConfig) reference.ClientTamper {
		last := make(chan string, 1)
		last <- ""
		return reference.ClientTamper{Sent: func(v harness.Values, _ bool) {
			name := p.Request[len(p.Request)-1].Name()
			before := <-last
			last <- v[name]
			if before != "" {
				v[name] = before
			}
		}}
	})
	m.client("signed-under-another-secret", "the secret is trimmed of its last character", "", append(any, "client-call"), always(reference.ClientTamper{Sign: func(v harness.Values, _ bool) {
		name := p.Secret().Name
		v[name] = v[name][:max(0, len(v[name])-1)]
	}}))
}

// calls are what clients are asked for, in the vendor's cases or for want of
// others.
func (m *maker) calls() []harness.Call {
	var calls []harness.Call
	for _, op := range m.profile.Operations {
		calls = append(calls, op.Call(1))
	}
	for _, c := range m.profile.Cases {
		for _, moment := range c.Timeline {
			calls = append(calls, moment.Operation.Call(1))
		}
	}
	return calls
}

package harness

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// A token is hidden wherever a server grants it: in an answer that was to be a
// refusal, beside its place, in a header, and in what is said of the case.
func TestTokensAreHiddenWhereverTheyStand(t *testing.T) {
	p := shipped(t, "spreetail")
	const opaque, jwt = "madeuptokenmadeuptokenmadeup", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYWRlLXVwIn0.c2lnbmF0dXJlLW1hZGUtdXA"
	for claim, body := range map[string]string{
		"in its place":       `{"success":true,"data":{"access_token":"` + opaque + `","expires_in":86400}}`,
		"beside it":          `{"success":true,"access_token":"` + opaque + `"}`,
		"in a list":          `{"list":[{"ACCESS_TOKEN":"` + opaque + `"}]}`,
		"a JSON Web Token":   `{"anything":"` + jwt + `"}`,
		"escaped":            `{"access_token":"` + opaque + `","again":"` + strings.ReplaceAll(opaque, "m", `\u006d`) + `"}`,
		"in no JSON":         `token: ` + jwt,
		"percent-encoded":    `{"access_token":"` + opaque + `","u":"` + strings.ReplaceAll(opaque, "m", "%6D") + `"}`,
		"in capital letters": `{"access_token":"` + opaque + `","u":"` + strings.ToUpper(opaque) + `"}`,
	} {
		c := checker(t, p, Target{URL: "https://grants.invalid", Clock: FrozenClock(DefaultBase),
			Transport: bodied(200, http.Header{"X-Token": {jwt}}, strings.NewReader(body))}, Options{Keep: true})
		r := c.Run(t.Context(), caseOf(t, p, "login/secret-wrong"))
		var told strings.Builder
		for _, f := range r.Findings {
			told.WriteString(f.Problem + f.Want + f.Got + "\n")
		}
		for _, x := range r.Sent {
			told.WriteString(strings.Join(append(x.ResponseHeader, x.ResponseBody, x.Problem), "\n"))
		}
		for _, token := range []string{opaque, jwt, strings.ToUpper(opaque), strings.ReplaceAll(opaque, "m", "%6D"), strings.ReplaceAll(opaque, "m", `\u006d`)} {
			if strings.Contains(told.String(), token) {
				t.Errorf("%s: %s is shown in %s", claim, token, told.String())
			}
		}
	}
}

// A secret that is altered on purpose tells the secret nearly as well.
func TestAlteredSecretsAreHidden(t *testing.T) {
	p := shipped(t, "spreetail")
	credentials := p.Samples()
	for _, id := range []string{"login/secret-altered", "login/secret-upper-case", "login/secret-trailing-space"} {
		c := checker(t, p, Target{URL: "https://grants.invalid", Clock: FrozenClock(DefaultBase), Credentials: credentials,
			Transport: bodied(200, nil, strings.NewReader(`{"ok":true}`))}, Options{})
		r := c.Run(t.Context(), caseOf(t, p, id))
		secret := strings.ToLower(credentials[p.Secret().Name])
		if r.Verdict != Fail || len(r.Sent) == 0 || strings.Contains(strings.ToLower(r.Sent[0].RequestBody), secret[:len(secret)/2]) {
			t.Errorf("%s: %s, sent %+v", id, r.Verdict, r.Sent)
		}
	}
}

// A secret with white space in it is taken out before white space is squeezed.
func TestASecretWithSpacesIsHidden(t *testing.T) {
	p := shipped(t, "trolley")
	credentials := Values{}
	for name, value := range p.Samples() {
		credentials[name] = value
	}
	const secret = "made  up\tpass phrase"
	credentials[p.Secret().Name] = secret
	for _, err := range []error{&tapeError{"dial: " + secret}, http.ErrNotSupported, errors.New("malformed HTTP status code \"" + secret + "\"")} {
		c := checker(t, p, Target{URL: "https://odd.invalid", Clock: FrozenClock(DefaultBase), Credentials: credentials,
			Transport: answers(func(*http.Request) (*http.Response, error) { return nil, err })}, Options{})
		r := c.Run(t.Context(), caseOf(t, p, "signature/zeros"))
		said := r.Reason
		for _, f := range r.Findings {
			said += f.Problem
		}
		if said == "" || strings.Contains(said, "pass phrase") {
			t.Errorf("%v: %q", err, said)
		}
	}
}

package mutant

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// clientRequests breaks what is sent beside the signature.
func (m *maker) clientRequests() {
	p := m.profile
	request := func(id, says, catalogue string, claims []string, of func(*http.Request, bool)) *Mutant {
		return m.client(id, says, catalogue, claims, always(reference.ClientTamper{Request: of}))
	}
	secret := func(c harness.ClientConfig) string { return c.Credentials[p.Secret().Name] }
	m.client("secret-in-the-address", "the secret is in the query", "", []string{"client-no-secret"}, func(c harness.ClientConfig) reference.ClientTamper {
		return reference.ClientTamper{Request: func(r *http.Request, _ bool) { addQuery(r, "secret", secret(c)) }}
	})
	m.client("secret-in-a-header", "the secret is in a header", "", []string{"client-no-secret"}, func(c harness.ClientConfig) reference.ClientTamper {
		return reference.ClientTamper{Request: func(r *http.Request, _ bool) { r.Header.Set("X-Secret", secret(c)) }}
	})
	m.client("secret-in-an-error", "error messages hold the secret", "", []string{"client-quiet"}, func(c harness.ClientConfig) reference.ClientTamper {
		return reference.ClientTamper{Refused: func(r *reference.Refusal) { r.Words += " for " + secret(c) }}
	})
	m.client("secret-in-the-log", "the log holds the secret", "", []string{"client-quiet"}, func(c harness.ClientConfig) reference.ClientTamper {
		return reference.ClientTamper{Request: func(*http.Request, bool) { _, _ = io.WriteString(c.Log, "secret "+secret(c)) }}
	})
	if p.Login != nil {
		m.client("token-in-an-error", "error messages hold the token", "", []string{"client-quiet"}, func(harness.ClientConfig) reference.ClientTamper {
			kept := make(chan string, 1)
			kept <- ""
			return reference.ClientTamper{
				Token:   func(t string) string { <-kept; kept <- t; return t },
				Refused: func(r *reference.Refusal) { t := <-kept; kept <- t; r.Words += " with " + t }}
		})
	}
	if m.queries() {
		request("query-written-anew", "the query is read and written anew after it was signed", "", []string{"client-signs-query", "client-query", "client-target"}, func(r *http.Request, _ bool) { r.URL.RawQuery = r.URL.Query().Encode() })
	}
	request("body-with-a-mark", "the body begins with a byte order mark", "", []string{"client-signs-body", "client-body"}, func(r *http.Request, login bool) {
		if body, err := io.ReadAll(r.Body); err == nil && len(body) > 0 && !login {
			setBody(r, "\ufeff"+string(body))
		}
	})
	m.client("goes-without-a-secret", "requests are sent although there is no secret", "", []string{"client-without-secret"}, always(reference.ClientTamper{Careless: true}))
	if p.Login != nil && len(p.Rules["client-https"]) > 0 {
		m.client("takes-https-for-http", "requests to an address with https are sent without TLS", "", []string{"client-https"}, always(reference.ClientTamper{
			Request: func(r *http.Request, _ bool) { r.URL.Scheme = "http" }}))
		m.client("goes-in-the-clear", "requests are sent without TLS", "", []string{"client-https"}, always(reference.ClientTamper{Careless: true}))
	}
	request("no-content-type", "bodies are sent without their media type", "", []string{"client-content-type"}, func(r *http.Request, _ bool) { r.Header.Del("Content-Type") })
	request("path-in-capitals", "the path is spelled otherwise", "", []string{"client-target", "client-login-target"}, func(r *http.Request, _ bool) { r.URL.Path = strings.ToUpper(r.URL.Path) })
	request("slash-at-the-end", "the path ends in a slash", "", []string{"client-target", "client-login-target"}, func(r *http.Request, _ bool) { r.URL.Path += "/" })
	for _, h := range p.Call.Headers {
		if h.Name != "Authorization" {
			continue
		}
		literal := h.Text.Literal()
		header := func(id, says string, of func(string) string) {
			request("authorization-"+id, says, "", []string{"client-bearer", "client-authorization"}, func(r *http.Request, login bool) {
				if v := r.Header.Get("Authorization"); v != "" {
					r.Header.Set("Authorization", of(v))
				}
			})
		}
		header("without-scheme", "the word before the credentials is left out", func(v string) string { return strings.TrimPrefix(v, literal) })
		header("scheme-twice", "the word before the credentials stands twice", func(v string) string { return literal + v })
		header("with-basic", "the word before the credentials is Basic", func(v string) string { return "Basic " + strings.TrimPrefix(v, literal) })
		header("in-quotes", "the credentials are in quotes", func(v string) string { return literal + `"` + strings.TrimPrefix(v, literal) + `"` })
		request("authorization-missing", "the header is left out", "", []string{"client-bearer", "client-authorization"}, func(r *http.Request, _ bool) { r.Header.Del("Authorization") })
	}
	fields := func(id, says string, login bool, of func(map[string]string)) {
		claims := []string{"client-fields"}
		if login {
			claims = []string{"client-login-fields"}
		}
		m.client(id, says, "", claims, always(reference.ClientTamper{Request: func(r *http.Request, isLogin bool) {
			if isLogin == login {
				rewriteFields(r, of)
			}
		}}))
	}
	if p.Login != nil && len(p.Login.Fields) > 0 {
		fields("login-with-another-field", "a login has a field more", true, func(f map[string]string) { f["grant_type"] = "client_credentials" })
		fields("login-in-lower-case", "the fields of a login are spelled in lower case", true, func(f map[string]string) {
			for name, value := range f {
				delete(f, name)
				f[strings.ToLower(name)+"_"] = value
			}
		})
		m.client("login-as-text", "a login is sent as text", "", []string{"client-content-type"}, always(reference.ClientTamper{Request: func(r *http.Request, login bool) {
			if login {
				r.Header.Set("Content-Type", "text/plain")
			}
		}}))
	}
	if len(p.Call.Fields) > 0 {
		fields("call-with-another-field", "a call has a field more", false, func(f map[string]string) { f["Client"] = "x" })
	}
}

// queries reports whether the query of some operation changes when it is written
// anew.
func (m *maker) queries() bool {
	return slices.ContainsFunc(m.profile.Operations, func(op *harness.Operation) bool {
		_, query, _ := strings.Cut(op.Path, "?")
		q, err := url.ParseQuery(query)
		return err == nil && q.Encode() != query
	})
}

func addQuery(r *http.Request, name, value string) {
	q := name + "=" + url.QueryEscape(value)
	if r.URL.RawQuery != "" {
		q = r.URL.RawQuery + "&" + q
	}
	r.URL.RawQuery = q
}

// rewriteFields changes the fields of a body, in whichever encoding it has.
func rewriteFields(r *http.Request, change func(map[string]string)) {
	if body, err := io.ReadAll(r.Body); err == nil {
		setBody(r, string(rewritten(body, change)))
	}
}

func setBody(r *http.Request, text string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

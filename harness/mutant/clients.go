package mutant

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// Clients are the broken clients that the profile allows for.
func Clients(p *harness.Profile) []Mutant {
	m := &maker{profile: p}
	m.clientStamps()
	m.clientSignatures()
	m.clientRequests()
	m.clientErrors()
	m.clientTokens()
	return m.all
}

// client adds a client that is tampered with. It is made anew for each case, so
// that what it remembers ends with it.
func (m *maker) client(id, says, catalogue string, claims []string, tamper func(harness.ClientConfig) reference.ClientTamper) *Mutant {
	p := m.profile
	rules := m.rules(claims...)
	for _, c := range p.Cases { // what the pages do not ask for is looked at under some other rule
		for _, claim := range claims {
			if c.Side == "client" && c.Claim == claim && len(p.Rules[claim]) == 0 {
				rules = append(rules, c.Rules...)
			}
		}
	}
	return m.add(Mutant{ID: id, Says: says, Catalogue: catalogue, Rules: rules,
		Client: func(c harness.ClientConfig) (harness.Client, error) {
			return reference.NewTamperedClient(p, c, tamper(c))
		}})
}

// always is a tamper that does not hang on the configuration.
func always(t reference.ClientTamper) func(harness.ClientConfig) reference.ClientTamper {
	return func(harness.ClientConfig) reference.ClientTamper { return t }
}

// clientStamps breaks the clock that timestamps are made from.
func (m *maker) clientStamps() {
	f := m.profile.Timestamp
	if f == nil {
		return
	}
	now := func(id, says, catalogue string, claims []string, of func(time.Time) time.Time) {
		m.client("stamp-"+id, says, catalogue, claims, always(reference.ClientTamper{Now: of}))
	}
	current := []string{"client-stamp", "client-utc", "client-stamp-format"}
	now("rounded-up", "the timestamp is rounded to whole seconds", "C11", []string{"client-stamp-floor"}, func(t time.Time) time.Time { return t.Round(f.Granule) })
	now("local-time", "local time is sent as UTC", "C13", []string{"client-utc"}, func(t time.Time) time.Time {
		_, offset := t.Zone()
		return t.Add(time.Duration(offset) * time.Second)
	})
	now("summer-time-for-ever", "the hour of summer time is never taken off", "C14", []string{"client-utc"}, func(t time.Time) time.Time {
		if t.Location().String() == "Europe/London" {
			return t.Add(time.Hour)
		}
		return t
	})
	now("32-bit", "the time is kept in 32 bits", "C16", current, func(t time.Time) time.Time { return time.Unix(int64(int32(t.Unix())), 0) })
	now("32-bit-unsigned", "the time is kept in 32 bits without sign", "C16", current, func(t time.Time) time.Time { return time.Unix(int64(uint32(t.Unix())), 0) })
	now("an-hour-ahead", "the timestamp is an hour ahead", "", append(current, "client-call"), func(t time.Time) time.Time { return t.Add(time.Hour) })
	now("a-minute-behind", "the timestamp is a minute behind", "", append(current, "client-stale", "client-call"), func(t time.Time) time.Time { return t.Add(-time.Minute) })
	m.client("stamp-of-the-first-request", "every request has the timestamp of the first", "C09", []string{"client-stale", "client-stamp", "client-sign-late", "client-retry"},
		func(harness.ClientConfig) reference.ClientTamper {
			var once sync.Once
			var first time.Time
			return reference.ClientTamper{Now: func(t time.Time) time.Time {
				once.Do(func() { first = t })
				return first
			}}
		})
	stamp := func(id, says, catalogue string, of func(string) string) {
		m.client("stamp-"+id, says, catalogue, current, always(reference.ClientTamper{Stamp: of}))
	}
	if f.Numeric {
		stamp("in-milliseconds", "the timestamp is in milliseconds", "C12", func(s string) string { return s + "000" })
		stamp("with-a-fraction", "the timestamp has a fraction", "C12", func(s string) string { return s + ".0" })
	} else {
		stamp("with-t", "the timestamp has a T between date and time", "", func(s string) string { return strings.Replace(s, " ", "T", 1) })
		stamp("with-z", "the timestamp has a Z at its end", "", func(s string) string { return s + "Z" })
		stamp("unpadded", "the timestamp lacks its leading zeros", "", func(s string) string { return strings.NewReplacer("-0", "-", " 0", " ", ":0", ":").Replace(s) })
		stamp("in-12-hours", "the timestamp counts hours to twelve", "", func(s string) string {
			t, err := f.Parse(s)
			if err != nil {
				return s
			}
			return t.Format("2006-01-02 03:04:05")
		})
	}
	m.client("stamp-other-than-signed", "the timestamp sent is another than the one signed", "C17", []string{"client-signs-stamp"}, always(reference.ClientTamper{
		Sent: func(v harness.Values, _ bool) {
			if t, err := f.Parse(v["timestamp"]); err == nil {
				v["timestamp"] = f.Format(t.Add(f.Granule))
			}
		}}))
	m.client("clock-read-twice", "the clock is read once for the signature and once for the request", "C17", []string{"client-signs-stamp"},
		func(c harness.ClientConfig) reference.ClientTamper {
			return reference.ClientTamper{Sent: func(v harness.Values, _ bool) { v["timestamp"] = f.Format(c.Clock.Now()) }}
		})
}

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
	inputs := map[string]bool{}
	for _, s := range p.Request {
		for _, v := range []string{"method", "target", "path", "query", "body"} {
			inputs[v] = inputs[v] || s.Uses(v)
		}
	}
	if inputs["method"] {
		signs("the-method-in-lower-case", "the method is signed in lower case", "", []string{"client-signs-method"}, func(v harness.Values, _ bool) { v["method"] = strings.ToLower(v["method"]) })
	}
	if inputs["target"] {
		signs("the-path-without-query", "the query is not signed", "", []string{"client-signs-query"}, func(v harness.Values, _ bool) { v["target"] = v["path"] })
		signs("the-query-sorted", "the query is signed as a library would write it", "", []string{"client-signs-query"}, func(v harness.Values, _ bool) {
			if path, query, ok := strings.Cut(v["target"], "?"); ok {
				if q, err := url.ParseQuery(query); err == nil {
					v["target"] = path + "?" + q.Encode()
				}
			}
		})
		signs("the-whole-address", "the address is signed with its host", "", []string{"client-signs-target"}, func(v harness.Values, _ bool) { v["target"] = "https://api.skewproof.invalid" + v["target"] })
	}
	if inputs["body"] {
		signs("no-body", "the body is not signed", "", []string{"client-signs-body"}, func(v harness.Values, _ bool) { v["body"] = "" })
		signs("the-body-in-ascii", "what is not ASCII is signed as a question mark", "", []string{"client-utf8"}, func(v harness.Values, _ bool) {
			v["body"] = strings.Map(func(r rune) rune {
				if r > 0x7f {
					return '?'
				}
				return r
			}, v["body"])
		})
		m.client("body-rewritten", "the body is written anew after it was signed", "", []string{"client-signs-body"}, always(reference.ClientTamper{Sent: func(v harness.Values, _ bool) {
			var out bytes.Buffer
			if json.Indent(&out, []byte(v["body"]), "", "  ") == nil {
				v["body"] = out.String()
			}
		}}))
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
	m.client("goes-without-a-secret", "requests are sent although there is no secret", "", []string{"client-without-secret"}, always(reference.ClientTamper{Careless: true}))
	if p.Login != nil && len(p.Rules["client-https"]) > 0 {
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

func addQuery(r *http.Request, name, value string) {
	q := name + "=" + url.QueryEscape(value)
	if r.URL.RawQuery != "" {
		q = r.URL.RawQuery + "&" + q
	}
	r.URL.RawQuery = q
}

// rewriteFields changes the fields of a body, in whichever encoding it has.
func rewriteFields(r *http.Request, change func(map[string]string)) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	fields := map[string]string{}
	text := ""
	if json.Unmarshal(body, &fields) == nil {
		change(fields)
		out, _ := json.Marshal(fields) // texts always can be
		text = string(out)
	} else if values, err := url.ParseQuery(string(body)); err == nil {
		for name := range values {
			fields[name] = values.Get(name)
		}
		change(fields)
		out := url.Values{}
		for name, value := range fields {
			out.Set(name, value)
		}
		text = out.Encode()
	}
	setBody(r, text)
}

func setBody(r *http.Request, text string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

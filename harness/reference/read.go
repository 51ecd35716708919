package reference

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// read takes the request apart by the form's templates. What is missing or does
// not fit is noted; the checks decide when it matters.
func (s *Server) read(c *call) {
	for _, n := range c.form.Headers {
		values := c.r.Header[http.CanonicalHeaderKey(n.Name)]
		s.readOne(c, n, values, http.CanonicalHeaderKey(n.Name) == "Authorization")
	}
	if len(c.form.Query) > 0 {
		query := c.r.URL.Query()
		for _, n := range c.form.Query {
			s.readOne(c, n, query[n.Name], false)
		}
	}
	if len(c.form.Fields) > 0 {
		s.readFields(c)
	}
	v := c.values
	v["method"], v["body"] = c.r.Method, string(c.body)
	v["target"] = s.target(c)
	v["path"], v["query"], _ = strings.Cut(v["target"], "?")
}

// target is the request target without the parameters that authenticate it.
func (s *Server) target(c *call) string {
	target := c.r.URL.RequestURI()
	if len(c.form.Query) == 0 {
		return target
	}
	path, query, _ := strings.Cut(target, "?")
	var kept []string
	for _, pair := range strings.Split(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err == nil && !carries(c.form.Query, name) && pair != "" {
			kept = append(kept, pair)
		}
	}
	if len(kept) == 0 {
		return path
	}
	return path + "?" + strings.Join(kept, "&")
}

func carries(list []harness.Named, name string) bool {
	for _, n := range list {
		if n.Name == name {
			return true
		}
	}
	return false
}

func (s *Server) readOne(c *call, n harness.Named, values []string, authorization bool) {
	problem := ""
	switch {
	case len(values) == 0:
		problem = "missing"
	case len(values) > 1:
		problem = "malformed"
	case values[0] == "":
		problem = "empty"
	default:
		text := values[0]
		if authorization {
			text = s.scheme(n.Text.Literal(), text)
			if word, rest, ok := strings.Cut(strings.ReplaceAll(text, "\t", " "), " "); ok && s.profile.Choice("bearer-space") == "accept" {
				text = word + " " + strings.TrimLeft(rest, " ")
			}
		}
		if !n.Text.Parse(text, c.values) {
			problem = "malformed"
		}
		for _, name := range n.Text.Names() {
			if authorization && strings.ContainsAny(c.values[name], " \t,") {
				problem = "malformed"
			}
		}
	}
	if problem != "" {
		for _, name := range n.Text.Names() {
			c.note(name, problem)
		}
	}
}

// note keeps what is wrong with a value until a check asks for it.
func (c *call) note(name, problem string) {
	if c.problems == nil {
		c.problems = map[string]string{}
	}
	c.problems[name] = problem
}

// scheme spells the scheme as the template does, if its case does not matter
// (RFC 9110 section 11.1).
func (s *Server) scheme(literal, text string) string {
	if s.profile.Choice("scheme-case") == "ignore" && len(text) >= len(literal) && strings.EqualFold(text[:len(literal)], literal) {
		return literal + text[len(literal):]
	}
	return text
}

func (s *Server) readFields(c *call) {
	if c.form.Encoding == "form" {
		values, err := url.ParseQuery(string(c.body))
		if err != nil || !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || bytes.IndexByte(c.body, '=') < 0 {
			c.badBody = true
			return
		}
		for _, n := range c.form.Fields {
			s.readField(c, n, len(values[n.Name]), values.Get(n.Name), true)
		}
		return
	}
	dec := json.NewDecoder(bytes.NewReader(c.body))
	var fields map[string]any
	if err := dec.Decode(&fields); err != nil || fields == nil {
		c.badBody = true
		return
	}
	if _, err := dec.Token(); err != io.EOF {
		c.badBody = true
		return
	}
	for _, n := range c.form.Fields {
		count := 0
		if fields[n.Name] != nil {
			count = 1
		}
		text, ok := fields[n.Name].(string)
		s.readField(c, n, count, text, ok)
	}
}

// readField takes in one field, of which the body holds so many.
func (s *Server) readField(c *call, n harness.Named, count int, text string, isText bool) {
	name := n.Value()
	switch {
	case count == 0:
		c.note(name, "missing")
	case count > 1 || !isText || !n.Text.Parse(text, c.values):
		c.note(name, "malformed")
	case text == "":
		c.note(name, "empty")
	}
}

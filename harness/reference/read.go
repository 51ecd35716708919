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
	fields := map[string][]any{}
	switch c.form.Encoding {
	case "form":
		values, err := url.ParseQuery(string(c.body))
		if err != nil || !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || !strings.Contains(string(c.body), "=") {
			c.badBody = true
			return
		}
		for name, list := range values {
			for _, v := range list {
				fields[name] = append(fields[name], v)
			}
		}
	default:
		dec := json.NewDecoder(bytes.NewReader(c.body))
		if err := dec.Decode(&c.fields); err != nil || c.fields == nil {
			c.badBody = true
			return
		}
		if _, err := dec.Token(); err != io.EOF {
			c.badBody = true
			return
		}
		for name, v := range c.fields {
			fields[name] = []any{v}
		}
	}
	for _, n := range c.form.Fields {
		list := fields[n.Name]
		name := n.Text.Names()[0]
		switch {
		case len(list) == 0 || list[0] == nil:
			c.note(name, "missing")
		case len(list) > 1:
			c.note(name, "malformed")
		default:
			text, ok := list[0].(string)
			switch {
			case !ok || !n.Text.Parse(text, c.values):
				c.note(name, "malformed")
			case text == "":
				c.note(name, "empty")
			}
		}
	}
}

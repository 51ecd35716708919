package reports

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"sync"
)

// The page is one file: its style and its script stand in it, and a policy in
// its head forbids whatever else an answer might smuggle in.
//
//go:embed page
var pageFiles embed.FS

// pageParts are the page's template and what is put into it as it is.
type pageParts struct {
	template *template.Template
	style    template.CSS
	script   template.JS
	policy   string
}

var loadPage = sync.OnceValues(func() (*pageParts, error) {
	t, err := template.New("page.html").ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return nil, err
	}
	style, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		return nil, err
	}
	script, err := pageFiles.ReadFile("page/script.js")
	if err != nil {
		return nil, err
	}
	policy := fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", digest(style), digest(script))
	return &pageParts{t, template.CSS(style), template.JS(script), policy}, nil
})

// digest names a text the way a content security policy does.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// html renders the run as one page for people.
func (r *Run) html() ([]byte, error) {
	parts, err := loadPage()
	if err != nil {
		return nil, err
	}
	p := r.page()
	p.Style, p.Script, p.Policy = parts.style, parts.script, parts.policy
	var b bytes.Buffer
	if err := parts.template.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

package scripted_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/harness/scripted"
	"github.com/skewproof/skewproof/vectors"
)

// oddSecret is a made-up one of all that JSON and URLs escape, in one way or
// another.
const oddSecret = "odd-secret \"\\/<>&'=+%é😀\t" + "of-skewproof"

// withOddSecret is the vendor whose logins hold the secret, in a body of the
// given encoding.
func withOddSecret(t *testing.T, encoding string) *harness.Profile {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(vectors.FS, "spreetail", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(vectors.FS, path)
		text = bytes.ReplaceAll(text, []byte("sample: secret-skewproof-example"), []byte("sample: "+strconv.Quote(oddSecret)))
		text = bytes.ReplaceAll(text, []byte("encoding: json"), []byte("encoding: "+encoding))
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	profiles, err := harness.Load([]string{"spreetail"}, harness.WithFolder(files))
	if err != nil {
		t.Fatal(err)
	}
	if got := profiles[0].Samples()["client_secret"]; got != oddSecret {
		t.Fatalf("the secret is %q", got)
	}
	return profiles[0]
}

// rewriting is a transport on which the bodies of logins are written anew.
type rewriting struct {
	http.RoundTripper
	to string
}

func (w rewriting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/auth/login") {
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(w.to)), int64(len(w.to))
	}
	return w.RoundTripper.RoundTrip(r)
}

func jsonText(s string) string {
	quoted, _ := json.Marshal(s) // a text has no way to fail
	return string(quoted)
}

// everyByte writes each in the format.
func everyByte(format, s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

// asNumbers writes every character as JSON can.
func asNumbers(s string) string {
	var b strings.Builder
	for _, c := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return `"` + b.String() + `"`
}

// asASCII writes as numbers what is not ASCII, and nothing else.
func asASCII(s string) string {
	out := ""
	for _, c := range jsonText(s) {
		if out += string(c); c > '~' {
			out = strings.TrimSuffix(out, string(c)) + strings.Trim(asNumbers(string(c)), `"`)
		}
	}
	return out
}

func unescapedHTML(s string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(jsonText(s))
}

// A secret that has to be escaped belongs into its field of a login, in whichever
// way the client escapes it, and nowhere else.
func TestSecretsOfLoginsAreEscapedAnyhow(t *testing.T) {
	profiles := map[string]*harness.Profile{"json": withOddSecret(t, "json"), "form": withOddSecret(t, "form")}
	id := profiles["json"].Samples()["client_id"]
	s, quoted := oddSecret, jsonText(oddSecret)
	for _, tt := range []struct {
		encoding, body string
		leaks          bool
	}{
		{"json", `{"client_id":"` + id + `","client_secret":` + quoted + `}`, false},
		{"json", `{"client_id":"` + id + `","client_secret":` + unescapedHTML(s) + `}`, false},
		{"json", `{"client_id":"` + id + `","client_secret":` + strings.ReplaceAll(unescapedHTML(s), "/", `\/`) + `}`, false},
		{"json", `{"client_id":"` + id + `","client_secret":` + asASCII(s) + `}`, false},
		{"json", "{\n  \"client_secret\" : " + asNumbers(s) + " ,\n  \"client_id\" : " + asNumbers(id) + " }\n", false},
		{"json", `{"client_id":"` + id + `","client_secret":` + quoted + `,"again":` + quoted + `}`, true},
		{"json", `{"client_id":"` + id + `","again":` + asASCII(s) + `,"client_secret":` + quoted + `}`, true},
		{"json", `{"client_id":"` + id + `","client_secret":` + quoted + `,"again":` + asNumbers(s) + `}`, true},
		{"json", `{"client_id":"` + id + `","client_secret":` + quoted + `,` + quoted + `:1}`, true},
		{"json", `{"client_id":"` + id + `","client_secret":` + quoted + `,"client_secret":` + quoted + `}`, true},
		{"json", `{"client_id":"` + id + `","client_secret":` + quoted + `,"in":{"it":[` + quoted + `]}}`, true},
		{"form", "client_id=" + id + "&client_secret=" + url.QueryEscape(s), false},
		{"form", "client_id=" + id + "&client_secret=" + strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), false},
		{"form", "client_id=" + id + "&client_secret=" + everyByte("%%%02x", s), false},
		{"form", everyByte("%%%02X", "client_secret") + "=" + everyByte("%%%02X", s) + "&client_id=" + id, false},
		{"form", "client_id=" + id + "&client_secret=" + url.QueryEscape(s) + "&again=" + url.QueryEscape(s), true},
		{"form", "client_id=" + id + "&again=" + everyByte("%%%02x", s) + "&client_secret=" + url.QueryEscape(s), true},
		{"form", "client_id=" + id + "&client_secret=" + url.QueryEscape(s) + "&client_secret=" + url.QueryEscape(s), true},
	} {
		p := profiles[tt.encoding]
		c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: func(cfg harness.ClientConfig) (harness.Client, error) {
			cfg.Transport = rewriting{cfg.Transport, tt.body}
			return reference.NewClient(p, cfg)
		}}, scripted.Options{})
		r := c.Run(context.Background(), clientCases(p, "sends/get-order")[0])
		c.Close()
		leaks := false
		for _, f := range r.Findings {
			leaks = leaks || f.Kind == "leak"
		}
		if leaks != tt.leaks || !tt.leaks && r.Verdict != harness.Pass {
			t.Errorf("%s\n\t%s %v, told %v; a leak: %v", tt.body, r.Verdict, r.Findings, r.Told, tt.leaks)
		}
	}
}

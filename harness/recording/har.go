package recording

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

func sortedNames(h http.Header) []string { return slices.Sorted(maps.Keys(h)) }

// The HTTP Archive form, version 1.2 (http://www.softwareishard.com/blog/har-12-spec/),
// as far as browsers, Postman and k6 read it.
type (
	harFile struct {
		Log harLog `json:"log"`
	}
	harLog struct {
		Version string     `json:"version"`
		Creator harCreator `json:"creator"`
		Entries []harEntry `json:"entries"`
		Comment string     `json:"comment,omitempty"`
	}
	harCreator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	harEntry struct {
		Started  time.Time   `json:"startedDateTime"`
		Time     float64     `json:"time"` // milliseconds
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Comment  string      `json:"comment,omitempty"`
	}
	harTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
	harRequest struct {
		Method      string       `json:"method"`
		URL         string       `json:"url"`
		HTTPVersion string       `json:"httpVersion"`
		Cookies     []harCookie  `json:"cookies"`
		Headers     []header     `json:"headers"`
		QueryString []header     `json:"queryString"`
		PostData    *harPostData `json:"postData,omitempty"`
		HeadersSize int          `json:"headersSize"`
		BodySize    int          `json:"bodySize"`
	}
	harPostData struct {
		MimeType string   `json:"mimeType"`
		Params   []header `json:"params"`
		Text     string   `json:"text"`
	}
	harResponse struct {
		Status      int         `json:"status"`
		StatusText  string      `json:"statusText"`
		HTTPVersion string      `json:"httpVersion"`
		Cookies     []harCookie `json:"cookies"`
		Headers     []header    `json:"headers"`
		Content     harContent  `json:"content"`
		RedirectURL string      `json:"redirectURL"`
		HeadersSize int         `json:"headersSize"`
		BodySize    int         `json:"bodySize"`
		Comment     string      `json:"comment,omitempty"`
	}
	harContent struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
		Encoding string `json:"encoding,omitempty"`
	}
	harCookie struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

// HAR renders the recordings as one HTTP Archive, in the order in which the
// requests were sent. Instants of a run on a clock of ours are that clock's.
func HAR(version string, all ...*Recording) ([]byte, error) {
	out := harFile{harLog{Version: "1.2", Creator: harCreator{"skewproof", cmp.Or(version, "unknown")}, Entries: []harEntry{},
		Comment: "secrets and tokens are masked: each letter and digit is another"}}
	for _, r := range all {
		for _, name := range r.names {
			t := r.tapes[name]
			for i := range t.Exchanges {
				out.Log.Entries = append(out.Log.Entries, r.entry(t, i))
			}
		}
	}
	slices.SortStableFunc(out.Log.Entries, func(a, b harEntry) int { return a.Started.Compare(b.Started) })
	text, err := json.MarshalIndent(out, "", "  ")
	return append(text, '\n'), err
}

func (r *Recording) entry(t *harness.Tape, i int) harEntry {
	x := t.Exchanges[i]
	const http11 = "HTTP/1.1"
	e := harEntry{Started: r.Started, Comment: t.Case,
		Request: harRequest{Method: x.Method, URL: strings.TrimSuffix(r.Target, "/") + x.Target, HTTPVersion: http11, Cookies: []harCookie{},
			Headers: headers(x.RequestHeader), QueryString: query(x.Target), HeadersSize: -1, BodySize: len(x.RequestBody)},
		Response: harResponse{Status: x.Status, StatusText: http.StatusText(x.Status), HTTPVersion: http11, Cookies: []harCookie{},
			Headers: headers(x.ResponseHeader), RedirectURL: x.ResponseHeader.Get("Location"), HeadersSize: -1, BodySize: len(x.ResponseBody),
			Content: harContent{Size: len(x.ResponseBody), MimeType: x.ResponseHeader.Get("Content-Type")}}}
	if x.Problem != "" {
		e.Response.Comment = strings.TrimSpace(string(x.Problem) + ": " + x.Text)
	}
	if x.RequestBody != "" {
		e.Request.PostData = &harPostData{MimeType: x.RequestHeader.Get("Content-Type"), Params: []header{}, Text: strings.ToValidUTF8(x.RequestBody, "\uFFFD")}
	}
	switch c := contentOf(x.ResponseBody); {
	case c.Base64 != "":
		e.Response.Content.Text, e.Response.Content.Encoding = base64.StdEncoding.EncodeToString([]byte(x.ResponseBody)), "base64"
	default:
		e.Response.Content.Text = c.Body
	}
	if n := len(x.Clock); n > 0 {
		e.Started = x.Clock[n-1]
		after := t.Clock
		if i+1 < len(t.Exchanges) {
			after = t.Exchanges[i+1].Clock
		}
		if len(after) > 0 {
			e.Time = float64(after[0].Sub(e.Started).Microseconds()) / 1000
			e.Timings.Wait = e.Time
		}
	}
	return e
}

// query lists the parameters of a request target, in their order.
func query(target string) []header {
	out := []header{}
	_, text, ok := strings.Cut(target, "?")
	for ok && text != "" {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		name, value, _ := strings.Cut(pair, "=")
		out = append(out, header{unescape(name), unescape(value)})
	}
	return out
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return strings.ToValidUTF8(plain, "\uFFFD")
	}
	return s
}

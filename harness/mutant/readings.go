package mutant

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// readings are what servers make of a request before they sign it.
var readings = []struct {
	id, says, input string
	change          func(harness.Values)
}{
	{"no-body", "the body counts as empty", "body", func(v harness.Values) { v["body"] = "" }},
	{"the-body-trimmed", "white space round the body is left out", "body", func(v harness.Values) { v["body"] = strings.TrimSpace(v["body"]) }},
	{"the-body-written-anew", "the body is read and written anew", "body", func(v harness.Values) {
		var doc any
		if json.Unmarshal([]byte(v["body"]), &doc) == nil {
			text, _ := json.Marshal(doc) // it was read as JSON
			v["body"] = string(text)
		}
	}},
	{"the-body-in-latin-1", "the body is read in another character set", "body", func(v harness.Values) {
		var latin []byte
		for _, r := range v["body"] {
			latin = append(latin, byte(r))
		}
		v["body"] = string(latin)
	}},
	{"the-body-without-returns", "line ends of the body are written as one character", "body", func(v harness.Values) { v["body"] = strings.ReplaceAll(v["body"], "\r\n", "\n") }},
	{"the-body-null-for-none", "no body is signed as null", "body", func(v harness.Values) {
		if v["body"] == "" {
			v["body"] = "null"
		}
	}},
	{"the-body-an-object-for-none", "no body is signed as an empty object", "body", func(v harness.Values) {
		if v["body"] == "" {
			v["body"] = "{}"
		}
	}},
	{"the-body-with-its-slashes", "slashes of the body are written without their escape", "body", func(v harness.Values) { v["body"] = strings.ReplaceAll(v["body"], `\/`, "/") }},
	{"the-body-composed", "letters of the body with their accents are written as one", "body", func(v harness.Values) { v["body"] = strings.ReplaceAll(v["body"], "e\u0308", "ë") }},
	{"the-body-with-escapes-undone", "escaped letters of the body are written as they are", "body", func(v harness.Values) {
		v["body"] = strings.NewReplacer(`\u00eb`, "ë", `\ud83d\ude00`, "😀").Replace(v["body"])
	}},
	{"the-body-with-percents-undone", "the body is signed as if it were an address", "body", func(v harness.Values) {
		if text, err := url.QueryUnescape(v["body"]); err == nil {
			v["body"] = text
		}
	}},
	{"the-body-with-its-escapes", "what is not ASCII in the body is escaped", "body", func(v harness.Values) {
		v["body"] = strings.ReplaceAll(url.PathEscape(v["body"]), "%20", " ")
	}},
	{"the-method-in-lower-case", "the method is written in lower case", "method", func(v harness.Values) { v["method"] = strings.ToLower(v["method"]) }},
	{"the-method-post", "the method counts as POST", "method", func(v harness.Values) { v["method"] = http.MethodPost }},
	{"the-path-in-capitals", "the path is written in capitals", "path", func(v harness.Values) { v["path"] = strings.ToUpper(v["path"]) }},
	{"the-path-without-its-last-slash", "a slash at the end of the path is left out", "path", func(v harness.Values) { v["path"] = strings.TrimSuffix(v["path"], "/") }},
	{"the-last-part-of-the-path", "only the last part of the path is signed", "path", func(v harness.Values) { v["path"] = v["path"][strings.LastIndex(v["path"], "/")+1:] }},
	{"the-path-decoded", "the escapes of the path are undone", "path", func(v harness.Values) {
		if text, err := url.PathUnescape(v["path"]); err == nil {
			v["path"] = text
		}
	}},
	{"no-query", "the query is left out", "query", func(v harness.Values) { v["query"] = "" }},
	{"the-query-decoded", "the escapes of the query are undone", "query", func(v harness.Values) {
		if text, err := url.QueryUnescape(v["query"]); err == nil {
			v["query"] = text
		}
	}},
	{"the-query-sorted", "the query is read and written anew", "query", func(v harness.Values) {
		if q, err := url.ParseQuery(v["query"]); err == nil {
			v["query"] = q.Encode()
		}
	}},
	{"the-query-without-its-end", "an ampersand at the end of the query is left out", "query", func(v harness.Values) { v["query"] = strings.TrimSuffix(v["query"], "&") }},
	{"the-first-parameter", "only the first parameter is signed", "query", func(v harness.Values) { v["query"], _, _ = strings.Cut(v["query"], "&") }},
	{"the-whole-address", "the address is signed with its host", "target", func(v harness.Values) { v["target"] = "https://api.skewproof.invalid" + v["target"] }},
}

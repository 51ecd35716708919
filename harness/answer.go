package harness

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// answer is one response, read to its end or to the limit.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	doc      any
	noJSON   error      // why the body is not one JSON document
	twice    [][]string // the keys in it that stand twice
	unusable string     // what no client could work with: too long, cut off, no HTTP
	// The same for a tape, which also keeps the words of the transport.
	problem     Problem
	problemText string
	expects     *Expect // what the case expects of it; nil where it is not judged
	// What the server's clock showed when it judged the request, as far as it
	// is known: the two are equal when the clock is ours.
	earliest, latest time.Time

	hide func(string) string // takes secrets out; applied before anything is cut short
	path [8]pathStep         // room for the path of a comparison
}

// read reads the body, which is whole.
func (a *answer) read() {
	if a.doc, a.noJSON = decodeJSON(a.body); a.noJSON == nil {
		a.twice = twice(a.body, a.doc)
	}
}

// keepTrailer keeps what came behind the body among the headers, named as handlers
// of net/http name it.
func (a *answer) keepTrailer(trailer http.Header) {
	for name, values := range trailer {
		if len(values) == 0 {
			continue // it was announced, and did not come
		}
		if a.header == nil {
			a.header = http.Header{}
		}
		a.header[http.TrailerPrefix+name] = values
	}
}

// matching prepares to compare the answer with a pattern.
func (a *answer) matching(d *draft) matching {
	return matching{known: d.answerValue(), hide: a.hide, path: a.path[:0]}
}

// quietly prepares to find out whether the answer fits, and nothing more.
func (a *answer) quietly(d *draft) matching {
	m := a.matching(d)
	m.quiet = true
	return m
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("status %d %s", status, http.StatusText(status)))
}

func excerpt(a *answer) string {
	return shorten(a.hide(strings.ToValidUTF8(string(a.body), "\uFFFD")), 300)
}

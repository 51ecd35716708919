package reports

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/skewproof/skewproof/harness"
)

// signature is the first stage in which a signature differs from the right one.
type signature struct {
	Stage  string
	Where  string
	Want   marked
	Got    marked
	Hidden bool // the two part within a secret
}

// marked is a text around the byte that matters.
type marked struct{ Before, Mark, After string }

// around is how many bytes are shown before and behind the byte that matters.
const around = 64

// signature finds what is known of the difference: the stage, or of a client
// whose stages nobody saw, the signature itself.
func (r *Run) signature(res harness.Result) *signature {
	d := res.Difference
	if d == nil {
		for _, f := range res.Findings {
			if n := len(res.Stages); f.Kind == "signature" && n > 0 && d == nil {
				d = &harness.Difference{Stage: res.Stages[n-1].Name, Want: f.Want, Got: f.Got}
			}
		}
	}
	if d == nil {
		return nil
	}
	want, got := r.hidden(d.Want), r.hidden(d.Got)
	at := harness.Parting(want, got)
	s := &signature{Stage: d.Stage, Hidden: at < 0}
	if at >= 0 {
		s.Where = fmt.Sprintf("byte %d", at+1)
		s.Want, s.Got = markAt(want, at), markAt(got, at)
	}
	return s
}

// markAt shows the character at the byte, and what stands round about.
func markAt(s string, at int) marked {
	from, to := max(0, at-around), at
	for from > 0 && !utf8.RuneStart(s[from]) {
		from++
	}
	m := marked{Before: visible(s[from:at]), Mark: "end"}
	if from > 0 {
		m.Before = "…" + m.Before
	}
	if at < len(s) {
		_, size := utf8.DecodeRuneInString(s[at:])
		m.Mark, to = strings.ReplaceAll(visible(s[at:at+size]), " ", "␣"), at+size
	}
	end := min(len(s), to+around)
	for end < len(s) && !utf8.RuneStart(s[end]) {
		end++
	}
	if m.After = visible(s[to:end]); end < len(s) {
		m.After += "…"
	}
	return m
}

// visible writes what cannot be seen the way a Go program would.
func visible(s string) string {
	quoted := strconv.Quote(cut(s, maxText))
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

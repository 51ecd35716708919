package reports

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// classOf is what like answers have in common: status and name.
func classOf(a harness.Shape) string { return strconv.Itoa(a.Status) + " " + a.Name }

// like is what the answers of one class showed.
type like struct {
	answers []harness.Shape
	values  map[string][]string // path to the values seen there
	there   map[string]int      // path to the answers that have it
	known   map[string]bool     // path to whether the profile speaks of it
	shown   map[string][]string // open variant to what every answer agrees with
}

// varying finds the places at which the run saw like answers differ, so that
// nobody is told each night of what a server does by turns. Where the profile is
// silent that is the place alone, in whatever answer; else the place in answers
// of the class, and the open variants of the class.
func varying(cases []BaselineCase) []string {
	classes := map[string]*like{}
	varies := map[string]bool{}
	for _, c := range cases {
		for _, a := range c.Answers {
			name := classOf(a)
			l := classes[name]
			if l == nil {
				l = &like{nil, map[string][]string{}, map[string]int{}, map[string]bool{}, map[string][]string{}}
				classes[name] = l
			}
			for _, variant := range l.add(a) {
				varies[name+" variant "+variant] = true
			}
		}
	}
	for name, l := range classes {
		for path, values := range l.values {
			switch {
			case l.known[path] && readings(values) > 1:
				varies[name+" "+path] = true
			case !l.known[path] && (len(values) > 1 || l.there[path] < l.room(path)):
				varies[path] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(varies))
}

// add takes one answer in and names the open variants of which it contradicts
// the ones before.
func (l *like) add(a harness.Shape) []string {
	l.answers = append(l.answers, a)
	for _, f := range a.Facts {
		l.there[f.Path]++
		l.known[f.Path] = f.Documented
		if !slices.Contains(l.values[f.Path], f.Value) {
			l.values[f.Path] = append(l.values[f.Path], f.Value)
		}
	}
	var contradicts []string
	for _, s := range a.Shown {
		values, seen := l.shown[s.Variant]
		if !seen {
			values = s.Values
		} else if values = common(values, s.Values); len(values) == 0 {
			contradicts = append(contradicts, s.Variant)
			values = s.Values
		}
		l.shown[s.Variant] = values
	}
	return contradicts
}

// room is how many answers could have had something at the path: those in which
// what is around it is there.
func (l *like) room(path string) int {
	n := 0
	for _, a := range l.answers {
		if hasRoom(factsOf(a), path) {
			n++
		}
	}
	return n
}

// hasRoom reports whether there is something at the path's place, or could be:
// what is around it is an object, or an array with elements.
func hasRoom(all map[string]harness.Fact, path string) bool {
	above, around := parent(path), "object"
	if strings.HasSuffix(path, "[]") {
		around = "array"
	}
	return above == "" || all[above].Value == around
}

// parent is the path of what the place is in; empty for the outermost.
func parent(path string) string {
	if !strings.HasPrefix(path, "$") {
		return ""
	}
	if above, ok := strings.CutSuffix(path, "[]"); ok {
		return above
	}
	i := strings.LastIndexByte(path, '.')
	if strings.HasSuffix(path, `"`) { // a quoted key may hold dots
		i = strings.LastIndex(path, `."`)
	}
	return path[:max(i, 0)]
}

// readings counts the documented readings among the values.
func readings(values []string) int {
	n := 0
	for _, v := range values {
		if !strings.HasPrefix(v, "another ") {
			n++
		}
	}
	return n
}

// factsOf are an answer's, by path.
func factsOf(a harness.Shape) map[string]harness.Fact {
	m := make(map[string]harness.Fact, len(a.Facts))
	for _, f := range a.Facts {
		m[f.Path] = f
	}
	return m
}

// common are the values of both, in the order of the first.
func common(a, b []string) []string {
	var out []string
	for _, v := range a {
		if slices.Contains(b, v) {
			out = append(out, v)
		}
	}
	return out
}

// union are the values of either, sorted.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

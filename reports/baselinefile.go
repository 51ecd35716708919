package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// baselineVersion is the version of the file's form, which
// baseline.schema.json describes.
const baselineVersion = 1

// A baseline file has one line for each case and each kind of answer, so that a
// difference between two of them can be read.
type (
	baselineFile struct {
		Version int                 `json:"version"`
		Vendor  string              `json:"vendor"`
		Suites  []baselineFileSuite `json:"suites"`
	}
	baselineFileSuite struct {
		Side     string                        `json:"side"`
		Partial  bool                          `json:"partial,omitempty"`
		Pinned   map[string]string             `json:"pinned,omitempty"`
		Variants map[string]string             `json:"variants,omitempty"`
		Varies   []string                      `json:"varies,omitempty"`
		Answers  map[string]baselineFileAnswer `json:"answers,omitempty"`
		Cases    []baselineFileCase            `json:"cases"`
	}
	baselineFileAnswer struct {
		Status     int               `json:"status"`
		Name       string            `json:"name"`
		Either     bool              `json:"either,omitempty"`
		Documented map[string]string `json:"documented,omitempty"`
		Also       map[string]string `json:"also,omitempty"`
	}
	baselineFileCase struct {
		Name     string            `json:"name"`
		Verdict  string            `json:"verdict"`
		Answers  []string          `json:"answers,omitempty"`
		Shown    map[string]string `json:"shown,omitempty"`
		Findings []string          `json:"findings,omitempty"`
		Told     []string          `json:"told,omitempty"`
	}
)

// BaselineFile is where a vendor's baseline stands: path itself, if that names a
// JSON file, and else in the directory of that name.
func BaselineFile(path, vendor string) string {
	if strings.HasSuffix(path, ".json") {
		return path
	}
	return filepath.Join(path, vendor+".json")
}

// ReadBaseline reads a vendor's baseline. Its errors say what to do, and only of
// a file that is the vendor's own, and broken, that it may be deleted.
func ReadBaseline(file, vendor string) (*Baseline, error) {
	another := "; name a directory of baselines, or " + vendor + "'s own file"
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
	case isDirectory(file):
		return nil, fmt.Errorf("read the baseline of %s: %s is a directory whose name ends as a file's does%s", vendor, file, another)
	case !errors.Is(err, fs.ErrNotExist) && isFile(filepath.Dir(file)):
		return nil, fmt.Errorf("read the baseline of %s: %s is no directory, and no baseline, whose name would end in .json%s", vendor, filepath.Dir(file), another)
	default:
		return nil, fmt.Errorf("read the baseline of %s: %w", vendor, err)
	}
	var head struct {
		Version int
		Vendor  string
	}
	var b *Baseline
	remedy := "; restore it from version control, or delete it and make it anew with -update"
	err = json.Unmarshal(text, &head)
	switch {
	case err != nil:
	case head.Vendor == "":
		err, remedy = errors.New("it is no baseline, as it names no vendor"), another
	case head.Vendor != vendor:
		err, remedy = fmt.Errorf("it is the baseline of %s", head.Vendor), another
	case head.Version > baselineVersion:
		err = fmt.Errorf("its form has the version %d, and this program knows %d", head.Version, baselineVersion)
		remedy = "; use a newer Skewproof, or take the file away and make it anew with -update"
	case head.Version != baselineVersion:
		err = fmt.Errorf("its form has the version %d, and the first is %d", head.Version, baselineVersion)
	default:
		b, err = parseBaseline(text)
	}
	if err != nil {
		return nil, fmt.Errorf("read the baseline of %s: %s: %w%s", vendor, file, err, remedy)
	}
	return b, nil
}

func isDirectory(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func parseBaseline(text []byte) (*Baseline, error) {
	var file baselineFile
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, err
	}
	b := &Baseline{Vendor: file.Vendor}
	for _, s := range file.Suites {
		out := &BaselineSuite{Side: s.Side, Partial: s.Partial, Pinned: s.Pinned, Variants: s.Variants, Varies: s.Varies}
		for _, c := range s.Cases {
			one := BaselineCase{Name: c.Name, Verdict: harness.Verdict(c.Verdict), Shown: c.Shown, Findings: c.Findings, Told: c.Told}
			for _, name := range c.Answers {
				a, ok := s.Answers[name]
				if !ok {
					return nil, fmt.Errorf("%s: the answer %q is not listed", c.Name, name)
				}
				one.Answers = append(one.Answers, a.shape())
			}
			out.Cases = append(out.Cases, one)
		}
		b.Suites = append(b.Suites, out)
	}
	return b, nil
}

func (a baselineFileAnswer) shape() harness.Shape {
	s := harness.Shape{Status: a.Status, Name: a.Name, Either: a.Either}
	for _, path := range sorted(a.Documented) {
		s.Facts = append(s.Facts, harness.Fact{Path: path, Value: a.Documented[path], Documented: true})
	}
	for _, path := range sorted(a.Also) {
		s.Facts = append(s.Facts, harness.Fact{Path: path, Value: a.Also[path]})
	}
	return s
}

func answerOf(s harness.Shape) baselineFileAnswer {
	a := baselineFileAnswer{Status: s.Status, Name: s.Name, Either: s.Either, Documented: map[string]string{}, Also: map[string]string{}}
	for _, f := range s.Facts {
		if f.Documented {
			a.Documented[f.Path] = f.Value
		} else {
			a.Also[f.Path] = f.Value
		}
	}
	return a
}

// Write writes the baseline to the file, and makes its directory.
func (b *Baseline) Write(file string) error {
	text, err := b.text()
	if err != nil {
		return fmt.Errorf("render the baseline of %s: %w", b.Vendor, err)
	}
	return WriteFile(file, text)
}

// text renders the file.
func (b *Baseline) text() ([]byte, error) {
	w := &baselineText{}
	w.put("{\n  \"version\": %s,\n  \"vendor\": %s,\n  \"suites\": [", baselineVersion, b.Vendor)
	for i, s := range b.Suites {
		w.suite(s)
		w.comma(i, len(b.Suites))
	}
	w.WriteString("\n  ]\n}\n")
	return w.Bytes(), w.err
}

// baselineText is JSON with line feeds where a reader wants them.
type baselineText struct {
	bytes.Buffer
	err error
}

// json renders a value on one line.
func (w *baselineText) json(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		w.err = err
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// put writes the text with each %s as the next value's JSON.
func (w *baselineText) put(text string, values ...any) {
	for _, v := range values {
		before, after, _ := strings.Cut(text, "%s")
		w.WriteString(before + w.json(v))
		text = after
	}
	w.WriteString(text)
}

func (w *baselineText) comma(i, n int) {
	if i < n-1 {
		w.WriteString(",")
	}
}

func (w *baselineText) suite(s *BaselineSuite) {
	w.put("\n    {\n      \"side\": %s,", s.Side)
	if s.Partial {
		w.WriteString("\n      \"partial\": true,")
	}
	if len(s.Pinned) > 0 {
		w.put("\n      \"pinned\": %s,", s.Pinned)
	}
	if len(s.Variants) > 0 {
		w.put("\n      \"variants\": %s,", s.Variants)
	}
	if len(s.Varies) > 0 {
		w.put("\n      \"varies\": %s,", s.Varies)
	}
	names := w.answerNames(s)
	if len(names) > 0 {
		byName := map[string]string{}
		for text, name := range names {
			byName[name] = text
		}
		w.WriteString("\n      \"answers\": {")
		for i, name := range sorted(byName) {
			w.put("\n        %s: ", name)
			w.WriteString(byName[name])
			w.comma(i, len(byName))
		}
		w.WriteString("\n      },")
	}
	w.WriteString("\n      \"cases\": [")
	for i, c := range s.Cases {
		one := baselineFileCase{Name: c.Name, Verdict: string(c.Verdict), Shown: c.Shown, Findings: c.Findings, Told: c.Told}
		for _, a := range c.Answers {
			one.Answers = append(one.Answers, names[w.json(answerOf(a))])
		}
		w.put("\n        %s", one)
		w.comma(i, len(s.Cases))
	}
	w.WriteString("\n      ]\n    }")
}

// answerNames names the different answers of the suite, by their texts.
func (w *baselineText) answerNames(s *BaselineSuite) map[string]string {
	byClass := map[string][]string{}
	for _, c := range s.Cases {
		for _, a := range c.Answers {
			if text := w.json(answerOf(a)); !slices.Contains(byClass[classOf(a)], text) {
				byClass[classOf(a)] = append(byClass[classOf(a)], text)
			}
		}
	}
	names := map[string]string{}
	for name, texts := range byClass {
		sort.Strings(texts)
		for i, text := range texts {
			if names[text] = name; i > 0 {
				names[text] = name + " #" + strconv.Itoa(i+1)
			}
		}
	}
	return names
}

// Package recording keeps the tapes of a run as files: one for each case, beside
// one that says what the run was. They are vectors like any others, to be read by
// people, played back, and exported as HAR.
package recording

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/measure"
)

// Version is that of the files' form.
const Version = 1

// Run says what a recorded run was. It stands in run.json.
type Run struct {
	Version  int       `json:"version"`
	Vendor   string    `json:"vendor"`
	Target   string    `json:"target"`
	Started  time.Time `json:"started"`
	Complete bool      `json:"complete"` // false while it is recorded, and for ever when it was cut short
	Cases    int       `json:"cases"`    // how many there are files of; 0 while it is recorded
	// OwnClock says that the server's clock was ours, and stood still.
	OwnClock    bool           `json:"own_clock"`
	Unsafe      bool           `json:"unsafe"`
	Credentials harness.Values `json:"credentials"` // the secret ones are masked
	Calibration calibration    `json:"calibration"`
}

type calibration struct {
	Offset *interval         `json:"offset,omitempty"`
	Shown  map[string]string `json:"shown"`
	Notes  []string          `json:"notes,omitempty"`
}

// interval is the server's clock minus ours, between two durations.
type interval [2]string

func toInterval(i *measure.Interval) *interval {
	if i == nil {
		return nil
	}
	return &interval{i.Lo.String(), i.Hi.String()}
}

func (i *interval) measured() (*measure.Interval, error) {
	if i == nil {
		return nil, nil
	}
	lo, err1 := time.ParseDuration(i[0])
	hi, err2 := time.ParseDuration(i[1])
	return &measure.Interval{Lo: lo, Hi: hi}, errors.Join(err1, err2)
}

// SetCalibration notes what setting up found out.
func (r *Run) SetCalibration(c harness.Calibration) {
	r.Calibration = calibration{toInterval(c.Offset), c.Shown, c.Notes}
	if r.Calibration.Shown == nil {
		r.Calibration.Shown = map[string]string{}
	}
}

// Calibrated is what setting up found out.
func (r *Run) Calibrated() (harness.Calibration, error) {
	i, err := r.Calibration.Offset.measured()
	return harness.Calibration{Offset: i, Shown: r.Calibration.Shown, Notes: r.Calibration.Notes}, err
}

type (
	file struct {
		Version     int         `json:"version"`
		Case        string      `json:"case"`
		Fingerprint string      `json:"fingerprint"`
		Offset      *interval   `json:"offset,omitempty"`
		Exchanges   []exchange  `json:"exchanges"`
		Clock       []time.Time `json:"clock,omitempty"`
	}
	exchange struct {
		Clock    []time.Time `json:"clock,omitempty"`
		Request  request     `json:"request"`
		Response *response   `json:"response,omitempty"`
		Problem  *problem    `json:"problem,omitempty"`
	}
	request struct {
		Method  string   `json:"method"`
		Target  string   `json:"target"`
		Headers []header `json:"headers"`
		content
	}
	response struct {
		Status  int      `json:"status"`
		Headers []header `json:"headers"`
		content
	}
	header struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	// content is a body: text, or base64 where it is none.
	content struct {
		Body   string `json:"body,omitempty"`
		Base64 string `json:"body_base64,omitempty"`
	}
	problem struct {
		Kind harness.Problem `json:"kind"`
		Text string          `json:"text,omitempty"`
	}
)

func contentOf(body string) content {
	if utf8.ValidString(body) {
		return content{Body: body}
	}
	return content{Base64: base64.StdEncoding.EncodeToString([]byte(body))}
}

func (c content) bytes() (string, error) {
	if c.Base64 == "" {
		return c.Body, nil
	}
	text, err := base64.StdEncoding.DecodeString(c.Base64)
	return string(text), err
}

// headers are sorted by name; those of one name keep their order.
func headers(h http.Header) []header {
	out := []header{}
	for _, name := range sortedNames(h) {
		for _, v := range h[name] {
			out = append(out, header{name, strings.ToValidUTF8(v, "\uFFFD")})
		}
	}
	return out
}

func encode(t harness.Tape) file {
	f := file{Version: Version, Case: t.Case, Fingerprint: t.Fingerprint, Offset: toInterval(t.Offset), Exchanges: []exchange{}, Clock: t.Clock}
	for _, x := range t.Exchanges {
		e := exchange{Clock: x.Clock, Request: request{x.Method, x.Target, headers(x.RequestHeader), contentOf(x.RequestBody)}}
		if x.Status != 0 {
			e.Response = &response{x.Status, headers(x.ResponseHeader), contentOf(x.ResponseBody)}
		}
		if x.Problem != "" {
			e.Problem = &problem{x.Problem, strings.ToValidUTF8(x.Text, "\uFFFD")}
		}
		f.Exchanges = append(f.Exchanges, e)
	}
	return f
}

func (f file) decode() (*harness.Tape, error) {
	offset, err := f.Offset.measured()
	if err != nil {
		return nil, fmt.Errorf("offset: %w", err)
	}
	t := &harness.Tape{Case: f.Case, Fingerprint: f.Fingerprint, Offset: offset, Clock: f.Clock}
	for i, e := range f.Exchanges {
		x := harness.TapeExchange{Clock: e.Clock, Method: e.Request.Method, Target: e.Request.Target, RequestHeader: http.Header{}, ResponseHeader: http.Header{}}
		for _, h := range e.Request.Headers {
			x.RequestHeader[h.Name] = append(x.RequestHeader[h.Name], h.Value)
		}
		if x.RequestBody, err = e.Request.bytes(); err != nil {
			return nil, fmt.Errorf("request %d: %w", i+1, err)
		}
		if e.Response != nil {
			x.Status = e.Response.Status
			for _, h := range e.Response.Headers {
				x.ResponseHeader[h.Name] = append(x.ResponseHeader[h.Name], h.Value)
			}
			if x.ResponseBody, err = e.Response.bytes(); err != nil {
				return nil, fmt.Errorf("response %d: %w", i+1, err)
			}
		}
		if e.Problem != nil {
			x.Problem, x.Text = e.Problem.Kind, e.Problem.Text
		}
		if x.Status == 0 && x.Problem == "" {
			return nil, fmt.Errorf("exchange %d has neither a response nor a problem", i+1)
		}
		t.Exchanges = append(t.Exchanges, x)
	}
	return t, nil
}

// folder is where the recording of a vendor lies.
func folder(dir, vendor string) string { return filepath.Join(dir, vendor, "recorded") }

// kind is what tells a file of a recording from another.
type kind struct {
	Version int
	Vendor  string // in run.json
	Case    string // in the others
}

// filesOf lists the files of a recording in its folder, sorted. No pattern is made
// of the path: there may be brackets in it. Those that begin with a dot are of a
// write that was cut short.
func filesOf(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".json") && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names, err
}

// fileName is that of a case: its id, with what a file cannot be called by left
// out.
func fileName(caseName string) string {
	_, id, _ := strings.Cut(caseName, "/")
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '+', r == '_', r == '.':
			return r
		}
		return '.'
	}, id) + ".json"
}

// Recorder writes one vendor's run. Each case is on disk when it has ended.
type Recorder struct {
	dir  string
	run  Run
	kept map[string]bool // files of cases
	err  error
}

// Check finds out whether a run of the vendor can be recorded in the directory:
// there is a folder, or can be one, that files can be written to and that holds
// none but those of a recording before. It clears nothing.
func Check(dir, vendor string) error {
	_, err := check(folder(dir, vendor))
	return err
}

// check gives back the files of the recording before.
func check(dir string) (old []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the recording: %w", err)
	}
	names, err := filesOf(dir)
	if err != nil {
		return nil, fmt.Errorf("read the recording before: %w", err)
	}
	for _, name := range names {
		name = filepath.Join(dir, name)
		if !ours(name) {
			return nil, fmt.Errorf("%s: is no file of a recording, and -record clears the folder it is in: move it away, or record elsewhere", name)
		}
		old = append(old, name)
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return nil, fmt.Errorf("write to the folder of the recording: %w", err)
	}
	return old, errors.Join(f.Close(), os.Remove(f.Name()))
}

// ours reports whether the file is one of a recording, of whatever version.
func ours(name string) bool {
	text, err := os.ReadFile(name)
	var is kind
	return err == nil && json.Unmarshal(text, &is) == nil && is.Version > 0 && (is.Vendor != "" || is.Case != "")
}

// Record begins the recording of a run: what was recorded of the vendor in the
// directory before goes.
func Record(dir string, run Run) (*Recorder, error) {
	r := &Recorder{dir: folder(dir, run.Vendor), run: run, kept: map[string]bool{}}
	r.run.Version = Version
	old, err := check(r.dir)
	if err != nil {
		return nil, err
	}
	for _, name := range old {
		err = errors.Join(err, os.Remove(name))
	}
	if err != nil {
		return nil, fmt.Errorf("clear the recording before: %w", err)
	}
	return r, r.write("run.json", r.run)
}

// Add keeps the tape of one case. What goes wrong is told by Close.
func (r *Recorder) Add(t harness.Tape) {
	if r.err == nil {
		r.err = r.write(fileName(t.Case), encode(t))
		r.kept[fileName(t.Case)] = true
	}
}

// Cases is how many were kept until now.
func (r *Recorder) Cases() int { return len(r.kept) }

// Close ends the recording; complete says that every case of the run was run.
func (r *Recorder) Close(complete bool) error {
	r.run.Complete, r.run.Cases = complete && r.err == nil, r.Cases()
	return errors.Join(r.err, r.write("run.json", r.run))
}

func (r *Recorder) write(name string, v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	if err == nil {
		err = os.WriteFile(filepath.Join(r.dir, "."+name), text.Bytes(), 0o644)
	}
	if err == nil {
		err = os.Rename(filepath.Join(r.dir, "."+name), filepath.Join(r.dir, name))
	}
	if err != nil {
		return fmt.Errorf("record %s: %w", name, err)
	}
	return nil
}

// Recording is one vendor's run, read back.
type Recording struct {
	Run
	// Lack says, as a sentence, that cases of the run are missing, and why; empty
	// where it is whole.
	Lack  string
	tapes map[string]*harness.Tape
	names []string
}

// Vendors lists those that have a recording in the directory.
func Vendors(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // no recording there, as below
	}
	var vendors []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(folder(dir, e.Name()), "run.json")); err == nil {
			vendors = append(vendors, e.Name())
		}
	}
	if err == nil && len(vendors) == 0 {
		err = fmt.Errorf("%s: no recording there: it would have a folder for each vendor, with recorded/run.json in it; -record makes one", dir)
	}
	return vendors, err
}

// Read reads the recording of one vendor.
func Read(dir, vendor string) (*Recording, error) {
	r := &Recording{tapes: map[string]*harness.Tape{}}
	if err := readFile(filepath.Join(folder(dir, vendor), "run.json"), &r.Run); err != nil {
		return nil, err
	}
	if r.Version != Version || r.Vendor != vendor {
		return nil, fmt.Errorf("%s: is of version %d and vendor %q; this reads version %d of %q", filepath.Join(folder(dir, vendor), "run.json"), r.Version, r.Vendor, Version, vendor)
	}
	files, err := filesOf(folder(dir, vendor))
	if err != nil {
		return nil, fmt.Errorf("read the recording: %w", err)
	}
	for _, base := range files {
		if base == "run.json" {
			continue
		}
		name := filepath.Join(folder(dir, vendor), base)
		var f file
		if err := readFile(name, &f); err != nil {
			return nil, err
		}
		tape, err := f.decode()
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		case f.Version != Version:
			return nil, fmt.Errorf("%s: is of version %d; this reads version %d", name, f.Version, Version)
		case fileName(f.Case) != base || !strings.HasPrefix(f.Case, vendor+"/"):
			return nil, fmt.Errorf("%s: is of the case %q, which has another file", name, f.Case)
		}
		r.tapes[f.Case] = tape
		r.names = append(r.names, f.Case)
	}
	switch {
	case !r.Complete:
		r.Lack = fmt.Sprintf("the recording in %s is of half a run: cases are missing from it; record it again", folder(dir, vendor))
	case len(r.names) < r.Cases: // which says 0 where an earlier version wrote it
		r.Lack = fmt.Sprintf("the recording in %s is half of what it was: %d cases were recorded and %d are there; record it again", folder(dir, vendor), r.Cases, len(r.names))
	}
	return r, nil
}

func readFile(name string, v any) error {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file; -record makes one", name)
	}
	if err != nil {
		return fmt.Errorf("read the recording: %w", err)
	}
	var is kind
	if json.Unmarshal(text, &is); is.Version > Version { // which may have keys that are not known here
		return fmt.Errorf("read the recording %s: it is of version %d, which a newer skewproof has written; this one reads version %d", name, is.Version, Version)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	err = dec.Decode(v)
	at := dec.InputOffset()
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("there is text after its end")
		}
	}
	if err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		at, err = int64(len(text)), errors.New("the file breaks off")
	}
	return fmt.Errorf("read the recording %s:%d: %w; record it again, or take the file away", name, 1+bytes.Count(text[:min(int(at), len(text))], []byte("\n")), err)
}

// Tape finds that of a case, by its full name; nil for none.
func (r *Recording) Tape(name string) *harness.Tape { return r.tapes[name] }

package recording_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/mutant"
	"github.com/skewproof/skewproof/harness/recording"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/vectors"
)

var started = time.Date(2024, 3, 4, 21, 11, 44, 0, time.UTC)

func profiles(t *testing.T) []*harness.Profile {
	t.Helper()
	all, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// record runs the cases against the target and keeps them in dir.
func record(t *testing.T, dir string, p *harness.Profile, target harness.Target, cases []*harness.Case) []harness.Result {
	t.Helper()
	var recorder *recording.Recorder
	c, err := harness.NewChecker(p, target, harness.Options{Record: func(tape harness.Tape) { recorder.Add(tape) }})
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Calibrate(context.Background()) // a broken server is recorded all the same
	run := recording.Run{Vendor: p.Vendor, Target: "https://sandbox.example.com", Started: started, OwnClock: target.Clock != nil, Credentials: c.MaskedCredentials()}
	run.SetCalibration(c.Calibration())
	if recorder, err = recording.Record(dir, run); err != nil {
		t.Fatal(err)
	}
	var all []harness.Result
	for _, cs := range cases {
		all = append(all, c.Run(context.Background(), cs))
	}
	if err := recorder.Close(true); err != nil {
		t.Fatal(err)
	}
	return all
}

// replay runs the cases from what was recorded.
func replay(t *testing.T, dir string, p *harness.Profile, cases []*harness.Case) []harness.Result {
	t.Helper()
	rec, err := recording.Read(dir, p.Vendor)
	if err != nil {
		t.Fatal(err)
	}
	deck := &harness.Deck{Tape: rec.Tape}
	target := harness.Target{URL: rec.Target, Transport: deck, Credentials: rec.Credentials}
	if rec.OwnClock {
		target.Clock = harness.FrozenClock(harness.DefaultBase)
		target.State = func(string) error { return nil }
	}
	c, err := harness.NewChecker(p, target, harness.Options{Deck: deck})
	if err != nil {
		t.Fatal(err)
	}
	calibration, err := rec.Calibrated()
	if err == nil {
		err = c.Restore(calibration)
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []harness.Result
	for _, cs := range cases {
		all = append(all, c.Run(context.Background(), cs))
	}
	return all
}

// alike reports the first thing in which two runs found something else.
func alike(want, got []harness.Result) error {
	for i := range want {
		w, g := want[i], got[i]
		if w.Verdict != g.Verdict || !reflect.DeepEqual(told(w), told(g)) || !reflect.DeepEqual(w.Shown, g.Shown) {
			return fmt.Errorf("%s: recorded %s %+v %v\nreplayed %s (%s) %+v %v", w.Case.Name(), w.Verdict, w.Findings, w.Shown, g.Verdict, g.Reason, g.Findings, g.Shown)
		}
	}
	return nil
}

// told is what a result says, without the excerpts: signatures in them are those
// of the masked secret.
func told(r harness.Result) []harness.Finding {
	all := slices.Clone(r.Findings)
	for i := range all {
		all[i].Want, all[i].Got = "", ""
	}
	return all
}

func serverCases(p *harness.Profile) []*harness.Case {
	var all []*harness.Case
	for _, cs := range p.Cases {
		if cs.Side == "server" {
			all = append(all, cs)
		}
	}
	return all
}

func handler(p *harness.Profile) harness.Target {
	return harness.HandlerTarget(func(clk clock.Clock) http.Handler { return reference.New(p, clk) })
}

// A run from its recording comes to the same verdicts, of a right server and of
// broken ones, those that tell secrets included; and in any order.
func TestReplayFindsTheSame(t *testing.T) {
	for _, p := range profiles(t) {
		cases := serverCases(p)
		dir := t.TempDir()
		want := record(t, dir, p, handler(p), cases)
		if err := alike(want, replay(t, dir, p, cases)); err != nil {
			t.Errorf("right server: %v", err)
		}
		half := cases[len(cases)/2:]
		if err := alike(want[len(cases)/2:], replay(t, dir, p, half)); err != nil {
			t.Errorf("half of it: %v", err)
		}
		for i, m := range mutant.Servers(p) {
			if testing.Short() || i%25 != 0 && !strings.HasPrefix(m.ID, "leak-") {
				continue
			}
			dir := t.TempDir()
			want := record(t, dir, p, harness.HandlerTarget(m.Server), cases)
			if err := alike(want, replay(t, dir, p, cases)); err != nil {
				t.Errorf("%s: %v", m.ID, err)
			}
		}
	}
}

// What is on disk holds no secret, and is the same whenever the same is recorded.
func TestWhatIsKept(t *testing.T) {
	for _, p := range profiles(t) {
		credentials := harness.Values{}
		for name, value := range p.Samples() {
			credentials[name] = value
		}
		first, second := t.TempDir(), t.TempDir()
		cases := serverCases(p)
		for _, dir := range []string{first, second} {
			target := handler(p)
			target.Credentials = credentials
			record(t, dir, p, target, cases)
		}
		files, _ := filepath.Glob(filepath.Join(first, p.Vendor, "recorded", "*.json"))
		if len(files) < len(cases)*9/10 {
			t.Errorf("%s: %d files of %d cases", p.Vendor, len(files), len(cases))
		}
		secrets := harness.NewRedactor(map[string]string{"secret": p.Samples()[p.Secret().Name]})
		for _, name := range files {
			text, err := os.ReadFile(name)
			again, err2 := os.ReadFile(filepath.Join(second, p.Vendor, "recorded", filepath.Base(name)))
			if err != nil || err2 != nil || string(text) != string(again) {
				t.Fatalf("%s differs from one recording to the next: %v, %v", name, err, err2)
			}
			if secrets.Leaks(string(text)) {
				t.Errorf("%s holds the secret", name)
			}
		}
	}
}

// The files are as their schemas say.
func TestFilesFitTheirSchemas(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	schemas := map[bool]*jsonschema.Schema{}
	for run, name := range map[bool]string{true: "recorded-run", false: "recording"} {
		text, err := vectors.FS.Open("schema/" + name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(text)
		if err == nil {
			err = compiler.AddResource(name, doc)
		}
		if err == nil {
			schemas[run], err = compiler.Compile(name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	for _, p := range profiles(t) {
		target := handler(p)
		record(t, dir, p, target, serverCases(p))
	}
	live := harness.Target{URL: "https://sandbox.example.com", Credentials: profiles(t)[0].Samples(),
		Transport: transport(func(*http.Request) (*http.Response, error) { return answer(strings.NewReader("\xff")), nil })}
	record(t, filepath.Join(dir, "live"), profiles(t)[0], live, serverCases(profiles(t)[0])[:3])
	files, _ := filepath.Glob(filepath.Join(dir, "*", "recorded", "*.json"))
	more, _ := filepath.Glob(filepath.Join(dir, "live", "*", "recorded", "*.json"))
	if files = append(files, more...); len(files) < 500 {
		t.Errorf("only %d files", len(files))
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(f)
		f.Close()
		if err == nil {
			err = schemas[filepath.Base(name) == "run.json"].Validate(doc)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What goes wrong on the wire goes wrong again.
func TestReplayOfTrouble(t *testing.T) {
	p := profiles(t)[0]
	cases := serverCases(p)[:12]
	for name, trouble := range map[string]func() (*http.Response, error){
		"refused connection": func() (*http.Response, error) { return nil, &tlsError{} },
		"no HTTP":            func() (*http.Response, error) { return nil, errors.New("malformed HTTP response \"SSH-2.0\"") },
		"broken off": func() (*http.Response, error) {
			return answer(io.MultiReader(strings.NewReader(`{"ok":tr`), failing{io.ErrUnexpectedEOF})), nil
		},
		"endless":      func() (*http.Response, error) { return answer(endless{}), nil },
		"not UTF-8":    func() (*http.Response, error) { return answer(strings.NewReader("\xff\xfe{}")), nil },
		"empty":        func() (*http.Response, error) { return answer(strings.NewReader("")), nil },
		"many headers": func() (*http.Response, error) { return answer(strings.NewReader(`{"ok":true}`)), nil },
	} {
		dir := t.TempDir()
		target := handler(p)
		target.Transport = transport(func(*http.Request) (*http.Response, error) { return trouble() })
		want := record(t, dir, p, target, cases)
		if err := alike(want, replay(t, dir, p, cases)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A case that is cut short is not recorded: what came is no answer of the
// server's.
func TestACaseCutShortIsNotRecorded(t *testing.T) {
	p := profiles(t)[0]
	cs := serverCases(p)[0]
	for claim, cut := range map[string]bool{"run to its end": false, "cut short": true} {
		ctx, cancel := context.WithCancel(t.Context())
		target := harness.Target{URL: "https://sandbox.example.com", Credentials: p.Samples(), Transport: transport(func(*http.Request) (*http.Response, error) {
			if cut {
				cancel()
				return nil, context.Canceled
			}
			return answer(strings.NewReader(`{"ok":true}`)), nil
		})}
		recorded := 0
		c, err := harness.NewChecker(p, target, harness.Options{Record: func(harness.Tape) { recorded++ }})
		if err != nil {
			t.Fatal(err)
		}
		c.Run(ctx, cs)
		cancel()
		if (recorded == 0) != cut {
			t.Errorf("%s: recorded %d times", claim, recorded)
		}
	}
}

type tlsError struct{}

func (*tlsError) Error() string { return "tls: handshake failure" }

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(body io.Reader) *http.Response {
	return &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(body),
		Header: http.Header{"Content-Type": {"application/json"}, "Set-Cookie": {"session=made-up-0123456789"}, "X-Twice": {"a", "b"}}}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// A case that sends something else than it did says so, and one that is not
// recorded is not run; what it expects may change.
func TestReplayOfAnotherCase(t *testing.T) {
	p := profiles(t)[0]
	cases := serverCases(p)[:3]
	dir := t.TempDir()
	record(t, dir, p, handler(p), cases[:2])

	changed := *cases[0]
	changed.Steps = append([]harness.Step{}, cases[0].Steps...)
	changed.Steps[0].Save = "another"
	expecting := *cases[1]
	expecting.Steps = append([]harness.Step{}, cases[1].Steps...)
	expecting.Steps[len(expecting.Steps)-1].Expect = harness.Expect{Refuse: []string{"no-such"}}
	for _, tt := range []struct {
		c      *harness.Case
		want   harness.Verdict
		reason string
	}{
		{cases[0], harness.Pass, ""},
		{&changed, harness.Error, "has changed since it was recorded"},
		{cases[2], harness.Skip, "is not recorded"},
	} {
		got := replay(t, dir, p, []*harness.Case{tt.c})[0]
		if got.Verdict != tt.want || !strings.Contains(got.Reason, tt.reason) {
			t.Errorf("%s: %s %q; want %s %q", tt.c.Name(), got.Verdict, got.Reason, tt.want, tt.reason)
		}
	}
	if expecting.Fingerprint() != cases[1].Fingerprint() {
		t.Error("what is expected counts as what is sent")
	}
}

func TestHAR(t *testing.T) {
	p := profiles(t)[0]
	dir := t.TempDir()
	cases := serverCases(p)
	record(t, dir, p, handler(p), cases)
	rec, err := recording.Read(dir, p.Vendor)
	if err != nil {
		t.Fatal(err)
	}
	text, err := recording.HAR("1.0", rec)
	if err != nil {
		t.Fatal(err)
	}
	var har struct {
		Log struct {
			Version string
			Entries []struct {
				Request  struct{ Method, URL string }
				Response struct{ Status int }
				Comment  string
			}
		}
	}
	if err := json.Unmarshal(text, &har); err != nil {
		t.Fatal(err)
	}
	if har.Log.Version != "1.2" || len(har.Log.Entries) < len(cases)*9/10 {
		t.Errorf("version %s, %d entries of %d cases", har.Log.Version, len(har.Log.Entries), len(cases))
	}
	for _, e := range har.Log.Entries {
		if !strings.HasPrefix(e.Request.URL, "https://sandbox.example.com/") || e.Response.Status == 0 || !strings.HasPrefix(e.Comment, p.Vendor+"/") {
			t.Fatalf("entry %+v", e)
		}
	}
}

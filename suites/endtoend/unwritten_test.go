package endtoend

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// What cannot be written at the end is told as such, and takes nothing from what
// the cases showed.
func TestWhatCannotBeWrittenAtTheEnd(t *testing.T) {
	t.Parallel()
	right, wrong := peer(t, "-delay", "5ms"), peer(t, "-delay", "5ms", "-broken", "trolley/wrong-message-key")
	cases := []string{"-vendor", "trolley", "-case", "trolley/signature/*", "-case", "trolley/order/*"}
	made := t.TempDir()
	if r := suite(t, credentials, append(cases, "-target", right, "-baseline", made, "-update")...); r.exit != 0 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	var all group
	defer all.wait()
	for _, tt := range []struct {
		name, server string
		spoil        string // becomes a directory while cases run
		args         []string
		exit         int
		want         string
	}{
		{"HAR", right, "x.har", []string{"-record", "rec", "-har", "x.har", "-baseline", "new", "-update"}, 2, "exit 2: write x.har: "},
		{"HAR, and cases fail", wrong, "x.har", []string{"-record", "rec", "-har", "x.har"}, 1, " do not conform"},
		{"HAR, and the target changed", wrong, "x.har", []string{"-record", "rec", "-har", "x.har", "-baseline", made}, 5, "exit 5: changed since the baseline"},
		{"recording", right, "rec/trolley/recorded/run.json", []string{"-record", "rec", "-baseline", "new", "-update"}, 2, "exit 2: record run.json: "},
		{"baseline", right, "new/trolley.json", []string{"-baseline", "new", "-update"}, 2, "exit 2: write trolley.json: "},
		{"report", right, "reports/report.html", nil, 2, "exit 2: write report.html: "},
		{"report, and cases fail", wrong, "reports/report.html", nil, 1, " do not conform"},
	} {
		all.run(t, tt.name, func(t *testing.T) {
			at, came, _ := counted(t, tt.server, 20)
			dir := t.TempDir()
			args := append([]string{}, tt.args...)
			for i, a := range args {
				if !strings.HasPrefix(a, "-") && !filepath.IsAbs(a) {
					args[i] = filepath.Join(dir, a)
				}
			}
			s := start(t, filepath.Join(dir, "reports"), nil, append(append(args, cases...), "-target", at)...)
			<-came
			spoiled := filepath.Join(dir, tt.spoil)
			_ = os.Remove(spoiled)
			write(t, filepath.Join(spoiled, "taken"), "")
			code, _ := s.exit()
			if code != tt.exit || !strings.Contains(s.output(), tt.want) || strings.Contains(s.output(), "a limit ended") || strings.Contains(s.output(), "stays as it was") {
				t.Errorf("exit %d, want %d and %q\n%s", code, tt.exit, tt.want, tail(s.output()))
			}
			if badge := read(t, filepath.Join(s.reports, "badge.json")); strings.Contains(badge, "green") || !strings.Contains(badge, "a problem") {
				t.Errorf("the badge says %s", badge)
			}
			if results := read(t, filepath.Join(s.reports, "results.json")); !strings.Contains(results, filepath.Base(tt.spoil)+": ") {
				t.Errorf("results.json does not name the file: %.300s", results)
			}
			if tt.spoil != "new/trolley.json" && strings.Contains(strings.Join(tt.args, " "), "-update") && !exists(filepath.Join(dir, "new", "trolley.json")) {
				t.Error("the baseline was not written")
			}
		})
	}
}

// Places that cannot be written to are found out before anything is sent.
func TestPlacesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	write(t, taken, "")
	other := filepath.Join(dir, "other")
	write(t, filepath.Join(other, "trolley", "recorded", "package.json"), "{}")
	for _, args := range [][]string{
		{"-record", taken},
		{"-record", other},
		{"-record", filepath.Join(dir, "rec"), "-har", dir},
		{"-record", filepath.Join(dir, "rec"), "-har", filepath.Join(taken, "x.har")},
		{"-update", "-baseline", filepath.Join(dir, "base"), "-record", taken},
	} {
		r := suite(t, credentials, append(args, "-vendor", "trolley", "-target", server.URL)...)
		if r.exit != 2 || !strings.Contains(r.output, "no case was run, because what it is to write could not be written: ") || hits.Load() > 0 {
			t.Errorf("%v: exit %d after %d requests\n%s", args, r.exit, hits.Load(), tail(r.output))
		}
	}
	if !exists(filepath.Join(other, "trolley", "recorded", "package.json")) {
		t.Error("a file that is none of a recording is gone")
	}
}

package endtoend

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The committed baselines are what the reference peers show, to the byte.
func TestCommittedBaselinesAreTrue(t *testing.T) {
	t.Parallel()
	committed, err := filepath.Abs("../../reports/baseline")
	if err != nil {
		t.Fatal(err)
	}
	if r := suite(t, nil, "-baseline", committed); r.exit != 0 || !strings.Contains(r.output, "\n  no change; ") || strings.Contains(r.output, "not compared") {
		t.Errorf("exit %d; make baseline writes them anew\n%s", r.exit, changesOf(r))
	}
	made := t.TempDir()
	if r := suite(t, nil, "-baseline", made, "-update"); r.exit != 0 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	for _, vendor := range []string{"trolley", "irp", "spreetail"} {
		name := vendor + ".json"
		if read(t, filepath.Join(made, name)) != read(t, filepath.Join(committed, name)) {
			t.Errorf("reports/baseline/%s is not what make baseline writes", name)
		}
	}
}

// changesOf is what the run said of its baseline.
func changesOf(r result) string {
	_, text, found := strings.Cut(r.output, "\nbaseline\n")
	if !found {
		return tail(r.output)
	}
	text, _, _ = strings.Cut(text, "\n\n")
	return text
}

// few are cases that are quickly done: refusals and acceptances, at the edge of
// the window and at login.
var few = map[string][]string{
	"trolley":   {"trolley/window/past-*", "trolley/key/*"},
	"irp":       {"irp/login/*", "irp/token/*"},
	"spreetail": {"spreetail/login/*"},
}

func selection(patterns ...string) []string {
	var args []string
	for _, p := range patterns {
		args = append(args, "-case", p)
	}
	return args
}

// Twenty runs against a server that does not change show no change,
// though its clock drifts, it is slow, and it varies what nobody documents.
func TestAnUnchangedServerShowsNoChange(t *testing.T) {
	t.Parallel()
	var vendors group
	defer vendors.wait()
	for vendor, patterns := range few {
		vendors.run(t, vendor, func(t *testing.T) {
			url := peer(t, "-delay", "2ms", "-drift", "400ms", "-clock-offset", "7s")
			args := []string{"-vendor", vendor, "-target", url, "-baseline", filepath.Join(t.TempDir(), "made")}
			if r := suite(t, credentials, append(args, "-update")...); r.exit != 0 {
				t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
			}
			file := read(t, filepath.Join(args[5], vendor+".json"))
			for _, secret := range credentials {
				if _, value, _ := strings.Cut(secret, "="); strings.Contains(file, value) {
					t.Errorf("the baseline holds %s", secret)
				}
			}
			var runs group // side by side, so that none sees the server's turns in the same order
			defer runs.wait()
			for i := range 20 {
				var more []string
				if i > 1 {
					more = selection(patterns...)
				}
				runs.run(t, fmt.Sprint("run ", i+1), func(t *testing.T) {
					r := suite(t, credentials, slices.Concat(args, more)...)
					if r.exit != 0 || !strings.Contains(changesOf(r), "no change; ") {
						t.Errorf("exit %d\n%s", r.exit, changesOf(r))
					}
					if n := compared(t, r); n < 13 || more == nil && n < 150 {
						t.Errorf("only %d cases were compared\n%s", n, tail(r.output))
					}
				})
			}
		})
	}
}

var comparedCases = regexp.MustCompile(`; (\d+) cases compared`)

func compared(t *testing.T, r result) int {
	t.Helper()
	n := 0
	if m := comparedCases.FindStringSubmatch(r.output); m != nil {
		fmt.Sscan(m[1], &n)
	}
	return n
}

// A server that is another than yesterday is told so, and of what kind the
// change is.
func TestAChangedServerIsTold(t *testing.T) {
	t.Parallel()
	bases := map[string]string{}
	for vendor := range few {
		bases[vendor] = filepath.Join(t.TempDir(), "baseline.json")
	}
	t.Run("baselines", func(t *testing.T) {
		var made group
		defer made.wait()
		for vendor, file := range bases {
			made.run(t, vendor, func(t *testing.T) {
				if r := suite(t, credentials, "-vendor", vendor, "-target", peer(t), "-baseline", file, "-update"); r.exit != 0 {
					t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
				}
			})
		}
	})
	out, err := exec.Command(peerBinary, "-list-changes").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all group
	defer all.wait()
	tested := map[string]bool{}
	for _, c := range []struct {
		change string
		cases  []string
		exit   int
		lines  []string // some line of the changes begins so
		never  []string // and none holds this
	}{
		{"trolley/status-403", few["trolley"], 5,
			[]string{"CONTRACT     trolley.server: changed: status: 401 -> 403; variant status: 401 -> 403 ("}, []string{"notice", "fail"}},
		{"irp/message-table", []string{"irp/window/*", "irp/login/*"}, 5,
			[]string{`CONTRACT     irp.server: changed: message $.Messages[].Message: "TimeStamp Is Not Within Permitted Timespan." -> "TimeStamp is not within permitted timespan."; variant message-case: title -> table (`},
			[]string{"notice", "fail"}},
		{"trolley/extra-field", few["trolley"], 0,
			[]string{"notice       trolley.server: changed: extra field $.apiVersion: string, which was not there ("}, []string{"CONTRACT"}},
		{"trolley/meta-missing", few["trolley"], 0,
			[]string{"notice       trolley.server: changed: missing field $.meta: object, which is gone ("}, []string{"CONTRACT", "meta.page"}},
		{"trolley/ok-missing", few["trolley"], 5,
			[]string{"CONTRACT     trolley.server: new failure: pass -> fail; missing field $.ok: true -> absent; finding "}, []string{"notice"}},
		{"trolley/meta-array", few["trolley"], 0,
			[]string{"notice       trolley.server: changed: type $.meta: object -> array ("}, []string{"CONTRACT", "meta.page"}},
		{"irp/success-text", few["irp"], 5,
			[]string{`CONTRACT     irp.server: changed: type $.Success: false -> "False"; variant success: boolean -> text (`}, []string{"notice", "fail"}},
		{"trolley/window-26s", few["trolley"], 5,
			[]string{"CONTRACT     trolley.server: new failure: pass -> fail; status: 200 -> 401; answer: list-recipients -> timestamp; finding TRO-011: outcome, which was not there ("}, []string{"notice"}},
		{"irp/signature-before-timestamp", []string{"irp/order/*", "irp/login/*"}, 5,
			[]string{"CONTRACT     irp.server: changed: answer: timestamp -> signature; variant check-order: as-listed -> other (irp/order/login-timestamp+signature)"}, []string{"notice", "fail"}},
		{"spreetail/challenge-missing", []string{"spreetail/bearer/*"}, 5,
			[]string{`CONTRACT     spreetail.server: changed: header Www-Authenticate: "Bearer{rest}" -> absent; variant challenge: bearer -> none (`}, []string{"notice", "fail"}},
		{"trolley/rate-limit-missing", few["trolley"], 0,
			[]string{"notice       trolley.server: changed: header X-Rate-Limit-Limit: present, which is gone; header X-Rate-Limit-Remaining: present, which is gone; header X-Rate-Limit-Reset: present, which is gone ("}, []string{"CONTRACT"}},
		{"spreetail/token-life-12h", few["spreetail"], 5,
			[]string{"CONTRACT     spreetail.server: new failure: pass -> fail; value $.data.expires_in: number -> another number; finding SPR-006: shape, which was not there ("}, []string{"notice"}},
		{"trolley/list-500", few["trolley"], 5,
			[]string{"CONTRACT     trolley.server: new failure: pass -> fail; status: 200 -> 500; answer: list-recipients -> (undocumented); finding TRO-011: outcome, which was not there; finding TRO-011: server-error, which was not there ("}, []string{"notice"}},
	} {
		tested[c.change] = true
		vendor, _, _ := strings.Cut(c.change, "/")
		all.run(t, c.change, func(t *testing.T) {
			args := append([]string{"-vendor", vendor, "-target", peer(t, "-changed", c.change), "-baseline", bases[vendor]}, selection(c.cases...)...)
			r := suite(t, credentials, args...)
			text := changesOf(r)
			if r.exit != c.exit {
				t.Errorf("exit %d, want %d", r.exit, c.exit)
			}
			for _, line := range c.lines {
				if !strings.Contains(text, "\n  "+line) {
					t.Errorf("no line %q", line)
				}
			}
			for _, word := range c.never {
				for _, line := range strings.Split(text, "\n")[1:] {
					if strings.Contains(line, word) && !strings.HasPrefix(line, "  note  ") {
						t.Errorf("%q is in %q", word, line)
					}
				}
			}
			if t.Failed() {
				t.Log(text)
			}
			junit := read(t, filepath.Join(r.reports, "junit.xml"))
			if c.exit == 5 != strings.Contains(junit, `(contract)`) || !strings.Contains(junit, `<property name="baseline" value="`) {
				t.Error("the JUnit report does not say so")
			}
			if c.exit == 0 {
				if r := suite(t, credentials, append(args, "-strict")...); r.exit != 5 {
					t.Errorf("-strict: exit %d, want 5\n%s", r.exit, changesOf(r))
				}
			}
		})
	}
	for line := range strings.Lines(string(out)) {
		if name, _, _ := strings.Cut(line, "\t"); !tested[name] {
			t.Errorf("the peer has the change %s, which is not tested", name)
		}
	}
}

// A failure that was there then is no regression; one that is new is; one that
// is gone is told.
func TestExitCodesWithABaseline(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	right, failing := filepath.Join(dir, "right.json"), filepath.Join(dir, "failing.json")
	run := func(t *testing.T, fault string, args ...string) result {
		t.Helper()
		all := append([]string{"-vendor", "trolley", "-target", peer(t, "-broken", fault)}, selection(few["trolley"]...)...)
		return suite(t, credentials, append(all, args...)...)
	}
	const fault = "trolley/wrong-message-key"
	if r := run(t, "", "-baseline", right, "-update"); r.exit != 0 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	if r := run(t, fault, "-baseline", failing, "-update"); r.exit != 1 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	pinned := filepath.Join(dir, "pinned.json")
	if r := run(t, "", "-baseline", pinned, "-variant", "trolley.replay=accept", "-update"); r.exit != 0 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	client, one, empty := filepath.Join(dir, "client.json"), filepath.Join(dir, "one.json"), filepath.Join(dir, "empty.json")
	if r := suite(t, nil, "-vendor", "trolley", "-case", "trolley/sends/*", "-baseline", client, "-update"); r.exit != 0 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	// Where only the cases of one side are asked for, it is not missed that the
	// other has none.
	if r := suite(t, nil, "-vendor", "trolley", "-case", "trolley/sends/*", "-baseline", client); r.exit != 0 || compared(t, r) == 0 {
		t.Errorf("exit %d\n%s", r.exit, changesOf(r))
	}
	if r := suite(t, credentials, "-vendor", "trolley", "-target", peer(t), "-case", "trolley/window/past-half", "-baseline", one, "-update"); r.exit != 0 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	write(t, empty, `{"version": 1, "vendor": "trolley", "suites": []}`)
	listed := filepath.Join(dir, "known.txt")
	write(t, listed, "trolley/key/*\n")
	broken, two := filepath.Join(dir, "broken.json"), filepath.Join(dir, "none")
	write(t, broken, "{")
	foreign := filepath.Join(dir, "foreign.json")
	write(t, foreign, `{"version": 1, "vendor": "irp", "suites": []}`)
	var all group
	defer all.wait()
	for _, c := range []struct {
		claim, fault string
		args         []string
		exit         int
		says         string
	}{
		{"right then and now", "", []string{"-baseline", right}, 0, "no change"},
		{"right then and now, strictly", "", []string{"-baseline", right, "-strict", "-case", "trolley/key/*"}, 0, "no change"},
		{"the same failure", fault, []string{"-baseline", failing}, 1, "no change"},
		{"a new failure", fault, []string{"-baseline", right}, 5, "new failure"},
		{"fixed", "", []string{"-baseline", failing}, 0, "fixed: fail -> "},
		{"fixed, strictly", "", []string{"-baseline", failing, "-strict"}, 5, "fixed: fail -> "},
		{"another failure beside the same one", fault + ",trolley/window-half", []string{"-baseline", failing}, 5, "trolley/window/"},
		{"no such file", "", []string{"-baseline", filepath.Join(dir, "no.json")}, 2, "make it from a target that is as it should be, by adding -update"},
		{"no such directory", "", []string{"-baseline", two}, 2, filepath.Join(two, "trolley.json")},
		{"a broken file", "", []string{"-baseline", broken}, 2, "restore it from version control, or delete it and make it anew with -update"},
		{"another vendor's file", "", []string{"-baseline", foreign}, 2, "it is the baseline of irp; name a directory of baselines, or trolley's own file"},
		{"another pin", "", []string{"-baseline", right, "-variant", "trolley.status=401"}, 2,
			"was made with no -variant of trolley, and this run has -variant trolley.status=401: pin the same, or make it anew with -update"},
		{"another value", "", []string{"-baseline", pinned, "-variant", "trolley.replay=refuse"}, 2,
			"was made with -variant trolley.replay=accept, and this run has -variant trolley.replay=refuse: pin the same"},
		{"no pin any more", "", []string{"-baseline", pinned}, 2, "was made with -variant trolley.replay=accept, and this run has no -variant of trolley: pin the same"},
		{"the same pin", "", []string{"-baseline", pinned, "-variant", "trolley.replay=accept"}, 0, "no change"},
		{"nothing of any side", "", []string{"-baseline", empty}, 2, "has no case of trolley.server; add them from a target that is as it should be, with -update"},
		{"nothing of that side", "", []string{"-baseline", client, "-strict"}, 2, "has no case of trolley.server"},
		{"half of the cases", "", []string{"-baseline", one}, 0, "no change"},
		{"nowhere to write", "", []string{"-update"}, 2, "-baseline reports/baseline"},
		{"one file for two vendors", "", []string{"-baseline", right, "-vendor", "irp"}, 2, "name a directory"},
	} {
		all.run(t, c.claim, func(t *testing.T) {
			r := run(t, c.fault, c.args...)
			if r.exit != c.exit || !strings.Contains(r.output, c.says) {
				t.Errorf("exit %d, want %d with %q\n%s", r.exit, c.exit, c.says, changesOf(r))
			}
		})
	}
}

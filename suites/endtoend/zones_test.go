package endtoend

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Wherever the suite is run, and in whatever language, its results are the same to
// the byte. The cases themselves cross the nights when London and Lord Howe change
// their clocks.
func TestResultsAreTheSameEverywhere(t *testing.T) {
	want := resultsIn(t, "TZ=UTC", "LC_ALL=C", "LANG=C")
	for name, env := range map[string][]string{
		"again":                        nil,
		"London":                       {"TZ=Europe/London"},
		"Kathmandu, at a quarter":      {"TZ=Asia/Kathmandu"},
		"Kiritimati, a day ahead":      {"TZ=Pacific/Kiritimati"},
		"Niue, nearly a day behind":    {"TZ=Pacific/Niue"},
		"Caracas, by half hours once":  {"TZ=America/Caracas"},
		"Lord Howe, changes by 30 min": {"TZ=Australia/Lord_Howe"},
		"no such zone":                 {"TZ=Skewproof/Nowhere"},
		"Turkish":                      {"LC_ALL=tr_TR.UTF-8", "LANG=tr_TR.UTF-8"},
		"German":                       {"LC_ALL=de_DE.ISO-8859-1"},
		"Thai, where it is 2569":       {"LC_ALL=th_TH.UTF-8", "LC_TIME=th_TH.UTF-8", "TZ=Asia/Bangkok"},
		"no language":                  {"LC_ALL=", "LANG="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := resultsIn(t, append([]string{"TZ=UTC", "LC_ALL=C", "LANG=C"}, env...)...)
			if bytes.Equal(got, want) {
				return
			}
			wantLines, gotLines := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
			for i := range min(len(wantLines), len(gotLines)) {
				if !bytes.Equal(wantLines[i], gotLines[i]) {
					t.Fatalf("results.json differs in line %d\n\t%s\nand is to be\n\t%s", i+1, gotLines[i], wantLines[i])
				}
			}
			t.Fatalf("results.json has %d lines, and is to have %d", len(gotLines), len(wantLines))
		})
	}
}

// resultsIn is the results file of a run of all embedded cases in the environment.
func resultsIn(t *testing.T, env ...string) []byte {
	t.Helper()
	r := suite(t, append(env, "GODEBUG="))
	if r.exit != 0 {
		t.Errorf("the suite exits with %d:\n%s%s", r.exit, r.failed(), r.output)
	}
	text, err := os.ReadFile(filepath.Join(r.reports, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.suites) != 6 || r.count("skip") != 0 {
		t.Errorf("%d suites, and %d cases were skipped; it is to be all of both sides of three vendors", len(r.suites), r.count("skip"))
	}
	return text
}

package reports_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// written are the files of a run.
var written = []string{"badge.json", "junit.xml", "report.html", "results.json"}

func TestWriteMakesTheDirectoryAndLeavesOnlyReports(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b", "c")
	run := everything(t)
	for range 3 {
		if err := run.Write(dir); err != nil {
			t.Fatal(err)
		}
		if got := names(t, dir); !slices.Equal(got, written) {
			t.Fatalf("the directory holds %v", got)
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	for _, name := range names(t, dir) {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestWriteReplacesWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"junit.xml", "results.json", "other.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat("old ", 1<<16)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := everything(t)
	if err := run.Write(dir); err != nil {
		t.Fatal(err)
	}
	junit, results := write(t, run)
	if read(t, filepath.Join(dir, "junit.xml")) != junit || read(t, filepath.Join(dir, "results.json")) != results {
		t.Error("something of the old files is left")
	}
	if got := names(t, dir); !slices.Equal(got, []string{"badge.json", "junit.xml", "other.txt", "report.html", "results.json"}) {
		t.Errorf("the directory holds %v", got)
	}
}

func TestWriteNamesWhatCouldNotBeWritten(t *testing.T) {
	for _, tt := range []struct {
		claim   string
		blocked []string // directories of this name are in the way
		written []string
	}{
		{"a directory for junit.xml", []string{"junit.xml"}, []string{"badge.json", "report.html", "results.json"}},
		{"a directory for results.json", []string{"results.json"}, []string{"badge.json", "junit.xml", "report.html"}},
		{"a directory for each", written, nil},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range tt.blocked {
				if err := os.MkdirAll(filepath.Join(dir, name, "inner"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			err := everything(t).Write(dir)
			if err == nil {
				t.Fatal("no error")
			}
			for _, name := range tt.blocked {
				if !strings.Contains(err.Error(), "write "+name+": ") {
					t.Errorf("the error does not name %s: %v", name, err)
				}
				if !slices.Equal(names(t, filepath.Join(dir, name)), []string{"inner"}) {
					t.Errorf("%s was touched", name)
				}
			}
			for _, name := range tt.written {
				if strings.Contains(err.Error(), "write "+name+": ") {
					t.Errorf("the error names %s, which could be written: %v", name, err)
				}
				if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
					t.Errorf("%s was not written: %v", name, err)
				}
			}
			if got := names(t, dir); !slices.Equal(got, written) {
				t.Errorf("the directory holds %v", got)
			}
		})
	}
}

func TestWriteNamesADirectoryThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "reports")} {
		err := everything(t).Write(dir)
		if err == nil || !strings.Contains(err.Error(), "make the reports directory") || !strings.Contains(err.Error(), "taken") {
			t.Errorf("%v", err)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Size() != 0 {
		t.Errorf("the file was touched: %v", err)
	}
}

// Whoever reads while a report is written sees the old one or the new one.
func TestNobodyReadsHalfAReport(t *testing.T) {
	dir := t.TempDir()
	small, large := runOf(t, result("trolley", "window/x", harness.Pass)), everything(t)
	for range 100 {
		large.Suites[1].Notes = append(large.Suites[1].Notes, strings.Repeat("note ", 200))
	}
	if err := small.Write(dir); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for _, run := range []*reports.Run{small, large} {
		writers.Go(func() {
			for range 10 {
				if err := run.Write(dir); err != nil {
					t.Error(err)
				}
			}
		})
	}
	stop := make(chan struct{})
	go func() { writers.Wait(); close(stop) }()
	for reading := true; reading; {
		select {
		case <-stop:
			reading = false
		default:
		}
		if root := mustParseXML(t, read(t, filepath.Join(dir, "junit.xml"))); len(root.all("testcase")) == 0 {
			t.Fatal("no test case")
		}
	}
	if got := names(t, dir); !slices.Equal(got, written) {
		t.Errorf("the directory holds %v", got)
	}
}

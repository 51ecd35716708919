package reports_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// A run that was killed leaves the file behind that it was writing. The next
// one removes it, and nothing else: not what a run is writing at this moment,
// and not what is somebody else's.
func TestWriteSweepsUpAfterTheKilled(t *testing.T) {
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	dead, here, parent := gone.Process.Pid, os.Getpid(), os.Getppid()
	for _, tt := range []struct {
		name string
		age  time.Duration
		stay bool
	}{
		{fmt.Sprintf(".junit.xml.unfinished-%d-11", dead), 0, false},
		{fmt.Sprintf(".results.json.unfinished-%d-12", dead), time.Hour, false},
		{fmt.Sprintf(".junit.xml.unfinished-%d-13", here), 0, true},
		{fmt.Sprintf(".junit.xml.unfinished-%d-14", parent), time.Second, true},
		{fmt.Sprintf(".junit.xml.unfinished-%d-15", parent), 2 * time.Minute, false}, // another process has its number by now
		{".junit.xml.unfinished-99999999999999999999-16", 0, false},
		{fmt.Sprintf("junit.xml.unfinished-%d-17", dead), time.Hour, true},
		{fmt.Sprintf(".junit.xml.unfinished-%d-18.txt", dead), time.Hour, true},
		{fmt.Sprintf(".junit.xml.unfinished--%d-19", dead), time.Hour, true},
		{".junit.xml.swp", time.Hour, true},
		{".gitignore", time.Hour, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, tt.name)
			if err := os.WriteFile(file, []byte("<testsuites>"), 0o600); err != nil {
				t.Fatal(err)
			}
			when := time.Now().Add(-tt.age)
			if err := os.Chtimes(file, when, when); err != nil {
				t.Fatal(err)
			}
			if err := runOf(t, result("trolley", "window/x", harness.Pass)).Write(dir); err != nil {
				t.Fatal(err)
			}
			if stays := slices.Contains(names(t, dir), tt.name); stays != tt.stay {
				t.Errorf("it stays: %v, want %v", stays, tt.stay)
			}
		})
	}
	t.Run("a directory", func(t *testing.T) {
		dir := t.TempDir()
		name := fmt.Sprintf(".junit.xml.unfinished-%d-20", dead)
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := runOf(t).Write(dir); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(names(t, dir), name) {
			t.Error("it was removed")
		}
	})
}

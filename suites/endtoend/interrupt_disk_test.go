package endtoend

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// Reports that cannot be written are found out before anything is sent.
func TestReportsThatCannotBeWritten(t *testing.T) {
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(server.Close)
	taken := filepath.Join(t.TempDir(), "taken")
	write(t, taken, "")
	readOnly := t.TempDir()
	if err := os.Chmod(readOnly, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, reports, says string
		skip                bool
	}{
		{"a file in the place of the directory", taken, "make the reports directory: mkdir " + taken, false},
		{"a directory nobody may write in", readOnly, "permission denied", os.Getuid() == 0}, // who is root may
		{"a place where there are no files", "/proc/self/fdinfo", "write junit.xml", !exists("/proc/self/fdinfo")},
		{"a full disk", "", "no space left on device", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.skip {
				t.Skip("not on this machine")
			}
			if c.reports == "" {
				c.reports = fullDisk(t)
			}
			s := start(t, c.reports, nil, "-vendor", "trolley", "-target", server.URL)
			if code, _ := s.exit(); code != 2 || !strings.Contains(s.output(), c.says) || !strings.Contains(s.output(), "no case was run") {
				t.Errorf("exit %d, want 2 and %q in\n%s", code, c.says, tail(s.output()))
			}
			if hits.Load() > 0 {
				t.Errorf("%d requests were sent all the same", hits.Load())
			}
		})
	}
}

// fullDisk is a directory on a small file system of its own, which is full.
func fullDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("no file system to fill: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount %s: %v %s", dir, err, out)
		}
	})
	if err := os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, 1<<20), 0o644); err == nil {
		t.Skip("the file system is not as small as was asked for")
	}
	return dir
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

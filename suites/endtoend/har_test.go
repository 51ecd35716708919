package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What is exported as HTTP Archive fits the schema that its readers check it with:
// of a right server, and of one that answers oddly; and the check can fail.
func TestHARIsRead(t *testing.T) {
	t.Parallel()
	needReaders(t)
	check := func(file string) (string, error) {
		text, err := exec.Command("node", filepath.Join(readersFolder, "har.js"), file).CombinedOutput()
		return string(text), err
	}
	for _, faults := range []string{"", "trolley/plain-text-error,irp/messages-object,spreetail/plain-text-error"} {
		har := filepath.Join(t.TempDir(), "run.har")
		r := suite(t, credentials, "-vendor", "trolley,irp,spreetail", "-target", peer(t, "-broken", faults), "-record", t.TempDir(), "-har", har)
		if text, err := check(har); err != nil {
			t.Errorf("exit %d: %v\n%s", r.exit, err, text)
		}
		text, err := os.ReadFile(har)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(har, []byte(strings.Replace(string(text), `"method"`, `"way"`, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if text, err := check(har); err == nil || !strings.Contains(text, "method") {
			t.Errorf("a request without a method fits: %v\n%s", err, text)
		}
	}
}

package reports

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"runtime/debug"
	"sync"

	"github.com/skewproof/skewproof/vectors"
)

const module = "github.com/skewproof/skewproof"

// Version is what the build says of itself: the module's version, or the commit
// it was built from.
func Version() string { return harnessVersion() }

var harnessVersion = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Path != module {
		for _, d := range info.Deps {
			if d.Path == module {
				return d.Version
			}
		}
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "built from source"
})

// vectorsVersion is a short hash over the embedded vectors: two runs that show
// the same one went by the same rules.
var vectorsVersion = sync.OnceValue(func() string {
	sum := sha256.New()
	err := fs.WalkDir(vectors.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := vectors.FS.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	if err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%x", sum.Sum(nil))[:12]
})

package reports

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// Write writes every report into the directory, which it makes. A report is
// written beside its place and then moved there, so that no reader ever sees
// half of one.
func (r *Run) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the reports directory: %w", err)
	}
	junit, err := r.junit()
	if err != nil {
		return fmt.Errorf("render junit.xml: %w", err)
	}
	results, err := r.results()
	if err != nil {
		return fmt.Errorf("render results.json: %w", err)
	}
	badge, err := r.badge()
	if err != nil {
		return fmt.Errorf("render badge.json: %w", err)
	}
	page, err := r.html()
	if err != nil {
		return fmt.Errorf("render report.html: %w", err)
	}
	for _, f := range []struct {
		name    string
		content []byte
	}{{"junit.xml", junit}, {"results.json", results}, {"badge.json", badge}, {"report.html", page}} {
		err = errors.Join(err, WriteFile(filepath.Join(dir, f.name), f.content))
	}
	sweep(dir)
	return err
}

// WriteFile writes one file, whole or not at all, and makes its directory.
func WriteFile(file string, content []byte) error {
	dir, name := filepath.Dir(file), filepath.Base(file)
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = place(dir, name, content)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = place(dir, name, content) // another run took the file for one that was left behind
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// place writes the file beside its place and moves it there. The name it has
// until then tells which process is at it.
func place(dir, name string, content []byte) error {
	f, err := os.CreateTemp(dir, fmt.Sprintf(".%s.unfinished-%d-*", name, os.Getpid()))
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once the file has been moved
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, name))
}

// unfinished matches the files that place has not moved yet.
var unfinished = regexp.MustCompile(`^\..+\.unfinished-([0-9]+)-[0-9]+$`)

// staleAfter is when a file that is still unfinished has been left behind, even
// if some process has the number of the one that made it. Writing one takes
// milliseconds.
const staleAfter = time.Minute

// sweep removes what runs that were killed have left behind. A run that is at
// work now keeps its files: its process lives. What cannot be removed is no
// harm.
func sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	now, err := os.Stat(filepath.Join(dir, "results.json")) // just written: what time it is on that disk
	if err != nil {
		return
	}
	for _, e := range entries {
		m := unfinished.FindStringSubmatch(e.Name())
		if m == nil || e.IsDir() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(m[1])
		if err == nil && alive(pid) && now.ModTime().Sub(info.ModTime()) < staleAfter {
			continue
		}
		_ = os.Remove(filepath.Join(dir, e.Name()))
	}
}

// alive reports whether there is a process of the number. Where that cannot be
// asked, there is.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer p.Release()
	return !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

//go:build unix

package disk

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"groove/internal/test/need"
	"groove/torrent/layout"
)

// No path of a torrent leads out of the folder, whatever it is called and whatever lies there.
func TestNothingLeadsOut(t *testing.T) {
	for _, path := range []string{"../x", "/etc/x", "a/../../x", "a/../x", "a//x", ".", "", "a/", "./x"} {
		l, err := layout.New(1000, []layout.File{{Path: path, Length: 1}})
		ok(t, err)
		if _, err := Open(Options{Dir: t.TempDir(), Layout: l, BeforeWrite: freely}); !errors.Is(err, ErrPath) {
			t.Errorf("path %q: %v", path, err)
		}
	}
	l, err := layout.New(1000, []layout.File{{Path: "x", Length: 1}, {Path: "x", Length: 1}})
	ok(t, err)
	if _, err := Open(Options{Dir: t.TempDir(), Layout: l, BeforeWrite: freely}); !errors.Is(err, ErrPath) {
		t.Errorf("one path twice: %v", err)
	}
}

func TestPlantedThingsAreRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		plant func(dir, outside string) error
		want  error
	}{
		{"a link to a file outside", func(dir, outside string) error {
			return os.Symlink(filepath.Join(outside, "precious"), filepath.Join(dir, "show/a"))
		}, ErrSymlink},
		{"a link to a file that is not there", func(dir, outside string) error {
			return os.Symlink(filepath.Join(outside, "new"), filepath.Join(dir, "show/a"))
		}, ErrSymlink},
		{"a link to a file inside", func(dir, _ string) error {
			return os.Symlink("../mine", filepath.Join(dir, "show/a"))
		}, ErrSymlink},
		{"a link to a folder outside", func(dir, outside string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "show")), os.Symlink(outside, filepath.Join(dir, "show")))
		}, ErrSymlink},
		{"a link to a folder inside", func(dir, _ string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "show")), os.Mkdir(filepath.Join(dir, "other"), 0o777),
				os.Symlink("other", filepath.Join(dir, "show")))
		}, ErrSymlink},
		{"a folder", func(dir, _ string) error { return os.Mkdir(filepath.Join(dir, "show/a"), 0o777) }, ErrNotFile},
		{"a pipe", func(dir, _ string) error { return syscall.Mkfifo(filepath.Join(dir, "show/a"), 0o666) }, ErrNotFile},
		{"a file for a folder", func(dir, _ string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "show")), os.WriteFile(filepath.Join(dir, "show"), nil, 0o666))
		}, ErrNotFile},
	} {
		for _, early := range []bool{true, false} { // planted before Open, and after it
			w, dir, outside := plainShow(t, 1000, 1000), t.TempDir(), t.TempDir()
			ok(t, os.Mkdir(filepath.Join(dir, "show"), 0o777))
			put(t, filepath.Join(outside, "precious"), []byte("precious"))
			put(t, filepath.Join(dir, "mine"), []byte("precious"))
			if early {
				ok(t, c.plant(dir, outside))
			}
			s := open(t, Options{Dir: dir, Layout: w.Layout})
			if !early {
				ok(t, c.plant(dir, outside))
			} else {
				report := w.check(t, s)
				if report.States[0] != Unreadable || !errors.Is(report.Err, c.want) {
					t.Errorf("%s: check: %v, %v", c.name, report.States, report.Err)
				}
				if err := s.Admit(report.States, true); !errors.Is(err, c.want) {
					t.Errorf("%s: admit: %v", c.name, err)
				}
			}
			if err := s.WriteAt(w.data, 0); !errors.Is(err, c.want) {
				t.Errorf("%s, early %v: %v", c.name, early, err)
			}
			for path, b := range contents(t, outside) { // in any order
				if string(b) != "precious" || filepath.Base(path) != "precious" {
					t.Errorf("%s: %s holds %q", c.name, path, b)
				}
			}
			if b, _ := os.ReadFile(filepath.Join(dir, "mine")); string(b) != "precious" {
				t.Errorf("%s: our neighbour's file was written to", c.name)
			}
		}
	}
}

// The test binary runs itself as nobody.
func TestAnUnreadableFileIsSaid(t *testing.T) {
	if dir := os.Getenv("DISK_TEST_UNREADABLE"); dir != "" {
		w := plainShow(t, 1000, 1500, 1500)
		s := open(t, Options{Dir: dir, Layout: w.Layout, ReadOnly: true})
		r := w.check(t, s)
		fmt.Printf("STATES %v %v\n", r.States, r.Err)
		return
	}
	need.Root(t)
	dir, err := os.MkdirTemp("/tmp", "groove")
	ok(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	ok(t, os.Chmod(dir, 0o755))
	w := plainShow(t, 1000, 1500, 1500)
	w.lay(t, dir)
	ok(t, os.Chmod(filepath.Join(dir, "show/b"), 0))
	binary, err := os.ReadFile(os.Args[0]) // where go test puts it, nobody may look
	ok(t, err)
	ok(t, os.WriteFile(filepath.Join(dir, "test"), binary, 0o755))
	cmd := exec.Command(need.Program(t, "setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups",
		filepath.Join(dir, "test"), "-test.run=^TestAnUnreadableFileIsSaid$", "-test.v")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "DISK_TEST_UNREADABLE="+dir, "TMPDIR=/tmp")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `STATES [good unreadable unreadable] read piece `) || !strings.Contains(string(out), `of "show/b": permission denied`) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheLimitOfOpenFilesIsRaised(t *testing.T) {
	n, err := RaiseDescriptorLimit()
	if err != nil || n < 256 {
		t.Errorf("%d, %v", n, err)
	}
}

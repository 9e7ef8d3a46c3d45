package torrent

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"groove/internal/test/need"
	"groove/torrent/layout"
	"groove/torrent/merkle"
	"groove/torrent/metainfo"
)

// writeFolder makes a folder of files of made-up bytes, given as path and size.
func writeFolder(t testing.TB, sizes map[string]int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "show")
	for name, size := range sizes {
		rng := rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%-32.32s", name))))
		b := make([]byte, size)
		rng.Read(b)
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, b, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// checkMade reads the files below the parent of dir anew and compares every hash.
func checkMade(t *testing.T, info *metainfo.Info, parent string) {
	t.Helper()
	height, _ := merkle.PieceHeight(int64(info.Layout.PieceLength()))
	for i := range info.Layout.Pieces() {
		p := layout.PieceIndex(i)
		var piece []byte
		for _, e := range info.Layout.Extents(nil, p, 0, info.Layout.Length(p)) {
			b := make([]byte, info.Files[e.File].Length)
			if !info.Files[e.File].Pad {
				var err error
				if b, err = os.ReadFile(filepath.Join(parent, info.Layout.Files()[e.File].Path)); err != nil {
					t.Fatal(err)
				}
			}
			piece = append(piece, b[e.Offset:e.Offset+e.Length]...)
		}
		leaves := merkle.AppendLeaves(nil, piece[:info.Layout.DataLength(p)])
		v1, ok1 := info.PieceHashV1(p)
		v2, ok2 := info.PieceHashV2(p)
		if ok1 != info.HasV1 || ok1 && v1 != sha1.Sum(piece) || ok2 != info.HasV2 || ok2 && v2 != merkle.Root(leaves) && v2 != merkle.Subtree(leaves, 0, height) {
			t.Fatalf("piece %d of %v is wrong", i, info.ID)
		}
	}
}

func TestMakeATorrentOfAFolder(t *testing.T) {
	dir := writeFolder(t, map[string]int{
		"01.flac": 1000000, "cover/front.jpg": 70000, "empty": 0, "info.txt": 5, "b.flac": 300000,
		".DS_Store": 5, "cover/Thumbs.db": 5, "cover/desktop.ini": 5,
	})
	want := []Skipped{
		{".DS_Store", "was left there by the system"}, {"cover/Thumbs.db", "was left there by the system"},
		{"cover/desktop.ini", "was left there by the system"},
	}
	if runtime.GOOS != "windows" {
		os.Symlink("/etc/passwd", filepath.Join(dir, "a link"))
		os.Symlink("cover", filepath.Join(dir, "linked folder"))
		want = append(want, Skipped{"a link", "is a symlink"}, Skipped{"linked folder", "is a symlink"})
	}
	for format := metainfo.V1; format <= metainfo.V2; format++ {
		var last, total int64
		m, skipped, err := Make(context.Background(), dir, MakeOptions{Format: format, PieceLength: 65536, CreationDate: time.Unix(77, 0)},
			func(done, all int64) { last, total = done, all })
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(skipped, func(a, b Skipped) int { return strings.Compare(a.Path, b.Path) })
		slices.SortFunc(want, func(a, b Skipped) int { return strings.Compare(a.Path, b.Path) })
		if !slices.Equal(skipped, want) {
			t.Errorf("%v: left out %v", format, skipped)
		}
		if last != total || total != m.Info.Layout.Total() || m.Info.Layout.DataTotal() != 1370005 || m.Info.Name != "show" || m.CreationDate != 77 {
			t.Errorf("%v: %d of %d bytes, %+v", format, last, total, m.Info)
		}
		checkMade(t, m.Info, filepath.Dir(dir))
		again, _, err := Make(context.Background(), dir+"/.", MakeOptions{Format: format, PieceLength: 65536, CreationDate: time.Unix(77, 0)}, nil)
		if err != nil || !bytes.Equal(again.Encode(), m.Encode()) {
			t.Errorf("%v: the same folder gives another torrent (%v)", format, err)
		}
	}
}

func TestMakeATorrentOfAFile(t *testing.T) {
	dir := writeFolder(t, map[string]int{"one.flac": 100000})
	for format := metainfo.V1; format <= metainfo.V2; format++ {
		m, _, err := Make(context.Background(), filepath.Join(dir, "one.flac"), MakeOptions{Format: format}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !m.Info.SingleFile || m.Info.Name != "one.flac" || m.Info.Layout.PieceLength() != 16384 {
			t.Errorf("%+v", m.Info)
		}
		checkMade(t, m.Info, dir)
	}
}

// Content that others have made torrents of gives the same hashes.
func TestMakeAgreesWithOthers(t *testing.T) {
	for name, path := range map[string]string{"wt-numbers": "numbers", "wt-folder": "folder"} {
		payload := need.Shared(t, "data/torrents/payload/"+path)
		data, err := os.ReadFile(need.Shared(t, "data/torrents/"+name+".torrent"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := metainfo.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := Make(context.Background(), payload, MakeOptions{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want.Info.Layout.Pieces() {
			w, _ := want.Info.PieceHashV1(layout.PieceIndex(i))
			if g, _ := got.Info.PieceHashV1(layout.PieceIndex(i)); g != w {
				t.Errorf("%s: piece %d differs", name, i)
			}
		}
	}
}

func TestWhatCannotBeMadeIsSaid(t *testing.T) {
	empty := t.TempDir()
	zero := writeFolder(t, map[string]int{"a": 0, "b": 0})
	twins := writeFolder(t, map[string]int{"a": 5, "A": 5})
	odd := writeFolder(t, map[string]int{"a\nb": 5})
	for want, path := range map[string]string{
		"no such file": filepath.Join(empty, "missing"), "no file in the folder": empty, "not a single byte": zero,
	} {
		if _, _, err := Make(context.Background(), path, MakeOptions{}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
	if runtime.GOOS != "linux" {
		return // other systems do not have such names
	}
	for want, path := range map[string]string{"upper and lower case": twins, "rename it": odd, "neither a file nor": "/dev/null"} {
		if _, _, err := Make(context.Background(), path, MakeOptions{}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
}

func TestAFileThatChangesWhileItIsReadIsSaid(t *testing.T) {
	for what, change := range map[string]func(path string) error{
		"longer":  func(path string) error { return os.WriteFile(path, make([]byte, 900000), 0o644) },
		"shorter": func(path string) error { return os.Truncate(path, 10) },
		"touched": func(path string) error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) },
		"replaced": func(path string) error {
			return errors.Join(os.WriteFile(path+"2", make([]byte, 800000), 0o644), os.Rename(path+"2", path))
		},
	} {
		dir := writeFolder(t, map[string]int{"a": 800000, "b": 800000})
		changed := false
		_, _, err := Make(context.Background(), dir, MakeOptions{PieceLength: 16384}, func(int64, int64) {
			if !changed {
				changed = true
				if err := change(filepath.Join(dir, "b")); err != nil {
					t.Fatal(err)
				}
			}
		})
		if err == nil || !strings.Contains(err.Error(), `"b"`) || !strings.Contains(err.Error(), "try again") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestMakingCanBeCancelled(t *testing.T) {
	dir := writeFolder(t, map[string]int{"a": 4 << 20})
	ctx, cancel := context.WithCancel(context.Background())
	_, _, err := Make(ctx, dir, MakeOptions{PieceLength: 16384}, func(int64, int64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAnUnreadableFileIsNamed(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	dir := writeFolder(t, map[string]int{"a": 5, "secret": 5})
	if err := os.Chmod(filepath.Join(dir, "secret"), 0); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Make(context.Background(), dir, MakeOptions{}, nil); err == nil || !strings.Contains(err.Error(), `read "secret": permission denied`) {
		t.Error(err)
	}
}

// asNobody runs this test again as a user for whom permissions count.
func asNobody(t *testing.T) {
	setpriv := need.Program(t, "setpriv")
	self, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "groove-nobody")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	copied := filepath.Join(dir, "test")
	if err := errors.Join(os.Chmod(dir, 0o777), os.WriteFile(copied, self, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", copied, "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS")) {
		t.Fatalf("as nobody: %v\n%s", err, out)
	}
}

func BenchmarkMake(b *testing.B) {
	dir := writeFolder(b, map[string]int{"a": 256 << 20, "b": 256 << 20})
	for format := metainfo.V1; format <= metainfo.V2; format++ {
		b.Run(format.String(), func(b *testing.B) {
			b.SetBytes(512 << 20)
			for b.Loop() {
				if _, _, err := Make(context.Background(), dir, MakeOptions{Format: format}, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

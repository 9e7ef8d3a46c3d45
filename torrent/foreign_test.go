package torrent_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"groove/torrent"
	"groove/torrent/metainfo"
)

// What is in the folder and was not given us to write stays as it is, to the byte and the second, whatever
// happens: refusal, success, an orderly end, a kill, removal.
func TestStrangersFilesStay(t *testing.T) {
	if os.Getenv("GROOVE_FOREIGN") != "" {
		getUntilKilled(t)
		return
	}
	t.Run("right files among missing ones", rightFilesStay)
	t.Run("files that are in the way", wrongFilesStay)
	t.Run("a file that was edited after it was complete", editedFilesStay)
}

// snapshot returns bytes and times of some files below dir.
func snapshot(t testing.TB, dir string, names ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		info, _ := os.Stat(filepath.Join(dir, name))
		all[name] = info.ModTime().String() + info.Mode().String() + string(b)
	}
	return all
}

func unchanged(t testing.TB, dir string, before map[string]string, when string) {
	t.Helper()
	for name := range before {
		if now := snapshot(t, dir, name); now[name] != before[name] {
			t.Errorf("%s: %s was changed", when, name)
		}
	}
}

func put(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-1000 * time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
}

func rightFilesStay(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 1_000_000, 6_000_000, 1_000_000)
	a := session(t, torrent.Config{UpLimit: 2 << 20})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	out, state := t.TempDir(), t.TempDir()
	// The first and the last file are there; both share a piece with the missing one between them.
	names := []string{"show/disc1/tracka.wav", "show/disc2/trackb.wav", "show/notes.txt", "mine.txt", "show/disc1/.hidden"}
	for _, name := range names[:1] {
		b, _ := os.ReadFile(filepath.Join(dir, name))
		put(t, filepath.Join(out, name), b)
	}
	c, _ := os.ReadFile(filepath.Join(dir, "show/disc1/trackc.wav"))
	put(t, filepath.Join(out, "show/disc1/trackc.wav"), c)
	names[1] = "show/disc1/trackc.wav"
	for _, name := range names[2:] {
		put(t, filepath.Join(out, name), []byte("my notes"))
	}
	before := snapshot(t, out, names...)

	file := filepath.Join(t.TempDir(), "show.torrent")
	put(t, file, m.Encode())
	cmd := exec.Command(os.Args[0], "-test.run=^TestStrangersFilesStay$")
	cmd.Env = append(os.Environ(), "GROOVE_FOREIGN="+strings.Join([]string{file, out, state, a.Addrs()[0].String()}, "|"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if info, err := os.Stat(filepath.Join(out, "show/disc2/trackb.wav")); err == nil && info.Size() > 1_000_000 {
			break
		}
	}
	cmd.Process.Kill()
	if err := cmd.Wait(); err == nil {
		t.Fatal("it ended before it was killed")
	}
	unchanged(t, out, before, "killed")

	a.SetLimits(0, 0)
	s := session(t, torrent.Config{StateDir: state})
	x := add(t, s, torrent.AddOptions{Metainfo: m, Dir: out, Peers: []string{a.Addrs()[0].String()}})
	until(t, x, "complete", seeding)
	unchanged(t, out, before, "complete")
	same(t, filepath.Join(dir, "show"), filepath.Join(out, "show"))
	if err := x.Remove(); err != nil {
		t.Error(err)
	}
	unchanged(t, out, before, "removed")
	same(t, filepath.Join(dir, "show"), filepath.Join(out, "show"))
}

// getUntilKilled is what the other process does.
func getUntilKilled(t *testing.T) {
	arg := strings.Split(os.Getenv("GROOVE_FOREIGN"), "|")
	raw, err := os.ReadFile(arg[0])
	if err != nil {
		t.Fatal(err)
	}
	m, err := metainfo.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	s := session(t, torrent.Config{StateDir: arg[2]})
	add(t, s, torrent.AddOptions{Metainfo: m, Dir: arg[1], Peers: []string{arg[3]}})
	time.Sleep(time.Minute)
}

func wrongFilesStay(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{PieceLength: 64 << 10}, 1_000_000, 1_000_000, 0)
	a := session(t, torrent.Config{})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	right, _ := os.ReadFile(filepath.Join(dir, "show/disc1/tracka.wav"))
	for what, mine := range map[string][]byte{
		"other bytes":                      bytes.Repeat([]byte("mine"), 250_000),
		"a beginning":                      right[:400_000],
		"a beginning within a piece":       right[:70_000],
		"a longer file":                    append(bytes.Clone(right), "and an epilogue"...),
		"an empty file":                    {},
		"other bytes in the last piece":    append(bytes.Clone(right[:999_990]), "0123456789"...),
		"other bytes in the first piece":   append([]byte("RIFF"), right[4:]...),
		"other bytes where the file is in": bytes.Replace(right, right[500_000:500_010], []byte("0123456789"), 1),
	} {
		t.Run(what, func(t *testing.T) {
			out := t.TempDir()
			put(t, filepath.Join(out, "show/disc1/tracka.wav"), mine)
			before := snapshot(t, out, "show/disc1/tracka.wav")
			s := session(t, torrent.Config{StateDir: t.TempDir()})
			get := torrent.AddOptions{Metainfo: m, Dir: out, Peers: []string{a.Addrs()[0].String()}}
			x, err := s.Add(get)
			if err == nil {
				until(t, x, "refused", func(s torrent.Stats) bool { return s.State == torrent.Failed })
				err = x.Stats().Err
			}
			if err == nil || !strings.Contains(err.Error(), "tracka.wav") {
				t.Errorf("refused with %v", err)
			}
			unchanged(t, out, before, "refused")
			s.Close()
			unchanged(t, out, before, "closed")
		})
	}
}

// A getter finishes, its user edits a file, and the getter is run again: the edit stays.
func editedFilesStay(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 1_000_000, 1_000_000)
	a := session(t, torrent.Config{})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	out, state := t.TempDir(), t.TempDir()
	get := torrent.AddOptions{Metainfo: m, Dir: out, Peers: []string{a.Addrs()[0].String()}}
	first := session(t, torrent.Config{StateDir: state})
	until(t, add(t, first, get), "complete", seeding)
	first.Close()

	edited := filepath.Join(out, "show/disc1/tracka.wav")
	b, _ := os.ReadFile(edited)
	put(t, edited, append([]byte("RIFF and tags"), b...))
	before := snapshot(t, out, "show/disc1/tracka.wav")
	second := session(t, torrent.Config{StateDir: state})
	if x, err := second.Add(get); err == nil {
		until(t, x, "refused", func(s torrent.Stats) bool { return s.State == torrent.Failed })
		if err := x.Stats().Err; !errors.Is(err, torrent.ErrWouldOverwrite) {
			t.Errorf("refused with %v", err)
		}
	}
	second.Close()
	if after := snapshot(t, out, "show/disc1/tracka.wav"); !maps.Equal(before, after) {
		t.Error("the edit is gone")
	}
}

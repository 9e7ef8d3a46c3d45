package torrent_test

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"groove/torrent"
	"groove/torrent/metainfo"
)

// entry is a file of a crafted torrent; what it says of itself is not checked.
type entry struct {
	path []string
	more string // further keys of its dictionary that sort before "length"
	utf8 []string
}

const entryLength = 20_000

// craft writes a torrent file as no honest program would, of files of noise. It returns their bytes.
func craft(name string, files []entry) (torrentFile, data []byte) {
	text := func(s string) string { return fmt.Sprintf("%d:%s", len(s), s) }
	list := func(elements []string) string {
		var b strings.Builder
		for _, e := range elements {
			b.WriteString(text(e))
		}
		return "l" + b.String() + "e"
	}
	var b, pieces strings.Builder
	for i, f := range files {
		length := entryLength
		if f.more != "" {
			length = 0 // a symlink
		}
		fmt.Fprintf(&b, "d%s6:lengthi%de4:path%s", f.more, length, list(f.path))
		if f.utf8 != nil {
			b.WriteString("10:path.utf-8" + list(f.utf8))
		}
		b.WriteString("e")
		data = append(data, bytes.Repeat([]byte{byte('a' + i)}, length)...)
	}
	const pieceLength = 16 << 10
	for off := 0; off < len(data); off += pieceLength {
		h := sha1.Sum(data[off:min(off+pieceLength, len(data))])
		pieces.Write(h[:])
	}
	info := fmt.Sprintf("d5:filesl%se4:name%s12:piece lengthi%de6:pieces%se", b.String(), text(name), pieceLength, text(pieces.String()))
	return []byte("d4:info" + info + "e"), data
}

// tree returns what lies below a folder: the bytes of files, the targets of links.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		switch {
		case d.IsDir():
			found[rel] = "a folder"
		case d.Type()&os.ModeSymlink != 0:
			target, _ := os.Readlink(path)
			found[rel] = "-> " + target
		default:
			b, err := os.ReadFile(path)
			found[rel] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// yard is a folder with precious things, in which lies the one that we were given.
type yard struct {
	top, dir, outside string
	before            map[string]string // all outside dir
}

func newYard(t testing.TB) *yard {
	y := &yard{top: t.TempDir()}
	y.dir, y.outside = filepath.Join(y.top, "deep", "er", "given"), filepath.Join(y.top, "outside")
	for _, dir := range []string{y.dir, filepath.Join(y.outside, "disc1"), filepath.Join(y.outside, "disc2")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"precious", "tracka.wav", "disc1/tracka.wav", "disc2/trackb.wav"} {
		if err := os.WriteFile(filepath.Join(y.outside, name), []byte("precious"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	y.before = y.around(t)
	return y
}

// around returns what lies in the yard outside the folder that we were given.
func (y *yard) around(t testing.TB) map[string]string {
	all := tree(t, y.top)
	given, _ := filepath.Rel(y.top, y.dir)
	maps.DeleteFunc(all, func(path, _ string) bool { return strings.HasPrefix(path, given) })
	return all
}

func (y *yard) check(t testing.TB) {
	t.Helper()
	if after := y.around(t); !maps.Equal(y.before, after) {
		t.Errorf("outside the folder there was\n%q\nand now there is\n%q", y.before, after)
	}
}

// However a torrent calls its files, and whatever lies in the folder, nothing outside the folder is made,
// written or read.
func TestNoPathLeavesTheFolder(t *testing.T) {
	t.Run("names", func(t *testing.T) {
		y := newYard(t)
		for name, files := range evilNames(y.outside) {
			t.Run(fmt.Sprintf("%.30q", name), func(t *testing.T) { getEvil(t, name, files) })
		}
	})
	t.Run("links that wait", plantedBefore)
	t.Run("links that appear", plantedAfter)
	t.Run("folders that turn into links", plantedMeanwhile)
	t.Run("links that are seeded", seededThroughLinks)
}

// evilNames returns torrents by their name.
func evilNames(outside string) map[string][]entry {
	deep := strings.Repeat("../", 20)
	link := "4:attr1:l"
	paths := []entry{
		{path: []string{"..", "..", "..", "x"}}, {path: []string{"../../x"}}, {path: []string{"/", "etc", "groove-x"}},
		{path: []string{outside, "x"}}, {path: []string{deep + outside}}, {path: []string{"", "", "y"}}, {path: []string{"."}},
		{path: []string{".."}}, {path: []string{"a", "..", "..", "..", "z"}}, {path: []string{"nul\x00l"}},
		{path: []string{"CON"}}, {path: []string{`..\..\w`}}, {path: []string{`C:\w`}}, {path: []string{strings.Repeat("n", 5000)}},
		{path: []string{"ok"}, utf8: []string{"..", "..", "..", "utf8"}},
		{path: []string{"Straße"}}, {path: []string{"STRASSE"}}, {path: []string{"e\u0301"}}, {path: []string{"\u00e9"}},
		{path: []string{"Case"}}, {path: []string{"case"}}, {path: []string{"CASE", "below"}}, {path: []string{"case", "below"}},
		{path: []string{"out"}, more: link}, {path: []string{"out", "precious"}},
	}
	files := map[string][]entry{}
	for _, name := range []string{"show", "..", ".", "/", "../../..", outside, deep + outside, "\x00", "a/../../b", `..\..`} {
		files[name] = paths
	}
	return files
}

// getEvil gets a crafted torrent from a seed that has it.
func getEvil(t *testing.T, name string, files []entry) {
	y := newYard(t)
	raw, data := craft(name, files)
	m, err := metainfo.Parse(raw)
	if err != nil {
		t.Logf("refused: %v", err)
		return
	}
	a := session(t, torrent.Config{})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Storage: on(&shelf{data: data}), Seed: true}), "seeding", seeding)
	b := session(t, torrent.Config{StateDir: t.TempDir()})
	until(t, add(t, b, torrent.AddOptions{Metainfo: m, Dir: y.dir, Peers: []string{a.Addrs()[0].String()}}), "complete", seeding)
	b.Close()
	y.check(t)
	folded := map[string]string{}
	n := 0
	made := tree(t, y.dir)
	for path, what := range made {
		if strings.HasPrefix(what, "-> ") {
			t.Errorf("a link was made: %s %s", path, what)
		}
		if other, meets := folded[strings.ToLower(path)]; meets && (what != "a folder" || made[other] != what) {
			t.Errorf("%q and %q are one on some systems", path, other)
		}
		folded[strings.ToLower(path)] = path
		if len(what) == entryLength {
			n++
		}
	}
	if want := len(data) / entryLength; n != want {
		t.Errorf("%d of %d files are there", n, want)
	}
}

// plant puts a link at path below dir, in place of what is there.
func plant(t testing.TB, target, dir, path string) {
	t.Helper()
	at := filepath.Join(dir, path)
	if err := errors.Join(os.RemoveAll(at), os.MkdirAll(filepath.Dir(at), 0o755), os.Symlink(target, at)); err != nil {
		t.Fatal(err)
	}
}

// links are what somebody may plant: where, and to what below outside.
var links = map[string]string{
	"show": "", "show/disc1": "disc1", "show/disc2": "disc2", "show/disc1/tracka.wav": "precious", "show/disc2/trackb.wav": "new",
}

func plantedBefore(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 300_000, 200_000)
	a := session(t, torrent.Config{})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	for at, target := range links {
		for _, overwrite := range []bool{false, true} {
			y := newYard(t)
			plant(t, filepath.Join(y.outside, target), y.dir, at)
			b := session(t, torrent.Config{StateDir: t.TempDir()})
			x, err := b.Add(torrent.AddOptions{Metainfo: m, Dir: y.dir, Overwrite: overwrite, Peers: []string{a.Addrs()[0].String()}})
			if err == nil {
				until(t, x, "refused: "+at, func(s torrent.Stats) bool { return s.State == torrent.Failed })
			}
			b.Close()
			y.check(t)
		}
	}
}

func plantedAfter(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 300_000, 200_000)
	a := session(t, torrent.Config{})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	for at, target := range links {
		y := newYard(t)
		b := session(t, torrent.Config{StateDir: t.TempDir()})
		x := add(t, b, torrent.AddOptions{Metainfo: m, Dir: y.dir})
		until(t, x, "ready", func(s torrent.Stats) bool { return s.State == torrent.Downloading })
		plant(t, filepath.Join(y.outside, target), y.dir, at)
		x.AddPeers([]string{a.Addrs()[0].String()})
		until(t, x, "refused: "+at, func(s torrent.Stats) bool { return s.State == torrent.Failed })
		b.Close()
		y.check(t)
	}
}

func plantedMeanwhile(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 4_000_000, 3_000_000)
	a := session(t, torrent.Config{UpLimit: 3 << 20})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	y := newYard(t)
	b := session(t, torrent.Config{StateDir: t.TempDir()})
	x := add(t, b, torrent.AddOptions{Metainfo: m, Dir: y.dir, Peers: []string{a.Addrs()[0].String()}})
	until(t, x, "under way", func(s torrent.Stats) bool { return s.Done > 500_000 })
	if err := os.Rename(filepath.Join(y.dir, "show"), filepath.Join(y.dir, "moved")); err != nil {
		t.Fatal(err)
	}
	plant(t, y.outside, y.dir, "show")
	a.SetLimits(0, 0)
	until(t, x, "ended", func(s torrent.Stats) bool { return s.State == torrent.Failed || s.State == torrent.Seeding })
	b.Close()
	y.check(t)
}

// What a link leads to is not served, though its bytes are right.
func seededThroughLinks(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 300_000)
	y := newYard(t)
	plant(t, filepath.Join(dir, "show"), y.dir, "show")
	for _, trust := range []bool{false, true} {
		s := session(t, torrent.Config{})
		x, err := s.Add(torrent.AddOptions{Metainfo: m, Dir: y.dir, Seed: true, Trust: trust})
		if err != nil {
			continue
		}
		if !trust {
			until(t, x, "refused", func(s torrent.Stats) bool { return s.State == torrent.Failed })
			continue
		}
		until(t, x, "ready", func(s torrent.Stats) bool { return s.State != torrent.Checking })
		who, err := meet(t, s.Addrs()[0], m.Info.ID.Shorts()[0])
		if err != nil {
			continue
		}
		who.introduceAsGetter()
		who.say(ask(m.Info.Layout, 0))
		if got, ok := who.until(isPiece); ok {
			t.Errorf("%d bytes were read through a link", len(got.Payload))
		}
	}
}

//go:build linux

package interop

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"groove/internal/test/binary"
	"groove/internal/test/netlab"
	"groove/internal/test/peers"
)

var (
	groove string // the built command
	long   = os.Getenv("GROOVE_TEST_LONG") == "1"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "groove-interop-")
	if err == nil {
		groove, err = binary.Build("../../..", dir)
	}
	code := 1
	if err != nil {
		fmt.Println(err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// begin marks a test that drives real programs; tests of whole networks run side by side, since they mostly wait.
func begin(t *testing.T, kinds ...peers.Kind) {
	t.Helper()
	if testing.Short() {
		t.Skip("drives real clients")
	}
	t.Parallel()
	peers.Need(t, kinds...)
}

// run starts groove in a node, with a state of its own, silent on the local network.
func run(t *testing.T, node *netlab.Node, args ...string) *binary.Process {
	t.Helper()
	args = append(args, "--json", "--no-lsd", "--state", t.TempDir())
	return binary.Start(t, node.Command(groove, args...))
}

// make writes a torrent of a folder and returns its path.
func makeTorrent(t *testing.T, folder string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), filepath.Base(folder)+".torrent")
	args = append([]string{"torrent", "make", folder, "--out", out}, args...)
	if text, err := exec.Command(groove, args...).CombinedOutput(); err != nil {
		t.Fatalf("groove %s: %v\n%s", strings.Join(args, " "), err, text)
	}
	return out
}

// A shown torrent is what groove torrent show says about it.
type shown struct {
	Name        string
	V1, V2      *string
	TotalLength int64 `json:"total_length"`
}

func show(t *testing.T, torrent string) shown {
	t.Helper()
	text, err := exec.Command(groove, "torrent", "show", torrent, "--json").Output()
	if err != nil {
		t.Fatalf("groove torrent show %s: %v", torrent, err)
	}
	var s shown
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatalf("groove torrent show %s: %v\n%s", torrent, err, text)
	}
	return s
}

// magnet returns a link that says nothing but the hashes of a torrent.
func magnet(t *testing.T, torrent string) string {
	s := show(t, torrent)
	var topics []string
	if s.V1 != nil {
		topics = append(topics, "xt=urn:btih:"+*s.V1)
	}
	if s.V2 != nil {
		topics = append(topics, "xt=urn:btmh:1220"+*s.V2)
	}
	return "magnet:?" + strings.Join(topics, "&")
}

// makeFolder writes files of noise and returns the folder. The same sizes give other bytes in every call.
func makeFolder(t *testing.T, name string, sizes map[string]int) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), name)
	noise := rand.NewChaCha8([32]byte{byte(rand.Uint32()), byte(rand.Uint32()), byte(rand.Uint32())})
	for path, size := range sizes {
		file := filepath.Join(folder, filepath.FromSlash(path))
		data := make([]byte, size)
		noise.Read(data)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// aShow is the usual folder: three recordings, a text and a picture whose name is not ASCII.
func aShow(t *testing.T) string {
	return makeFolder(t, "Band 1975-02-14 Hall", map[string]int{
		"t01 Overture.flac": 3<<20 + 17, "t02.flac": 4 << 20, "t03.flac": 1<<20 - 1, "info.txt": 777, "art/Café.jpg": 30_001,
	})
}

// identical compares two folders byte for byte. Files that only a getter has are an error too, but for pad files,
// which some clients write.
func identical(t *testing.T, want, got string) {
	t.Helper()
	seen := map[string]bool{}
	err := filepath.WalkDir(want, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(want, path)
		seen[name] = true
		a, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(got, name))
		if err != nil {
			t.Errorf("%v", err)
		} else if string(a) != string(b) {
			t.Errorf("%s differs in %s", name, got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	filepath.WalkDir(got, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(got, path)
		if err == nil && !d.IsDir() && !seen[name] && !strings.HasPrefix(name, ".pad") {
			t.Errorf("%s has %s, which nobody shared", got, name)
		}
		return nil
	})
}

// A party is one client in a test, ours or another.
type party struct {
	name  string
	moved func() (down, up int64) // payload so far
}

func other(p *peers.Peer) party {
	return party{string(p.Kind), func() (int64, int64) { s := p.Stats(); return s.Down, s.Up }}
}

func ours(name string, p *binary.Process) party {
	return party{name, func() (int64, int64) { e := p.Last("progress"); return e.Downloaded, e.Uploaded }}
}

// gave and got log what a party moved and want the one way to be more than nothing.
// Counters follow the data by up to a second.
func gave(t *testing.T, p party) { t.Helper(); wantMoved(t, p, false, true) }
func got(t *testing.T, p party)  { t.Helper(); wantMoved(t, p, true, false) }
func both(t *testing.T, p party) { t.Helper(); wantMoved(t, p, true, true) }

func wantMoved(t *testing.T, p party, wantDown, wantUp bool) {
	t.Helper()
	var down, up int64
	for range 30 {
		down, up = p.moved()
		if (down > 0 || !wantDown) && (up > 0 || !wantUp) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("%-14s received %10d, sent %10d", p.name, down, up)
	if wantDown && down == 0 {
		t.Errorf("%s received nothing", p.name)
	}
	if wantUp && up == 0 {
		t.Errorf("%s sent nothing", p.name)
	}
}

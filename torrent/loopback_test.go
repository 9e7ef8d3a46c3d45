package torrent_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"groove/torrent"
	"groove/torrent/metainfo"
)

// show makes a folder with files of noise, and a torrent of it.
func show(t testing.TB, o torrent.MakeOptions, sizes ...int) (dir string, m *metainfo.Metainfo) {
	t.Helper()
	dir = t.TempDir()
	root := filepath.Join(dir, "show")
	noise := rand.NewChaCha8([32]byte{byte(len(sizes))})
	for i, n := range sizes {
		data := make([]byte, n)
		noise.Read(data)
		path := filepath.Join(root, "disc"+string(rune('1'+i%2)), "track"+string(rune('a'+i))+".wav")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, _, err := torrent.Make(context.Background(), root, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return dir, m
}

func session(t testing.TB, cfg torrent.Config) *torrent.Session {
	t.Helper()
	if cfg.Listen == nil {
		cfg.Listen = []string{"127.0.0.1:0"}
	}
	cfg.NoLSD = true
	s, err := torrent.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func add(t testing.TB, s *torrent.Session, o torrent.AddOptions) *torrent.Torrent {
	t.Helper()
	x, err := s.Add(o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// until waits for a condition, and says what the torrent looked like when it did not come.
func until(t testing.TB, x *torrent.Torrent, what string, ok func(torrent.Stats) bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok(x.Stats()) {
			return
		}
	}
	t.Fatalf("never %s: %+v", what, x.Stats())
}

func seeding(s torrent.Stats) bool { return s.State == torrent.Seeding }

// same compares two folders byte by byte.
func same(t testing.TB, a, b string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(a, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(a, path)
		x, _ := os.ReadFile(path)
		y, err := os.ReadFile(filepath.Join(b, rel))
		if err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs (%v)", rel, err)
		}
		n++
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("compared %d files: %v", n, err)
	}
}

// A folder is shared by one session and got by another, as v1, hybrid and v2, by torrent file and by magnet.
func TestAShowTravels(t *testing.T) {
	for name, format := range map[string]metainfo.Format{"v1": metainfo.V1, "hybrid": metainfo.Hybrid, "v2": metainfo.V2} {
		for _, magnet := range []bool{false, true} {
			kind := name + " torrent"
			if magnet {
				kind = name + " magnet"
			}
			t.Run(kind, func(t *testing.T) {
				o := torrent.MakeOptions{}
				o.Format = format
				dir, m := show(t, o, 300_000, 0, 1_234_567, 16384, 5)
				a, b := session(t, torrent.Config{}), session(t, torrent.Config{StateDir: t.TempDir()})
				until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
				get := torrent.AddOptions{Metainfo: m, Dir: t.TempDir(), Peers: []string{a.Addrs()[0].String()}}
				if magnet {
					g := metainfo.Magnet{ID: m.Info.ID}
					get.Metainfo, get.Magnet = nil, &g
				}
				x := add(t, b, get)
				until(t, x, "complete", seeding)
				same(t, filepath.Join(dir, "show"), filepath.Join(get.Dir, "show"))
				if s := x.Stats(); s.Done != s.Total || s.Total != 300_000+1_234_567+16384+5 {
					t.Errorf("done %d of %d", s.Done, s.Total)
				}
			})
		}
	}
}

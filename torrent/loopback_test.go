package torrent_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"groove/torrent"
	"groove/torrent/infohash"
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

// A seed is known by its IPv4 and its IPv6 address, and both are dialled at once: one connection stays.
func TestASeedAtTwoAddresses(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 20_000_000)
	a, b := session(t, torrent.Config{Listen: []string{":0"}}), session(t, torrent.Config{Listen: []string{":0"}})
	port := strconv.Itoa(int(a.Addrs()[0].Port()))
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	x := add(t, b, torrent.AddOptions{Metainfo: m, Dir: t.TempDir(), Peers: []string{"127.0.0.1:" + port, "[::1]:" + port}})
	until(t, x, "complete", seeding)
}

// A getter is stopped half-way and started again: it goes on where it was. A third time, with the seed
// gone, everything is there at once, and the record is believed.
func TestGettingGoesOnWhereItWas(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 8_000_000, 8_000_000)
	a := session(t, torrent.Config{UpLimit: 4 << 20})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	state, out := t.TempDir(), t.TempDir()
	get := torrent.AddOptions{Metainfo: m, Dir: out, Peers: []string{a.Addrs()[0].String()}}

	first := session(t, torrent.Config{StateDir: state})
	x := add(t, first, get)
	until(t, x, "half-way", func(s torrent.Stats) bool { return s.Done > 4_000_000 })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	done := x.Stats().Done
	a.SetLimits(0, 0)

	second := session(t, torrent.Config{StateDir: state})
	x = add(t, second, get)
	until(t, x, "complete", seeding)
	if s := x.Stats(); s.Down > s.Total-done+1<<20 {
		t.Errorf("%d bytes of %d were there, yet %d were fetched", done, s.Total, s.Down)
	}
	if _, err := session(t, torrent.Config{StateDir: state, Owner: "another"}).Add(get); !errors.Is(err, torrent.ErrInUse) {
		t.Errorf("a second session on the same data: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	a.Close()

	third := session(t, torrent.Config{StateDir: state})
	x = add(t, third, get)
	until(t, x, "complete", seeding)
	same(t, filepath.Join(dir, "show"), filepath.Join(out, "show"))
}

// What was there before is not overwritten, unless that is asked for.
func TestAFileInTheWayIsKept(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 300_000)
	a := session(t, torrent.Config{})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	out := t.TempDir()
	mine := filepath.Join(out, "show", "disc1", "tracka.wav")
	if err := os.MkdirAll(filepath.Dir(mine), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, []byte("my own recording"), 0o644); err != nil {
		t.Fatal(err)
	}
	get := torrent.AddOptions{Metainfo: m, Dir: out, Peers: []string{a.Addrs()[0].String()}}
	x := add(t, session(t, torrent.Config{StateDir: t.TempDir()}), get)
	until(t, x, "refused", func(s torrent.Stats) bool { return s.State == torrent.Failed })
	if err := x.Stats().Err; !errors.Is(err, torrent.ErrWouldOverwrite) || !strings.Contains(err.Error(), "tracka.wav") {
		t.Errorf("refused with %v", err)
	}
	if b, _ := os.ReadFile(mine); string(b) != "my own recording" {
		t.Error("the file was changed")
	}
	get.Overwrite = true
	until(t, add(t, session(t, torrent.Config{StateDir: t.TempDir()}), get), "complete", seeding)
	same(t, filepath.Join(dir, "show"), filepath.Join(out, "show"))
}

// A seed whose file is changed by another program stops, says which, and no longer serves.
func TestDataThatChangesUnderASeed(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 3_000_000)
	a, b := session(t, torrent.Config{UpLimit: 100_000}), session(t, torrent.Config{})
	x := add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true})
	until(t, x, "seeding", seeding)
	add(t, b, torrent.AddOptions{Metainfo: m, Dir: t.TempDir(), Peers: []string{a.Addrs()[0].String()}})
	until(t, x, "connected", func(s torrent.Stats) bool { return len(s.Peers) == 1 })
	if err := os.WriteFile(filepath.Join(dir, "show", "disc1", "tracka.wav"), make([]byte, 3_000_000), 0o644); err != nil {
		t.Fatal(err)
	}
	until(t, x, "stopped", func(s torrent.Stats) bool { return s.State == torrent.Failed && len(s.Peers) == 0 })
	if err := x.Stats().Err; !errors.Is(err, torrent.ErrChanged) || !strings.Contains(err.Error(), "tracka.wav") {
		t.Errorf("stopped with %v", err)
	}
}

// A magnet link that got its metadata once needs nobody for it the second time.
func TestAMagnetRemembersItsMetadata(t *testing.T) {
	o := torrent.MakeOptions{}
	o.Format = metainfo.Hybrid
	dir, m := show(t, o, 2_000_000)
	a := session(t, torrent.Config{})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	v1, _ := m.Info.ID.V1()
	g := metainfo.Magnet{ID: infohash.FromV1(v1), Peers: []string{a.Addrs()[0].String()}}
	state, out := t.TempDir(), t.TempDir()
	first := session(t, torrent.Config{StateDir: state})
	until(t, add(t, first, torrent.AddOptions{Magnet: &g, Dir: out}), "complete", seeding)
	first.Close()
	a.Close()
	x := add(t, session(t, torrent.Config{StateDir: state}), torrent.AddOptions{Magnet: &g, Dir: out})
	until(t, x, "complete", seeding)
	if x.ID() != m.Info.ID {
		t.Errorf("the hybrid is known as %v", x.ID())
	}
}

// A peer that is being dialled and says nothing does not hold up the end.
func TestClosingDoesNotWaitForTheSilent(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, m := show(t, torrent.MakeOptions{}, 1000)
	s := session(t, torrent.Config{})
	x := add(t, s, torrent.AddOptions{Metainfo: m, Dir: t.TempDir(), Peers: []string{silent.Addr().String()}})
	until(t, x, "dialling", func(s torrent.Stats) bool { return s.Waiting == "trying to reach peers" })
	begin := time.Now()
	s.Close()
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Fifty sessions come and go for a while in one swarm: no race, no goroutine left, nothing wrong.
func TestManyComeAndGo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	before := runtime.NumGoroutine()
	dir, m := show(t, torrent.MakeOptions{}, 1_500_000, 700_000)
	seed, err := torrent.Open(torrent.Config{Listen: []string{"127.0.0.1:0"}, NoLSD: true})
	if err != nil {
		t.Fatal(err)
	}
	until(t, add(t, seed, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	churn(t, m, seed.Addrs()[0].String())
	if err := seed.Close(); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
	}
}

// churn keeps fifty getters going for GROOVE_CHURN (default 5 s), each for a random while.
func churn(t *testing.T, m *metainfo.Metainfo, seed string) {
	length := 5 * time.Second
	if d, err := time.ParseDuration(os.Getenv("GROOVE_CHURN")); err == nil {
		length = d
	}
	var mu sync.Mutex
	known := []string{seed}
	var complete atomic.Int64
	var members sync.WaitGroup
	end := time.Now().Add(length)
	for i := range 50 {
		rng := rand.New(rand.NewPCG(uint64(i), 5))
		members.Go(func() {
			for time.Now().Before(end) {
				s, err := torrent.Open(torrent.Config{Listen: []string{"127.0.0.1:0"}, NoLSD: true, AllowLocal: true})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				peers := []string{known[rng.IntN(len(known))], known[rng.IntN(len(known))]}
				known = append(known, s.Addrs()[0].String())
				if len(known) > 60 {
					known = append(known[:1], known[11:]...)
				}
				mu.Unlock()
				x, err := s.Add(torrent.AddOptions{Metainfo: m, Dir: t.TempDir(), Peers: peers})
				if err != nil {
					t.Error(err)
				}
				for stay := time.Now().Add(time.Duration(rng.IntN(2000)) * time.Millisecond); time.Now().Before(stay); time.Sleep(50 * time.Millisecond) {
					x.Stats()
				}
				if x.Stats().State == torrent.Seeding {
					complete.Add(1)
				}
				if st := x.Stats(); st.Corrupt != 0 || st.Err != nil {
					t.Errorf("corrupt %d, %v", st.Corrupt, st.Err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	members.Wait()
	if complete.Load() == 0 {
		t.Error("nobody ever completed")
	}
	t.Logf("%d got everything", complete.Load())
}

package torrent_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sync"

	"groove/torrent"
	"groove/torrent/disk"
	"groove/torrent/metainfo"
)

// sampleShow makes a folder with one file, for the examples.
func sampleShow() string {
	dir, err := os.MkdirTemp("", "groove-example-")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "show"), 0o755); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "show", "one.wav"), make([]byte, 100_000), 0o644); err != nil {
		log.Fatal(err)
	}
	return dir
}

// open starts a session on this machine alone.
func open() *torrent.Session {
	s, err := torrent.Open(torrent.Config{Listen: []string{"127.0.0.1:0"}, NoLSD: true})
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// shareSample makes a torrent of the sample and seeds it.
func shareSample(s *torrent.Session, dir string) *metainfo.Metainfo {
	m, _, err := torrent.Make(context.Background(), filepath.Join(dir, "show"), torrent.MakeOptions{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	t, err := s.Add(torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true})
	if err != nil {
		log.Fatal(err)
	}
	for e := range t.Events() {
		if e.Kind == torrent.Done {
			break
		}
	}
	return m
}

// One session shares a folder, another gets it.
func Example() {
	dir := sampleShow()
	defer os.RemoveAll(dir)
	taper, friend := open(), open()
	defer taper.Close()
	defer friend.Close()
	m := shareSample(taper, dir)

	t, err := friend.Add(torrent.AddOptions{
		Metainfo: m, Dir: filepath.Join(dir, "friend"), Peers: []string{taper.Addrs()[0].String()},
	})
	if err != nil {
		log.Fatal(err)
	}
	for e := range t.Events() {
		if e.Kind == torrent.Done {
			break
		}
	}
	s := t.Stats()
	fmt.Printf("%s: %d of %d bytes, %s\n", s.Name, s.Done, s.Total, s.State)
	// Output: show: 100000 of 100000 bytes, seeding
}

// inMemory keeps a torrent's bytes in memory.
type inMemory struct {
	mu    sync.Mutex
	bytes []byte
	known bool // something was written
}

func (m *inMemory) ReadAt(p []byte, off int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.known {
		return disk.ErrMissing
	}
	copy(p, m.bytes[off:])
	return nil
}

func (m *inMemory) WriteAt(p []byte, off int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = true
	copy(m.bytes[off:], p)
	return nil
}

func (m *inMemory) Sync() error  { return nil }
func (m *inMemory) Close() error { return nil }

// A torrent's bytes may be kept anywhere.
func ExampleAddOptions_storage() {
	dir := sampleShow()
	defer os.RemoveAll(dir)
	taper, friend := open(), open()
	defer taper.Close()
	defer friend.Close()
	m := shareSample(taper, dir)

	memory := &inMemory{}
	t, err := friend.Add(torrent.AddOptions{
		Metainfo: m, Peers: []string{taper.Addrs()[0].String()},
		Storage: func(info *metainfo.Info) (torrent.Storage, error) {
			memory.bytes = make([]byte, info.Layout.Total())
			return memory, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for e := range t.Events() {
		if e.Kind == torrent.Done {
			break
		}
	}
	fmt.Println(len(memory.bytes), "bytes in memory,", t.Stats().State)
	// Output: 100000 bytes in memory, seeding
}

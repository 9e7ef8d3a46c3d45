//go:build linux

package interop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"groove/internal/test/netlab"
	"groove/internal/test/peers"
)

// Five real clients seed, and the disk under one of them rots after it has checked its files: what it sends is wrong.
// It is dropped by name and nobody else is; the show arrives.
func TestTheClientThatSendsWrongDataIsDropped(t *testing.T) {
	kinds := []peers.Kind{peers.Libtorrent, peers.Transmission, peers.Aria2, peers.Rtorrent, peers.Libtorrent}
	begin(t, kinds...)
	liar := slices.Index(kinds, peers.Aria2)
	lab := netlab.New(t, 6)
	folder := makeFolder(t, "Rot", map[string]int{"t1.flac": 20 << 20, "t2.flac": 10<<20 + 1})
	torrent := makeTorrent(t, folder)

	var seeds []*peers.Peer
	args := []string{"get", torrent, t.TempDir()}
	out := args[2]
	for i, kind := range kinds {
		dir := t.TempDir()
		copyFile(t, folder, filepath.Join(dir, "Rot"), "t1.flac", "t2.flac")
		// As fast as lets Transmission, which thinks for 10 s, still give its share.
		o := peers.Options{Torrent: torrent, Dir: dir, Port: 7001, Up: 500}
		seed := peers.Start(t, kind, lab.Node(i+1), o)
		seed.Wait(patience)
		if i == liar {
			rot(t, filepath.Join(dir, "Rot", "t1.flac"), 20<<20)
			rot(t, filepath.Join(dir, "Rot", "t2.flac"), 10<<20)
		}
		seeds = append(seeds, seed)
		args = append(args, "--peer", addr(lab.Node(i+1), 7001).String())
	}
	get := run(t, lab.Node(6), args...)
	if code := get.Exit(2 * patience); code != 0 {
		t.Fatalf("get ended with %d\n%s", code, get.Story())
	}
	for _, seed := range seeds {
		gave(t, other(seed))
	}
	got(t, ours("groove get", get))
	for i := range kinds {
		dropped := strings.Contains(get.Said(), "dropped "+addr(lab.Node(i+1), 7001).String())
		if dropped != (i == liar) {
			t.Errorf("%s dropped: %v; it was said\n%s", kinds[i], dropped, get.Said())
		}
	}
	identical(t, folder, filepath.Join(out, "Rot"))
}

// rot overwrites a file in its place.
func rot(t *testing.T, name string, size int) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
}

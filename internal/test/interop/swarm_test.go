//go:build linux

package interop

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"groove/internal/test/binary"
	"groove/internal/test/netlab"
	"groove/internal/test/peers"
)

var allKinds = []peers.Kind{peers.Libtorrent, peers.Transmission, peers.Aria2, peers.Rtorrent}

// Five friends, each with another client, hold another fifth of a show each. Nobody has all of it, so everybody must give and
// take. Transmission and aria2 cannot be told a peer, and so meet only the other three.
func TestFiveClientsCompleteAShowTogether(t *testing.T) {
	begin(t, allKinds...)
	lab := netlab.New(t, 5)
	const track = 1 << 20 // whole pieces, so that a friend's fifth is good by itself
	sizes := map[string]int{}
	for i := range 5 {
		sizes[fmt.Sprintf("t%d.flac", i+1)] = track
	}
	folder := makeFolder(t, "Fifths", sizes)
	torrent := makeTorrent(t, folder, "--piece-length", "64KiB")

	var friends []*peers.Peer
	dirs := make([]string, 5)
	for i := range dirs {
		dirs[i] = t.TempDir()
		copyFile(t, folder, filepath.Join(dirs[i], "Fifths"), fmt.Sprintf("t%d.flac", i+1))
	}
	for i, kind := range allKinds {
		o := peers.Options{Torrent: torrent, Dir: dirs[i], Port: 7001}
		for j := range allKinds {
			if kind.CanDial() && j != i {
				o.Peers = append(o.Peers, addr(lab.Node(j+1), 7001))
			}
		}
		friends = append(friends, peers.Start(t, kind, lab.Node(i+1), o))
	}
	args := []string{"get", torrent, dirs[4], "--stay", "--listen", ":7001"}
	for i := range allKinds {
		args = append(args, "--peer", addr(lab.Node(i+1), 7001).String())
	}
	fifth := run(t, lab.Node(5), args...)

	fifth.Wait("done", 2*time.Minute)
	for _, friend := range friends {
		friend.Wait(2 * time.Minute)
		both(t, other(friend))
	}
	both(t, ours("groove get", fifth))
	for _, friend := range friends {
		friend.Stop()
	}
	stopped(t, fifth)
	for _, dir := range dirs {
		identical(t, folder, filepath.Join(dir, "Fifths"))
	}
}

// One seed, a tracker, and everybody gets: the ordinary evening.
func TestATrackerGathersAllClients(t *testing.T) {
	if !long {
		t.Skip("part of the full matrix: GROOVE_TEST_LONG=1")
	}
	begin(t, allKinds...)
	lab := netlab.New(t, 6)
	folder := aShow(t)
	share := run(t, lab.Node(1), "share", folder, "--out", filepath.Join(t.TempDir(), "x.torrent"), "--up-limit", "1MiB")
	ready := share.Wait("ready", patience)
	var friends []*peers.Peer
	var dirs []string
	for i, kind := range allKinds {
		dirs = append(dirs, t.TempDir())
		friends = append(friends, peers.Start(t, kind, lab.Node(i+2), peers.Options{Torrent: ready.Torrent, Dir: dirs[i], Port: 7001}))
	}
	dirs = append(dirs, t.TempDir())
	get := run(t, lab.Node(6), "get", ready.Magnet, dirs[4], "--stay")
	get.Wait("done", 2*time.Minute)
	for _, friend := range friends {
		friend.Wait(2 * time.Minute)
		got(t, other(friend))
		friend.Stop()
	}
	gave(t, ours("groove share", share))
	got(t, ours("groove get", get))
	stopped(t, get)
	for _, dir := range dirs {
		identical(t, folder, filepath.Join(dir, filepath.Base(folder)))
	}
}

// A hybrid torrent is one swarm, by whichever of its names a peer knows it: rtorrent speaks v1 only, one libtorrent and
// one of ours know only the v2 hash. Three hold a third of the show each. What rtorrent holds ends on piece borders:
// it has no pad files yet, and could not check a piece that needs one.
func TestAHybridSwarmSpeaksBoth(t *testing.T) {
	begin(t, peers.Libtorrent, peers.Rtorrent)
	lab := netlab.New(t, 4)
	folder := makeFolder(t, "Both", map[string]int{"t1.flac": 1<<20 + 99, "t2.flac": 1<<20 - 5, "t3.flac": 1 << 20, "t4.flac": 700_001})
	torrent := makeTorrent(t, folder, "--format", "hybrid", "--piece-length", "64KiB")
	s := show(t, torrent)
	v2 := "magnet:?xt=urn:btmh:1220" + *s.V2
	dirs := make([]string, 4)
	for i := range dirs {
		dirs[i] = t.TempDir()
	}
	// Whoever has only a magnet dials the first by the v2 hash, and gets the metadata.
	copyFile(t, folder, filepath.Join(dirs[0], "Both"), "t1.flac")
	copyFile(t, folder, filepath.Join(dirs[1], "Both"), "t2.flac")
	copyFile(t, folder, filepath.Join(dirs[2], "Both"), "t3.flac", "t4.flac")
	first := run(t, lab.Node(1), "get", torrent, dirs[0], "--stay", "--listen", ":7001",
		"--peer", "10.77.0.3:7001")
	friends := []*peers.Peer{
		peers.Start(t, peers.Libtorrent, lab.Node(2), peers.Options{Magnet: v2, Dir: dirs[1], Port: 7001,
			Peers: []netip.AddrPort{addr(lab.Node(1), 7001)}}),
		peers.Start(t, peers.Rtorrent, lab.Node(3), peers.Options{Torrent: torrent, Dir: dirs[2], Port: 7001}),
	}
	fourth := run(t, lab.Node(4), "get", v2, dirs[3], "--stay", "--listen", ":7001", "--peer", "10.77.0.1:7001", "--peer", "10.77.0.2:7001")
	first.Wait("done", 2*time.Minute)
	fourth.Wait("done", 2*time.Minute)
	for _, friend := range friends {
		friend.Wait(2 * time.Minute)
		both(t, other(friend))
	}
	both(t, ours("groove get", first))
	got(t, ours("groove get v2", fourth))
	for _, friend := range friends {
		friend.Stop()
	}
	stopped(t, first)
	stopped(t, fourth)
	for _, dir := range dirs {
		identical(t, folder, filepath.Join(dir, "Both"))
	}
}

// stopped interrupts a get that is complete: that is a good end.
func stopped(t *testing.T, p *binary.Process) {
	t.Helper()
	p.Interrupt()
	if code := p.Exit(10 * time.Second); code != 0 {
		t.Errorf("a complete get --stay ended with %d after Ctrl-C\n%s", code, p.Story())
	}
}

func copyFile(t *testing.T, from, to string, names ...string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

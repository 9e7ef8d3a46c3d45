//go:build linux

package interop

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"groove/internal/test/binary"
	"groove/internal/test/netlab"
	"groove/internal/test/peers"
)

const (
	killSize  = 256 << 20
	killPiece = 1 << 20
	// mayLose is what one kill may cost: what came since the last checkpoint, and a piece of the one peer.
	mayLose = 64<<20 + killPiece
	// killsEach is how often one download is killed before it may finish.
	killsEach = 3
)

// TestKill kills groove get without warning, again and again. It goes on where it was, fetches little twice,
// and the end is right to the byte.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	peers.Need(t, peers.Libtorrent)
	kills := 10
	if long {
		kills = 50
	}
	lab := netlab.New(t, 2)
	folder := makeFolder(t, "Long Show", map[string]int{"t1.flac": killSize / 2, "t2.flac": killSize/2 - 12345, "info.txt": 12345})
	torrent := makeTorrent(t, folder, "--piece-length", "1MiB")
	seed := peers.Start(t, peers.Libtorrent, lab.Node(1), peers.Options{Torrent: torrent, Dir: filepath.Dir(folder), Port: 7001, Up: 64 << 10})
	seed.Wait(patience)

	begin := func(out, state string) *binary.Process {
		return binary.Start(t, lab.Node(2).Command(groove, "get", torrent, out, "--peer", "10.77.0.1:7001", "--json", "--no-lsd", "--state", state))
	}
	var worst int64
	for done := 0; done < kills; {
		out, state, sent := t.TempDir(), t.TempDir(), settledUp(seed)
		killed := 0
		for killed < min(killsEach, kills-done) {
			p := begin(out, state)
			time.Sleep(100*time.Millisecond + rand.N(1400*time.Millisecond))
			if p.Ended() {
				break // it was faster
			}
			p.Kill()
			killed++
		}
		p := begin(out, state)
		if code := p.Exit(patience); code != 0 {
			t.Fatalf("after %d kills get ended with %d\n%s", killed, code, p.Story())
		}
		again := settledUp(seed) - sent - killSize
		t.Logf("%d kills cost %d KiB sent again", killed, again>>10)
		if again > int64(killed)*mayLose {
			t.Errorf("%d kills cost %d bytes, more than %d each", killed, again, mayLose)
		}
		if killed > 0 {
			worst = max(worst, again/int64(killed))
		}
		identical(t, folder, filepath.Join(out, "Long Show"))
		done += max(killed, 1)
	}
	t.Logf("FIGURE %d kills, at worst %d KiB a kill fetched again", kills, worst>>10)
}

// settledUp returns what the seed has sent, once its count stands still.
func settledUp(seed *peers.Peer) int64 {
	last := int64(-1)
	for {
		up := seed.Stats().Up
		if up == last {
			return up
		}
		last = up
		time.Sleep(500 * time.Millisecond)
	}
}

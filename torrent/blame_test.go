package torrent_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"groove/torrent"
	"groove/torrent/layout"
	"groove/torrent/metainfo"
)

// Five real peers at addresses of their own, one of which spoils what it gives: it is found and banned, nobody
// else is, and the download completes. Each round spoils in another way, at another place.
func TestWhoSpoilsIsBannedAndNobodyElse(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 1
	}
	for round := range rounds {
		rng := rand.New(rand.NewPCG(uint64(round), 6))
		format := []metainfo.Format{metainfo.V1, metainfo.Hybrid, metainfo.V2}[round%3]
		pieceLength := []int64{16 << 10, 128 << 10, 1 << 20}[rng.IntN(3)]
		share := 1 + rng.IntN(4) // of so many blocks, one is spoiled
		t.Run(fmt.Sprintf("%s, pieces of %d KiB, one block in %d", format, pieceLength>>10, share), func(t *testing.T) {
			spoilOneOfFive(t, torrent.MakeOptions{Format: format, PieceLength: pieceLength}, rng.IntN(5), share)
		})
	}
}

func spoilOneOfFive(t *testing.T, o torrent.MakeOptions, liar, share int) {
	dir, m := show(t, o, 4_000_000, 2_500_000)
	truth := content(t, dir, m)
	var peers []string
	for i := range 5 {
		s := session(t, torrent.Config{Listen: []string{fmt.Sprintf("127.0.0.%d:0", 2+i)}, UpLimit: 2 << 20})
		store := &shelf{data: truth}
		if i == liar {
			store.spoil = func(p []byte, off int64) {
				for at := range p {
					if pos := off + int64(at); pos%layout.BlockSize == 77 && pos/layout.BlockSize%int64(share) == 0 {
						p[at] ^= 0x40
					}
				}
			}
		}
		until(t, add(t, s, torrent.AddOptions{Metainfo: m, Storage: on(store), Seed: true, Trust: true}), "seeding", seeding)
		peers = append(peers, s.Addrs()[0].String())
	}
	out := t.TempDir()
	x := add(t, session(t, torrent.Config{}), torrent.AddOptions{Metainfo: m, Dir: out, Peers: peers})
	events := x.Events()
	until(t, x, "complete", seeding)
	same(t, filepath.Join(dir, "show"), filepath.Join(out, "show"))
	var banned []string
	for late := time.After(5 * time.Second); len(banned) == 0; {
		select {
		case e := <-events:
			if e.Kind == torrent.PeerBanned {
				banned = append(banned, e.Addr.String())
			}
		case <-late:
			t.Fatalf("nobody was banned; %d bytes were corrupt", x.Stats().Corrupt)
		}
	}
	for len(events) > 0 {
		if e := <-events; e.Kind == torrent.PeerBanned {
			banned = append(banned, e.Addr.String())
		}
	}
	if len(banned) != 1 || banned[0] != peers[liar] {
		t.Errorf("banned %v, while %s spoiled; the others are %v", banned, peers[liar], peers)
	}
	for _, p := range x.Stats().Peers {
		if p.Addr == netip.MustParseAddrPort(peers[liar]) {
			t.Error("the liar is still connected")
		}
	}
}

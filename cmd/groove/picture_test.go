package main

import (
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"groove/torrent"
)

var update = flag.Bool("update", false, "write the pictures anew")

func somePeers(n int) []torrent.PeerStats {
	clients := []string{"Transmission 3.00", "Groove 0.1.0", "libtorrent/2.0.8.0", "a client with a very long name", "evil\x1b[2J"}
	var peers []torrent.PeerStats
	for i := range n {
		peers = append(peers, torrent.PeerStats{
			Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, 1, byte(i + 2)}), 7001), Client: clients[i%len(clients)],
			Done: min(float64(i)/4, 1), Lacks: i < 4, DownRate: int64(i) * 1 << 19, UpRate: int64(n-i) * 1 << 15,
		})
	}
	return peers
}

var pictures = map[string]struct {
	view  view
	width int
}{
	"getting": {view{Stats: torrent.Stats{
		State: torrent.Downloading, Name: "gd1977-05-08.sbd.hicks.4982.sbeok.shnf", Done: 700 << 20, Total: 1 << 30,
		DownRate: 4 << 20, ETA: 83 * time.Second, Copies: 3.4, Peers: somePeers(9), Seeds: 5,
	}, footer: "Ctrl-C stops; the same command goes on where it was.", color: true}, 80},
	"waiting": {view{Stats: torrent.Stats{
		State: torrent.Downloading, Name: "fugazi1989-02-04", Done: 97 << 20, Total: 100 << 20, ETA: -1,
		Waiting: `nobody connected has "fugazi1989-02-04/t07.flac"`, Peers: somePeers(2), Copies: 0.97,
	}, footer: "Ctrl-C stops; the same command goes on where it was.", color: true}, 80},
	"metadata": {view{Stats: torrent.Stats{Waiting: "no tracker has answered yet", ETA: -1}, footer: "Ctrl-C stops."}, 80},
	"checking": {view{Stats: torrent.Stats{State: torrent.Checking, Name: "show", Total: 1 << 30, Checked: 0.505, ETA: -1}, footer: "Ctrl-C stops."}, 80},
	"sharing": {view{Stats: torrent.Stats{
		State: torrent.Seeding, Name: "porchlights2024-06-21.synth.wav16", Done: 4 << 20, Total: 4 << 20, Up: 6 << 20, UpRate: 1 << 20,
		Copies: 1.25, Peers: somePeers(3), ETA: -1,
	}, giving: true, footer: "Ctrl-C closes your window; 2 people are still getting this."}, 80},
	"failed": {view{Stats: torrent.Stats{
		State: torrent.Failed, Name: "show", Done: 1 << 20, Total: 2 << 20, ETA: -1,
		Err: errors.New(`write piece 12 of "set2.flac": no space left`),
	}, footer: "Ctrl-C stops."}, 80},
	"narrow": {view{Stats: torrent.Stats{
		State: torrent.Downloading, Name: "a name that is much too long for so narrow a window", Done: 7 << 20, Total: 10 << 20,
		DownRate: 4 << 20, ETA: 83 * time.Second, Peers: somePeers(40), Seeds: 36,
	}, footer: "Ctrl-C stops; the same command goes on where it was."}, 40},
}

func TestPictures(t *testing.T) {
	for name, p := range pictures {
		t.Run(name, func(t *testing.T) {
			lines := render(p.view, p.width)
			if len(lines) > 12 {
				t.Errorf("%d lines", len(lines))
			}
			for _, line := range lines {
				if n := visibleColumns(line); n > p.width {
					t.Errorf("%d columns: %q", n, line)
				}
			}
			got := strings.ReplaceAll(strings.Join(lines, "\n")+"\n", "\x1b", "^[")
			golden := filepath.Join("testdata", "picture", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestNoWidthBreaksThePicture(t *testing.T) {
	for name, p := range pictures {
		for width := range 200 {
			for _, line := range render(p.view, width) {
				if n := visibleColumns(line); n > max(width, 0) {
					t.Fatalf("%s at %d: %d columns: %q", name, width, n, line)
				}
			}
		}
	}
}

package peers

import (
	"crypto/sha1"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"groove/internal/test/netlab"
)

const pieceBytes = 1 << 18

// sample makes a folder with one file of noise and its torrent, by hand, so that this test needs nothing of ours.
func sample(t *testing.T) (dir, torrent string) {
	t.Helper()
	dir = t.TempDir()
	noise := make([]byte, 3<<20+12345)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	if err := os.WriteFile(filepath.Join(dir, "noise"), noise, 0o644); err != nil {
		t.Fatal(err)
	}
	var hashes []byte
	for at := 0; at < len(noise); at += pieceBytes {
		sum := sha1.Sum(noise[at:min(at+pieceBytes, len(noise))])
		hashes = append(hashes, sum[:]...)
	}
	torrent = filepath.Join(t.TempDir(), "noise.torrent")
	text := fmt.Sprintf("d4:infod6:lengthi%de4:name5:noise12:piece lengthi%de6:pieces%d:%see", len(noise), pieceBytes, len(hashes), hashes)
	if err := os.WriteFile(torrent, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, torrent
}

func TestClientsMoveData(t *testing.T) {
	if testing.Short() {
		t.Skip("Transmission takes 15 s")
	}
	for _, kind := range []Kind{Transmission, Aria2, Rtorrent} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			Need(t, Libtorrent, kind)
			lab := netlab.New(t, 3)
			dir, torrent := sample(t)
			seed := Start(t, Libtorrent, lab.Node(1), Options{Torrent: torrent, Dir: dir, Port: 7001,
				Peers: []netip.AddrPort{netip.AddrPortFrom(lab.Node(2).Addr(), 7002)}})
			seed.Wait(10 * time.Second)
			there := t.TempDir()
			middle := Start(t, kind, lab.Node(2), Options{Torrent: torrent, Dir: there, Port: 7002})
			middle.Wait(45 * time.Second)
			seed.Stop()
			// And on to another, so that the client has sent, too.
			back := t.TempDir()
			getter := Start(t, Libtorrent, lab.Node(3), Options{Torrent: torrent, Dir: back, Port: 7003,
				Peers: []netip.AddrPort{netip.AddrPortFrom(lab.Node(2).Addr(), 7002)}})
			getter.Wait(45 * time.Second)
			time.Sleep(500 * time.Millisecond)
			s := middle.Stats()
			t.Logf("%s got %d bytes and gave %d", kind, s.Down, s.Up)
			if s.Down == 0 || s.Up == 0 {
				t.Errorf("%s counted nothing one way: %+v", kind, s)
			}
			same(t, filepath.Join(dir, "noise"), filepath.Join(back, "noise"))
		})
	}
}

func TestWebSeedServes(t *testing.T) {
	lab := netlab.New(t, 2)
	dir, _ := sample(t)
	WebSeed(t, lab.Node(1), 8080, dir, "")
	answer, err := httpIn(lab.Node(2)).Get("http://10.77.0.1:8080/noise")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got, _ := io.ReadAll(answer.Body); len(got) != 3<<20+12345 {
		t.Errorf("%s with %d bytes", answer.Status, len(got))
	}
}

func same(t *testing.T, a, b string) {
	t.Helper()
	x, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if string(x) != string(y) {
		t.Errorf("%s and %s differ", a, b)
	}
}

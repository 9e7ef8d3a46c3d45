package torrent_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"groove/torrent"
	"groove/torrent/metainfo"
)

// What strangers name leads to no private and no loopback address, unless the user allows it: then every one
// of these ways is taken, which proves that the test would notice.
func TestStrangersNameNoLocalAddress(t *testing.T) {
	ways := map[string]func(t *testing.T, s *torrent.Session, target *doorbell){
		"a peer names peers": func(t *testing.T, s *torrent.Session, target *doorbell) {
			_, m := show(t, torrent.MakeOptions{}, 100_000)
			x := add(t, s, torrent.AddOptions{Metainfo: m, Dir: t.TempDir()})
			until(t, x, "ready", func(s torrent.Stats) bool { return s.State == torrent.Downloading })
			mustMeet(t, s, m).gossip(target.addr)
		},
		"a torrent has a web seed": func(t *testing.T, s *torrent.Session, target *doorbell) {
			_, m := show(t, torrent.MakeOptions{WebSeeds: []string{"http://" + target.addr.String() + "/"}}, 100_000)
			add(t, s, torrent.AddOptions{Metainfo: m, Dir: t.TempDir()})
		},
		"a web seed's name resolves to this machine": func(t *testing.T, s *torrent.Session, target *doorbell) {
			_, m := show(t, torrent.MakeOptions{}, 100_000)
			m.WebSeeds = []string{"http://localhost:" + portOf(target) + "/"}
			add(t, s, torrent.AddOptions{Metainfo: m, Dir: t.TempDir()})
		},
		"a magnet has a web seed": func(t *testing.T, s *torrent.Session, target *doorbell) {
			_, m := show(t, torrent.MakeOptions{}, 100_000)
			add(t, s, torrent.AddOptions{Dir: t.TempDir(), Magnet: &metainfo.Magnet{
				ID: m.Info.ID, WebSeeds: []string{"http://" + target.addr.String() + "/"}}})
			mustMeet(t, s, m).giveMetadata(m.Info.Raw)
		},
		"a tracker redirects": func(t *testing.T, s *torrent.Session, target *doorbell) {
			tracker := httptest.NewServer(http.RedirectHandler("http://"+target.addr.String()+"/announce", http.StatusFound))
			t.Cleanup(tracker.Close)
			_, m := show(t, torrent.MakeOptions{Trackers: [][]string{{tracker.URL + "/announce"}}}, 100_000)
			add(t, s, torrent.AddOptions{Metainfo: m, Dir: t.TempDir()})
		},
		"a torrent names another server of this machine as its tracker": func(t *testing.T, s *torrent.Session, target *doorbell) {
			_, m := show(t, torrent.MakeOptions{Trackers: [][]string{{"http://" + target.addr.String() + "/shutdown?now=1"}}}, 100_000)
			add(t, s, torrent.AddOptions{Metainfo: m, Dir: t.TempDir()})
		},
	}
	for what, way := range ways {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for _, allow := range []bool{false, true} {
				target := newDoorbell(t)
				way(t, session(t, torrent.Config{AllowLocal: allow}), target)
				patience := 1500 * time.Millisecond
				if allow {
					patience = 20 * time.Second // it comes at once, on a machine that is not busy
				}
				if rang := target.wait(patience); rang != allow {
					t.Errorf("local addresses allowed: %v, contacted: %v", allow, rang)
				}
			}
		})
	}
}

func portOf(d *doorbell) string {
	_, port, _ := net.SplitHostPort(d.addr.String())
	return port
}

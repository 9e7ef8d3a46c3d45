package torrent_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"groove/torrent"
	"groove/torrent/metainfo"
	"groove/torrent/wire"
)

// doorbell is an address that counts who connects.
type doorbell struct {
	addr  netip.AddrPort
	rings atomic.Int64
}

func newDoorbell(t testing.TB) *doorbell {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	d := &doorbell{addr: l.Addr().(*net.TCPAddr).AddrPort()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			d.rings.Add(1)
			c.Close()
		}
	}()
	return d
}

// wait reports whether anybody connects within a while.
func (d *doorbell) wait(long time.Duration) bool {
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if d.rings.Load() > 0 {
			return true
		}
	}
	return false
}

// trackerOf answers every announce with one peer.
func trackerOf(t testing.TB, peer netip.AddrPort) string {
	four := peer.Addr().As4()
	compact := binary.BigEndian.AppendUint16(four[:], peer.Port())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "d8:intervali1800e5:peers6:%se", compact)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/announce"
}

// talk is what a session does for peers.
type talk struct {
	early                                  bool // any of it before the metadata was known
	announces, offersPEX, sendsPEX         bool
	dialsPEX, dialsLAN, dialsPeer, tracked bool
}

// A private torrent's peers come from its trackers and from its user; it is never spoken of to neighbours or
// peers. A magnet link counts as private until its metadata says that it is not.
func TestPrivateTorrentsStayPrivate(t *testing.T) {
	for _, magnet := range []bool{false, true} {
		for _, private := range []bool{false, true} {
			t.Run(fmt.Sprintf("private %v, magnet %v", private, magnet), func(t *testing.T) {
				t.Parallel()
				want := talk{dialsPeer: true, tracked: true}
				if !private {
					want = talk{
						dialsPeer: true, tracked: true, announces: true, offersPEX: true, sendsPEX: true, dialsPEX: true, dialsLAN: true,
					}
				}
				if got := overhear(t, private, magnet); got != want {
					t.Errorf("got  %+v\nwant %+v", got, want)
				}
			})
		}
	}
}

// overhear has two strangers and the network gossip with a session that gets a torrent.
func overhear(t *testing.T, private, magnet bool) (heard talk) {
	_, m := show(t, torrent.MakeOptions{Private: private}, 300_000)
	s := session(t, torrent.Config{AllowLocal: true})
	torrent.QuietLAN(s)
	named, tracked, tooEarly, gossip, neighbour := newDoorbell(t), newDoorbell(t), newDoorbell(t), newDoorbell(t), newDoorbell(t)
	o := torrent.AddOptions{Metainfo: m, Dir: t.TempDir(), Peers: []string{named.addr.String()},
		Trackers: [][]string{{trackerOf(t, tracked.addr)}}}
	if magnet {
		o.Metainfo, o.Magnet = nil, &metainfo.Magnet{ID: m.Info.ID}
	}
	x := add(t, s, o)
	if !magnet {
		until(t, x, "ready", func(s torrent.Stats) bool { return s.State == torrent.Downloading })
	}
	second, first := mustMeet(t, s, m), mustMeet(t, s, m)
	pex := wire.ExtHandshake{Extensions: wire.Ours(wire.ExtPEX), Port: 4242}
	second.introduce(pex)
	first.introduce(pex)
	if magnet {
		first.gossip(tooEarly.addr)
		torrent.HearOnLAN(s, tooEarly.addr, m.Info.ID.Shorts()...)
		hello, _ := first.until(isExtended(wire.ExtHandshakeID))
		heard.early = offersPEX(hello) || len(torrent.AnnouncedOnLAN(s)) > 0
		first.giveMetadata(m.Info.Raw)
		until(t, x, "ready", func(s torrent.Stats) bool { return s.State == torrent.Downloading })
	}
	first.gossip(gossip.addr)
	heard.announces = slices.Contains(torrent.AnnouncedOnLAN(s), m.Info.ID.Shorts()[0])
	torrent.HearOnLAN(s, neighbour.addr, m.Info.ID.Shorts()...)
	heard.dialsPeer, heard.tracked = named.wait(10*time.Second), tracked.wait(10*time.Second)
	patience := 2 * time.Second
	if !private {
		patience = 10 * time.Second // a public one comes much sooner
	}
	heard.dialsPEX, heard.dialsLAN = gossip.wait(patience), neighbour.wait(patience/2)
	heard.offersPEX, heard.sendsPEX = first.overhears(patience / 2)
	heard.early = heard.early || tooEarly.rings.Load() > 0
	return heard
}

func isExtended(e wire.Extension) func(wire.Message) bool {
	return func(m wire.Message) bool { return m.Kind == wire.Extended && m.ExtID == uint8(e) }
}

func offersPEX(m wire.Message) bool {
	h, err := wire.ParseExtHandshake(m.Payload)
	return err == nil && h.Extensions.ID(wire.ExtPEX) != 0
}

// gossip tells of a peer, whether that was offered or not.
func (s *stranger) gossip(peer netip.AddrPort) {
	s.say(wire.Message{Kind: wire.Extended, ExtID: uint8(wire.ExtPEX), Payload: wire.AppendPEX(nil, wire.PEX{Added: []wire.PEXPeer{{Addr: peer}}})})
}

// overhears listens for a while to what is said of other peers.
func (s *stranger) overhears(long time.Duration) (offer, gossip bool) {
	end := time.After(long)
	for !offer || !gossip {
		select {
		case m := <-s.heard:
			offer = offer || isExtended(wire.ExtHandshakeID)(m) && offersPEX(m)
			gossip = gossip || isExtended(wire.ExtPEX)(m)
		case <-end:
			return offer, gossip
		}
	}
	return offer, gossip
}

package trackers

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"groove/torrent/announce"
	"groove/torrent/infohash"
)

// udpTracker answers like a tracker of its own time: it knows one connection ID, and can be
// deaf for some packets.
type udpTracker struct {
	conn *net.UDPConn
	url  string

	mu       sync.Mutex
	deaf     int // packets to ignore
	id       uint64
	connects int
	asked    []announce.Request
	refuse   string
}

func newUDPTracker(t *testing.T, network string) *udpTracker {
	conn, err := net.ListenUDP(network, &net.UDPAddr{IP: map[string]net.IP{"udp4": net.IPv4(127, 0, 0, 1), "udp6": net.IPv6loopback}[network]})
	if err != nil {
		t.Skip(err)
	}
	u := &udpTracker{conn: conn, id: 77, url: "udp://" + conn.LocalAddr().String() + "/announce?key=x"}
	done := make(chan struct{})
	go func() { defer close(done); u.run() }()
	t.Cleanup(func() { conn.Close(); <-done })
	return u
}

func (u *udpTracker) run() {
	buf := make([]byte, 2048)
	for {
		n, from, err := u.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if reply := u.reply(buf[:n], from); reply != nil {
			u.conn.WriteToUDPAddrPort(reply, from)
		}
	}
}

func (u *udpTracker) reply(packet []byte, from netip.AddrPort) []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.deaf > 0 {
		u.deaf--
		return nil
	}
	r, err := announce.ParseUDPRequest(packet)
	switch {
	case err != nil:
		return announce.AppendUDPError(nil, r.Transaction, err.Error())
	case r.Action == announce.ActionConnect:
		u.connects++
		return announce.AppendUDPConnectReply(nil, r.Transaction, u.id)
	case r.ConnectionID != u.id:
		return announce.AppendUDPError(nil, r.Transaction, "connection ID lapsed")
	case r.Action == announce.ActionScrape:
		return announce.AppendUDPScrapeReply(nil, r.Transaction, []announce.Counts{{Seeders: 1}, {Seeders: 2}})
	case u.refuse != "":
		return announce.AppendUDPError(nil, r.Transaction, u.refuse)
	}
	u.asked = append(u.asked, r.Announce)
	// A forged answer with another transaction must not be taken.
	u.conn.WriteToUDPAddrPort(announce.AppendUDPAnnounceReply(nil, r.Transaction+1, announce.Response{Seeders: 99}, false), from)
	reply := announce.Response{Interval: time.Minute, Seeders: 3, Peers: []netip.AddrPort{netip.AddrPortFrom(from.Addr(), 2000)}}
	return announce.AppendUDPAnnounceReply(nil, r.Transaction, reply, from.Addr().Is6())
}

// change sets what the tracker does from now on.
func (u *udpTracker) change(how func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	how()
}

// seen returns what was asked so far.
func (u *udpTracker) seen() (connects int, asked []announce.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.connects, slices.Clone(u.asked)
}

func TestAUDPTrackerIsAsked(t *testing.T) {
	for _, network := range []string{"udp4", "udp6"} {
		u := newUDPTracker(t, network)
		u.change(func() { u.deaf = 2 })
		s := shell(t, Config{})
		for range 2 {
			r, err := s.Announce(t.Context(), Target{u.url, true}, ask)
			if err != nil || r.Seeders != 3 || len(r.Peers) != 1 {
				t.Fatalf("%s: %+v %v", network, r, err)
			}
		}
		connects, asked := u.seen()
		if connects != 1 {
			t.Errorf("%d connects for two announces within a minute", connects)
		}
		if asked[0].URLData != "/announce?key=x" || asked[0].Left != 5 {
			t.Errorf("%+v", asked[0])
		}
		u.change(func() { u.id = 78 }) // the tracker was started anew
		_, err := s.Announce(t.Context(), Target{u.url, true}, ask)
		if connects, _ := u.seen(); err != nil || connects != 2 {
			t.Errorf("%d connects: %v", connects, err)
		}
		got, err := s.Scrape(t.Context(), Target{u.url, true}, []infohash.Short{{1}, {2}})
		if err != nil || len(got) != 2 || got[1].Hash != (infohash.Short{2}) || got[1].Seeders != 2 {
			t.Errorf("%+v %v", got, err)
		}
	}
}

func TestAUDPTrackerRefusesOrIsSilent(t *testing.T) {
	u := newUDPTracker(t, "udp4")
	u.change(func() { u.refuse = "unregistered torrent" })
	s := shell(t, Config{})
	_, err := s.Announce(t.Context(), Target{u.url, true}, ask)
	connects, _ := u.seen()
	if f, ok := errors.AsType[*announce.Failure](err); !ok || f.Reason != u.refuse || connects != 1 {
		t.Errorf("%v after %d connects", err, connects)
	}
	u.change(func() { u.deaf = 1000 })
	c := call{shell: s, target: Target{u.url, true}, request: ask, limit: 200 * time.Millisecond}
	if _, err := run(t.Context(), &c, c.announceHTTP, c.announceUDP); !errors.Is(err, errTimeout) {
		t.Error(err)
	}
}

func TestAHostWithBothFamiliesIsAskedOverBoth(t *testing.T) {
	four := newUDPTracker(t, "udp4")
	_, port, _ := strings.Cut(four.conn.LocalAddr().String(), ":")
	conn, err := net.ListenPacket("udp6", "[::1]:"+port)
	if err != nil {
		t.Skip(err)
	}
	six := &udpTracker{conn: conn.(*net.UDPConn), id: 5}
	done := make(chan struct{})
	go func() { defer close(done); six.run() }()
	t.Cleanup(func() { conn.Close(); <-done })
	s := shell(t, Config{})
	s.lookup = func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("::ffff:127.0.0.1"), netip.IPv6Loopback()}, nil
	}
	r, err := s.Announce(t.Context(), Target{"udp://both.example:" + port, true}, ask)
	if err != nil || len(r.Peers) != 2 {
		t.Errorf("%+v %v", r, err)
	}
	conn.Close() // the other family alone is enough
	<-done
	if r, err = s.Announce(t.Context(), Target{"udp://both.example:" + port, true}, ask); err != nil || len(r.Peers) != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestConnectionIDsAgeAndAreBounded(t *testing.T) {
	var c idCache
	start := time.Now()
	for i := range maxIDs + 10 {
		c.put(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1), uint64(i), start.Add(time.Duration(i)))
	}
	if len(c.ids) != maxIDs {
		t.Errorf("%d kept", len(c.ids))
	}
	last := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, 9}), 1)
	if id, ok := c.get(last, start.Add(59*time.Second)); !ok || id != maxIDs+9 {
		t.Error("the newest ID is gone")
	}
	if _, ok := c.get(last, start.Add(61*time.Second)); ok {
		t.Error("an ID is used for more than a minute")
	}
}

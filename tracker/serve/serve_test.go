package serve

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"groove/internal/clock"
	"groove/torrent/announce"
	"groove/torrent/infohash"
	"groove/tracker"
)

var ours = infohash.Short{7}

// start serves a tracker that seeds one torrent, and checks that Close ends every goroutine.
func start(t *testing.T, cfg Config) *Server {
	before := runtime.NumGoroutine()
	cfg.Tracker = tracker.New(tracker.Config{Interval: 2 * time.Minute, Listed: true}, rand.New(rand.NewPCG(1, 2)))
	if cfg.SeedPort != 0 {
		cfg.Tracker.Seed(ours)
	} else {
		cfg.Tracker.Allow(ours)
	}
	s, err := Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		for range 100 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		buf := make([]byte, 64<<10)
		t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
	})
	return s
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func query(r announce.Request) string { return "?" + string(announce.AppendHTTPQuery(nil, r)) }

func TestPeersMeetOverHTTP(t *testing.T) {
	s := start(t, Config{Addr: "127.0.0.1:0"})
	url := s.URLs()[0]
	r, err := announce.ParseHTTPResponse(get(t, url+"/KEY"+query(announce.Request{InfoHash: ours, Port: 2001, NumWant: -1, Compact: true, Event: announce.Started})))
	if err != nil || r.Seeders != 1 || r.Leechers != 0 || len(r.Peers) != 0 {
		t.Errorf("%+v %v", r, err)
	}
	r, err = announce.ParseHTTPResponse(get(t, url+query(announce.Request{InfoHash: ours, Port: 2002, Left: 1, NumWant: -1})))
	if err != nil || r.Seeders != 1 || r.Leechers != 1 || !slices.Equal(r.Peers, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:2001")}) {
		t.Errorf("%+v %v", r, err)
	}
	if r.ExternalIP != netip.MustParseAddr("127.0.0.1") || r.Interval < 108*time.Second || r.Interval > 132*time.Second || r.MinInterval != 30*time.Second {
		t.Errorf("%+v", r)
	}
	scraped, err := announce.ParseHTTPScrapeResponse(get(t, strings.Replace(url, "announce", "scrape", 1)+"?"+string(announce.AppendHTTPScrapeQuery(nil, []infohash.Short{ours, {9}}))))
	if err != nil || len(scraped) != 1 || scraped[0].Hash != ours || scraped[0].Counts != (announce.Counts{Seeders: 1, Leechers: 1, Downloaders: 1}) {
		t.Errorf("%+v %v", scraped, err)
	}
	_, err = announce.ParseHTTPResponse(get(t, url+query(announce.Request{InfoHash: infohash.Short{9}, Port: 1})))
	if f, ok := errors.AsType[*announce.Failure](err); !ok || f.Reason != notServed || f.RetryIn != announce.Never {
		t.Errorf("a foreign torrent: %v", err)
	}
	if _, err = announce.ParseHTTPResponse(get(t, url)); err == nil || !strings.Contains(err.Error(), "info_hash") {
		t.Errorf("nothing asked: %v", err)
	}
}

// udpClient talks BEP 15 to one address.
type udpClient struct {
	t    *testing.T
	conn *net.UDPConn
	v6   bool
	id   uint64
}

func dialUDP(t *testing.T, to netip.AddrPort) *udpClient {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to)) // connected: answers from elsewhere are not read
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &udpClient{t: t, conn: conn, v6: to.Addr().Is6()}
	r := c.ask(announce.AppendUDPConnect(nil, 5))
	if r.Action != announce.ActionConnect || r.Transaction != 5 {
		t.Fatalf("%+v", r)
	}
	c.id = r.ConnectionID
	return c
}

func (c *udpClient) ask(packet []byte) announce.UDPReply {
	c.t.Helper()
	raw := c.raw(packet, 5*time.Second)
	r, err := announce.ParseUDPReply(raw, c.v6)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *udpClient) raw(packet []byte, wait time.Duration) []byte {
	if _, err := c.conn.Write(packet); err != nil {
		c.t.Fatal(err)
	}
	c.conn.SetReadDeadline(time.Now().Add(wait))
	buf := make([]byte, 4096)
	n, _ := c.conn.Read(buf)
	return buf[:n]
}

func TestTheSeedIsHandedOutWhereTheRequestCameIn(t *testing.T) {
	s := start(t, Config{Addr: ":0", SeedPort: 6881})
	port := s.bound.Port()
	hosts := []string{"127.0.0.1", "::1"}
	if runtime.GOOS == "linux" {
		hosts = append(hosts, "127.0.0.2", "127.8.8.8")
	}
	for _, host := range hosts {
		addr := netip.MustParseAddr(host)
		if addr.Is6() && s.bound.Addr().Is4() {
			continue
		}
		want := []netip.AddrPort{netip.AddrPortFrom(addr, 6881)}
		ask := announce.Request{InfoHash: ours, Port: 2001, Left: 1, NumWant: -1, Compact: true}
		c := dialUDP(t, netip.AddrPortFrom(addr, port))
		r := c.ask(announce.AppendUDPAnnounce(nil, c.id, 6, ask)).Response
		if !slices.Equal(r.Peers, want) || r.Seeders != 1 {
			t.Errorf("UDP at %s: %+v", host, r)
		}
		ask.Event = announce.Stopped
		c.ask(announce.AppendUDPAnnounce(nil, c.id, 7, ask))
		ask.Event = announce.Started
		r, err := announce.ParseHTTPResponse(get(t, "http://"+netip.AddrPortFrom(addr, port).String()+"/announce"+query(ask)))
		if err != nil || !slices.Equal(r.Peers, want) {
			t.Errorf("HTTP at %s: %+v %v", host, r, err)
		}
		if counts := c.ask(announce.AppendUDPScrape(nil, c.id, 8, []infohash.Short{{9}, ours})).Scrape; len(counts) != 2 || counts[1].Seeders != 1 {
			t.Errorf("%+v", counts)
		}
	}
	if local := routeTo(netip.MustParseAddr("127.0.0.1")); local != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("the route leads from %v", local)
	}
}

func TestPublicOverrides(t *testing.T) {
	s := start(t, Config{Addr: "127.0.0.1:0", SeedPort: 6881, Public: "198.51.100.7"})
	if want := "http://198.51.100.7:" + strconv.Itoa(int(s.bound.Port())) + "/announce"; !slices.Equal(s.URLs(), []string{want}) {
		t.Errorf("%v", s.URLs())
	}
	public, local := netip.MustParseAddrPort("198.51.100.7:6881"), netip.MustParseAddrPort("10.0.0.1:6881")
	far := s.house(caller{from: netip.MustParseAddr("203.0.113.1"), local: local.Addr()})
	near := s.house(caller{from: netip.MustParseAddr("10.0.0.9"), local: local.Addr()})
	six := s.house(caller{from: netip.MustParseAddr("2001:db8::1"), local: netip.MustParseAddr("2001:db8::2")})
	if !slices.Equal(far, []netip.AddrPort{public}) || !slices.Equal(near, []netip.AddrPort{public, local}) || len(six) != 1 || !six[0].Addr().Is6() {
		t.Errorf("far %v, near %v, over IPv6 %v", far, near, six)
	}
	named := start(t, Config{Addr: "127.0.0.1:0", SeedPort: 6881, Public: "localhost"})
	if !slices.Contains(named.public.addrs(), netip.MustParseAddr("127.0.0.1")) {
		t.Errorf("localhost is %v", named.public.addrs())
	}
}

func TestNoUDPAnswerIsLongerThanItsRequestBeforeTheAddressIsProven(t *testing.T) {
	s := start(t, Config{Addr: "127.0.0.1:0", SeedPort: 6881})
	u := s.udp[0]
	rng := rand.New(rand.NewPCG(1, 1))
	who := caller{from: netip.MustParseAddr("192.0.2.1"), local: netip.MustParseAddr("127.0.0.1")}
	for range 20000 {
		packet := make([]byte, rng.IntN(150))
		for i := range packet {
			packet[i] = byte(rng.Uint32())
		}
		if len(packet) >= 12 {
			copy(packet[8:], []byte{0, 0, 0, byte(rng.IntN(5))})
			if rng.IntN(2) == 0 {
				copy(packet, []byte{0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80})
			}
		}
		out, _ := s.answerUDP(nil, nil, u, who, packet)
		if len(out) > len(packet) || len(packet) < 16 && len(out) > 0 {
			t.Fatalf("%d bytes for %d: %x", len(out), len(packet), packet)
		}
	}
	c := dialUDP(t, s.bound)
	ask := announce.AppendUDPAnnounce(nil, c.id^1, 6, announce.Request{InfoHash: ours, Port: 2001, Left: 1})
	if r := c.ask(ask); r.Action != announce.ActionError {
		t.Errorf("a forged ID: %+v", r)
	}
	foreign := announce.AppendUDPAnnounce(nil, c.id, 6, announce.Request{Port: 2001})
	if r := c.ask(foreign); r.Message != notServed {
		t.Errorf("a foreign torrent: %+v", r)
	}
}

func TestConnectionIDsProveAnAddressForAnHour(t *testing.T) {
	m, other := newIDMaker(), newIDMaker()
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for _, begin := range []clock.Time{0, clock.Time(time.Hour) * 1000} {
		id := m.make(begin, a)
		for age, want := range map[time.Duration]bool{0: true, 3 * time.Minute: true, 59 * time.Minute: true, 62 * time.Minute: false, 256 * time.Minute: false} {
			if m.valid(begin.Add(age), a, id) != want {
				t.Errorf("after %v: %v", age, !want)
			}
		}
		if m.valid(begin, b, id) || other.valid(begin, a, id) || m.valid(begin, a, id^1) {
			t.Error("an ID is good for another address, another tracker, or changed")
		}
	}
}

func TestOnePortNumberForBothAndAClearErrorIfItIsTaken(t *testing.T) {
	s := start(t, Config{Addr: "127.0.0.1:0"})
	if got := s.udp[0].conn.LocalAddr().(*net.UDPAddr).Port; got != int(s.bound.Port()) {
		t.Errorf("UDP at %d, HTTP at %v", got, s.bound)
	}
	_, err := Listen(Config{Addr: s.bound.String()})
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), s.bound.String()) {
		t.Errorf("%v", err)
	}
}

func TestCloseEndsConnectionsThatSayNothing(t *testing.T) {
	s := start(t, Config{Addr: "127.0.0.1:0"})
	for range 10 {
		conn, err := net.Dial("tcp", s.bound.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
	}
	get(t, s.URLs()[0]) // by now the others were accepted
	s.Do(func(_ clock.Time, tr *tracker.Tracker) { tr.Remove(ours) })
	if _, err := announce.ParseHTTPResponse(get(t, s.URLs()[0]+query(announce.Request{InfoHash: ours, Port: 2001}))); err == nil {
		t.Error("a torrent that was removed is served")
	}
}

func TestAddressesThatOthersCanUseComeFirst(t *testing.T) {
	parse := func(list ...string) (addrs []netip.Addr) {
		for _, a := range list {
			addrs = append(addrs, netip.MustParseAddr(a))
		}
		return addrs
	}
	own := parse("127.0.0.1", "::1", "fd00::1", "192.168.1.5", "fe80::1", "2001:db8::1", "198.51.100.1", "169.254.1.1")
	if got := usable(own, false); !slices.Equal(got, parse("198.51.100.1", "2001:db8::1", "192.168.1.5", "fd00::1")) {
		t.Errorf("%v", got)
	}
	if got := usable(own, true); !slices.Equal(got, parse("198.51.100.1", "192.168.1.5")) {
		t.Errorf("%v", got)
	}
	if got := usable(own[:2], false); !slices.Equal(got, parse("127.0.0.1")) {
		t.Errorf("%v", got)
	}
}

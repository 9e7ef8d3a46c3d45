// Package serve puts a tracker on the network: HTTP and UDP on one port number.
//
// It knows sockets, limits, connection IDs and at which addresses this machine is reached; it
// refuses to know swarms (tracker) and packets (announce). cmd/groove starts a Server, also the
// one inside "groove share". A Server may be used concurrently and guards its Tracker with one
// lock, never held across I/O. Start reading at Listen.
package serve

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"groove/internal/clock"
	"groove/torrent/announce"
	"groove/torrent/infohash"
	"groove/tracker"
)

// Config says what is served, and where.
type Config struct {
	Addr    string           // host:port for HTTP and UDP; no host: every address; port 0: a free one
	Tracker *tracker.Tracker // the Server's from Listen to Close: reach it through Do

	// SeedPort is where the house's own seed listens (tracker.Tracker.Seed); 0: there is none. It
	// is handed out at the address that a request came in on, or at Public.
	SeedPort uint16

	// Public is the host name or address by which the world reaches this machine, where that is
	// not one of its own: behind a router, for example. Peers that ask from a private network
	// learn the seed's local address too, since many routers do not lead back in.
	Public string

	Logger *slog.Logger // nil is silent
}

// Server answers announces and scrapes until Close.
type Server struct {
	cfg    Config
	log    *slog.Logger
	clock  clock.Wall
	bound  netip.AddrPort
	public public

	web   *http.Server
	conns sync.WaitGroup // HTTP connections
	udp   []*udpSocket
	loops sync.WaitGroup
	ids   idMaker

	mu      sync.Mutex // guards tracker
	tracker *tracker.Tracker
}

// Listen opens the sockets and serves. The error names the address that could not be had and
// wraps the system's (syscall.EADDRINUSE).
func Listen(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, log: cfg.Logger, clock: clock.NewWall(), ids: newIDMaker(), tracker: cfg.Tracker}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	listener, err := s.listen()
	if err != nil {
		return nil, fmt.Errorf("listen on %q for the tracker: %w", cfg.Addr, err)
	}
	s.public.start(cfg.Public, s.log, &s.loops)
	s.web = s.newWeb()
	s.loops.Go(func() { s.web.Serve(limited(listener)) })
	for _, u := range s.udp {
		s.loops.Go(func() { s.serveUDP(u) })
	}
	return s, nil
}

// listen binds one port number for TCP and UDP. A port of our choice may be taken for UDP: then
// another one is tried.
func (s *Server) listen() (net.Listener, error) {
	_, port, err := net.SplitHostPort(s.cfg.Addr)
	if err != nil {
		return nil, err
	}
	for tries := 1; ; tries++ {
		listener, err := net.Listen("tcp", s.cfg.Addr)
		if err != nil {
			return nil, err
		}
		bound := listener.Addr().(*net.TCPAddr).AddrPort()
		s.bound = netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())
		if s.udp, err = openUDP(s.bound); err == nil {
			return listener, nil
		}
		listener.Close()
		if port != "0" || tries == maxPortTries {
			return nil, err
		}
	}
}

// Close stops serving. When it returns, no goroutine of the Server is left.
func (s *Server) Close() error {
	err := s.web.Close()
	for _, u := range s.udp {
		u.conn.Close()
	}
	s.public.stop()
	s.loops.Wait()
	s.conns.Wait()
	return err
}

// Do lets the caller use the Tracker while it is served.
func (s *Server) Do(f func(now clock.Time, t *tracker.Tracker)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.clock.Now(), s.tracker)
}

// caller is who asks, and on which of our addresses; an invalid local address is unknown.
type caller struct {
	from, local netip.Addr
}

// announce asks the Tracker. maxPeers bounds what fits the answer.
func (s *Server) announce(dst []netip.AddrPort, who caller, r announce.Request, maxPeers int) (announce.Response, bool) {
	a := tracker.Announce{
		Hash: r.InfoHash, From: who.from, Port: r.Port, Left: r.Left, Event: tracker.Event(r.Event),
		NumWant: min(r.NumWant, maxPeers), House: s.house(who),
	}
	s.mu.Lock()
	peers, answer, ok := s.tracker.Announce(s.clock.Now(), dst, a)
	s.mu.Unlock()
	return announce.Response{
		Interval: answer.Interval.Round(time.Second), MinInterval: answer.MinInterval,
		Seeders: answer.Seeders, Leechers: answer.Downloaders + answer.Partial, Completed: answer.Completed,
		Peers: peers, ExternalIP: who.from,
	}, ok
}

// The events have the same numbers in both rooms.
var _ = [1]struct{}{}[tracker.Paused-tracker.Event(announce.Paused)]

func (s *Server) scrape(who caller, h infohash.Short) (announce.Counts, bool) {
	s.mu.Lock()
	c, ok := s.tracker.Scrape(s.clock.Now(), h, who.from)
	s.mu.Unlock()
	return announce.Counts{
		Seeders: c.Seeders, Completed: c.Completed, Leechers: c.Downloaders + c.Partial, Downloaders: c.Downloaders,
	}, ok
}

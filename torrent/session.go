package torrent

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"

	"groove/internal/clock"
	"groove/torrent/disk"
	"groove/torrent/infohash"
	"groove/torrent/trackers"
	"groove/torrent/transport"
	"groove/torrent/wire"
)

// Version is the engine's version, told to peers and trackers.
const Version = "0.1.0"

// peerIDPrefix marks us among clients in the style of Azureus: GV, version 0.1.0.
const peerIDPrefix = "-GV0100-"

// Session owns the sockets, the disk's goroutines and the torrents of one program.
type Session struct {
	cfg      Config
	log      *slog.Logger
	clock    clock.Wall
	ctx      context.Context
	cancel   context.CancelFunc
	peerID   [20]byte
	key      uint32 // to trackers, the same whatever our address is
	net      *transport.Transport
	trackers *trackers.Shell
	devices  *disk.Devices
	pool     *disk.Pool
	keeper   keeper
	lan      *lan
	down, up throttle
	working  sync.WaitGroup
	ourIPs   []netip.Addr

	mu       sync.Mutex
	torrents []*Torrent
	others   *disk.Workers // made when the first storage of another kind comes
	names    map[infohash.Short]*Torrent
	closed   bool
}

// Bounds of a session.
const (
	diskWorkers    = 4         // goroutines for each disk
	diskQueue      = 1024      // jobs that wait for them; more wait with their torrent
	poolBudget     = 512 << 20 // bytes of piece buffers, lent and kept
	torrentBudget  = 64 << 20  // bytes of piece buffers of one torrent; more is written block by block
	maxConnections = 500
)

// Open starts a session: it listens, and waits for torrents. Errors name the address that could not be had.
func Open(cfg Config) (*Session, error) {
	if len(cfg.Listen) == 0 {
		cfg.Listen = []string{":0"}
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "Groove/" + Version
	}
	s := &Session{
		cfg: cfg, log: cfg.Logger, clock: clock.NewWall(), names: map[infohash.Short]*Torrent{},
		devices: disk.NewDevices(diskWorkers, diskQueue), pool: disk.NewPool(poolBudget),
		keeper: keeper{poke: make(chan struct{}, 1)},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.down.clock, s.up.clock = s.clock, s.clock
	s.SetLimits(cfg.DownLimit, cfg.UpLimit)
	copy(s.peerID[:], peerIDPrefix)
	rand.Read(s.peerID[len(peerIDPrefix):])
	s.key = newSource().Uint32()
	if n, err := disk.RaiseDescriptorLimit(); err == nil {
		s.log.Debug("raised the limit of descriptors", "limit", n)
	}
	var err error
	s.net, err = transport.New(transport.Config{
		Listen: cfg.Listen, MaxConns: maxConnections, Logger: s.log, Accept: s.accept,
	})
	if err != nil {
		s.cancel()
		return nil, err
	}
	s.trackers = trackers.New(trackers.Config{UserAgent: cfg.UserAgent, AllowLocal: cfg.AllowLocal, Logger: s.log})
	s.ourIPs = interfaceIPs()
	s.working.Go(s.keep)
	if !cfg.NoLSD {
		s.lan = startLAN(s)
	}
	return s, nil
}

// newSource returns a random source for one machine, seeded by the system.
func newSource() *mathrand.Rand {
	var b [16]byte
	rand.Read(b[:])
	return mathrand.New(mathrand.NewPCG(binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])))
}

// Addrs returns where the session listens, with actual ports.
func (s *Session) Addrs() []netip.AddrPort { return s.net.Addrs() }

// PeerID returns the ID that peers and trackers know us by.
func (s *Session) PeerID() [20]byte { return s.peerID }

// SetLimits sets bytes per second of all torrents together, 0 = no limit.
func (s *Session) SetLimits(down, up int64) {
	s.down.setLimit(down)
	s.up.setLimit(up)
}

// Torrents returns the torrents in the order in which they were added.
func (s *Session) Torrents() []*Torrent { return s.list() }

func (s *Session) list() []*Torrent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.torrents)
}

// Close stops every torrent, says goodbye to trackers, syncs data and writes resume records. When it
// returns, no goroutine of the session is left.
func (s *Session) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	all := slices.Clone(s.torrents)
	s.mu.Unlock()
	var errs []error
	var stopping sync.WaitGroup
	var mu sync.Mutex
	for _, t := range all {
		stopping.Go(func() {
			if err := t.stop(); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	stopping.Wait()
	s.cancel()
	errs = append(errs, s.net.Close())
	if s.lan != nil {
		s.lan.close()
	}
	s.trackers.Close()
	s.working.Wait()
	s.devices.Close()
	if s.others != nil {
		s.others.Close()
	}
	return errors.Join(errs...)
}

// accept answers the handshake of a peer that connected to us.
func (s *Session) accept(theirs wire.Handshake, _ netip.AddrPort) (wire.Handshake, transport.Owner, error) {
	s.mu.Lock()
	t := s.names[theirs.InfoHash]
	s.mu.Unlock()
	if t == nil || !t.welcomes() {
		return wire.Handshake{}, nil, transport.ErrUnknown
	}
	ours := s.handshake(t, theirs.InfoHash)
	if v2, ok := t.ID().V2(); ok && theirs.Has(wire.FlagV2) {
		ours.InfoHash = v2.Short() // a hybrid's peers speak v2 where both can (BEP 52)
	}
	return ours, &link{t: t}, nil
}

// handshake is what we say under one of a torrent's names. Only a hybrid sets the v2 bit.
func (s *Session) handshake(t *Torrent, name infohash.Short) wire.Handshake {
	h := wire.Handshake{InfoHash: name, PeerID: s.peerID}.With(wire.FlagFast, wire.FlagExtended)
	if t.ID().IsHybrid() {
		h = h.With(wire.FlagV2)
	}
	return h
}

// enlist makes a torrent known by all its names.
func (s *Session) enlist(t *Torrent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	for _, name := range t.ID().Shorts() {
		if other := s.names[name]; other != nil && other != t {
			return ErrAlreadyAdded
		}
	}
	for _, name := range t.ID().Shorts() {
		s.names[name] = t
	}
	if !slices.Contains(s.torrents, t) {
		s.torrents = append(s.torrents, t)
	}
	return nil
}

// strike makes a torrent unknown.
func (s *Session) strike(t *Torrent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range t.ID().Shorts() {
		if s.names[name] == t {
			delete(s.names, name)
		}
	}
	s.torrents = slices.DeleteFunc(s.torrents, func(x *Torrent) bool { return x == t })
}

// plain returns the goroutines that work for storages of other kinds than files.
func (s *Session) plain() *disk.Workers {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.others == nil {
		s.others = disk.NewWorkers(diskWorkers, diskQueue)
	}
	return s.others
}

// isOwn reports whether an address is one that we listen on ourselves.
func (s *Session) isOwn(a netip.AddrPort) bool {
	if a.Port() != s.port() {
		return false
	}
	ip := a.Addr().Unmap()
	return ip.IsLoopback() || slices.Contains(s.ourIPs, ip)
}

// interfaceIPs returns the addresses of this machine.
func interfaceIPs() []netip.Addr {
	var list []netip.Addr
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, p.Addr().Unmap())
		}
	}
	return list
}

// port returns the port that peers and trackers are told, 0 if we do not listen.
func (s *Session) port() uint16 {
	for _, a := range s.net.Addrs() {
		return a.Port()
	}
	return 0
}

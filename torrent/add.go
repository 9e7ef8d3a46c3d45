package torrent

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"

	"groove/internal/clock"
	"groove/torrent/disk"
	"groove/torrent/infohash"
	"groove/torrent/metainfo"
	"groove/torrent/swarm"
)

// Add begins to get or to seed a torrent. It returns once the files are open: wrong options, files
// in the way, a full disk and a second process are errors here. Checking existing data, fetching
// metadata and everything after it go on in the background; see Stats and Events.
func (s *Session) Add(o AddOptions) (*Torrent, error) {
	t, err := s.newTorrent(o)
	if err != nil {
		return nil, err
	}
	if err := s.enlist(t); err != nil {
		return nil, fmt.Errorf("add torrent %s: %w", t.ID(), err)
	}
	if err := t.open(); err != nil {
		s.strike(t)
		t.cancel()
		return nil, err
	}
	t.begin()
	return t, nil
}

// open opens record and files, as far as they are known yet. An earlier run of a magnet link has left
// the whole torrent file in its record.
func (t *Torrent) open() error {
	if t.options.Storage == nil {
		if err := t.lockRecord(); err != nil {
			return err
		}
	}
	if t.info.Load() == nil {
		t.recall()
	}
	if info := t.info.Load(); info != nil {
		if err := t.openFiles(info); err != nil {
			t.releaseSlot()
			return err
		}
		t.working.Go(t.checkFiles)
	}
	return nil
}

// recall gives the swarm the metadata that an earlier run has fetched.
func (t *Torrent) recall() {
	if t.record == nil || len(t.record.Torrent) == 0 {
		return
	}
	m, err := metainfo.Parse(t.record.Torrent)
	if err != nil {
		return
	}
	if id, ok := m.Info.ID.Merge(t.ID()); !ok || id != m.Info.ID {
		return
	}
	t.adopt(m)
}

// adopt makes a torrent file the torrent's own, and a new swarm that knows it.
func (t *Torrent) adopt(m *metainfo.Metainfo) {
	t.meta.Store(m)
	t.info.Store(m.Info)
	t.id.Store(&m.Info.ID)
	t.state = Checking
	t.newSwarm()
}

// newSwarm makes the brain; whatever is known of the torrent it knows.
func (t *Torrent) newSwarm() {
	s := t.session
	t.swarm = swarm.New(swarm.Config{
		ID: t.ID(), Info: t.info.Load(), PeerID: s.peerID, Port: s.port(), Version: "Groove " + Version,
		Rand: newSource(), Budget: torrentBudget, Slots: s.cfg.Slots, Local: s.cfg.AllowLocal,
	})
}

// newTorrent makes the machines of a torrent; nothing runs yet.
func (s *Session) newTorrent(o AddOptions) (*Torrent, error) {
	if (o.Metainfo == nil) == (o.Magnet == nil) {
		return nil, fmt.Errorf("add torrent: either a torrent file or a magnet link is needed")
	}
	if o.Dir == "" {
		o.Dir = "."
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("add torrent in %q: %w", o.Dir, err)
	}
	o.Dir = dir
	t := &Torrent{session: s, options: o, drained: make(chan struct{}), wakeAt: clock.Never}
	t.ctx, t.cancel = context.WithCancel(s.ctx)
	t.unsynced.init()
	t.down.clock, t.up.clock = s.clock, s.clock
	t.SetLimits(o.DownLimit, o.UpLimit)
	t.memory.pool = s.pool
	t.timerInit()
	if o.Metainfo != nil {
		t.adopt(o.Metainfo)
	} else {
		id, err := s.completeID(o.Magnet.ID, dir)
		if err != nil {
			return nil, err
		}
		t.id.Store(&id)
		t.newSwarm()
	}
	t.announcer.init(t, o)
	return t, nil
}

// completeID adds the hash that an earlier run of a magnet link has learned.
func (s *Session) completeID(id infohash.ID, dir string) (infohash.ID, error) {
	if s.cfg.StateDir == "" {
		return id, nil
	}
	return disk.FindID(s.cfg.StateDir, id, dir)
}

// choose applies the selection once the files are known.
func (t *Torrent) choose(info *metainfo.Info) error {
	wanted, err := selectFiles(info, t.options.Select)
	if err != nil {
		return fmt.Errorf("select files of %q: %w", info.Name, err)
	}
	if m := t.options.Magnet; m != nil && wanted == nil {
		wanted = selectIndices(info, m.Select)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted, t.total = wanted, wanted.total(info.Layout)
	return nil
}

// begin starts what needs no files: dialling named peers, announcing, listening on the network.
func (t *Torrent) begin() {
	names := slices.Clone(t.options.Peers)
	if m := t.options.Magnet; m != nil {
		names = append(names, m.Peers...)
	}
	t.working.Go(func() { t.addPeers(names) })
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.info.Load() == nil {
		t.startAnnouncing()
	}
}

// AddPeers dials peers, host:port each. Names that do not resolve are logged and left out.
func (t *Torrent) AddPeers(names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.working.Go(func() { t.addPeers(names) })
	}
}

func (t *Torrent) addPeers(names []string) {
	var list []netip.AddrPort
	for _, name := range names {
		found, err := t.resolve(name)
		if err != nil {
			t.session.log.Warn("find peer", "peer", name, "err", err)
		}
		list = append(list, found...)
	}
	t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		return t.swarm.AddAddresses(now, swarm.FromUser, list, out)
	})
}

// resolve looks up one host:port.
func (t *Torrent) resolve(name string) ([]netip.AddrPort, error) {
	if a, err := netip.ParseAddrPort(name); err == nil {
		return []netip.AddrPort{a}, nil
	}
	host, service, err := net.SplitHostPort(name)
	if err != nil {
		return nil, err
	}
	port, err := net.DefaultResolver.LookupPort(t.ctx, "tcp", service)
	if err != nil {
		return nil, err
	}
	ips, err := net.DefaultResolver.LookupNetIP(t.ctx, "ip", host)
	var list []netip.AddrPort
	for _, ip := range ips {
		list = append(list, netip.AddrPortFrom(ip.Unmap(), uint16(port)))
	}
	return list, err
}

// gotInfo goes on with a magnet whose metadata arrived; the lock is held.
func (t *Torrent) gotInfo(info *metainfo.Info) {
	id := t.swarm.ID()
	t.id.Store(&id)
	t.info.Store(info)
	m := &metainfo.Metainfo{Info: info}
	if g := t.options.Magnet; g != nil {
		for _, u := range g.Trackers {
			m.Trackers = append(m.Trackers, []string{u})
		}
		m.WebSeeds = g.WebSeeds
	}
	t.meta.Store(m)
	t.state = Checking
	for _, p := range t.ports {
		if k, ok := p.(*link); ok && k != nil {
			k.conn.SetPieces(info.Layout.Pieces())
		}
	}
	t.working.Go(func() {
		err := t.session.enlist(t) // by its other hash too
		if err == nil {
			err = t.openFiles(info)
		}
		if err != nil {
			t.fail(err)
			return
		}
		t.events.publish(Event{Kind: GotMetadata})
		t.checkFiles()
	})
}

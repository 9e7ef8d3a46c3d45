// Package swarm is the brain of one torrent: whom to ask for what, whom to serve, whom to trust.
//
// It knows the peers of one torrent, their pieces, requests and promises; it refuses to know
// sockets, files, goroutines and the time of day. Its owner serialises all calls, gives each
// the present instant and a slice to append effects to, and carries these out afterwards in
// order; answers come back as further calls. Units are bytes and clock.Time. Start reading at
// Swarm and effect.go, then one file a subject: request.go, landing.go, serve.go, choke.go.
package swarm

import (
	"math/rand/v2"

	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/torrent/choker"
	"groove/torrent/infohash"
	"groove/torrent/layout"
	"groove/torrent/metainfo"
	"groove/torrent/picker"
)

// Config is what a Swarm is born with.
type Config struct {
	ID       infohash.ID
	Info     *metainfo.Info // nil while only a magnet link is known
	PeerID   [20]byte       // ours, to recognise ourselves and for simultaneous connections
	Port     uint16         // where we listen, told to peers; 0 = nowhere
	Version  string         // our name in the extension handshake, "Groove 0.1"
	Rand     *rand.Rand     // every tie is broken from here
	Budget   int64          // bytes of piece buffers, at least one piece is always allowed
	MaxPeers int            // connections; 0 = 200
	Slots    int            // upload slots; 0 = by uplink
	Local    bool           // addresses of private networks and loopback may be learned from anybody
}

// Swarm is one torrent as one session sees it. Make it with New.
type Swarm struct {
	cfg Config
	now clock.Time
	out []Effect

	id      infohash.ID
	info    *metainfo.Info
	layout  *layout.Layout
	picker  *picker.Picker
	running bool    // metadata known, disk ready, no disk error
	failed  bool    // the disk refused: serve, but ask for nothing
	done    bool    // WantedComplete was told
	wishes  []uint8 // by piece, nil = all wanted

	peers   []*peer // by slot, nil = free
	count   int     // peers connected
	gens    uint32
	buffers []buffer
	freeBuf []uint32
	piece   map[layout.PieceIndex]uint32 // begun pieces to their buffers; looked up, never walked
	used    int64                        // bytes of whole-piece buffers

	choke    *choker.Choker
	unchoked int
	super    superSeed
	blame    blame
	meta     metadata
	hashes   hashFetch
	gossip   gossip
	known    addresses
	meters   meters
	scratch  scratch
	nextTick clock.Time
	wantAt   clock.Time // when WantPeers may be said again
}

// scratch is memory reused from call to call, so that the steady state allocates nothing.
type scratch struct {
	blocks    []layout.Block
	chokers   []choker.Peer
	decisions []choker.Decision
}

// New returns a swarm without peers. If cfg.Info is known, Ready must follow before it asks or serves.
func New(cfg Config) *Swarm {
	if cfg.MaxPeers == 0 {
		cfg.MaxPeers = maxPeers
	}
	s := &Swarm{cfg: cfg, id: cfg.ID, piece: map[layout.PieceIndex]uint32{}, nextTick: clock.Never}
	s.known.init()
	s.blame.init()
	s.choke = choker.New(choker.Config{Slots: cfg.Slots}, cfg.Rand)
	if cfg.Info != nil {
		s.learnInfo(cfg.Info)
	}
	return s
}

// learnInfo builds everything that needs the number of pieces.
func (s *Swarm) learnInfo(info *metainfo.Info) {
	s.info, s.layout = info, info.Layout
	if id, ok := s.id.Merge(info.ID); ok {
		s.id = id
	}
	s.picker = picker.New(s.layout, s.cfg.Rand)
	s.hashes.init(info)
}

// ID returns the torrent's name, with both hashes once they are known.
func (s *Swarm) ID() infohash.ID { return s.id }

// Info returns the info dictionary, nil while it is unknown.
func (s *Swarm) Info() *metainfo.Info { return s.info }

// Partial is what an earlier run left of an unfinished piece; its blocks lie at their place on disk.
type Partial struct {
	Piece  layout.PieceIndex
	Blocks *bitset.Set
}

// Ready says that the disk is open: have holds the verified pieces. From now on the swarm asks
// and serves. It is called once, after New with an Info or after GotInfo.
func (s *Swarm) Ready(now clock.Time, have *bitset.Set, partial []Partial, out []Effect) []Effect {
	s.begin(now, out)
	for i := have.Next(0); i >= 0; i = have.Next(i + 1) {
		s.picker.SetHave(layout.PieceIndex(i))
	}
	for _, p := range partial {
		s.restore(p)
	}
	s.running = true
	for _, p := range s.peers {
		if p != nil {
			s.introduceLate(p)
		}
	}
	s.settleDone()
	return s.end()
}

// Settle carries out what the calls before it made possible: requests, spans, free slots. The
// owner calls it once after each batch of inputs.
func (s *Swarm) Settle(now clock.Time, out []Effect) []Effect {
	s.begin(now, out)
	if s.running {
		for _, p := range s.peers {
			if p != nil && p.dirty {
				p.dirty = false
				s.serve(p)
				s.refill(p)
			}
		}
	}
	return s.end()
}

// Tick does what time alone makes due. The owner calls it when NextDeadline has come.
func (s *Swarm) Tick(now clock.Time, out []Effect) []Effect {
	s.begin(now, out)
	if now >= s.nextTick {
		s.nextTick = now.Add(tickEvery)
		if s.running {
			s.boundPieces()
		}
		for _, p := range s.peers {
			if p != nil {
				s.tickPeer(p)
			}
		}
		s.fetchHashes()
		s.rechoke()
		s.superTick()
		s.exchangePeers()
		s.dialSome()
		s.askForPeers()
	}
	return s.end()
}

// NextDeadline says when Tick is due; clock.Never while nobody is connected and nobody is to be dialled.
func (s *Swarm) NextDeadline() clock.Time { return s.nextTick }

// begin opens an input, end closes it; between them s.out collects effects.
func (s *Swarm) begin(now clock.Time, out []Effect) {
	s.now, s.out = now, out
}

func (s *Swarm) end() []Effect {
	if s.count == 0 && s.known.idle() {
		s.nextTick = clock.Never
	} else if s.nextTick == clock.Never {
		s.nextTick = s.now.Add(tickEvery)
	}
	out := s.out
	s.out = nil
	return out
}

func (s *Swarm) emit(e Effect) { s.out = append(s.out, e) }

func (s *Swarm) tell(e Event) { s.emit(Effect{Kind: Tell, Event: &e}) }

// private reports whether the torrent's peers may come from its trackers alone (BEP 27). A magnet's
// privacy is unknown until its metadata is there, so it counts as private until then.
func (s *Swarm) private() bool { return s.info == nil || s.info.Private }

// complete reports whether we hold every piece.
func (s *Swarm) complete() bool { return s.running && s.picker.Have().Full() }

package swarm

import (
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"slices"

	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/torrent/metainfo"
	"groove/torrent/wire"
)

// metadata fetches the info dictionary of a magnet link from peers (BEP 9), one candidate for each
// size that peers claim, so that one liar cannot hold up the rest. When a candidate is complete
// and has the wrong hash, those who gave to it are dropped if there was one, else it starts again.
type metadata struct {
	candidates []*infoCandidate
}

// maxInfoCandidates bounds the sizes tried at once; peers that claim yet another wait.
const maxInfoCandidates = 4

// infoCandidate is an info dictionary of one claimed size.
type infoCandidate struct {
	size   int
	claims int // peers that claim this size
	data   []byte
	have   *bitset.Set
	asked  []Peer // by block; zero = nobody
	gave   []Peer
}

// peerMeta is one peer's part in it.
type peerMeta struct {
	from     *infoCandidate
	inFlight int
	since    clock.Time
	refuses  bool
	served   int // blocks that we gave it
}

// maxMetadataInFlight and maxMetadataServed bound the exchange with one peer.
const (
	maxMetadataInFlight = 2
	maxMetadataServed   = 4 * maxMetadata / metadataBlock
)

// offer takes in that p's handshake claims a metadata size.
func (m *metadata) offer(p *peer) {
	n := p.ext.MetadataSize
	if n <= 0 || n > maxMetadata || p.meta.from != nil || p.takes(wire.ExtMetadata) == 0 {
		return
	}
	for _, c := range m.candidates {
		if c.size == int(n) {
			p.meta.from = c
			c.claims++
			return
		}
	}
	if len(m.candidates) == maxInfoCandidates {
		return
	}
	blocks := (int(n) + metadataBlock - 1) / metadataBlock
	c := &infoCandidate{size: int(n), have: bitset.New(blocks), asked: make([]Peer, blocks), claims: 1}
	m.candidates = append(m.candidates, c)
	p.meta.from = c
}

// forget takes back what a peer that left was asked for, and its claim: a size that nobody claims
// is forgotten.
func (m *metadata) forget(p *peer) {
	c := p.meta.from
	if c == nil {
		return
	}
	c.unask(p)
	if c.claims--; c.claims == 0 {
		m.candidates = slices.DeleteFunc(m.candidates, func(x *infoCandidate) bool { return x == c })
	}
}

// unask has others be asked for what p does not deliver.
func (c *infoCandidate) unask(p *peer) {
	for i := range c.asked {
		if c.asked[i] == p.ref {
			c.asked[i] = Peer{}
		}
	}
	p.meta.inFlight = 0
}

// fetchMetadata asks p for blocks of its candidate.
func (s *Swarm) fetchMetadata(p *peer) {
	c := p.meta.from
	if s.info != nil || c == nil || p.meta.refuses || p.takes(wire.ExtMetadata) == 0 {
		return
	}
	for i := range c.asked {
		if p.meta.inFlight >= maxMetadataInFlight {
			return
		}
		if c.have.Has(i) || c.asked[i] != (Peer{}) {
			continue
		}
		c.asked[i] = p.ref
		p.meta.inFlight++
		p.meta.since = s.now
		s.sendMetadata(p, wire.MetadataMessage{Type: wire.MetadataRequest, Piece: i})
	}
}

func (s *Swarm) sendMetadata(p *peer, m wire.MetadataMessage) {
	s.sendExt(p, p.takes(wire.ExtMetadata), wire.AppendMetadata(nil, m))
}

// tickMetadata asks others for what p does not deliver.
func (s *Swarm) tickMetadata(p *peer) {
	if s.info != nil {
		return
	}
	if p.meta.inFlight > 0 && s.now.Sub(p.meta.since) > metadataRetry {
		p.meta.from.unask(p)
		p.meta.since = s.now
		for _, q := range s.peers {
			if q != nil && q != p {
				s.fetchMetadata(q)
			}
		}
	}
	s.fetchMetadata(p)
}

// metadataMessage takes in a request, a block or a refusal.
func (s *Swarm) metadataMessage(p *peer, payload []byte) {
	m, err := wire.ParseMetadata(payload)
	switch {
	case errors.Is(err, wire.ErrUnknownType):
		return
	case err != nil:
		s.drop(p, BadExtension)
		return
	}
	switch m.Type {
	case wire.MetadataRequest:
		s.serveMetadata(p, m.Piece)
	case wire.MetadataData:
		s.metadataCame(p, m.Piece, m.Data)
	case wire.MetadataReject:
		p.meta.refuses = true
		if p.meta.from != nil {
			p.meta.from.unask(p)
		}
	}
}

// serveMetadata answers a request with a block of our info dictionary, or a refusal.
func (s *Swarm) serveMetadata(p *peer, n int) {
	if p.takes(wire.ExtMetadata) == 0 {
		return
	}
	reply := wire.MetadataMessage{Type: wire.MetadataReject, Piece: n}
	if p.meta.served++; s.info == nil || n*metadataBlock >= len(s.info.Raw) || p.meta.served > maxMetadataServed {
		s.sendMetadata(p, reply)
		return
	}
	begin := n * metadataBlock
	block := s.info.Raw[begin:min(begin+metadataBlock, len(s.info.Raw))]
	reply.Type, reply.TotalSize, reply.Data = wire.MetadataData, int64(len(s.info.Raw)), block
	s.sendMetadata(p, reply)
}

// metadataCame takes in a block that we asked of p.
func (s *Swarm) metadataCame(p *peer, n int, data []byte) {
	c := p.meta.from
	if s.info != nil || c == nil || n >= len(c.asked) || c.asked[n] != p.ref || c.have.Has(n) {
		return
	}
	begin := n * metadataBlock
	if len(data) != min(metadataBlock, c.size-begin) {
		s.drop(p, BadExtension)
		return
	}
	if c.data == nil {
		c.data = make([]byte, c.size)
		c.gave = make([]Peer, len(c.asked))
	}
	copy(c.data[begin:], data)
	c.have.Add(n)
	c.gave[n] = p.ref
	p.meta.inFlight--
	p.meta.since = s.now
	if c.have.Full() {
		s.metadataFull(c)
		return
	}
	s.fetchMetadata(p)
}

// metadataFull checks a complete candidate against the torrent's name.
func (s *Swarm) metadataFull(c *infoCandidate) {
	info, err := metainfo.ParseInfo(c.data)
	if s.hashMatches(c.data) {
		if err != nil {
			s.stopAsking()
			s.tell(Event{Kind: DiskTrouble, Err: err})
			return
		}
		s.meta.candidates = nil
		s.learnInfo(info)
		s.tell(Event{Kind: MetadataComplete})
		s.emit(Effect{Kind: GotInfo, Info: info})
		return
	}
	sole := true
	for _, g := range c.gave {
		sole = sole && g == c.gave[0]
	}
	guilty := c.gave[0]
	c.have.Reset()
	clear(c.asked)
	if p := s.peer(guilty); sole && p != nil {
		s.drop(p, BadMetadata)
	}
	for _, p := range s.peers {
		if p != nil && p.meta.from == c {
			p.meta.inFlight = 0
			s.fetchMetadata(p)
		}
	}
}

// hashMatches compares an info dictionary with the hashes that the magnet names: each that is known
// must be right.
func (s *Swarm) hashMatches(data []byte) bool {
	if h, ok := s.id.V1(); ok && sha1.Sum(data) != [20]byte(h) {
		return false
	}
	if h, ok := s.id.V2(); ok && sha256.Sum256(data) != [32]byte(h) {
		return false
	}
	return true
}

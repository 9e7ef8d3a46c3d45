// Package picker decides which block to ask of which peer next.
//
// It knows what one torrent has and wants, how many peers hold each piece, and who is asked for
// which block. It refuses to know connections, rates, buffers and hashes: the swarm, its only
// caller, tells it what happened. Blocks are 16 KiB, pieces and blocks are named as in layout;
// a Picker is not safe for concurrent use and draws every random tie from the source given to
// New, so that equal calls give equal picks. Start reading at Pick.
package picker

import (
	"math/bits"
	"math/rand/v2"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// PeerID is the swarm's slot number of a peer, below MaxPeers.
type PeerID uint32

// Picker is the state of one torrent's picking. Make one with New.
type Picker struct {
	l      *layout.Layout
	rng    *rand.Rand
	pieces []piece

	have    *bitset.Set // verified
	useless *bitset.Set // had, not wanted, or without a block to ask for
	busy    *bitset.Set // useless or begun; the others are fresh and stand in levels
	levels  [MaxPriority + 1]rarity
	wanted  int // pieces wanted and not had
	fresh   int // pieces not in busy

	seeds  int   // peers that have everything, counted nowhere else
	copies []int // copies[k] = pieces that k other peers have

	begunState
	peers []peerState // by PeerID, grown when first met

	deadlines  []deadline // sorted by time, then piece
	sequential bool
	maxOpen    int // 0 = no bound
	maxBegun   int // 0 = no bound
	fieldAt    int // where the last search of a bitfield gave up
}

// piece is what is known of every piece: 12 bytes, since there may be two million.
type piece struct {
	cell  uint32 // in its level's rarity, while fresh
	slot  uint32 // of its part, while begun
	peers uint16 // that have it, seeds aside
	prio  uint8
}

// peerState is what is known of a peer between two picks.
type peerState struct {
	out     uint32 // blocks asked of it and not answered
	current uint32 // piece it was asked for last, or none
	fast    bool   // at its last pick
}

// New returns a Picker that has nothing and wants every piece at priority 1.
func New(l *layout.Layout, rng *rand.Rand) *Picker {
	n := l.Pieces()
	p := &Picker{
		l: l, rng: rng,
		pieces:  make([]piece, n),
		have:    bitset.New(n),
		useless: bitset.New(n),
		busy:    bitset.New(n),
		copies:  []int{n},
		wanted:  n,
	}
	p.begunState = newBegunState(l)
	order := make([]uint32, 0, n)
	for i := range p.pieces {
		p.pieces[i] = piece{cell: none, slot: none, prio: 1}
		if l.Blocks(layout.PieceIndex(i)) == 0 {
			p.useless.Add(i)
			p.busy.Add(i)
			continue
		}
		order = append(order, uint32(i))
	}
	rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	p.levels[1].fill(p.pieces, order)
	p.fresh = len(order)
	return p
}

// Have returns the verified pieces. The caller must not change the set.
func (p *Picker) Have() *bitset.Set { return p.have }

// Wanted returns how many pieces are wanted and not had. A piece that is all padding counts until
// SetHave, though nobody can be asked for it.
func (p *Picker) Wanted() int { return p.wanted }

// Interesting reports whether has (nil = everything) holds a piece that we want and can ask for.
// It costs a look at each word of the set.
func (p *Picker) Interesting(has *bitset.Set) bool {
	if has == nil {
		return p.useless.Count() < len(p.pieces)
	}
	return has.HasAnyMissingIn(p.useless)
}

// Outstanding returns how many blocks are asked of a peer.
func (p *Picker) Outstanding(id PeerID) int {
	if int(id) >= len(p.peers) {
		return 0
	}
	return int(p.peers[id].out)
}

// MaxPartials bounds the half pieces: at n or more begun pieces that still have a block nobody is
// asked for, Pick begins no other, so that pieces are finished and can be given on. Pieces whose
// blocks are all asked for do not count, or small pieces would keep the pipelines short. A peer of
// whom nothing is asked and who has none of the begun pieces may still begin one: half pieces whose
// owners left must not stop the torrent. 0 takes the bound away.
func (p *Picker) MaxPartials(n int) { p.maxOpen = n }

// MaxBegun bounds all begun pieces without exception, those that wait for their hash or write
// included: each of them pins a buffer. 0 takes the bound away.
func (p *Picker) MaxBegun(n int) { p.maxBegun = n }

// Begun returns how many pieces are begun, and how many of these have all blocks and wait for
// SetHave or Failed.
func (p *Picker) Begun() (all, complete int) { return len(p.live), p.complete }

// peer returns the state of a peer, making room when it is met for the first time.
func (p *Picker) peer(id PeerID) *peerState {
	if id >= MaxPeers {
		panic("picker: peer slot out of range")
	}
	if int(id) >= len(p.peers) {
		grown := make([]peerState, 1<<bits.Len32(uint32(id)))
		n := copy(grown, p.peers)
		for i := n; i < len(grown); i++ {
			grown[i].current = none
		}
		p.peers = grown
	}
	return &p.peers[id]
}

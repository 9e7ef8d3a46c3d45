package swarm

import (
	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/torrent/layout"
	"groove/torrent/merkle"
)

// bufferKind is how a begun piece is kept.
type bufferKind uint8

const (
	unused    bufferKind = iota
	undecided            // begun, nothing has landed
	whole                // in one buffer, written when it is verified
	onDisk               // block by block at its place, read back to be verified
	oneBlock             // the memory of one block of an onDisk piece
)

// buffer is a begun piece, or the memory of one block. The memory itself is the shell's.
type buffer struct {
	gen   uint32
	kind  bufferKind
	piece layout.PieceIndex

	landed  *bitset.Set
	leased  *bitset.Set
	from    []source // who gave each block
	prefix  int      // blocks landed without a gap from the first
	hashed  int      // bytes whose hash the shell was asked for
	hashing bool
	storing bool
	written int // blocks that are on disk

	parent Buffer // of oneBlock: the piece
}

// source is who gave a block.
type source struct {
	peer Peer
	key  banKey
}

// beginPiece makes the record of a piece that is asked for.
func (s *Swarm) beginPiece(i layout.PieceIndex) {
	if _, ok := s.piece[i]; ok {
		return
	}
	ref := s.newBuffer(undecided, i)
	b := s.buffer(ref)
	n := s.layout.Blocks(i)
	if b.landed == nil || b.landed.Len() != n {
		b.landed, b.leased, b.from = bitset.New(n), bitset.New(n), make([]source, n)
	} else {
		b.landed.Reset()
		b.leased.Reset()
	}
	s.piece[i] = ref.Slot
}

func (s *Swarm) newBuffer(kind bufferKind, i layout.PieceIndex) Buffer {
	var slot uint32
	if n := len(s.freeBuf); n > 0 {
		slot, s.freeBuf = s.freeBuf[n-1], s.freeBuf[:n-1]
	} else {
		slot = uint32(len(s.buffers))
		s.buffers = append(s.buffers, buffer{})
	}
	old := &s.buffers[slot]
	s.gens++
	*old = buffer{gen: s.gens, kind: kind, piece: i, landed: old.landed, leased: old.leased, from: old.from}
	return Buffer{Slot: slot, Gen: s.gens}
}

// buffer looks a buffer up; nil if it was freed.
func (s *Swarm) buffer(ref Buffer) *buffer {
	if int(ref.Slot) >= len(s.buffers) {
		return nil
	}
	if b := &s.buffers[ref.Slot]; b.gen == ref.Gen && b.kind != unused {
		return b
	}
	return nil
}

// release forgets a buffer and has the shell forget its memory.
func (s *Swarm) release(ref Buffer) {
	b := s.buffer(ref)
	if b.kind == whole {
		s.used -= int64(s.layout.DataLength(b.piece))
	}
	if b.kind != oneBlock {
		delete(s.piece, b.piece)
	}
	b.kind = unused
	s.freeBuf = append(s.freeBuf, ref.Slot)
	s.emit(Effect{Kind: Free, Buffer: ref})
}

// lease gives the right to land one block; false if it is landed, being landed, or nobody's.
func (s *Swarm) lease(b layout.Block, p *peer) (Landing, bool) {
	slot, ok := s.piece[b.Piece]
	if !ok {
		return Landing{}, false
	}
	buf := &s.buffers[slot]
	if buf.storing || buf.landed.Has(int(b.Index)) || !buf.leased.Add(int(b.Index)) {
		return Landing{}, false
	}
	buf.from[b.Index] = source{peer: p.ref, key: keyOf(p.Addr)}
	if buf.kind == undecided {
		s.decide(buf)
	}
	ref := Buffer{Slot: slot, Gen: buf.gen}
	if buf.kind == whole {
		return Landing{Lease: Lease{ref, b.Index}, Size: s.layout.DataLength(b.Piece), Offset: b.Begin()}, true
	}
	one := s.newBuffer(oneBlock, b.Piece) // buf may have moved
	s.buffers[one.Slot].parent = ref
	return Landing{Lease: Lease{one, b.Index}, Size: s.layout.BlockLength(b)}, true
}

// decide keeps a piece in memory if it is not huge and the budget allows.
func (s *Swarm) decide(b *buffer) {
	n := int64(s.layout.DataLength(b.piece))
	if n > maxWholeBuffer || s.used > 0 && s.used+n > s.cfg.Budget {
		b.kind = onDisk
		return
	}
	b.kind = whole
	s.used += n
}

// SetBudget sets the bytes of piece buffers; more pieces than fit are written block by block.
func (s *Swarm) SetBudget(n int64) { s.cfg.Budget = n }

// returnLease ends a lease whose bytes are not to be trusted.
func (s *Swarm) returnLease(l Lease) {
	b := s.buffer(l.Buffer)
	if b == nil {
		return
	}
	if b.kind == oneBlock {
		parent := b.parent
		s.release(l.Buffer)
		if b = s.buffer(parent); b == nil {
			return
		}
	}
	b.leased.Remove(int(l.Index))
}

// landed takes in a block: whole pieces are hashed as they grow, others are written at once.
func (s *Swarm) landed(l Lease, p *peer) {
	b := s.buffer(l.Buffer)
	if b.kind == oneBlock {
		block := layout.Block{Piece: b.piece, Index: l.Index}
		s.emit(Effect{
			Kind: StoreBlock, Buffer: l.Buffer, Piece: b.piece, Begin: block.Begin(), Length: s.layout.BlockLength(block),
		})
		b = s.buffer(b.parent)
		b.leased.Remove(int(l.Index))
		b.landed.Add(int(l.Index))
		return
	}
	b.leased.Remove(int(l.Index))
	b.landed.Add(int(l.Index))
	if next := b.landed.NextMissing(b.prefix); next >= 0 {
		b.prefix = next
	} else {
		b.prefix = b.landed.Len()
	}
	s.hashOn(l.Buffer, b)
}

// hashOn hands the next run of the prefix to the hash, or the whole piece to the disk.
func (s *Swarm) hashOn(ref Buffer, b *buffer) {
	if b.hashing || b.storing {
		return
	}
	if b.landed.Full() {
		b.storing = true
		s.emit(Effect{
			Kind: Store, Buffer: ref, Piece: b.piece, Begin: b.hashed, Blocks: s.blame.suspects(b.piece),
		})
		return
	}
	if n := b.prefix*layout.BlockSize - b.hashed; n >= minHashRun {
		n = min(n, maxHashRun)
		b.hashing = true
		s.emit(Effect{Kind: Hash, Buffer: ref, Piece: b.piece, Begin: b.hashed, Length: n})
		b.hashed += n
	}
}

// Hashed answers Hash.
func (s *Swarm) Hashed(now clock.Time, ref Buffer, out []Effect) []Effect {
	s.begin(now, out)
	if b := s.buffer(ref); b != nil {
		b.hashing = false
		s.hashOn(ref, b)
	}
	return s.end()
}

// BlockStored answers StoreBlock.
func (s *Swarm) BlockStored(now clock.Time, ref Buffer, err error, out []Effect) []Effect {
	s.begin(now, out)
	one := s.buffer(ref)
	if one == nil {
		return s.end()
	}
	parent := one.parent
	s.release(ref)
	b := s.buffer(parent)
	if b == nil {
		return s.end()
	}
	if err != nil {
		s.diskFailed(parent, b, err)
		return s.end()
	}
	b.written++
	s.verifyOnDisk(parent, b)
	return s.end()
}

// verifyOnDisk has a piece read back once all its blocks are written.
func (s *Swarm) verifyOnDisk(ref Buffer, b *buffer) {
	if b.landed.Full() && b.written == b.landed.Len() && !b.storing {
		b.storing = true
		s.emit(Effect{Kind: Verify, Buffer: ref, Piece: b.piece, Blocks: s.blame.suspects(b.piece)})
	}
}

// restore continues a piece whose first blocks an earlier run left on disk.
func (s *Swarm) restore(p Partial) {
	if s.picker.Have().Has(int(p.Piece)) || p.Blocks.Len() != s.layout.Blocks(p.Piece) || p.Blocks.Count() == 0 {
		return
	}
	s.picker.Restore(p.Piece, p.Blocks)
	s.beginPiece(p.Piece)
	slot := s.piece[p.Piece]
	b := &s.buffers[slot]
	b.kind = onDisk
	b.landed = p.Blocks.Clone()
	b.written = p.Blocks.Count()
	s.verifyOnDisk(Buffer{Slot: slot, Gen: b.gen}, b)
}

// Stored answers Store and Verify. blocks holds the SHA-256 of each block: always where the verdict is
// Corrupt, and where the effect asked for it. err explains DiskFailed.
func (s *Swarm) Stored(now clock.Time, ref Buffer, v Verdict, blocks []merkle.Hash, err error, out []Effect) []Effect {
	s.begin(now, out)
	b := s.buffer(ref)
	if b == nil {
		return s.end()
	}
	i := b.piece
	switch v {
	case Good:
		s.acquit(i, blocks)
		s.release(ref)
		s.gotPiece(i)
	case Corrupt:
		s.meters.corrupt += int64(s.layout.DataLength(i))
		from := append([]source(nil), b.from...)
		s.release(ref)
		s.picker.Failed(i)
		s.tell(Event{Kind: PieceCorrupt, Piece: i})
		s.accuse(i, from, blocks)
		s.wakeAll()
	case Inconsistent:
		s.release(ref)
		s.picker.Failed(i)
		s.stopAsking()
		s.tell(Event{Kind: HalvesDisagree, Piece: i})
	case DiskFailed:
		s.diskFailed(ref, b, err)
	}
	return s.end()
}

// diskFailed gives a piece up and asks for nothing more until DiskBack.
func (s *Swarm) diskFailed(ref Buffer, b *buffer, err error) {
	i := b.piece
	s.release(ref)
	s.picker.Failed(i)
	first := !s.failed
	s.stopAsking()
	if first {
		s.tell(Event{Kind: DiskTrouble, Piece: i, Err: err})
	}
}

// stopAsking keeps serving what is good, and asks for nothing.
func (s *Swarm) stopAsking() {
	s.failed = true
	for _, p := range s.peers {
		if p != nil {
			s.giveUp(p, 0)
			s.showInterest(p)
		}
	}
}

// DiskBack says that the disk may work again after DiskTrouble.
func (s *Swarm) DiskBack(now clock.Time, out []Effect) []Effect {
	s.begin(now, out)
	s.failed = false
	for _, p := range s.peers {
		if p != nil {
			s.showInterest(p)
			p.dirty = true
		}
	}
	return s.end()
}

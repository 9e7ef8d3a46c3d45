package swarm

import (
	"fmt"

	"groove/torrent/layout"
)

// check verifies the invariants that no input may break; tests, fuzzing and simulation call it
// after every step.
func (s *Swarm) check() error {
	n, unchoked := 0, 0
	for slot, p := range s.peers {
		if p == nil {
			continue
		}
		n++
		if p.unchoked {
			unchoked++
		}
		if p.ref.Slot != uint32(slot) {
			return fmt.Errorf("peer in slot %d says it is in %d", slot, p.ref.Slot)
		}
		if err := s.checkPeer(p); err != nil {
			return fmt.Errorf("peer %d: %w", slot, err)
		}
	}
	if n != s.count || unchoked != s.unchoked {
		return fmt.Errorf("%d peers, %d unchoked; counted %d and %d", n, unchoked, s.count, s.unchoked)
	}
	return s.checkBuffers()
}

func (s *Swarm) checkPeer(p *peer) error {
	if p.committed < 0 || len(p.waiting) > maxWaiting || !p.unchoked && len(p.waiting) > 0 {
		return fmt.Errorf("%d bytes committed, %d requests waiting, unchoked %v", p.committed, len(p.waiting), p.unchoked)
	}
	if len(p.asked) > maxDepth {
		return fmt.Errorf("%d requests under way", len(p.asked))
	}
	for i, r := range p.asked {
		if s.picker.Have().Has(int(r.block.Piece)) {
			return fmt.Errorf("asked for block %v of a piece that we have", r.block)
		}
		for _, q := range p.asked[:i] {
			if q.block == r.block {
				return fmt.Errorf("asked twice for block %v", r.block)
			}
		}
	}
	if !s.running {
		return nil
	}
	useful := 0
	for i := range layout.PieceIndex(s.layout.Pieces()) {
		if p.holds(i) && s.wantsPiece(i) {
			useful++
		}
	}
	if useful != p.useful {
		return fmt.Errorf("useful pieces %d, counted %d", useful, p.useful)
	}
	return nil
}

func (s *Swarm) checkBuffers() error {
	var used int64
	begun := 0
	for k := range s.buffers {
		b := &s.buffers[k]
		switch b.kind {
		case unused, oneBlock:
			continue
		case whole:
			used += int64(s.layout.DataLength(b.piece))
		}
		begun++
		if slot, ok := s.piece[b.piece]; !ok || slot != uint32(k) {
			return fmt.Errorf("piece %d lies in buffer %d, found %d (%v)", b.piece, k, slot, ok)
		}
		if s.picker.Have().Has(int(b.piece)) {
			return fmt.Errorf("piece %d is had and begun", b.piece)
		}
		if b.hashed > b.prefix*layout.BlockSize {
			return fmt.Errorf("piece %d: hash of %d bytes asked, %d blocks landed in a row", b.piece, b.hashed, b.prefix)
		}
	}
	if used != s.used || begun != len(s.piece) {
		return fmt.Errorf("buffers hold %d bytes of %d pieces, counted %d and %d", used, begun, s.used, len(s.piece))
	}
	return nil
}

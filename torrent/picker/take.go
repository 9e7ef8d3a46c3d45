package picker

import (
	"math/bits"

	"groove/torrent/layout"
)

// take asks a peer for free blocks of a part until dst has end blocks or none is left.
func (p *Picker) take(dst []layout.Block, a *Asker, slot uint32, end int) []layout.Block {
	pt := &p.parts[slot]
	if pt.free == 0 || len(dst) >= end {
		return dst
	}
	w := pt.hire(a)
	p.peers[a.ID].current = uint32(pt.piece)
	for len(dst) < end && pt.free > 0 {
		n := w.next
		if n >= pt.total || !p.isFree(slot, n) {
			n = p.start(slot, w)
		}
		for len(dst) < end && n < pt.total && p.isFree(slot, n) {
			p.ask(slot, n, a.ID, w)
			dst = append(dst, layout.Block{Piece: pt.piece, Index: n})
			n++
		}
		w.next = n
	}
	return dst
}

// start chooses where a worker goes on. Alone it takes the first free block, since a prefix can be
// hashed while the rest arrives. Otherwise it takes the longest run of free blocks; where another
// worker is about to go on there, only the second half of it, so that both stay consecutive for
// long.
func (p *Picker) start(slot uint32, w *worker) uint32 {
	pt := &p.parts[slot]
	first := p.nextBlock(slot, 0, true)
	if pt.alone(w) {
		return first
	}
	at, most := first, uint32(0)
	for from := first; from < pt.total; {
		end := p.nextBlock(slot, from, false)
		length, begin := 2*(end-from), from
		if pt.claimed(from, w) {
			length, begin = end-from, from+(end-from)/2
		}
		if length > most {
			at, most = begin, length
		}
		from = p.nextBlock(slot, end, true)
	}
	return at
}

// nextBlock returns the first block at or after from that is free, or that is not; total if none.
func (p *Picker) nextBlock(slot, from uint32, free bool) uint32 {
	total := p.parts[slot].total
	flip := ^uint64(0)
	if free {
		flip = 0
	}
	words := p.free[slot*p.words : (slot+1)*p.words]
	for from < total {
		if word := (words[from>>6] ^ flip) >> (from & 63); word != 0 {
			return min(from+uint32(bits.TrailingZeros64(word)), total)
		}
		from = (from | 63) + 1
	}
	return total
}

// hire returns the worker entry of a peer, made if there is none.
func (pt *part) hire(a *Asker) *worker {
	id := uint16(a.ID)
	at := pt.indexOf(id)
	if at < 0 {
		at = pt.vacancy()
		pt.workers[at] = worker{id: id, next: none}
	}
	return &pt.workers[at]
}

// vacancy returns the place of a worker of whom nothing is asked any more, or a new one.
func (pt *part) vacancy() int {
	for i := range pt.workers {
		if pt.workers[i].out == 0 {
			return i
		}
	}
	pt.workers = append(pt.workers, worker{})
	return len(pt.workers) - 1
}

func (pt *part) indexOf(id uint16) int {
	for i := range pt.workers {
		if pt.workers[i].id == id {
			return i
		}
	}
	return -1
}

// worker returns the entry of a peer that blocks are asked of.
func (pt *part) worker(id uint16) *worker { return &pt.workers[pt.indexOf(id)] }

// held reports whether the part is better left to those who work on it: to a fast peer, or to slow
// ones, if another slow one would leave less than spanBlocks to each.
func (p *Picker) held(pt *part, a *Asker) bool {
	others, joined := uint32(0), a.Fast
	for i := range pt.workers {
		switch w := &pt.workers[i]; {
		case w.out == 0:
		case PeerID(w.id) == a.ID:
			joined = true
		case p.peers[w.id].fast:
			return true
		default:
			others++
		}
	}
	return !joined && others > 0 && (others+1)*spanBlocks > pt.total
}

// alone reports whether nobody but w works on the part.
func (pt *part) alone(w *worker) bool {
	for i := range pt.workers {
		if v := &pt.workers[i]; v.out > 0 && v != w {
			return false
		}
	}
	return true
}

// claimed reports whether another worker would go on at block n.
func (pt *part) claimed(n uint32, w *worker) bool {
	for i := range pt.workers {
		if v := &pt.workers[i]; v.out > 0 && v != w && v.next == n {
			return true
		}
	}
	return false
}

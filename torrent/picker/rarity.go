package picker

import "math/rand/v2"

// rarity keeps the fresh pieces of one priority in the order of how few peers have them. It is one
// array of cells cut into buckets, bucket k for pieces that k peers have; pieces lie at the front
// of their bucket in random order, the cells behind them are holes. Because a bucket's end borders
// on the next one's beginning, a piece that gains or loses a peer moves in O(1), and a piece that
// is begun leaves a hole in O(1). Only add may walk the buckets, to fetch a hole.
type rarity struct {
	cells []uint32 // piece numbers; stale in holes
	from  []uint32 // first cell of bucket k
	size  []uint32 // pieces in bucket k
	count int
}

// fill puts the pieces, already in random order, into bucket 0 of an empty rarity.
func (r *rarity) fill(pieces []piece, order []uint32) {
	r.cells, r.from, r.size, r.count = order, []uint32{0}, []uint32{uint32(len(order))}, len(order)
	for cell, i := range order {
		pieces[i].cell = uint32(cell)
	}
}

// end returns the cell behind bucket k.
func (r *rarity) end(k int) uint32 {
	if k+1 < len(r.from) {
		return r.from[k+1]
	}
	return uint32(len(r.cells))
}

// reach makes bucket k exist.
func (r *rarity) reach(k int) {
	for len(r.from) <= k {
		r.from = append(r.from, uint32(len(r.cells)))
		r.size = append(r.size, 0)
	}
}

func (r *rarity) put(pieces []piece, cell, i uint32) {
	r.cells[cell] = i
	pieces[i].cell = cell
}

// enter puts piece i into the first hole of bucket k and swaps it to a random place there.
func (r *rarity) enter(pieces []piece, rng *rand.Rand, i uint32, k int) {
	last := r.from[k] + r.size[k]
	r.size[k]++
	at := r.from[k] + rng.Uint32N(r.size[k])
	if at != last {
		r.put(pieces, last, r.cells[at])
	}
	r.put(pieces, at, i)
}

// leave takes piece i out of bucket k: the last piece there fills its cell, a hole stays behind it.
func (r *rarity) leave(pieces []piece, i uint32, k int) {
	r.size[k]--
	if last, at := r.from[k]+r.size[k], pieces[i].cell; at != last {
		r.put(pieces, at, r.cells[last])
	}
	pieces[i].cell = none
}

// up moves piece i from bucket k to k+1: the hole that it leaves goes over with it.
func (r *rarity) up(pieces []piece, rng *rand.Rand, i uint32, k int) {
	r.reach(k + 1)
	r.leave(pieces, i, k)
	r.lend(pieces, k+1)
	r.enter(pieces, rng, i, k+1)
}

// down moves piece i from bucket k to k-1.
func (r *rarity) down(pieces []piece, rng *rand.Rand, i uint32, k int) {
	r.leave(pieces, i, k)
	r.giveBack(pieces, k)
	r.enter(pieces, rng, i, k-1)
}

// lend hands the last cell of bucket k-1, a hole, to bucket k, where it becomes a hole as well.
func (r *rarity) lend(pieces []piece, k int) {
	r.from[k]--
	if r.size[k] > 0 {
		r.put(pieces, r.from[k], r.cells[r.from[k]+r.size[k]])
	}
}

// giveBack hands the first cell of bucket k, which has a hole, to bucket k-1 as a hole.
func (r *rarity) giveBack(pieces []piece, k int) {
	if r.size[k] > 0 {
		r.put(pieces, r.from[k]+r.size[k], r.cells[r.from[k]])
	}
	r.from[k]++
}

// add puts piece i into bucket k. It fetches a hole from the nearest bucket below or above that
// has one, else it makes one at the end: O(buckets) at worst.
func (r *rarity) add(pieces []piece, rng *rand.Rand, i uint32, k int) {
	r.reach(k)
	r.count++
	below := k
	for below >= 0 && r.end(below)-r.from[below] == r.size[below] {
		below--
	}
	if below >= 0 {
		for b := below + 1; b <= k; b++ {
			r.lend(pieces, b)
		}
		r.enter(pieces, rng, i, k)
		return
	}
	above := k + 1
	for above < len(r.from) && r.end(above)-r.from[above] == r.size[above] {
		above++
	}
	if above == len(r.from) {
		r.cells = append(r.cells, none)
		above--
	}
	for b := above; b > k; b-- {
		r.giveBack(pieces, b)
	}
	r.enter(pieces, rng, i, k)
}

// remove takes piece i out of bucket k.
func (r *rarity) remove(pieces []piece, i uint32, k int) {
	r.count--
	r.leave(pieces, i, k)
}

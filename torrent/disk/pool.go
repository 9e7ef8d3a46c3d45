package disk

import (
	"math/bits"
	"sync"
)

// Pool lends buffers for pieces, in power-of-two sizes from MinBuffer to MaxBuffer. Its budget
// counts bytes: those lent and those kept for the next. Get never waits.
type Pool struct {
	mu     sync.Mutex
	idle   [maxBufferBits + 1][][]byte // by bits of the size
	counts PoolStats
}

// PoolStats counts what a Pool did. Sizes are bytes.
type PoolStats struct {
	Budget  int64
	Lent    int64  // in the hands of callers
	Idle    int64  // kept for the next Get
	Gets    uint64 // buffers lent
	Made    uint64 // of these, freshly allocated
	Refused uint64 // Gets for which there was no budget
}

// NewPool returns a Pool that keeps and lends at most budget bytes.
func NewPool(budget int64) *Pool { return &Pool{counts: PoolStats{Budget: budget}} }

// Get lends a buffer of n bytes with undefined content, or returns nil: the budget is used up, or
// n is not within 1 to MaxBuffer.
func (p *Pool) Get(n int) []byte {
	if n < 1 || n > MaxBuffer {
		return nil
	}
	class := max(minBufferBits, bits.Len(uint(n-1)))
	size := int64(1) << class
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &p.counts
	if c.Lent+size > c.Budget {
		c.Refused++
		return nil
	}
	c.Gets++
	c.Lent += size
	if kept := p.idle[class]; len(kept) > 0 {
		b := kept[len(kept)-1]
		kept[len(kept)-1] = nil
		p.idle[class] = kept[:len(kept)-1]
		c.Idle -= size
		return b[:n]
	}
	c.Made++
	p.shrink(c.Budget - c.Lent)
	return make([]byte, n, size)
}

// shrink gives idle buffers to the garbage collector, largest first, until they are at most n bytes.
func (p *Pool) shrink(n int64) {
	for class := maxBufferBits; p.counts.Idle > n; class-- {
		for kept := p.idle[class]; len(kept) > 0 && p.counts.Idle > n; kept = p.idle[class] {
			kept[len(kept)-1] = nil
			p.idle[class] = kept[:len(kept)-1]
			p.counts.Idle -= 1 << class
		}
	}
}

// Put takes back a buffer of Get, cut to any length from its start. The caller forgets it.
func (p *Pool) Put(b []byte) {
	class := bits.Len(uint(cap(b))) - 1
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle[class] = append(p.idle[class], b[:0])
	p.counts.Lent -= 1 << class
	p.counts.Idle += 1 << class
}

// Stats returns the counters.
func (p *Pool) Stats() PoolStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts
}

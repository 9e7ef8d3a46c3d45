package transport

import "sync"

// desk is what a reader needs while bytes are there: it is lent from a pool, so that a peer that
// says nothing holds none.
type desk struct {
	buf   [readBufferSize]byte
	batch [maxBatch]Inbound
}

var desks = sync.Pool{New: func() any { return new(desk) }}

// spanBuffer is pooled memory for the payload of one span.
type spanBuffer struct {
	bytes []byte
	class int
}

// spanSizes are the classes of span buffers: one block, four, sixteen. Slow peers, which hold
// theirs for long, get short spans.
var spanSizes = [...]int{MaxSpan / 16, MaxSpan / 4, MaxSpan}

var spanPools [len(spanSizes)]sync.Pool

func takeSpanBuffer(n int) *spanBuffer {
	class := 0
	for spanSizes[class] < n {
		class++
	}
	if b, ok := spanPools[class].Get().(*spanBuffer); ok {
		return b
	}
	return &spanBuffer{make([]byte, spanSizes[class]), class}
}

func (b *spanBuffer) giveBack() { spanPools[b.class].Put(b) }

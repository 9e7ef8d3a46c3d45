package transport

import (
	"fmt"
	"sync"

	"groove/torrent/wire"
)

// outbox is the ordered queue between whoever sends and the writer. Messages are encoded as they
// come, so that many small ones leave in one write; spans are marked by where they stand between
// them, and hold no payload until the writer comes to them.
type outbox struct {
	wake chan struct{} // gets one value when something was put into an empty outbox

	mu     sync.Mutex
	bytes  []byte
	spans  []mark
	closed bool
}

// mark is a span that leaves before bytes[at].
type mark struct {
	at   int
	span Span
}

func (o *outbox) push(m wire.Message) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.bytes)+len(m.Payload) >= maxQueuedBytes {
		return false
	}
	o.bytes = wire.Append(o.bytes, m)
	o.ring()
	return true
}

func (o *outbox) pushSpan(s Span) bool {
	if s.Length == 0 || s.Length > MaxSpan {
		panic(fmt.Sprintf("transport: span of %d bytes", s.Length))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.spans) >= maxQueuedSpans {
		return false
	}
	o.spans = append(o.spans, mark{len(o.bytes), s})
	o.ring()
	return true
}

func (o *outbox) ring() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// take exchanges what is queued for two empty slices, so that both sides reuse their memory.
func (o *outbox) take(bytes []byte, spans []mark) ([]byte, []mark) {
	if cap(bytes) > keptQueue {
		bytes = nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	bytes, o.bytes = o.bytes, bytes[:0]
	spans, o.spans = o.spans, spans[:0]
	return bytes, spans
}

// close refuses what comes from now on and returns the spans that will never leave.
func (o *outbox) close() []mark {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	spans := o.spans
	o.spans, o.bytes = nil, nil
	return spans
}

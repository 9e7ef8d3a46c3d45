package torrent

import "sync"

// eventBuffer is how many events wait for a slow reader.
const eventBuffer = 1024

// broadcast hands events to every subscriber without ever waiting for one.
type broadcast struct {
	mu     sync.Mutex
	subs   []chan Event
	closed bool
}

// subscribe returns a channel that is closed when the torrent is, with what is to be known already.
func (b *broadcast) subscribe(already ...Event) <-chan Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	ch := make(chan Event, eventBuffer)
	for _, e := range already {
		ch <- e
	}
	if b.closed {
		close(ch)
		return ch
	}
	b.subs = append(b.subs, ch)
	return ch
}

// publish gives e to all. A subscriber that is a thousand events behind loses the oldest.
func (b *broadcast) publish(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ch := range b.subs {
		for sent := false; !sent; {
			select {
			case ch <- e:
				sent = true
			default:
				select {
				case <-ch:
				default:
				}
			}
		}
	}
}

func (b *broadcast) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		for _, ch := range b.subs {
			close(ch)
		}
		b.subs = nil
	}
}

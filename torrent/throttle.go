package torrent

import (
	"sync"
	"time"

	"groove/internal/clock"
	"groove/internal/rate"
)

// throttle keeps what many goroutines move to one rate.
type throttle struct {
	mu     sync.Mutex
	bucket rate.Bucket
	clock  clock.Wall
}

// setLimit sets bytes per second, 0 = no limit.
func (t *throttle) setLimit(perSecond int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bucket.SetLimit(perSecond)
}

// take takes n bytes and returns how long the caller has to wait because of them.
func (t *throttle) take(n int) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bucket.Take(t.clock.Now(), int64(n))
}

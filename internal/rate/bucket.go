package rate

import (
	"time"

	"groove/internal/clock"
)

// Bucket is a token bucket: PerSecond bytes a second, bursts of up to a tenth of that (at least 32 KiB).
// A Bucket with PerSecond 0 limits nothing.
type Bucket struct {
	perSecond int64
	tokens    int64
	filled    clock.Time
}

// SetLimit sets bytes per second; 0 means no limit.
func (b *Bucket) SetLimit(perSecond int64) { b.perSecond = perSecond }

// Take takes n bytes and returns how long to wait before moving them. The bucket may go into
// debt, so that a block larger than the burst still passes, at the right rate on average.
func (b *Bucket) Take(now clock.Time, n int64) time.Duration {
	if b.perSecond <= 0 {
		return 0
	}
	burst := max(b.perSecond/10, 32<<10)
	gained := float64(now.Sub(b.filled)) / float64(time.Second) * float64(b.perSecond)
	b.tokens = min(b.tokens+int64(min(gained, float64(burst)*2+float64(-min(b.tokens, 0)))), burst)
	b.filled = now
	b.tokens -= n
	if b.tokens >= 0 {
		return 0
	}
	return time.Duration(float64(-b.tokens) / float64(b.perSecond) * float64(time.Second))
}

package rate

import (
	"testing"
	"time"

	"groove/internal/clock"
)

func TestMeterFollowsASteadyStream(t *testing.T) {
	var m Meter
	now := clock.Time(0).Add(90 * time.Second)
	if m.Rate(now, 10*time.Second) != 0 {
		t.Fatal("an unused meter has a rate")
	}
	for range 3000 { // 30 s of 1000 bytes every 10 ms
		m.Add(now, 1000)
		now = now.Add(10 * time.Millisecond)
	}
	for _, span := range []time.Duration{time.Second, 5 * time.Second, 19 * time.Second} {
		if r := m.Rate(now, span); r < 99_000 || r > 101_000 {
			t.Errorf("over %v: %d B/s, want 100000", span, r)
		}
	}
	if r := m.Rate(now.Add(time.Minute), 10*time.Second); r != 0 {
		t.Errorf("a minute of silence later: %d B/s", r)
	}
	if m.Total() != 3_000_000 {
		t.Errorf("total %d", m.Total())
	}
}

func TestBucketHoldsTheRateOverTime(t *testing.T) {
	var b Bucket
	if b.Take(0, 1<<30) != 0 {
		t.Fatal("no limit must not wait")
	}
	b.SetLimit(100_000)
	var now clock.Time
	moved := 0
	for now < clock.Time(20*time.Second) {
		now = now.Add(b.Take(now, 16384) + time.Microsecond)
		moved += 16384
	}
	if rate := float64(moved) / 20; rate < 95_000 || rate > 105_000 {
		t.Errorf("moved %.0f B/s under a limit of 100000", rate)
	}
	// After a long rest only one burst is free.
	now = now.Add(time.Hour)
	free := 0
	for b.Take(now, 16384) == 0 {
		free += 16384
	}
	if free > 64<<10 {
		t.Errorf("an hour of rest gave %d bytes at once", free)
	}
}

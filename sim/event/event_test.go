package event

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"groove/internal/clock"
)

// Events come in the order of time, those of one instant in the order of their pushing, and the
// clock never runs back, whatever is pushed in between.
func TestOrderIsTimeThenSequence(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var q Queue
	type key struct {
		at clock.Time
		n  uint32
	}
	var model, got []key
	n := uint32(0)
	for range 20000 {
		if rng.IntN(3) > 0 {
			at := q.Now() + clock.Time(rng.IntN(50)) - 5
			q.Push(Event{At: at, A: n})
			model = append(model, key{max(at, q.Now()), n})
			n++
		} else if e, ok := q.Pop(); ok {
			got = append(got, key{e.At, e.A})
		}
	}
	for e, ok := q.Pop(); ok; e, ok = q.Pop() {
		got = append(got, key{e.At, e.A})
	}
	slices.SortStableFunc(model, func(a, b key) int { return int(a.at - b.at) })
	if !slices.IsSortedFunc(got, func(a, b key) int { return int(a.at - b.at) }) {
		t.Error("time ran back")
	}
	if !slices.Equal(got, model) {
		t.Error("another order than (time, sequence)")
	}
}

// Only the last deadline of a timer is due, and only once.
func TestTimerIsMovedByGeneration(t *testing.T) {
	var q Queue
	var timer Timer
	q.Arm(&timer, 30, Event{})
	q.Arm(&timer, 10, Event{})
	q.Arm(&timer, 10, Event{})
	q.Arm(&timer, 20, Event{})
	var due []clock.Time
	for e, ok := q.Pop(); ok; e, ok = q.Pop() {
		if timer.Due(e) {
			due = append(due, e.At)
		}
	}
	if !slices.Equal(due, []clock.Time{20}) {
		t.Errorf("due at %v, want 20ns once", due)
	}
	q.Arm(&timer, q.Now().Add(time.Second), Event{})
	q.Arm(&timer, clock.Never, Event{})
	if e, _ := q.Pop(); timer.Due(e) {
		t.Error("a disarmed timer was due")
	}
}

// A draw more by one node for one purpose changes nobody else's numbers.
func TestStreamsAreIndependent(t *testing.T) {
	a, b := Rand(1, 7, "join"), Rand(1, 7, "picker")
	a.Uint64()
	if b.Uint64() != Rand(1, 7, "picker").Uint64() {
		t.Error("one stream shifted another")
	}
	seen := map[uint64]bool{}
	for run := range uint64(10) {
		for node := range uint32(10) {
			for _, purpose := range []string{"join", "picker", "tracker"} {
				seen[Rand(run, node, purpose).Uint64()] = true
			}
		}
	}
	if len(seen) != 300 {
		t.Errorf("%d different streams of 300", len(seen))
	}
	if Between(1, 3, 4, 20, 120) != Between(1, 4, 3, 20, 120) {
		t.Error("a pair's number depends on its order")
	}
	sum := int64(0)
	for i := range uint32(10000) {
		x := Between(5, i, i+1, 20, 120)
		if x < 20 || x > 120 {
			t.Fatalf("%d is not between 20 and 120", x)
		}
		sum += x
	}
	if mean := sum / 10000; mean < 68 || mean > 72 {
		t.Errorf("mean of 20..120 is %d", mean)
	}
}

func BenchmarkQueue(b *testing.B) {
	var q Queue
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		q.Push(Event{At: clock.Time(rng.IntN(1e8))})
	}
	b.ReportAllocs()
	for b.Loop() {
		e, _ := q.Pop()
		q.Push(Event{At: e.At + clock.Time(rng.IntN(1e8))})
	}
}

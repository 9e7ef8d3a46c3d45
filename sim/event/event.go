// Package event is virtual time: what happens next, in an order that never varies.
//
// It knows a heap of events ordered by time and then by the order in which they were pushed,
// timers that can be moved, and the streams of randomness of a run; it refuses to know what an
// event means. Called by link and sim. Units are clock.Time. One goroutine; nothing allocates
// once the heap has grown. Start reading at Queue.
package event

import "groove/internal/clock"

// Kind says who understands an event. Packages agree on ranges: link takes those below 16.
type Kind uint8

// Event is one thing that will happen. What Node, A, B and Gen mean is the business of Kind.
type Event struct {
	At        clock.Time
	seq       uint64
	Node      uint32
	A, B, Gen uint32
	Kind      Kind
}

// Queue holds the events to come. The zero Queue is empty and stands at time 0.
type Queue struct {
	heap []Event
	seq  uint64
	now  clock.Time
}

// fan is the number of children of a node of the heap; four keep a family in two cache lines or so.
const fan = 4

// Now returns the time of the last event that was popped.
func (q *Queue) Now() clock.Time { return q.now }

// Len returns how many events are to come.
func (q *Queue) Len() int { return len(q.heap) }

// Push adds an event. One for the past is moved to the present, so that time never runs back.
func (q *Queue) Push(e Event) {
	e.At = max(e.At, q.now)
	e.seq = q.seq
	q.seq++
	q.heap = append(q.heap, e)
	i := len(q.heap) - 1
	for i > 0 {
		up := (i - 1) / fan
		if !e.before(&q.heap[up]) {
			break
		}
		q.heap[i] = q.heap[up]
		i = up
	}
	q.heap[i] = e
}

// Pop takes the next event and moves Now to it; false if there is none.
func (q *Queue) Pop() (Event, bool) {
	if len(q.heap) == 0 {
		return Event{}, false
	}
	first := q.heap[0]
	q.now = first.At
	last := q.heap[len(q.heap)-1]
	q.heap = q.heap[:len(q.heap)-1]
	if len(q.heap) > 0 {
		q.sink(last)
	}
	return first, true
}

// sink puts e in the place of the root and lets it fall to where it belongs.
func (q *Queue) sink(e Event) {
	i, n := 0, len(q.heap)
	for {
		least := fan*i + 1
		if least >= n {
			break
		}
		for c := least + 1; c < min(fan*i+1+fan, n); c++ {
			if q.heap[c].before(&q.heap[least]) {
				least = c
			}
		}
		if !q.heap[least].before(&e) {
			break
		}
		q.heap[i] = q.heap[least]
		i = least
	}
	q.heap[i] = e
}

func (e *Event) before(o *Event) bool {
	return e.At < o.At || e.At == o.At && e.seq < o.seq
}

// Timer is a deadline that can be moved. The events of former deadlines stay in the heap and are
// told apart by their generation.
type Timer struct {
	at  clock.Time
	gen uint32
	set bool
}

// Arm moves the timer to at; clock.Never disarms it. The event carries the timer's generation in
// its Gen, its other fields are the caller's.
func (q *Queue) Arm(t *Timer, at clock.Time, e Event) {
	if t.set && t.at == at {
		return
	}
	t.gen++
	t.at, t.set = at, at != clock.Never
	if t.set {
		e.At, e.Gen = at, t.gen
		q.Push(e)
	}
}

// Due reports whether e is the event of the present deadline, and takes the deadline away then.
func (t *Timer) Due(e Event) bool {
	if !t.set || e.Gen != t.gen {
		return false
	}
	t.set = false
	return true
}

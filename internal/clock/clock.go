// Package clock gives the pure machines an instant that is not a duration.
//
// It knows nanoseconds since a session began; it refuses to know dates and time zones.
// Every machine takes a Time as its first argument; shells read it from a Wall, simulators
// count it up by themselves. Values are safe to copy and compare. Start reading at Time.
package clock

import (
	"math"
	"time"
)

// Time is an instant in nanoseconds since the session (or the simulation) began.
// The zero Time is the beginning.
type Time int64

// Never is later than every instant a session can reach.
const Never Time = math.MaxInt64

// Add returns t moved by d; it stops at Never instead of overflowing.
func (t Time) Add(d time.Duration) Time {
	if d > 0 && t > Never-Time(d) {
		return Never
	}
	return t + Time(d)
}

// Sub returns the duration from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// String prints t as a duration since the beginning, "1m3.5s".
func (t Time) String() string {
	if t == Never {
		return "never"
	}
	return time.Duration(t).String()
}

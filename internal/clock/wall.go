package clock

import "time"

// Wall is the clock of a real session. It is safe for concurrent use.
type Wall struct{ began time.Time }

// NewWall starts a clock whose Now is 0 at this moment.
func NewWall() Wall { return Wall{began: time.Now()} }

// Now returns the monotonic time since the clock started.
func (w Wall) Now() Time { return Time(time.Since(w.began)) }

// At returns the calendar time of an instant, for people and records.
func (w Wall) At(t Time) time.Time { return w.began.Add(time.Duration(t)).Round(0) }

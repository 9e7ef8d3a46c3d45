package announce

import (
	"errors"
	"math/rand/v2"
	"time"

	"groove/internal/clock"
	"groove/torrent/infohash"
)

// lane is one hash of the torrent on its way through the trackers.
type lane struct {
	hash  infohash.Short
	links []link // by TrackerIndex

	current   TrackerIndex // who answered and is asked regularly, or none
	walker    TrackerIndex // who is asked in the walk down the tiers, or none
	due       clock.Time   // of the next walk
	searching bool         // side by side, until one answers
	wish      bool         // the owner wants peers sooner
}

func newLane(h infohash.Short) lane {
	return lane{hash: h, current: none, walker: none, searching: true}
}

// link is what one lane knows of one tracker.
type link struct {
	open    Token      // of the Call under way, or 0
	event   Event      // of that Call
	fails   int        // in a row
	retryAt clock.Time // no Call before this, after a failure
	minAt   clock.Time // no Call without an event before this
	until   clock.Time // when the tracker has forgotten us; 0: it never knew us
	owed    bool       // it has to hear that we completed

	answered          bool // since Start
	seeders, leechers int
	trackerID         string
}

// present reports whether the tracker has us in its swarm.
func (k *link) present(now clock.Time) bool { return now < k.until }

// ready is when the tracker may be asked without an event to tell.
func (k *link) ready() clock.Time { return max(k.retryAt, k.minAt) }

// answered takes in the answer to the open Call.
func (l *lane) answered(now clock.Time, tracker TrackerIndex, r Response) {
	k := &l.links[tracker]
	if k.event == Completed {
		k.owed = false
	}
	k.open, k.fails, k.retryAt, k.answered = 0, 0, now, true
	k.minAt = now.Add(minInterval(r))
	k.until = now.Add(silentIntervals * interval(r))
	k.seeders, k.leechers = r.Seeders, r.Leechers
	if r.TrackerID != "" {
		k.trackerID = r.TrackerID
	}
	if l.walker == tracker {
		l.walker = none
	}
	l.searching, l.wish = false, false
}

// failed takes in that the open Call failed, and reports whether the walk down the tiers has to
// go on.
func (l *lane) failed(now clock.Time, tracker TrackerIndex, err error, rng *rand.Rand) (walked bool) {
	k := &l.links[tracker]
	k.open = 0
	k.fails++
	k.retryAt = now.Add(backOff(k.fails, rng))
	if f, ok := errors.AsType[*Failure](err); ok && f.RetryIn > 0 {
		k.retryAt = max(k.retryAt, now.Add(f.RetryIn))
	}
	if l.walker != tracker {
		return false
	}
	l.walker = none
	return true
}

// prefers reports whether a tracker that answered takes the place of the current one.
func (l *lane) prefers(t *Tiers, tracker TrackerIndex) bool {
	return l.current == none || l.current == tracker || t.tierOf(tracker) < t.tierOf(l.current)
}

// oweCompleted notes who has to hear that the torrent is complete. Who does not know us, and is
// not being told, hears it with the next started.
func (l *lane) oweCompleted(now clock.Time) {
	for i := range l.links {
		k := &l.links[i]
		k.owed = k.present(now) || k.open != 0
	}
}

func (l *lane) busy() bool {
	for i := range l.links {
		if l.links[i].open != 0 {
			return true
		}
	}
	return false
}

// backOff grows with the square of the failures in a row, spread by a tenth either way so that
// the clients of a tracker that died do not come back together.
func backOff(fails int, rng *rand.Rand) time.Duration {
	fails = min(fails, 30)
	d := min(backOffUnit*time.Duration(fails*fails), longestBackOff)
	return d - d/10 + time.Duration(rng.Int64N(int64(d/5)))
}

func interval(r Response) time.Duration {
	if r.Interval <= 0 {
		return max(defaultInterval, r.MinInterval)
	}
	return min(max(r.Interval, r.MinInterval, shortestInterval), maxInterval)
}

func minInterval(r Response) time.Duration {
	if r.MinInterval <= 0 {
		return min(interval(r), defaultMinInterval)
	}
	return min(max(r.MinInterval, shortestInterval), interval(r))
}

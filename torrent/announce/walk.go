package announce

import "groove/internal/clock"

// step makes every Call that is due in every lane.
func (t *Tiers) step(now clock.Time, dst []Call) []Call {
	if !t.running {
		return dst
	}
	for i := range t.lanes {
		l := &t.lanes[i]
		dst = t.tellCompleted(l, now, dst)
		if !l.searching || t.private {
			dst = t.walk(l, now, dst)
		}
		if l.searching && !t.private {
			dst = t.search(l, now, dst)
		}
	}
	return dst
}

// tellCompleted tells those who know us as a downloader that we are complete. This is an event,
// so it does not wait for the minimal interval.
func (t *Tiers) tellCompleted(l *lane, now clock.Time, dst []Call) []Call {
	for i := range l.links {
		k := &l.links[i]
		if k.owed && k.open == 0 && !k.present(now) {
			k.owed = false // it forgot us: started will tell
		}
		if l.completedAt(t, i) <= now {
			dst = append(dst, t.open(l, TrackerIndex(i), now))
		}
	}
	return dst
}

// completedAt is when a tracker has to be told that we are complete.
func (l *lane) completedAt(t *Tiers, tracker int) clock.Time {
	k := &l.links[tracker]
	if !k.owed || k.open != 0 || t.private && l.busy() {
		return clock.Never
	}
	return k.retryAt
}

// search asks every tracker side by side.
func (t *Tiers) search(l *lane, now clock.Time, dst []Call) []Call {
	for _, tier := range t.tiers {
		for _, tracker := range tier {
			if k := &l.links[tracker]; k.open == 0 && k.ready() <= now {
				dst = append(dst, t.open(l, tracker, now))
			}
		}
	}
	return dst
}

// walk asks the first tracker that may be asked, in the order of BEP 12. When it fails the walk
// goes on at once; when there is none, the search begins again.
func (t *Tiers) walk(l *lane, now clock.Time, dst []Call) []Call {
	if now < l.walkAt(t) {
		return dst
	}
	earliest := clock.Never
	for _, tier := range t.tiers {
		for _, tracker := range tier {
			k := &l.links[tracker]
			if k.open != 0 {
				continue
			}
			if k.ready() <= now {
				l.walker = tracker
				return append(dst, t.open(l, tracker, now))
			}
			earliest = min(earliest, k.ready())
		}
	}
	l.due, l.searching = earliest, true
	return dst
}

// walkAt is when the next walk begins.
func (l *lane) walkAt(t *Tiers) clock.Time {
	switch {
	case len(t.urls) == 0 || l.walker != none || t.private && l.busy():
		return clock.Never
	case l.current == none:
		return l.due
	case l.links[l.current].open != 0:
		return clock.Never
	case l.wish:
		return min(l.due, l.links[l.current].ready())
	}
	return l.due
}

// open makes the Call to a tracker, with the event that it has to hear.
func (t *Tiers) open(l *lane, tracker TrackerIndex, now clock.Time) Call {
	k := &l.links[tracker]
	event := None
	switch {
	case !k.present(now):
		event, k.owed = Started, false
	case k.owed:
		event = Completed
	case t.standing == PartialSeed:
		event = Paused
	}
	c := t.call(l, tracker, event)
	k.open, k.event = c.Token, event
	return c
}

func (t *Tiers) call(l *lane, tracker TrackerIndex, event Event) Call {
	t.last++
	if t.last == 0 {
		t.last++ // 0 means no Call
	}
	want := t.want
	if event == Stopped {
		want = 0
	}
	return Call{
		Token: t.last, Tracker: tracker, URL: t.urls[tracker], Hash: l.hash,
		Event: event, NumWant: want, TrackerID: l.links[tracker].trackerID,
	}
}

// NextDeadline returns when Tick has something to do, or clock.Never.
func (t *Tiers) NextDeadline() clock.Time {
	next := clock.Never
	if !t.running {
		return next
	}
	for i := range t.lanes {
		l := &t.lanes[i]
		for tracker := range l.links {
			next = min(next, l.completedAt(t, tracker))
		}
		if !l.searching || t.private {
			next = min(next, l.walkAt(t))
			continue
		}
		for tracker := range l.links {
			if k := &l.links[tracker]; k.open == 0 {
				next = min(next, k.ready())
			}
		}
	}
	return next
}

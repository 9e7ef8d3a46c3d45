package announce

import (
	"math/rand/v2"
	"slices"

	"groove/internal/clock"
	"groove/torrent/infohash"
)

// TrackerIndex names a tracker of one Tiers: its place in the order in which they were added.
type TrackerIndex int32

// none is the index of no tracker.
const none TrackerIndex = -1

// Token names one Call. Answers to tokens that are not open are ignored.
type Token uint32

// Call is the one effect of Tiers: announce this to that tracker, and report how it went by
// Announced or Failed, with the Token. A Call with the Event Stopped needs no report.
// Bytes, port, peer ID and key are the caller's.
type Call struct {
	Token     Token
	Tracker   TrackerIndex
	URL       string
	Hash      infohash.Short
	Event     Event
	NumWant   int
	TrackerID string
}

// Standing is how much of the torrent we have.
type Standing uint8

// The standings. A partial seed has all that it wants (BEP 21).
const (
	Downloading Standing = iota
	PartialSeed
	Seeding
)

// Tiers decides when to ask which tracker of one torrent. Until one has answered, all are asked
// side by side. From then on the order of BEP 12 holds: the first that answers, tier by tier, and
// it moves to the front of its tier. When none answers any more, it is side by side again. A
// private torrent asks one tracker at a time always (BEP 27). Each hash of a hybrid torrent is
// announced by itself, in its own lane (BEP 52).
//
// Every method takes the time first and appends Calls to dst; the owner serialises them, and
// calls Tick when NextDeadline has come.
type Tiers struct {
	rng     *rand.Rand
	private bool

	urls  []string         // by TrackerIndex
	tiers [][]TrackerIndex // in order of preference
	lanes []lane

	running  bool
	standing Standing
	want     int
	last     Token
}

// NewTiers makes the machine of a torrent with one or two names on the wire. It rests until
// Start. rng shuffles the trackers within each tier (BEP 12) and spreads retries.
func NewTiers(hashes []infohash.Short, tiers [][]string, private bool, rng *rand.Rand) *Tiers {
	t := &Tiers{rng: rng, private: private, want: defaultWant}
	for _, h := range hashes {
		t.lanes = append(t.lanes, newLane(h))
	}
	for _, urls := range tiers {
		t.addTier(urls)
	}
	return t
}

// AddTier adds trackers that became known later as the last tier. Known URLs, and what is more
// than 100 in all, are left out.
func (t *Tiers) AddTier(now clock.Time, dst []Call, urls []string) []Call {
	t.addTier(urls)
	return t.step(now, dst)
}

func (t *Tiers) addTier(urls []string) {
	var tier []TrackerIndex
	for _, url := range urls {
		if len(t.urls) == maxTrackers || slices.Contains(t.urls, url) {
			continue
		}
		tier = append(tier, TrackerIndex(len(t.urls)))
		t.urls = append(t.urls, url)
		for i := range t.lanes {
			l := &t.lanes[i]
			l.links = append(l.links, link{})
			if l.current == none {
				l.due = 0
			}
		}
	}
	t.rng.Shuffle(len(tier), func(i, j int) { tier[i], tier[j] = tier[j], tier[i] })
	if len(tier) > 0 {
		t.tiers = append(t.tiers, tier)
	}
}

// AddHash adds the other name of a hybrid torrent that was met by one of them only.
func (t *Tiers) AddHash(now clock.Time, dst []Call, h infohash.Short) []Call {
	if slices.ContainsFunc(t.lanes, func(l lane) bool { return l.hash == h }) {
		return dst
	}
	l := newLane(h)
	l.links = make([]link, len(t.urls))
	t.lanes = append(t.lanes, l)
	return t.step(now, dst)
}

// Start begins to announce, with the event started.
func (t *Tiers) Start(now clock.Time, dst []Call) []Call {
	t.running = true
	return t.step(now, dst)
}

// Stop says goodbye to every tracker that has us in its swarm, and rests until Start. Calls that
// are under way may be given up.
func (t *Tiers) Stop(now clock.Time, dst []Call) []Call {
	if !t.running {
		return dst
	}
	for i := range t.lanes {
		l := &t.lanes[i]
		for tracker := range l.links {
			if l.links[tracker].present(now) {
				dst = append(dst, t.call(l, TrackerIndex(tracker), Stopped))
			}
		}
		fresh := newLane(l.hash)
		fresh.links = make([]link, len(t.urls))
		*l = fresh
	}
	t.running = false
	return dst
}

// SetStanding tells how much of the torrent we have. Becoming a seed is told at once (the event
// completed) to the trackers that know us as something less; a torrent that is complete when it
// is added has no such event, so set its standing before Start.
func (t *Tiers) SetStanding(now clock.Time, dst []Call, s Standing) []Call {
	if s == Seeding && t.standing != Seeding {
		for i := range t.lanes {
			t.lanes[i].oweCompleted(now)
		}
	}
	t.standing = s
	return t.step(now, dst)
}

// Want says how many peers to wish for from now on. A number above 0 also hastens one announce,
// as far as the tracker's minimal interval allows.
func (t *Tiers) Want(now clock.Time, dst []Call, n int) []Call {
	t.want = n
	for i := range t.lanes {
		t.lanes[i].wish = n > 0
	}
	return t.step(now, dst)
}

// Announced reports the answer to a Call.
func (t *Tiers) Announced(now clock.Time, dst []Call, token Token, r Response) []Call {
	l, tracker := t.find(token)
	if l == nil {
		return dst
	}
	l.answered(now, tracker, r)
	if l.prefers(t, tracker) {
		l.current = tracker
		l.due = now.Add(interval(r))
		t.promote(tracker)
	}
	return t.step(now, dst)
}

// Failed reports that a Call had no answer, or a refusal (*Failure).
func (t *Tiers) Failed(now clock.Time, dst []Call, token Token, err error) []Call {
	l, tracker := t.find(token)
	if l == nil {
		return dst
	}
	walked := l.failed(now, tracker, err, t.rng)
	if walked || tracker == l.current {
		l.due = now
	}
	if tracker == l.current {
		l.current = none
	}
	return t.step(now, dst)
}

// Tick does what is due.
func (t *Tiers) Tick(now clock.Time, dst []Call) []Call { return t.step(now, dst) }

func (t *Tiers) find(token Token) (*lane, TrackerIndex) {
	for i := range t.lanes {
		l := &t.lanes[i]
		for tracker := range l.links {
			if token != 0 && l.links[tracker].open == token {
				return l, TrackerIndex(tracker)
			}
		}
	}
	return nil, none
}

// promote moves a tracker that answered to the front of its tier.
func (t *Tiers) promote(tracker TrackerIndex) {
	for _, tier := range t.tiers {
		if at := slices.Index(tier, tracker); at >= 0 {
			copy(tier[1:at+1], tier[:at])
			tier[0] = tracker
		}
	}
}

// tierOf returns the number of a tracker's tier.
func (t *Tiers) tierOf(tracker TrackerIndex) int {
	return slices.IndexFunc(t.tiers, func(tier []TrackerIndex) bool { return slices.Contains(tier, tracker) })
}

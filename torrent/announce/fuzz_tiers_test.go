package announce

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"groove/internal/clock"
	"groove/torrent/infohash"
)

type linkKey struct {
	tracker TrackerIndex
	hash    infohash.Short
}

// judge watches a Tiers from outside and knows the rules that it must keep.
type judge struct {
	t       *testing.T
	tiers   *Tiers
	private bool
	now     clock.Time
	open    map[linkKey]Call
	calls   []Call                 // open, in order
	knows   map[linkKey]bool       // trackers that have us, as far as we told them
	until   map[linkKey]clock.Time // since when they have forgotten us
	notTil  map[linkKey]clock.Time // "retry in" and the minimal interval
	running bool
}

func (j *judge) take(calls []Call) {
	for _, c := range calls {
		key := linkKey{c.Tracker, c.Hash}
		known := j.knows[key] && j.now < j.until[key]
		if c.Event == Stopped {
			if !known {
				j.t.Fatalf("%v: goodbye to %s, who does not know us", j.now, c.URL)
			}
			continue
		}
		if !j.running {
			j.t.Fatalf("%v: %s is asked by a machine that rests", j.now, c.URL)
		}
		if _, twice := j.open[key]; twice {
			j.t.Fatalf("%v: %s is asked twice at once", j.now, c.URL)
		}
		if known == (c.Event == Started) {
			j.t.Fatalf("%v: %s, known %v, is told %v", j.now, c.URL, known, c.Event)
		}
		if c.Event != Completed && j.now < j.notTil[key] {
			j.t.Fatalf("%v: %s is asked before %v", j.now, c.URL, j.notTil[key])
		}
		j.open[key] = c
		j.calls = append(j.calls, c)
		if j.private && slices.ContainsFunc(j.calls, func(o Call) bool { return o.Hash == c.Hash && o.Token != c.Token }) {
			j.t.Fatalf("%v: a private torrent asks two trackers at once", j.now)
		}
	}
	j.check()
}

func (j *judge) check() {
	if next := j.tiers.NextDeadline(); next <= j.now {
		j.t.Fatalf("%v: the deadline %v has passed and nothing was done", j.now, next)
	}
	if j.running && len(j.calls) == 0 && len(j.tiers.urls) > 0 && j.tiers.NextDeadline() == clock.Never {
		for _, at := range j.notTil { // any order: one exception is enough
			if at == clock.Never {
				return
			}
		}
		j.t.Fatalf("%v: nothing is asked and nothing ever will be", j.now)
	}
	var all []TrackerIndex
	for _, tier := range j.tiers.tiers {
		all = append(all, tier...)
	}
	slices.Sort(all)
	for i, tracker := range all {
		if int(tracker) != i {
			j.t.Fatalf("the tiers lost or doubled a tracker: %v", j.tiers.tiers)
		}
	}
}

// close takes the n-th open call off the list.
func (j *judge) close(n byte) (Call, linkKey) {
	i := int(n) % len(j.calls)
	c := j.calls[i]
	j.calls = slices.Delete(j.calls, i, i+1)
	key := linkKey{c.Tracker, c.Hash}
	delete(j.open, key)
	return c, key
}

func (j *judge) answer(n byte, seconds int) {
	c, key := j.close(n)
	r := Response{Interval: time.Duration(seconds) * time.Second, MinInterval: time.Duration(seconds%7) * time.Minute}
	j.knows[key], j.until[key] = true, j.now.Add(silentIntervals*interval(r))
	j.notTil[key] = j.now.Add(minInterval(r))
	j.take(j.tiers.Announced(j.now, nil, c.Token, r))
	j.take(j.tiers.Announced(j.now, nil, c.Token, r)) // a second answer changes nothing
}

func (j *judge) fail(n byte, retryIn time.Duration) {
	c, key := j.close(n)
	err := errors.New("no answer")
	if retryIn > 0 {
		err = &Failure{Reason: "no", RetryIn: retryIn}
	}
	j.notTil[key] = max(j.notTil[key], j.now.Add(max(retryIn, backOffUnit/2)))
	j.take(j.tiers.Failed(j.now, nil, c.Token, err))
}

func FuzzTiers(f *testing.F) {
	f.Add(false, byte(3), []byte{0, 0, 6, 0, 5, 1, 7, 0, 9, 200, 5, 0, 2, 0, 9, 255, 1, 0})
	f.Add(true, byte(4), []byte{0, 0, 6, 0, 6, 0, 5, 30, 8, 0, 9, 100, 3, 9, 4, 1, 6, 3, 10, 2})
	f.Fuzz(func(t *testing.T, private bool, shape byte, script []byte) {
		var tiers [][]string
		for i := range int(shape%4) + 1 {
			tiers = append(tiers, []string{string(rune('a' + i)), string(rune('m' + i))}[:1+i%2])
		}
		m := NewTiers([]infohash.Short{hashA}, tiers, private, rand.New(rand.NewPCG(uint64(shape), 7)))
		j := &judge{
			t: t, tiers: m, private: private, open: map[linkKey]Call{}, knows: map[linkKey]bool{},
			until: map[linkKey]clock.Time{}, notTil: map[linkKey]clock.Time{},
		}
		for ; len(script) >= 2; script = script[2:] {
			j.play(script[0], script[1])
		}
	})
}

func (j *judge) play(op, arg byte) {
	m := j.tiers
	switch op % 12 {
	case 0:
		j.running = true
		j.take(m.Start(j.now, nil))
	case 1:
		wasRunning := j.running
		j.running = false
		stops := m.Stop(j.now, nil)
		if !wasRunning && len(stops) > 0 {
			j.t.Fatal("a machine that rests says goodbye")
		}
		clear(j.open)
		j.calls = nil
		j.take(stops)
		clear(j.knows)
		clear(j.notTil)
	case 2:
		j.take(m.SetStanding(j.now, nil, Standing(arg%3)))
	case 3:
		j.take(m.Want(j.now, nil, int(arg)))
	case 4:
		j.take(m.AddTier(j.now, nil, []string{string(rune('A' + arg%8)), "m"}))
	case 5, 6, 7, 8:
		j.report(op%12, arg)
	case 9:
		j.now = j.now.Add(time.Duration(arg) * 10 * time.Second)
		j.take(m.Tick(j.now, nil))
	case 10:
		if next := m.NextDeadline(); next != clock.Never {
			j.now = next
			j.take(m.Tick(j.now, nil))
		}
	case 11:
		j.take(m.AddHash(j.now, nil, infohash.Short{arg % 2}))
	}
}

func (j *judge) report(op, arg byte) {
	if len(j.calls) == 0 {
		return
	}
	switch op {
	case 5:
		j.answer(arg, int(arg)*20)
	case 6:
		j.fail(arg, 0)
	case 7:
		j.fail(arg, time.Duration(arg)*time.Minute)
	case 8:
		if arg > 250 {
			j.fail(arg, Never)
		} else {
			j.answer(arg, 1800)
		}
	}
}

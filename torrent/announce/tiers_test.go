package announce

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"groove/internal/clock"
	"groove/torrent/infohash"
)

var (
	errDead = errors.New("no answer")
	hashA   = infohash.Short{1}
	hashB   = infohash.Short{2}
)

// world runs a Tiers against trackers that answer, or fail, after a second.
type world struct {
	t     *testing.T
	tiers *Tiers
	now   clock.Time
	dead  map[string]bool
	log   []string // "30s a started"
	reply Response
}

func newWorld(t *testing.T, private bool, tiers ...[]string) *world {
	w := &world{t: t, dead: map[string]bool{}, reply: Response{Interval: 30 * time.Minute, MinInterval: 5 * time.Minute}}
	w.tiers = NewTiers([]infohash.Short{hashA}, tiers, private, rand.New(rand.NewPCG(1, 2)))
	return w
}

// carry answers calls until none is open; every answer takes a second.
func (w *world) carry(calls []Call) {
	for len(calls) > 0 {
		for _, c := range calls {
			w.log = append(w.log, fmt.Sprintf("%v %s %v", w.now, c.URL, c.Event))
		}
		w.now = w.now.Add(time.Second)
		var next []Call
		for _, c := range calls {
			switch {
			case c.Event == Stopped:
			case w.dead[c.URL]:
				next = w.tiers.Failed(w.now, next, c.Token, errDead)
			default:
				next = w.tiers.Announced(w.now, next, c.Token, w.reply)
			}
		}
		calls = next
	}
}

// until ticks whenever the machine wants it.
func (w *world) until(end clock.Time) {
	for w.tiers.NextDeadline() <= end {
		if w.tiers.NextDeadline() > w.now {
			w.now = w.tiers.NextDeadline()
		}
		w.carry(w.tiers.Tick(w.now, nil))
	}
	w.now = end
}

func (w *world) expect(want ...string) {
	w.t.Helper()
	if !slices.Equal(w.log, want) {
		w.t.Errorf("\ngot  %q\nwant %q", w.log, want)
	}
	w.log = nil
}

func minutes(n int) clock.Time { return clock.Time(n) * clock.Time(time.Minute) }

func TestAllAreAskedUntilOneAnswersThenTheOrderHolds(t *testing.T) {
	w := newWorld(t, false, []string{"a"}, []string{"b"}, []string{"c"})
	w.dead["a"] = true
	w.carry(w.tiers.Start(0, nil))
	w.expect("0s a started", "0s b started", "0s c started")
	w.until(minutes(29))
	w.expect() // the dead one is not asked again before the next announce is due
	w.until(minutes(31))
	w.expect("30m1s a started", "30m2s b ")
	w.dead["a"] = false
	w.until(minutes(61))
	w.expect("1h0m3s a started")
	w.until(minutes(91))
	w.expect("1h30m4s a ")
}

func TestAnAnswerMovesATrackerToTheFrontOfItsTier(t *testing.T) {
	w := newWorld(t, true, []string{"a", "b", "c"})
	first := w.tiers.urls[w.tiers.tiers[0][0]]
	w.dead[first] = true
	w.carry(w.tiers.Start(0, nil))
	if got := w.tiers.urls[w.tiers.tiers[0][0]]; got == first || len(w.log) != 2 {
		t.Errorf("after %q the front is %s", w.log, got)
	}
}

func TestAPrivateTorrentAsksOneTrackerAtATime(t *testing.T) {
	w := newWorld(t, true, []string{"a"}, []string{"b"}, []string{"c"})
	w.dead["a"], w.dead["b"] = true, true
	w.carry(w.tiers.Start(0, nil))
	w.expect("0s a started", "1s b started", "2s c started")
	w.until(minutes(31))
	w.expect("30m3s a started", "30m4s b started", "30m5s c ")
}

func TestSilenceOfAllIsBackedOffAndBeginsTheSearchAgain(t *testing.T) {
	w := newWorld(t, false, []string{"a"}, []string{"b"})
	w.carry(w.tiers.Start(0, nil))
	w.log = nil
	w.dead["a"], w.dead["b"] = true, true
	w.until(minutes(12 * 60))
	tries := len(w.log)
	if tries < 2*14 || tries > 2*40 {
		t.Errorf("%d tries in 12 hours", tries)
	}
	w.dead["b"] = false
	w.until(minutes(14 * 60))
	status := w.tiers.Status(nil)
	if status[0].Current || !status[1].Current || status[1].URL != "b" || status[0].Fails == 0 {
		t.Errorf("%+v", status)
	}
}

func TestCompletedAndStoppedGoToWhoKnowsUs(t *testing.T) {
	w := newWorld(t, false, []string{"a"}, []string{"b"}, []string{"c"})
	w.dead["c"] = true
	w.carry(w.tiers.Start(0, nil))
	w.log = nil
	w.now = minutes(1) // before the minimal interval: an event does not wait for it
	w.carry(w.tiers.SetStanding(w.now, nil, Seeding))
	w.expect("1m0s a completed", "1m0s b completed")
	w.carry(w.tiers.SetStanding(w.now, nil, Seeding))
	w.expect()
	w.until(minutes(150)) // b, of no use since, has forgotten us
	w.log = nil
	w.carry(w.tiers.Stop(w.now, nil))
	w.expect("2h30m0s a stopped")
	if w.tiers.NextDeadline() != clock.Never {
		t.Error("a stopped machine wants to be called")
	}
	w.carry(w.tiers.Start(w.now, nil))
	if len(w.log) != 3 {
		t.Errorf("after a pause: %q", w.log)
	}
}

func TestCompletedDuringAnAnnounceFollowsIt(t *testing.T) {
	w := newWorld(t, false, []string{"a"})
	calls := w.tiers.Start(0, nil)
	if more := w.tiers.SetStanding(0, nil, Seeding); len(more) != 0 {
		t.Errorf("two calls at once: %v", more)
	}
	w.carry(calls)
	w.expect("0s a started", "1s a completed")

	seed := newWorld(t, false, []string{"a"})
	seed.tiers.SetStanding(0, nil, Seeding)
	seed.carry(seed.tiers.Start(0, nil))
	seed.expect("0s a started")
}

func TestAPartialSeedSaysSo(t *testing.T) {
	w := newWorld(t, false, []string{"a"})
	w.tiers.SetStanding(0, nil, PartialSeed)
	w.carry(w.tiers.Start(0, nil))
	w.until(minutes(31))
	w.expect("0s a started", "30m1s a paused")
}

func TestAWishHastensOneAnnounceWithinTheMinimalInterval(t *testing.T) {
	w := newWorld(t, false, []string{"a"})
	w.carry(w.tiers.Start(0, nil))
	w.now = minutes(2)
	w.carry(w.tiers.Want(w.now, nil, 150))
	w.until(minutes(20))
	w.carry(w.tiers.Want(w.now, nil, 0))
	w.until(minutes(30))
	w.expect("0s a started", "5m1s a ")
}

func TestRetryInIsObeyed(t *testing.T) {
	w := newWorld(t, false, []string{"a"}, []string{"b"})
	calls := w.tiers.Start(0, nil)
	w.tiers.Failed(0, nil, calls[0].Token, &Failure{Reason: "gone", RetryIn: Never})
	w.tiers.Failed(0, nil, calls[1].Token, &Failure{Reason: "busy", RetryIn: 3 * time.Hour})
	if got := w.tiers.NextDeadline(); got != minutes(180) {
		t.Errorf("the next try is at %v", got)
	}
	w.until(minutes(300))
	for _, line := range w.log {
		if line[len(line)-2:] == "a " {
			t.Errorf("asked who said never: %q", w.log)
		}
	}
}

func TestAHybridAnnouncesEachOfItsNames(t *testing.T) {
	w := newWorld(t, false, []string{"a"})
	w.carry(w.tiers.Start(0, nil))
	calls := w.tiers.AddHash(w.now, nil, hashB)
	if len(calls) != 1 || calls[0].Hash != hashB || calls[0].Event != Started {
		t.Fatalf("%+v", calls)
	}
	w.carry(calls)
	w.log = nil
	w.until(minutes(31))
	w.expect("30m1s a ", "30m2s a ")
	if stops := w.tiers.Stop(w.now, nil); len(stops) != 2 {
		t.Errorf("%+v", stops)
	}
}

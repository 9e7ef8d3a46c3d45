package link

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"groove/internal/clock"
	"groove/sim/event"
)

const mbit = 125_000 // bytes per second

// world drives a network alone and keeps what arrived.
type world struct {
	q       event.Queue
	net     *Net[int]
	arrived []arrival
	onRoom  func(End)
	onStep  func()
	closed  []End
}

type arrival struct {
	at   clock.Time
	end  End
	body int
}

func newWorld() *world {
	w := &world{}
	w.net = New[int](&w.q)
	return w
}

func (w *world) run(until clock.Time) {
	w.q.Push(event.Event{At: until, Kind: 99})
	for {
		ev, ok := w.q.Pop()
		if !ok || ev.Kind == 99 {
			return
		}
		switch ev.Kind {
		case Stepped:
			room := slices.Clone(w.net.Step())
			if w.onStep != nil {
				w.onStep()
			}
			for _, e := range room {
				w.onRoom(e)
			}
		case Delivered:
			if e, body, ok := w.net.Take(ev); ok {
				w.arrived = append(w.arrived, arrival{w.q.Now(), e, body})
			}
		case Closed:
			if e, told := w.net.Gone(ev); told {
				w.closed = append(w.closed, e)
			}
		}
	}
}

// endless keeps a flow in backlog for the whole test.
func (w *world) endless(a, b Node, delay time.Duration) End {
	e, _ := w.net.Connect(a, b, delay)
	w.net.Send(e, 1<<30, 1<<30, 0)
	return e
}

// fairRates is progressive filling by the book: the line with the least capacity per unfixed flow
// fixes its flows, until all are fixed.
func fairRates(upCap, downCap []int64, flows [][2]int) []int64 {
	caps := append(slices.Clone(upCap), downCap...)
	rates := make([]int64, len(flows))
	fixed := make([]bool, len(flows))
	for range flows {
		best, share := -1, int64(0)
		for l := range caps {
			n := int64(0)
			for i, f := range flows {
				if !fixed[i] && (f[0] == l || f[1]+len(upCap) == l) {
					n++
				}
			}
			if n > 0 && (best < 0 || caps[l]/n < share) {
				best, share = l, caps[l]/n
			}
		}
		if best < 0 {
			break
		}
		for i, f := range flows {
			if !fixed[i] && (f[0] == best || f[1]+len(upCap) == best) {
				fixed[i], rates[i] = true, share
				caps[f[0]] -= share
				caps[f[1]+len(upCap)] -= share
			}
		}
	}
	return rates
}

func TestKnownAllocations(t *testing.T) {
	for _, c := range []struct {
		name     string
		up, down []int64 // Mbit/s
		flows    [][2]int
		want     []int64
	}{
		{"one flow has the smaller of both lines", []int64{10, 1}, []int64{1, 4}, [][2]int{{0, 1}}, []int64{4}},
		{"an uplink is shared evenly", []int64{10, 1, 1}, []int64{50, 50, 50}, [][2]int{{0, 1}, {0, 2}}, []int64{5, 5}},
		{"what a slow downlink leaves goes to the others", []int64{10, 1, 1}, []int64{50, 2, 50}, [][2]int{{0, 1}, {0, 2}}, []int64{2, 8}},
		{"two levels", []int64{12, 12, 1, 1}, []int64{50, 50, 6, 50}, [][2]int{{0, 2}, {1, 2}, {0, 3}}, []int64{3, 3, 9}},
		{"a crowded downlink", []int64{10, 10, 1}, []int64{9, 9, 9}, [][2]int{{0, 2}, {1, 2}, {1, 0}}, []int64{4, 4, 5}},
	} {
		w := newWorld()
		for i := range c.up {
			w.net.AddNode(c.up[i]*mbit, c.down[i]*mbit)
		}
		var ends []End
		for _, f := range c.flows {
			ends = append(ends, w.endless(Node(f[0]), Node(f[1]), 10*time.Millisecond))
		}
		w.run(5e9)
		for i, e := range ends {
			// Acks take up to 2.5 % of what a node receives off its uplink.
			if got := float64(w.net.Rate(e)) / mbit; got > float64(c.want[i])+1.001 || got < float64(c.want[i])*0.97 {
				t.Errorf("%s: flow %d has %.2f Mbit/s, want %d", c.name, i, got, c.want[i])
			}
		}
	}
}

// Whatever comes and goes, the rates are the max-min fair ones: exactly what the book's algorithm
// finds from nothing, apart from what rounding to whole bytes per second leaves.
func TestRatesAreMaxMinFairAtEveryStep(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for trial := range 30 {
		w := newWorld()
		nodes := 2 + rng.IntN(12)
		var upCap, downCap []int64
		for range nodes {
			upCap = append(upCap, int64(1+rng.IntN(100))*mbit)
			downCap = append(downCap, min(int64(1+rng.IntN(200)), 38*upCap[len(upCap)-1]/mbit)*mbit)
			w.net.AddNode(upCap[len(upCap)-1], downCap[len(downCap)-1])
		}
		var ends []End
		var flows [][2]int
		for step := range 40 {
			if rng.IntN(3) > 0 || len(ends) == 0 {
				a := rng.IntN(nodes)
				b := (a + 1 + rng.IntN(nodes-1)) % nodes
				e := w.endless(Node(a), Node(b), 10*time.Millisecond)
				w.net.flows[e.slot].warm, w.net.flows[e.slot].lastBusy = time.Hour, w.q.Now()+1
				ends, flows = append(ends, e), append(flows, [2]int{a, b})
			} else {
				i := rng.IntN(len(ends))
				w.net.Close(ends[i])
				ends, flows = slices.Delete(ends, i, i+1), slices.Delete(flows, i, i+1)
			}
			w.run(w.q.Now() + 20e6)
			want := fairRates(upCap, downCap, flows)
			for i, e := range ends {
				if d := w.net.Rate(e) - want[i]; d < -int64(nodes*40) || d > int64(nodes*40) {
					t.Fatalf("trial %d, step %d: flow %v has %d B/s, want %d", trial, step, flows[i], w.net.Rate(e), want[i])
				}
			}
		}
	}
}

// With messages of all sizes in all directions, no line ever carries more than it can, and a line
// that somebody waits for carries nearly that.
func TestNoLineAboveCapacityAndNoneIdle(t *testing.T) {
	w := newWorld()
	rng := rand.New(rand.NewPCG(1, 9))
	const nodes = 20
	for range nodes {
		w.net.AddNode(10*mbit, 40*mbit)
	}
	var ends []End
	for a := range nodes {
		for i := range 6 {
			e, _ := w.net.Connect(Node(a), Node((a+1+i*3)%nodes), time.Duration(10+rng.IntN(50))*time.Millisecond)
			ends = append(ends, e)
		}
	}
	chat := 0
	w.onStep = func() {
		for _, e := range ends {
			for w.net.Buffered(e) < 64<<10 {
				w.net.Send(e, 16397, 16384, 1)
			}
			if rng.IntN(10) == 0 {
				w.net.Send(End{e.slot ^ 1, e.gen}, 17, 0, 2)
				chat++
			}
		}
	}
	for _, e := range ends {
		w.net.Send(e, 16397, 16384, 1)
	}
	before := make([]int64, nodes)
	for second := range 20 {
		w.run(w.q.Now() + 1e9)
		for x := range before {
			sent := w.net.Sent(Node(x))
			rate := float64(sent-before[x]) / (10 * mbit)
			before[x] = sent
			if rate > 1.02 || second > 2 && rate < 0.97 {
				t.Errorf("second %d: node %d uses %.3f of its uplink", second, x, rate)
			}
		}
	}
	var total, received, acks int64
	for x := range Node(nodes) {
		tr := w.net.Traffic(x)
		total += w.net.Sent(x)
		received += tr.DownPayload + tr.DownControl
		acks += tr.UpAcks
	}
	if mean := float64(total) / (20 * nodes * 10 * mbit); mean > 1 || mean < 0.98 {
		t.Errorf("uplinks carried %.4f of their capacity", mean)
	}
	if share := float64(acks) / float64(received); share < 0.024 || share > 0.025 {
		t.Errorf("acks are %.4f of what was received", share)
	}
}

// One transfer takes what its line takes, plus slow start, plus the delay.
func TestOneTransfer(t *testing.T) {
	w := newWorld()
	a, b := w.net.AddNode(10*mbit, 50*mbit), w.net.AddNode(10*mbit, 50*mbit)
	e, _ := w.net.Connect(a, b, 50*time.Millisecond)
	for range 640 {
		w.net.Send(e, 16384, 16384, 7) // 10 MiB: 8.39 s at 10 Mbit/s
	}
	w.run(20e9)
	if len(w.arrived) != 640 {
		t.Fatalf("%d of 640 messages arrived", len(w.arrived))
	}
	// 14600 bytes per 100 ms until the window exceeds 125 kB: 14.6+29.2+58.4+116.8 kB in 0.4 s.
	seconds := 0.010 + 0.4 + (10485760-219000)/1.25e6 + 0.050
	if last := float64(w.arrived[639].at) / 1e9; last < seconds-0.02 || last > seconds+0.02 {
		t.Errorf("the last byte came after %.3f s, want %.3f", last, seconds)
	}
	sum := 0
	for _, x := range w.arrived {
		if x.end.slot != e.slot^1 || x.body != 7 {
			t.Fatalf("%+v arrived", x)
		}
		sum += x.body
	}
}

// A new connection sends one window in its first round trip, two in the second, and so on; one
// that has rested for more than a second begins again, after a shorter rest it goes on.
func TestSlowStart(t *testing.T) {
	w := newWorld()
	a, b := w.net.AddNode(1000*mbit, 1000*mbit), w.net.AddNode(1000*mbit, 1000*mbit)
	e, _ := w.net.Connect(a, b, 50*time.Millisecond)
	w.net.Send(e, 1<<20, 1<<20, 0)
	want := int64(0)
	for k := range 6 {
		w.run(clock.Time(10e6 + int64(k+1)*100e6 + 1))
		want += initialWindow << k
		if got := w.net.Sent(a); got < want-20*1460 || got > want {
			t.Errorf("after %d round trips %d bytes were sent, want %d", k+1, got, want)
		}
	}
	for _, pause := range []clock.Time{500e6, 1500e6} {
		for w.net.Buffered(e) > 0 {
			w.run(w.q.Now() + 10e6)
		}
		w.run(w.q.Now() + pause)
		w.net.Send(e, 1<<20, 1<<20, 0)
		w.run(w.q.Now() + 30e6)
		if again := w.net.flows[e.slot].cap == initialWindow*10; again != (pause > 1e9) {
			t.Errorf("after %v of rest: starts slowly %v", time.Duration(pause), again)
		}
	}
}

// Small messages on a quiet connection take their delay and little more; behind a backlog they wait.
func TestControlMessages(t *testing.T) {
	w := newWorld()
	a, b := w.net.AddNode(1*mbit, 1*mbit), w.net.AddNode(1*mbit, 1*mbit)
	e, far := w.net.Connect(a, b, 30*time.Millisecond)
	w.net.Send(e, 17, 0, 1)
	w.net.Send(far, 17, 0, 2)
	w.run(1e9)
	for _, x := range w.arrived {
		if late := x.at - 30e6; late < 0 || late > 1e6 {
			t.Errorf("message %d came %v after its delay", x.body, late)
		}
	}
	w.net.Send(e, 125000, 125000, 3) // a second of the uplink
	w.net.Send(e, 17, 0, 4)
	w.run(5e9)
	if last := w.arrived[len(w.arrived)-1]; last.body != 4 || last.at < 2e9 {
		t.Errorf("message %d overtook the backlog at %v", last.body, last.at)
	}
	for range 2000 { // 34 kB in no time: more than a quiet line swallows at once
		w.net.Send(far, 17, 0, 5)
	}
	sent := w.q.Now()
	w.run(sent + 10e9)
	if last := w.arrived[len(w.arrived)-1]; last.at < sent+200e6 {
		t.Errorf("34 kB of small messages crossed a line of 125 kB/s within %v", last.at-sent)
	}
	if len(w.arrived) != 2004 {
		t.Errorf("%d messages arrived, want 2004", len(w.arrived))
	}
}

// What is on the wire still arrives, what is not is lost, the far end learns of it last, and
// numbers that are used again do not confuse old events.
func TestClose(t *testing.T) {
	w := newWorld()
	a, b := w.net.AddNode(10*mbit, 10*mbit), w.net.AddNode(10*mbit, 10*mbit)
	e, far := w.net.Connect(a, b, 50*time.Millisecond)
	w.net.Send(e, 100, 0, 1)
	w.net.Send(far, 100, 0, 2)
	w.net.Send(e, 1<<20, 1<<20, 3)
	w.net.Send(far, 1<<20, 1<<20, 4)
	w.run(40e6)
	sent := w.net.Sent(a)
	w.net.Close(e)
	w.net.Close(e)
	if w.net.Sent(a) != sent || sent < 100 {
		t.Errorf("closing changed what was sent from %d to %d", sent, w.net.Sent(a))
	}
	again, _ := w.net.Connect(a, b, 50*time.Millisecond)
	w.net.Send(again, 100, 0, 5)
	w.run(1e9)
	var bodies []int
	for _, x := range w.arrived {
		bodies = append(bodies, x.body)
	}
	if !slices.Equal(bodies, []int{1, 5}) || !slices.Equal(w.closed, []End{far}) {
		t.Errorf("arrived %v, closed %v", bodies, w.closed)
	}
	third, fourth := w.net.Connect(a, b, 50*time.Millisecond)
	if third.slot != e.slot {
		t.Errorf("slot %d is not used again", e.slot)
	}
	w.net.Close(third)
	w.net.Close(fourth)
	w.net.Send(e, 10, 0, 6)
	w.run(2e9)
	if len(w.closed) != 1 || len(w.arrived) != 2 || w.q.Len() != 0 {
		t.Errorf("both sides closed: %d told, %d arrived, %d events left", len(w.closed), len(w.arrived), w.q.Len())
	}
}

// Who waits for room is told once it is there.
func TestRoom(t *testing.T) {
	w := newWorld()
	a, b := w.net.AddNode(10*mbit, 10*mbit), w.net.AddNode(10*mbit, 10*mbit)
	e, _ := w.net.Connect(a, b, 10*time.Millisecond)
	told := 0
	w.onRoom = func(x End) {
		told++
		if w.net.Buffered(x) > 32<<10 {
			t.Errorf("told with %d bytes waiting", w.net.Buffered(x))
		}
		for w.net.Buffered(x) < 64<<10 {
			w.net.Send(x, 16384, 16384, 0)
		}
		w.net.WantRoom(x, 32<<10)
	}
	w.net.Send(e, 65536, 65536, 0)
	w.net.WantRoom(e, 32<<10)
	w.run(10e9)
	if told < 300 {
		t.Errorf("told %d times", told)
	}
	if sent := w.net.Sent(a); sent < 12_100_000 {
		t.Errorf("10 s at 10 Mbit/s carried %d bytes", sent)
	}
}

// history is a busy random network, written down.
func history(seed uint64) []byte {
	w := newWorld()
	rng := rand.New(rand.NewPCG(seed, 1))
	for range 10 {
		w.net.AddNode(int64(1+rng.IntN(20))*mbit, int64(1+rng.IntN(50))*mbit)
	}
	var ends []End
	for range 400 {
		switch a := Node(rng.IntN(10)); {
		case rng.IntN(8) == 0 || len(ends) == 0:
			x, y := w.net.Connect(a, (a+1+Node(rng.IntN(9)))%10, time.Duration(rng.IntN(80))*time.Millisecond)
			ends = append(ends, x, y)
		case rng.IntN(20) == 0:
			w.net.Close(ends[rng.IntN(len(ends))])
		default:
			w.net.Send(ends[rng.IntN(len(ends))], 1+rng.IntN(40000), 0, rng.IntN(100))
		}
		w.run(w.q.Now() + clock.Time(rng.IntN(30e6)))
	}
	var out []byte
	for _, x := range w.arrived {
		out = binary.LittleEndian.AppendUint64(out, uint64(x.at))
		out = append(out, byte(x.end.slot), byte(x.body))
	}
	return out
}

// Acks never overfill an uplink: a fast downlink beside a thin uplink is slowed down by them.
func TestThinUplinkSlowsTheDownlink(t *testing.T) {
	w := newWorld()
	a, b := w.net.AddNode(100*mbit, 100*mbit), w.net.AddNode(mbit/10, 100*mbit)
	e, _ := w.net.Connect(a, b, 10*time.Millisecond)
	w.onRoom = func(x End) { w.net.Send(x, 16384, 16384, 0); w.net.WantRoom(x, 1<<18) }
	for range 100 {
		w.net.Send(e, 16384, 16384, 0)
	}
	w.net.WantRoom(e, 1<<18)
	w.run(20e9)
	if acks := w.net.Traffic(b).UpAcks; acks > 20*mbit/10 {
		t.Errorf("in 20 s %d bytes of acks left over a line of %d B/s", acks, mbit/10)
	}
}

// The same seed gives the same history, today, tomorrow and on every machine: there is nothing but
// integers in it. Whoever changes the model on purpose writes the new sums here.
func TestSameSeedSameHistory(t *testing.T) {
	for seed, want := range []string{"4a178180c56b0bd7", "f20ae99cd170632f", "dc8467c2530bdc25"} {
		h := history(uint64(seed))
		if got := fmt.Sprintf("%x", sha256.Sum256(h))[:16]; got != want {
			t.Errorf("seed %d: %d arrivals with sum %s, want %s", seed, len(h)/10, got, want)
		}
	}
}

// A hundred nodes with five uploads each and forty quiet connections, as in the first story.
func busyNetwork() (work func(messages int)) {
	w := newWorld()
	const nodes = 100
	for range nodes {
		w.net.AddNode(10*mbit, 50*mbit)
	}
	full := func(e End) {
		for w.net.Buffered(e) < 64<<10 {
			w.net.Send(e, 16397, 16384, 1)
		}
		w.net.WantRoom(e, 48<<10)
	}
	for a := range nodes {
		for i := range 5 {
			e, _ := w.net.Connect(Node(a), Node((a+1+i*7)%nodes), time.Duration(10+a%50)*time.Millisecond)
			full(e)
		}
	}
	return func(messages int) {
		for messages > 0 {
			ev, _ := w.q.Pop()
			switch ev.Kind {
			case Stepped:
				for _, e := range w.net.Step() {
					full(e)
				}
			case Delivered:
				messages--
				if e, body, _ := w.net.Take(ev); body == 1 {
					w.net.Send(e, 17, 0, 2) // the next request
				}
			}
		}
	}
}

func TestNothingAllocatesInTheSteadyState(t *testing.T) {
	work := busyNetwork()
	work(200_000)
	if n := testing.AllocsPerRun(20, func() { work(1000) }); n != 0 {
		t.Errorf("%v allocations in 1000 messages", n)
	}
}

func BenchmarkBlocks(b *testing.B) {
	work := busyNetwork()
	work(100_000)
	b.ReportAllocs()
	b.ResetTimer()
	work(b.N)
}

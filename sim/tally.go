package sim

import (
	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/sim/link"
	"groove/sim/stories"
)

// Observer is told what happens to nodes, by number. Tally is the one there is.
type Observer interface {
	Joined(at clock.Time, node int)
	Left(at clock.Time, node int)
	Block(at clock.Time, from, to, length int, useful bool)
	Piece(at clock.Time, node, piece int)
	Corrupt(at clock.Time, node int, liars []int)
	Done(at clock.Time, node int)
}

var _ Observer = (*Tally)(nil)

// Tally counts what the figures and the drawings need.
type Tally struct {
	Story  stories.Story
	Events int64
	People []Person
	Pieces []Gain   // every piece that somebody verified, in order of time
	Given  []int64  // bytes of blocks that arrived from a node at another: [from*len(People)+to]
	Uses   []Sample // uplinks, a second each

	Useful, Duplicate, Spoiled int64 // payload bytes: kept, not needed, of pieces that failed their hash

	CoveredAt clock.Time // when those who do not seed together held everything; Never
	SeedSent  int64      // payload bytes that the seeds had sent by then
	covered   *bitset.Set
	lies      map[[2]int]int // pieces that a node lost to a liar; looked up and a maximum taken, so order cannot show

	net  *link.Net[packet]
	need int // those who are waited for and not done
	last []int64
}

// Person is a node as the tally sees it.
type Person struct {
	Group               int
	Joined, First, Done clock.Time // Never = not yet
	Left                clock.Time
	Pieces              int
}

// Gain is one piece that one node verified.
type Gain struct {
	At          clock.Time
	Node, Piece int32
}

// Sample is what the uplinks of each group carried in a second, and could have, in bytes.
type Sample struct {
	At             clock.Time
	Used, Possible []int64
	Useful         int64 // payload kept by everybody since the beginning
}

func newTally(story stories.Story, net *link.Net[packet], nodes []*node) *Tally {
	t := &Tally{
		Story: story, CoveredAt: clock.Never, net: net, covered: bitset.New(story.Pieces), lies: map[[2]int]int{},
		Given: make([]int64, len(nodes)*len(nodes)), last: make([]int64, len(nodes)),
	}
	for _, n := range nodes {
		t.People = append(t.People, Person{Group: n.group, Joined: clock.Never, First: clock.Never, Done: clock.Never, Left: clock.Never})
		if t.Awaited(int(n.id)) {
			t.need++
		}
	}
	if i := story.Pieces - leastMissing(story); i > 0 {
		for p := range i {
			t.covered.Add(p) // somebody has these from the beginning
		}
	}
	return t
}

// leastMissing is how many pieces nobody but seeds has at the beginning.
func leastMissing(story stories.Story) int {
	least := story.Pieces
	for _, g := range story.Groups {
		if !g.Seed && g.Missing > 0 {
			least = min(least, g.Missing)
		}
	}
	return least
}

// Awaited reports whether a run goes on until a node is done: seeds and those who mean harm are not.
func (t *Tally) Awaited(node int) bool {
	g := &t.Story.Groups[t.People[node].Group]
	return !g.Seed && !g.Conduct.Hostile()
}

// Gives reports whether a node's uplink counts as the swarm's.
func (t *Tally) Gives(group int) bool {
	return t.Story.Groups[group].Conduct == stories.Honest
}

// Joined notes that a node came.
func (t *Tally) Joined(at clock.Time, node int) { t.People[node].Joined = at }

// Left notes that a node went.
func (t *Tally) Left(at clock.Time, node int) {
	p := &t.People[node]
	p.Left = at
	if t.Awaited(node) && p.Done == clock.Never {
		t.need--
	}
}

// Block notes that a block's payload arrived.
func (t *Tally) Block(_ clock.Time, from, to, length int, useful bool) {
	t.Given[from*len(t.People)+to] += int64(length)
	if useful {
		t.Useful += int64(length)
	} else {
		t.Duplicate += int64(length)
	}
}

// Piece notes that a node has verified a piece.
func (t *Tally) Piece(at clock.Time, node, piece int) {
	t.Pieces = append(t.Pieces, Gain{at, int32(node), int32(piece)})
	p := &t.People[node]
	p.Pieces++
	p.First = min(p.First, at)
	if t.Awaited(node) && t.covered.Add(piece) && t.covered.Full() {
		t.CoveredAt = at
		t.SeedSent = t.sentBySeeds()
	}
}

func (t *Tally) sentBySeeds() int64 {
	sum := int64(0)
	for i, p := range t.People {
		if t.Story.Groups[p.Group].Seed {
			sum += t.net.Traffic(link.Node(i)).UpPayload
		}
	}
	return sum
}

// Corrupt notes that a piece failed its hash at a node because of what the liars had sent.
func (t *Tally) Corrupt(_ clock.Time, node int, liars []int) {
	t.Spoiled += t.Story.PieceLength
	for _, liar := range liars {
		t.lies[[2]int{node, liar}]++
	}
}

// Done notes that a node has everything.
func (t *Tally) Done(at clock.Time, node int) {
	t.People[node].Done = at
	if t.Awaited(node) {
		t.need--
	}
}

// finished reports whether everybody who is waited for is done or gone.
func (t *Tally) finished() bool { return t.need == 0 }

// sample notes what the uplinks have carried since the last time.
func (t *Tally) sample(at clock.Time) {
	s := Sample{
		At: at, Useful: t.Useful,
		Used: make([]int64, len(t.Story.Groups)), Possible: make([]int64, len(t.Story.Groups)),
	}
	for i := range t.People {
		p := &t.People[i]
		sent := t.net.Sent(link.Node(i))
		s.Used[p.Group] += sent - t.last[i]
		t.last[i] = sent
		from, to := max(p.Joined, at-clock.Time(sampleEvery)), min(p.Left, at)
		if from < to {
			s.Possible[p.Group] += int64(float64(bytesPerSecond(t.Story.Groups[p.Group].Up)) * to.Sub(from).Seconds())
		}
	}
	t.Uses = append(t.Uses, s)
}

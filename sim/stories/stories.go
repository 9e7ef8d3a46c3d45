// Package stories holds the swarms that are simulated, as text, and reads them.
//
// It knows the words of a story and the standard ones s1 to s8; it refuses to know how a swarm is
// run and how fast it could be. Called by sim and the command line. Units are bytes, Mbit/s and
// time.Duration. Values are plain and safe to share. Start reading at Story, then s1.txt.
package stories

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Story is a swarm to be simulated.
type Story struct {
	Name        string // "s1"
	Title       string // its first comment
	Pieces      int
	PieceLength int64            // bytes
	RTT         [2]time.Duration // lowest and highest round-trip time of a pair, evenly distributed
	Join        time.Duration    // everybody without a time of their own comes within this
	Degree      int              // connections a node looks for
	Verify      time.Duration    // hashing and writing a piece
	From        time.Duration    // times are measured from here
	Arrivals    [2]int           // where peers come one by one: the first and last that is measured; 0, 0 = all
	Limit       time.Duration    // a run is given up then
	Groups      []Group
	Marks       []Mark
}

// Group is a number of nodes alike.
type Group struct {
	Name       string // for reports; "seeds" or "peers" unless the story names it
	Seed       bool   // begins with everything
	Count      int
	Up, Down   float64       // Mbit/s
	At         time.Duration // comes then; 0 = within Join
	PerSecond  float64       // comes one by one at this rate (Poisson); 0 = all at once
	Missing    int           // pieces that all of them lack at first, the last ones; 0 = all, of a seed none
	Conduct    Conduct
	Leave      Leave
	Stay       time.Duration // mean of an exponential time, for LeaveAfter
	Firewalled bool          // takes no connections
}

// Conduct is how a node behaves.
type Conduct uint8

// The ways to behave.
const (
	Honest  Conduct = iota
	Rider           // takes and never gives
	Stall           // accepts requests and never answers
	Corrupt         // sends wrong bytes
	Claim           // says it has everything and serves nothing
	Crawl           // keeps to the rules over a uselessly thin uplink
)

var conductWords = [...]string{"honest", "rider", "stall", "corrupt", "claim", "crawl"}

// String returns the word of a story.
func (c Conduct) String() string { return conductWords[c] }

// Hostile reports whether the conduct harms others; who does is not waited for.
func (c Conduct) Hostile() bool { return c >= Stall }

// Leave is when a node goes.
type Leave uint8

// The rules of leaving.
const (
	LeaveNever   Leave = iota
	LeaveOnceOut       // a seed goes when each piece was taken once
	LeaveAfter         // goes an exponential time after it has everything
)

// Mark is what a figure of the report should be.
type Mark struct {
	Key   string // as in the report's JSON
	Least bool   // at least Value; else at most
	Value float64
}

//go:embed *.txt
var files embed.FS

// Standard reads one of the stories that come with the program, by its name without ".txt".
func Standard(name string) (Story, error) {
	text, err := files.ReadFile(name + ".txt")
	if err != nil {
		return Story{}, fmt.Errorf("no story %q: there are %s", name, strings.Join(Names(), ", "))
	}
	return Parse(name, string(text))
}

// Names lists the standard stories in order.
func Names() []string {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil // an embedded folder can always be read
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".txt"))
	}
	return names
}

// Nodes returns how many nodes the story has.
func (s Story) Nodes() int {
	n := 0
	for _, g := range s.Groups {
		n += g.Count
	}
	return n
}

// FileBytes returns the size of what is shared.
func (s Story) FileBytes() int64 { return int64(s.Pieces) * s.PieceLength }

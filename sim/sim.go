// Package sim runs whole swarms in virtual time, with the real swarm, picker and choker.
//
// It knows stories (sim/stories), nodes that join, dial and leave, and figures of what happened;
// it refuses to know how a node decides: that is swarm's, and how bytes travel: that is link's.
// Called by the command line and by tests. Units are bytes, seconds in reports, clock.Time inside.
// One goroutine; the same story and seed give the same event log to the byte. Start reading at
// Run, then world.go, node.go (the shell around a Swarm) and tally.go.
package sim

import (
	"io"

	"groove/sim/stories"
)

// Options of a run.
type Options struct {
	Seed uint64
	Log  io.Writer // gets a line for every message that arrives, and for who came, went and had a piece; nil = none
}

// Result is what a run has shown.
type Result struct {
	Story  stories.Story
	Seed   uint64
	Report Report
	Tally  *Tally // for drawings
}

// Run plays a story once. The error is one of writing the log, or of a story without sense.
func Run(story stories.Story, o Options) (*Result, error) {
	return run(story, o, newSwarmNode)
}

// run plays a story with nodes of any make.
func run(story stories.Story, o Options, make func(*world, *node) member) (*Result, error) {
	w, err := newWorld(story, o, make)
	if err != nil {
		return nil, err
	}
	w.play()
	if err := w.log.flush(); err != nil {
		return nil, err
	}
	return &Result{Story: story, Seed: o.Seed, Report: w.tally.report(o.Seed), Tally: w.tally}, nil
}

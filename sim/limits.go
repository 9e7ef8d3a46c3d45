package sim

import (
	"time"

	"groove/internal/clock"
)

// What the world around the swarm is like.
const (
	// handshakeSize is what each side sends first (BEP 3).
	handshakeSize = 68

	// trackerPeers is how many addresses an answer of the tracker has.
	trackerPeers = 50

	// announceEvery is how often a node asks the tracker.
	announceEvery = 3 * time.Minute

	// dialTimeout is when a dial is given up that a firewall swallows.
	dialTimeout = 5 * time.Second

	// socketBuffer is what a connection's kernel buffer holds: a span counts as handed over when
	// its last byte lies in it.
	socketBuffer = 64 << 10

	// pieceMemory is a node's budget for the pieces that it is receiving.
	pieceMemory = 256 << 20

	// aheadAt is when givers are compared with riders.
	aheadAt = clock.Time(200 * time.Second)

	// sampleEvery is how often the uplinks are looked at.
	sampleEvery = time.Second
)

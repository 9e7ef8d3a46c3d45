package choker

import "time"

const (
	// RoundNormal is the time between two rounds: shorter ones cost half pieces at each choke.
	RoundNormal = 10 * time.Second
	// RoundSuperSeeding is the time between two rounds while a source super-seeds, when what a peer
	// can be given changes faster.
	RoundSuperSeeding = 5 * time.Second

	// OptimisticTime is how long a peer is tried that gave us nothing: about what two rounds of its
	// own need to notice our rate and answer it.
	OptimisticTime = 30 * time.Second
	// optimisticShare is the number of slots of which one is optimistic.
	optimisticShare = 5
	// emptyWeight multiplies the wait of peers without a piece: they can give nothing yet, and
	// their first piece makes them useful to all.
	emptyWeight = 3

	// quotaBytes and quotaTime are the turn of a peer at a seed; both must be used up before others
	// who wait take its slot, so that a turn completes pieces even of the largest common size.
	quotaBytes = 16 << 20
	quotaTime  = 30 * time.Second

	// minSlots is what a line of unknown speed begins with; with a known upload limit it may be
	// limitedSlots.
	minSlots     = 3
	limitedSlots = 2
	maxSlots     = 40
	// bytesPerSlot is the uplink in B/s that earns one slot beyond minSlots: 4 Mbit/s.
	bytesPerSlot = 4_000_000 / 8
	// minSlotRate is the uplink in B/s that each slot must leave to the others.
	minSlotRate = 16 << 10

	// probeTime is how long one slot more is tried, probeRest the time until the next trial after
	// one that failed, probeStart that after the first full house: rates of the first seconds rise
	// whatever we do.
	probeTime  = 20 * time.Second
	probeRest  = 2 * time.Minute
	probeStart = 30 * time.Second
)

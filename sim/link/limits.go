package link

import "time"

// The parameters of the model.
const (
	// Batch is how often rates are computed anew. What changes in between waits for the next
	// batch, so no delay may be shorter.
	Batch = 10 * time.Millisecond

	// settleEvery is how many batches pass before the bytes of control messages and acks that a
	// line carried are taken off its capacity; each node has its own turn.
	settleEvery = 10

	// ackShare is the inverse of the part of a download that its acks cost as upload: 2.5 %.
	ackShare = 40

	// leastShare is the inverse of the part of a line that always is the flows', whatever acks and
	// control messages it owes for.
	leastShare = 20

	// initialWindow is what a new connection sends in its first round trip: ten segments (RFC 6928).
	initialWindow = 14600

	// idleAfter is how long a connection may send nothing before it starts slowly again.
	idleAfter = time.Second

	// small is the largest message that an idle connection sends at once, outside the batches:
	// one segment.
	small = 1460

	// controlShare is the inverse of the part of a line that small messages may fill between two
	// settlements before they queue like everything else.
	controlShare = 2

	// unlimited is the level of a line that does not limit its flows.
	unlimited = 1 << 62

	// nano converts bytes to the unit of progress: a rate in bytes per second times a duration in
	// nanoseconds. A message may have up to 9 GB.
	nano = 1_000_000_000
)

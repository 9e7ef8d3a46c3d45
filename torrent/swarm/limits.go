package swarm

import "time"

// Bounds of one swarm. What happens at each stands behind it.
const (
	maxPeers       = 200  // connections; more are dropped (TooManyPeers)
	dialTarget     = 50   // we dial until this many are connected
	maxDialing     = 10   // dials under way at once for one torrent
	maxPerIP       = 3    // connections of one public address; more are dropped
	maxTwins       = 2    // more connections that one peer dialled, until it drops them; then we drop them
	maxAddresses   = 2000 // known addresses; further ones are forgotten
	maxBanned      = 4096 // banned addresses; the oldest is forgotten
	maxDialFails   = 3    // then an address rests until somebody names it again
	maxWaiting     = 2000 // requests of one peer that wait; further ones are rejected
	floodWaiting   = 4000 // rejected beyond the limit since the last answer; then the peer is dropped
	ourReqQ        = 1000 // what we tell as reqq (BEP 10)
	defaultReqQ    = 250  // of a peer that tells none
	maxDepth       = 500  // requests to one peer at once
	minDepth       = 4    //
	startDepth     = 16   // first requests, then doubled per round trip
	maxSpans       = 48   // on their way to one peer; transport takes 64
	maxSpan        = 256 << 10
	minWindow      = 64 << 10 // bytes committed to one peer: half a second of its rate between these
	maxWindow      = 4 << 20
	maxHashRun     = 256 << 10
	minHashRun     = 128 << 10
	maxWholeBuffer = 16 << 20 // larger pieces are written block by block and read back
	maxSuspicion   = 64       // failed pieces whose blocks are remembered for blame
	maxPendingHave = 4096     // have messages kept before the metadata is known; later ones are forgotten
	maxMetadata    = 16 << 20 // bytes of an info dictionary; a peer that claims more is not asked
	metadataBlock  = 16 << 10 // BEP 9
	maxPEXBatch    = 50       // BEP 11
	maxAllowedFast = 10       // BEP 6
)

// Times.
const (
	tickEvery      = time.Second
	snubAfter      = 60 * time.Second // no block for this long: one request at a time
	minTimeout     = 5 * time.Second  // a block in the end game is asked elsewhere after this, or 4 block times
	redialAfter    = 60 * time.Second // times the number of failures
	redialNamed    = 3 * time.Second  // whom the user named
	pexEvery       = 60 * time.Second
	metadataRetry  = 20 * time.Second
	hashRetry      = 10 * time.Second
	wantPeersEvery = 60 * time.Second
	fastPiece      = 20 * time.Second // who gives a piece in less takes it whole
)

package transport

import "time"

const (
	// MaxSpan is the most payload of one Span, in bytes.
	MaxSpan = 256 << 10

	// maxBatch is the most Inbounds that wait for one Receive.
	maxBatch = 64

	// maxQueuedBytes bounds the messages that wait for one writer. A peer that lets 1 MiB of them
	// pile up does not read; its owner drops it.
	maxQueuedBytes = 1 << 20

	// maxQueuedSpans bounds the spans that wait for one writer, 16 MiB of payload.
	maxQueuedSpans = 64

	// keptQueue is the capacity that an empty queue may keep, in bytes.
	keptQueue = 32 << 10

	// readBufferSize is what one read may bring beside the block that is being landed, in bytes.
	// Measured over loopback with 512 B to 64 KiB: a longer read, and copying what it brought of the
	// next blocks, costs less than a call of the system for every block.
	readBufferSize = 64 << 10

	// defaultMaxHalfOpen bounds outgoing connections without handshake; defaultMaxIncoming the
	// incoming ones, of which the oldest gives way; defaultMaxConns all connections together.
	defaultMaxHalfOpen = 32
	defaultMaxIncoming = 64
	defaultMaxConns    = 500

	dialTimeout      = 15 * time.Second
	handshakeTimeout = 10 * time.Second

	// keepAliveAfter is when a keep-alive goes to a peer that was sent nothing (BEP 3 closes after
	// two minutes).
	keepAliveAfter = 60 * time.Second

	// silenceTick times maxSilentTicks is how long a peer may say nothing: 120 s, found up to one
	// tick later.
	silenceTick    = 30 * time.Second
	maxSilentTicks = 4

	// writeTimeout is how long a peer may take no byte of what we write.
	writeTimeout = 60 * time.Second

	// acceptPause is how long a listener rests after the system refused it a connection, which is
	// mostly for want of descriptors.
	acceptPause = 100 * time.Millisecond

	// maxDatagram is the longest multicast datagram that is read, in bytes.
	maxDatagram = 1500
)

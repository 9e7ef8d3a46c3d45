package webseed

import "time"

const (
	// dialTimeout bounds a connection, and again its TLS handshake.
	dialTimeout = 15 * time.Second

	// headTimeout is how long a server may take until its answer begins.
	headTimeout = 30 * time.Second

	// maxRedirects bounds the redirects of one request.
	maxRedirects = 5

	// maxHead bounds the head of an answer, in bytes.
	maxHead = 64 << 10

	// maxRun is how much is handed on at once, in bytes: a span of the wire.
	maxRun = 256 << 10

	// runTimeout is how long a server may take for one run; a slower one than 4 KiB/s holds up more
	// than it gives.
	runTimeout = time.Minute
)

package trackers

import "time"

const (
	// defaultUserAgent is who we are to HTTP trackers.
	defaultUserAgent = "Groove/0.1"

	// maxParallel bounds calls at a time, as libtorrent's 50.
	maxParallel = 50

	// callTimeout bounds a call in all, name lookup and redirects included; as libtorrent's.
	callTimeout = 30 * time.Second

	// stopTimeout bounds a goodbye, so that a dead tracker does not keep a program from ending.
	stopTimeout = 5 * time.Second

	// dialTimeout bounds a connection attempt, so that a second address still has its turn.
	dialTimeout = 10 * time.Second

	// secondFamily is how long the slower address family may take after the faster one answered.
	secondFamily = 2 * time.Second

	// maxRedirects bounds the redirects of one call.
	maxRedirects = 5

	// maxHeaderBytes bounds the head of an HTTP reply.
	maxHeaderBytes = 32 << 10

	// firstWait is when a UDP packet is sent again; the wait doubles each time. BEP 15 says 15 s,
	// libtorrent waits 10.
	firstWait = 10 * time.Second

	// idLifetime is how long a UDP connection ID is used (BEP 15).
	idLifetime = time.Minute

	// maxIDs bounds the connection IDs that are kept; the oldest goes.
	maxIDs = 256

	// maxReadFailures in a row end a UDP socket's reader: something is wrong for good.
	maxReadFailures = 1000

	// maxDatagram is the longest UDP reply that is read, in bytes: 200 IPv6 peers need 3,620.
	maxDatagram = 8 << 10
)

package serve

import "time"

const (
	// maxConns bounds HTTP connections at a time; more wait in the system's queue.
	maxConns = 512

	// headTimeout and connTimeout bound how long one HTTP request may take, so that slow ones
	// cannot hold every connection.
	headTimeout = 5 * time.Second
	connTimeout = 10 * time.Second

	// maxHeadBytes bounds the head of an HTTP request: a scrape of 128 torrents fits.
	maxHeadBytes = 16 << 10

	// maxPeersHTTP, maxPeersUDP4 and maxPeersUDP6 bound the peers of one answer. An answer over
	// UDP stays one packet without fragments: 20 + 200·6 and 20 + 60·18 bytes.
	maxPeersHTTP = 200
	maxPeersUDP4 = 200
	maxPeersUDP6 = 60

	// maxDatagram is the longest UDP request that is read, in bytes; the rest of one is dropped.
	maxDatagram = 2 << 10

	// maxReadFailures in a row end the reader of a UDP socket: something is wrong for good.
	maxReadFailures = 1000

	// maxPortTries bounds the search for a port number that is free for TCP and UDP.
	maxPortTries = 20

	// maxIDAge is for how many minutes a connection ID proves its owner's address. BEP 15 says
	// two, but some clients use theirs for an hour.
	maxIDAge = 60

	// resolveEvery is how often a public host name is looked up: home lines change their address.
	resolveEvery = 5 * time.Minute

	// resolveTimeout bounds one look-up.
	resolveTimeout = 5 * time.Second
)

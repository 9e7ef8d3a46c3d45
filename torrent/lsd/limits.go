package lsd

import "time"

const (
	// maxSend is the length of the longest announce we send, in bytes (BEP 14).
	maxSend = 1400

	// maxRead is the longest datagram that is looked at, in bytes: one Ethernet frame.
	maxRead = 1500

	// maxHashes fit into maxSend beside the other headers; no more are read of one announce.
	maxHashes = 24

	// maxCookie bounds a cookie, ours and others', in bytes.
	maxCookie = 64

	// interval is the time between two announces of one torrent (BEP 14).
	interval = 5 * time.Minute

	// spacing is the time between two announces of any torrents (BEP 14: one per minute).
	spacing = time.Minute

	// readsPerSecond bounds the datagrams that are parsed; the others are dropped unread.
	readsPerSecond = 10
)

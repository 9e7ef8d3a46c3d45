package transport

import "errors"

// Why a connection ended, or was not made.
var (
	ErrClosed      = errors.New("the connection was closed")
	ErrShutdown    = errors.New("the session is closing")
	ErrFull        = errors.New("there are too many connections")
	ErrSelf        = errors.New("the peer is ourselves")
	ErrUnknown     = errors.New("the peer answered for another torrent")
	ErrSilent      = errors.New("the peer was silent for two minutes")
	ErrStuck       = errors.New("the peer took no byte for a minute")
	ErrTooLong     = errors.New("the message is too long")
	ErrNoMulticast = errors.New("no network interface takes part in multicast")
)

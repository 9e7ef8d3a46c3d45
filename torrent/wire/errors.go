package wire

import "errors"

// What is wrong with bytes from a peer; wrapped by the errors of every function that reads them.
var (
	ErrUnknownKind = errors.New("nobody defined this message")
	ErrLength      = errors.New("wrong length")
	ErrHandshake   = errors.New("not a BitTorrent handshake")
	ErrPayload     = errors.New("malformed extension payload")

	// ErrUnknownType is for a ut_metadata message of a future type, to be ignored (BEP 9).
	ErrUnknownType = errors.New("unknown type of ut_metadata message")
)

package wire

import (
	"fmt"

	"groove/torrent/infohash"
)

// HandshakeSize is the length of a handshake in bytes (BEP 3).
const HandshakeSize = 68

// protocol is the head of every handshake, and what tells a plain connection from an encrypted one.
const protocol = "\x13BitTorrent protocol"

// Flag is one reserved bit of the handshake: the byte's index times 8, plus the bit's number.
type Flag uint8

// The flags that we know.
const (
	FlagExtended Flag = 5*8 + 4 // BEP 10
	FlagDHT      Flag = 7*8 + 0 // BEP 5
	FlagFast     Flag = 7*8 + 2 // BEP 6
	FlagV2       Flag = 7*8 + 4 // BEP 52: a hybrid torrent, asked for by its v1 hash
)

// Handshake is the first thing that each side says.
type Handshake struct {
	Reserved [8]byte
	InfoHash infohash.Short
	PeerID   [20]byte
}

// Has reports whether a flag is set. A feature is in use if both sides have set its flag.
func (h Handshake) Has(f Flag) bool { return h.Reserved[f/8]&(1<<(f%8)) != 0 }

// With returns h with flags set.
func (h Handshake) With(flags ...Flag) Handshake {
	for _, f := range flags {
		h.Reserved[f/8] |= 1 << (f % 8)
	}
	return h
}

// AppendHandshake appends the 68 bytes.
func AppendHandshake(dst []byte, h Handshake) []byte {
	dst = append(dst, protocol...)
	dst = append(dst, h.Reserved[:]...)
	dst = append(dst, h.InfoHash[:]...)
	return append(dst, h.PeerID[:]...)
}

// ParseHandshake reads the 68 bytes. Errors wrap ErrHandshake.
func ParseHandshake(b []byte) (Handshake, error) {
	if len(b) != HandshakeSize {
		return Handshake{}, fmt.Errorf("parse handshake of %d bytes: %w", len(b), ErrHandshake)
	}
	if string(b[:len(protocol)]) != protocol {
		return Handshake{}, fmt.Errorf("parse handshake that begins %x: %w", b[:4], ErrHandshake)
	}
	return Handshake{
		Reserved: [8]byte(b[20:]),
		InfoHash: infohash.Short(b[28:]),
		PeerID:   [20]byte(b[48:]),
	}, nil
}

// Package wire is the codec of everything two peers say to each other after they connected.
//
// It knows the handshake, the binary messages and the payloads of the extension protocol (BEP 3,
// 5, 6, 9, 10, 11, 21, 52, 54); it refuses to know sockets, torrents and what an answer should be.
// transport frames with it, swarm fills and reads Messages, sim counts their bytes. Lengths are
// bytes. Values are plain data without locks. Start reading at Message, Decode and Append.
package wire

import "strconv"

// Kind is the ID byte of a message, and KeepAlive for the message that has none.
type Kind uint8

// The messages: BEP 3, BEP 5 (Port), BEP 6 (Suggest to AllowedFast), BEP 10 (Extended) and BEP 52.
const (
	Choke         Kind = 0
	Unchoke       Kind = 1
	Interested    Kind = 2
	NotInterested Kind = 3
	Have          Kind = 4
	Bitfield      Kind = 5
	Request       Kind = 6
	Piece         Kind = 7
	Cancel        Kind = 8
	Port          Kind = 9
	Suggest       Kind = 13
	HaveAll       Kind = 14
	HaveNone      Kind = 15
	Reject        Kind = 16
	AllowedFast   Kind = 17
	Extended      Kind = 20
	HashRequest   Kind = 21
	Hashes        Kind = 22
	HashReject    Kind = 23
	KeepAlive     Kind = 255 // never on the wire: a frame of length 0
)

var kindNames = [...]string{
	Choke: "choke", Unchoke: "unchoke", Interested: "interested", NotInterested: "not-interested",
	Have: "have", Bitfield: "bitfield", Request: "request", Piece: "piece", Cancel: "cancel",
	Port: "port", Suggest: "suggest", HaveAll: "have-all", HaveNone: "have-none", Reject: "reject",
	AllowedFast: "allowed-fast", Extended: "extended", HashRequest: "hash-request",
	Hashes: "hashes", HashReject: "hash-reject", KeepAlive: "keep-alive",
}

// String returns the name as stories and errors print it, one word; "kind-99" for an unknown ID.
func (k Kind) String() string {
	if name := kindNames[k]; name != "" {
		return name
	}
	return "kind-" + strconv.Itoa(int(k))
}

// Message is one message of any Kind. Fields that the Kind does not use are zero.
type Message struct {
	Kind    Kind
	ExtID   uint8     // Extended: whose payload this is, 0 for the extension handshake
	Port    uint16    // Port
	Piece   uint32    // Have, Suggest, AllowedFast, Request, Cancel, Reject, Piece
	Begin   uint32    // Request, Cancel, Reject, Piece: bytes into the piece
	Length  uint32    // Request, Cancel, Reject; Piece: the length of Payload
	Hash    HashRange // HashRequest, Hashes, HashReject
	Payload []byte    // Bitfield, Piece, Extended; Hashes: whole hashes of 32 bytes
}

// HashRange names hashes of one file's Merkle tree, as the three messages of BEP 52 carry it.
type HashRange struct {
	Root   [32]byte // pieces root of the file
	Base   uint32   // layer, 0 = the hashes of blocks
	Index  uint32   // first hash in that layer
	Length uint32   // number of hashes of that layer
	Proof  uint32   // ancestor layers to prove them by
}

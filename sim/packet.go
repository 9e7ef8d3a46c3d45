package sim

import (
	"groove/sim/link"
	"groove/torrent/wire"
)

// packet is a message on its way, without the bytes of blocks.
type packet struct {
	kind      wire.Kind
	extID     uint8
	handshake bool
	spoiled   bool // a block with wrong bytes
	piece     uint32
	begin     uint32
	length    uint32
	payload   []byte // of bitfields and extension messages
}

func toPacket(m wire.Message) packet {
	return packet{kind: m.Kind, extID: m.ExtID, piece: m.Piece, begin: m.Begin, length: m.Length, payload: m.Payload}
}

func (p packet) message() wire.Message {
	return wire.Message{Kind: p.kind, ExtID: p.extID, Piece: p.piece, Begin: p.begin, Length: p.length, Payload: p.payload}
}

// size is the number of bytes on the wire, of a block its payload included.
func (p packet) size() int {
	switch p.kind {
	case wire.Have, wire.Suggest, wire.AllowedFast:
		return 9
	case wire.Request, wire.Cancel, wire.Reject:
		return 17
	case wire.Bitfield:
		return 5 + len(p.payload)
	case wire.Extended:
		return 6 + len(p.payload)
	case wire.Piece:
		return wire.PieceHeaderSize + int(p.length)
	case wire.KeepAlive:
		return 4
	}
	return 5
}

func linkNode(n *node) link.Node { return link.Node(n.id) }

package wire

import "encoding/binary"

// PieceHeaderSize is what AppendPieceHeader appends: length prefix, ID, piece, begin.
const PieceHeaderSize = 4 + pieceHeader

// Append appends one message with its length prefix. It does not check bounds: a sender keeps to
// MaxLength. It panics on a Kind that is not defined, which only we could have made.
func Append(dst []byte, m Message) []byte {
	if m.Kind == KeepAlive {
		return append(dst, 0, 0, 0, 0)
	}
	if m.Kind == Piece {
		dst = AppendPieceHeader(dst, m.Piece, m.Begin, uint32(len(m.Payload)))
		return append(dst, m.Payload...)
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(encodedLength(m)))
	dst = append(dst, byte(m.Kind))
	switch m.Kind {
	case Have, Suggest, AllowedFast:
		dst = binary.BigEndian.AppendUint32(dst, m.Piece)
	case Request, Cancel, Reject:
		dst = binary.BigEndian.AppendUint32(dst, m.Piece)
		dst = binary.BigEndian.AppendUint32(dst, m.Begin)
		dst = binary.BigEndian.AppendUint32(dst, m.Length)
	case Bitfield:
		dst = append(dst, m.Payload...)
	case Port:
		dst = binary.BigEndian.AppendUint16(dst, m.Port)
	case Extended:
		dst = append(dst, m.ExtID)
		dst = append(dst, m.Payload...)
	case HashRequest, HashReject:
		dst = appendRange(dst, m.Hash)
	case Hashes:
		dst = appendRange(dst, m.Hash)
		dst = append(dst, m.Payload...)
	}
	return dst
}

// AppendPieceHeader appends the 13 bytes that stand before a block's payload of length bytes.
func AppendPieceHeader(dst []byte, piece, begin, length uint32) []byte {
	dst = binary.BigEndian.AppendUint32(dst, pieceHeader+length)
	dst = append(dst, byte(Piece))
	dst = binary.BigEndian.AppendUint32(dst, piece)
	return binary.BigEndian.AppendUint32(dst, begin)
}

// encodedLength returns the length prefix of every kind but Piece and KeepAlive.
func encodedLength(m Message) int {
	switch m.Kind {
	case Bitfield:
		return 1 + len(m.Payload)
	case Extended:
		return 2 + len(m.Payload)
	case Hashes:
		return fixedLength[HashRequest] + len(m.Payload)
	}
	if int(m.Kind) >= len(fixedLength) || fixedLength[m.Kind] == 0 {
		panic("wire: append of undefined " + m.Kind.String())
	}
	return fixedLength[m.Kind]
}

func appendRange(dst []byte, r HashRange) []byte {
	dst = append(dst, r.Root[:]...)
	dst = binary.BigEndian.AppendUint32(dst, r.Base)
	dst = binary.BigEndian.AppendUint32(dst, r.Index)
	dst = binary.BigEndian.AppendUint32(dst, r.Length)
	return binary.BigEndian.AppendUint32(dst, r.Proof)
}

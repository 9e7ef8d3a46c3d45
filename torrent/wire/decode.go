package wire

import (
	"encoding/binary"
	"fmt"
)

// pieceHeader is what stands before a block's payload: ID, piece, begin.
const pieceHeader = 9

// Decode reads one frame, which is a message without its length prefix; an empty frame is a
// KeepAlive. The payload aliases frame. The caller has bounded the frame by MaxLength. Errors wrap
// ErrUnknownKind or ErrLength.
func Decode(frame []byte) (Message, error) {
	if len(frame) == 0 {
		return Message{Kind: KeepAlive}, nil
	}
	m := Message{Kind: Kind(frame[0])}
	if err := checkLength(m.Kind, len(frame)); err != nil {
		return Message{}, err
	}
	body := frame[1:]
	switch m.Kind {
	case Have, Suggest, AllowedFast:
		m.Piece = binary.BigEndian.Uint32(body)
	case Request, Cancel, Reject:
		m.Piece = binary.BigEndian.Uint32(body)
		m.Begin = binary.BigEndian.Uint32(body[4:])
		m.Length = binary.BigEndian.Uint32(body[8:])
	case Piece:
		m.Piece = binary.BigEndian.Uint32(body)
		m.Begin = binary.BigEndian.Uint32(body[4:])
		m.Payload = body[8:]
		m.Length = uint32(len(m.Payload))
	case Bitfield:
		m.Payload = body
	case Port:
		m.Port = binary.BigEndian.Uint16(body)
	case Extended:
		m.ExtID = body[0]
		m.Payload = body[1:]
	case HashRequest, Hashes, HashReject:
		m.Hash = decodeRange(body)
		m.Payload = body[48:]
	}
	if len(m.Payload) == 0 {
		m.Payload = nil
	}
	return m, nil
}

// checkLength compares the length of a frame with what its kind allows.
func checkLength(k Kind, n int) error {
	ok := false
	switch k {
	case Bitfield:
		ok = n > 1
	case Piece:
		ok = n >= pieceHeader
	case Extended:
		ok = n >= 2
	case Hashes:
		ok = n >= fixedLength[HashRequest] && (n-fixedLength[HashRequest])%32 == 0
	default:
		if int(k) >= len(fixedLength) || fixedLength[k] == 0 {
			return fmt.Errorf("decode message %d: %w", k, ErrUnknownKind)
		}
		ok = n == fixedLength[k]
	}
	if !ok {
		return fmt.Errorf("decode %v of %d bytes: %w", k, n, ErrLength)
	}
	return nil
}

func decodeRange(b []byte) HashRange {
	return HashRange{
		Root:   [32]byte(b),
		Base:   binary.BigEndian.Uint32(b[32:]),
		Index:  binary.BigEndian.Uint32(b[36:]),
		Length: binary.BigEndian.Uint32(b[40:]),
		Proof:  binary.BigEndian.Uint32(b[44:]),
	}
}

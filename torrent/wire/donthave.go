package wire

import (
	"encoding/binary"
	"fmt"
)

// AppendDontHave appends the payload of lt_donthave: the sender has lost a piece (BEP 54).
func AppendDontHave(dst []byte, piece uint32) []byte {
	return binary.BigEndian.AppendUint32(dst, piece)
}

// ParseDontHave reads the payload of lt_donthave. Errors wrap ErrPayload.
func ParseDontHave(payload []byte) (piece uint32, err error) {
	if len(payload) != 4 {
		return 0, fmt.Errorf("parse lt_donthave: %w: %d bytes", ErrPayload, len(payload))
	}
	return binary.BigEndian.Uint32(payload), nil
}

// AppendUploadOnly appends the payload of the upload_only message: a later word than the
// handshake's on whether the sender wants nothing (BEP 21).
func AppendUploadOnly(dst []byte, only bool) []byte {
	if only {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// ParseUploadOnly reads the payload of the upload_only message. Errors wrap ErrPayload.
func ParseUploadOnly(payload []byte) (only bool, err error) {
	if len(payload) != 1 {
		return false, fmt.Errorf("parse upload_only: %w: %d bytes", ErrPayload, len(payload))
	}
	return payload[0] != 0, nil
}

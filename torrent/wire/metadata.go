package wire

import (
	"fmt"

	"groove/torrent/bencode"
)

// MetadataType is the msg_type of BEP 9.
type MetadataType uint8

// The types.
const (
	MetadataRequest MetadataType = 0
	MetadataData    MetadataType = 1
	MetadataReject  MetadataType = 2
)

// MetadataMessage is the payload of ut_metadata (BEP 9): one piece of an info dictionary, asked
// for, given or refused.
type MetadataMessage struct {
	Type      MetadataType
	Piece     int    // from 0, each MetadataPieceSize bytes but the last
	TotalSize int64  // MetadataData: bytes of the whole dictionary, at most MaxMetadataSize
	Data      []byte // MetadataData: 1 to MetadataPieceSize bytes
}

// ParseMetadata reads a payload; Data aliases it. Errors wrap ErrPayload, or ErrUnknownType for a
// message to be ignored.
func ParseMetadata(payload []byte) (MetadataMessage, error) {
	d, rest, err := bencode.Prefix(payload)
	if err != nil {
		return MetadataMessage{}, fmt.Errorf("parse ut_metadata: %w: %w", ErrPayload, err)
	}
	kind, ok := d.Get("msg_type").Int()
	if !ok || kind < 0 {
		return MetadataMessage{}, fmt.Errorf("parse ut_metadata: %w: it has no type", ErrPayload)
	}
	if kind > int64(MetadataReject) {
		return MetadataMessage{}, fmt.Errorf("parse ut_metadata of type %d: %w", kind, ErrUnknownType)
	}
	m := MetadataMessage{Type: MetadataType(kind)}
	if !setInt(d.Get("piece"), 0, MaxMetadataSize/MetadataPieceSize-1, &m.Piece) {
		return MetadataMessage{}, fmt.Errorf("parse ut_metadata: %w: no such piece", ErrPayload)
	}
	if m.Type != MetadataData {
		return m, nil
	}
	if len(rest) == 0 || len(rest) > MetadataPieceSize {
		return MetadataMessage{}, fmt.Errorf("parse ut_metadata: %w: %d bytes of data", ErrPayload, len(rest))
	}
	if !setInt(d.Get("total_size"), 1, MaxMetadataSize, &m.TotalSize) {
		return MetadataMessage{}, fmt.Errorf("parse ut_metadata: %w: no possible size", ErrPayload)
	}
	m.Data = rest
	return m, nil
}

// AppendMetadata appends m as BEP 9 wants it: a dictionary, and the data right behind it.
func AppendMetadata(dst []byte, m MetadataMessage) []byte {
	var d bencode.Builder
	d.Int("msg_type", int64(m.Type)).Int("piece", int64(m.Piece))
	if m.Type == MetadataData {
		d.Int("total_size", m.TotalSize)
	}
	return append(d.Append(dst), m.Data...)
}

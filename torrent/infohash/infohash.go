// Package infohash names a torrent: by its v1 hash, its v2 hash, or both.
//
// It knows how the hashes are parsed, printed and cut for the wire; it refuses to know how they
// are computed. Everybody who means "that torrent" passes an ID. IDs are values: comparable,
// usable as map keys, safe to share. Start reading at ID.
package infohash

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// V1 is the SHA-1 of the info dictionary (BEP 3).
type V1 [20]byte

// V2 is the SHA-256 of the info dictionary (BEP 52).
type V2 [32]byte

// Short is what handshakes, trackers and the DHT carry: a V1, or the first 20 bytes of a V2.
type Short [20]byte

// ID names a torrent. The zero ID names none. A hybrid torrent has both hashes, also where it
// was met by one of them only: use Merge when the other becomes known.
type ID struct {
	v1           V1
	v2           V2
	hasV1, hasV2 bool
}

// ErrParse is wrapped by the errors of Parse.
var ErrParse = errors.New("not an info-hash")

// FromV1 returns the ID of a v1 torrent.
func FromV1(h V1) ID { return ID{v1: h, hasV1: true} }

// FromV2 returns the ID of a v2 torrent.
func FromV2(h V2) ID { return ID{v2: h, hasV2: true} }

// Hybrid returns the ID of a torrent with both hashes.
func Hybrid(v1 V1, v2 V2) ID { return ID{v1: v1, v2: v2, hasV1: true, hasV2: true} }

// V1 returns the v1 hash and whether there is one.
func (id ID) V1() (V1, bool) { return id.v1, id.hasV1 }

// V2 returns the v2 hash and whether there is one.
func (id ID) V2() (V2, bool) { return id.v2, id.hasV2 }

// IsZero reports whether id names no torrent.
func (id ID) IsZero() bool { return !id.hasV1 && !id.hasV2 }

// IsHybrid reports whether both hashes are known.
func (id ID) IsHybrid() bool { return id.hasV1 && id.hasV2 }

// Short returns the hash to use where only one fits: v1 if there is one, since more peers know it.
func (id ID) Short() Short {
	if id.hasV1 {
		return Short(id.v1)
	}
	return id.v2.Short()
}

// Shorts returns every name the torrent has on the wire, v1 first (BEP 52: each has its swarm).
func (id ID) Shorts() []Short {
	var s []Short
	if id.hasV1 {
		s = append(s, Short(id.v1))
	}
	if id.hasV2 {
		s = append(s, id.v2.Short())
	}
	return s
}

// Short cuts a v2 hash for the wire (BEP 52).
func (h V2) Short() Short { return Short(h[:20]) }

// Matches reports whether s is one of the torrent's names on the wire.
func (id ID) Matches(s Short) bool {
	return id.hasV1 && s == Short(id.v1) || id.hasV2 && s == id.v2.Short()
}

// Merge returns id with the hashes that only other has. It reports false, and returns id, if
// both have the same kind of hash and these differ.
func (id ID) Merge(other ID) (ID, bool) {
	if id.hasV1 && other.hasV1 && id.v1 != other.v1 || id.hasV2 && other.hasV2 && id.v2 != other.v2 {
		return id, false
	}
	if !id.hasV1 && other.hasV1 {
		id.v1, id.hasV1 = other.v1, true
	}
	if !id.hasV2 && other.hasV2 {
		id.v2, id.hasV2 = other.v2, true
	}
	return id, true
}

// String prints lower-case hex: the v1 hash, the v2 hash, or "v1+v2". Parse reads it back.
func (id ID) String() string {
	switch {
	case id.IsHybrid():
		return id.v1.String() + "+" + id.v2.String()
	case id.hasV1:
		return id.v1.String()
	case id.hasV2:
		return id.v2.String()
	}
	return "none"
}

func (h V1) String() string    { return hex.EncodeToString(h[:]) }
func (h V2) String() string    { return hex.EncodeToString(h[:]) }
func (h Short) String() string { return hex.EncodeToString(h[:]) }

// Parse reads 40 hex digits (v1), 64 hex digits (v2), or both joined by "+" in either order.
func Parse(s string) (ID, error) {
	var id ID
	for part := range strings.SplitSeq(s, "+") {
		one, err := parseOne(part)
		if err != nil {
			return ID{}, err
		}
		if id.hasV1 && one.hasV1 || id.hasV2 && one.hasV2 {
			return ID{}, fmt.Errorf("%w: %q names two torrents", ErrParse, s)
		}
		id, _ = id.Merge(one)
	}
	return id, nil
}

func parseOne(s string) (ID, error) {
	b, err := hex.DecodeString(s)
	if err != nil {
		return ID{}, fmt.Errorf("%w: %q is not hexadecimal", ErrParse, s)
	}
	switch len(b) {
	case len(V1{}):
		return FromV1(V1(b)), nil
	case len(V2{}):
		return FromV2(V2(b)), nil
	}
	return ID{}, fmt.Errorf("%w: %q has %d digits; a v1 hash has 40, a v2 hash 64", ErrParse, s, len(s))
}

package serve

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"net/netip"
	"time"

	"groove/internal/clock"
)

// idMaker makes connection IDs that need no memory: the low byte of the minute, and 56 bits of a
// MAC over the minute and the client's address. Who can show one receives packets at that address.
type idMaker struct {
	block cipher.Block
}

func newIDMaker() idMaker {
	var key [16]byte
	rand.Read(key[:])
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has a right length
	}
	return idMaker{block}
}

func (m idMaker) make(now clock.Time, client netip.Addr) uint64 {
	return m.sign(minute(now), client)
}

// valid reports whether an ID was made for a client in the last hour.
func (m idMaker) valid(now clock.Time, client netip.Addr, id uint64) bool {
	age := uint8(minute(now)) - uint8(id>>56)
	if age > maxIDAge {
		return false
	}
	var got, want [8]byte
	binary.BigEndian.PutUint64(got[:], id)
	binary.BigEndian.PutUint64(want[:], m.sign(minute(now)-int64(age), client))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// sign is a CBC-MAC over two blocks, the address and the whole minute; both have fixed lengths,
// so no input is the beginning of another.
func (m idMaker) sign(minute int64, client netip.Addr) uint64 {
	b := client.As16()
	m.block.Encrypt(b[:], b[:])
	binary.BigEndian.PutUint64(b[:], binary.BigEndian.Uint64(b[:])^uint64(minute))
	m.block.Encrypt(b[:], b[:])
	return uint64(uint8(minute))<<56 | binary.BigEndian.Uint64(b[:])>>8
}

func minute(now clock.Time) int64 { return int64(now) / int64(time.Minute) }

package bitset

import (
	"errors"
	"math/bits"
)

// ErrLength and ErrSpare say why a received bitfield is refused (BEP 3: exact length, spare bits zero).
var (
	ErrLength = errors.New("bitfield has the wrong length for this torrent")
	ErrSpare  = errors.New("bitfield has spare bits set")
)

// FromBytes reads the payload of a bitfield message for n pieces. It copies b.
func FromBytes(b []byte, n int) (*Set, error) {
	if len(b) != (n+7)/8 {
		return nil, ErrLength
	}
	s := New(n)
	for i, c := range b {
		s.words[i>>3] |= uint64(bits.Reverse8(c)) << (8 * (i & 7))
	}
	if rest := n & 63; rest != 0 && s.words[len(s.words)-1]>>rest != 0 {
		return nil, ErrSpare
	}
	for _, w := range s.words {
		s.count += bits.OnesCount64(w)
	}
	return s, nil
}

// AppendBytes appends the payload of a bitfield message, (Len+7)/8 bytes.
func (s *Set) AppendBytes(dst []byte) []byte {
	for i := range (s.n + 7) / 8 {
		dst = append(dst, bits.Reverse8(byte(s.words[i>>3]>>(8*(i&7)))))
	}
	return dst
}

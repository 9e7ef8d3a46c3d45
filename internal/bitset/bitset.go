// Package bitset is a fixed-size set of small integers, packed in words.
//
// It knows the bit order of BitTorrent's bitfield message (BEP 3: the high bit of the first
// byte is index 0) and refuses to know what the indices mean. Used by picker, swarm, disk
// and sim. Indices are 0 <= i < Len; any other panics, as for a slice. Not safe for
// concurrent writes. Start reading at Set.
package bitset

import "math/bits"

// Set holds indices 0..Len()-1. The zero Set has length 0.
type Set struct {
	words []uint64
	n     int
	count int
}

// New returns an empty set for indices 0..n-1.
func New(n int) *Set {
	return &Set{words: make([]uint64, (n+63)/64), n: n}
}

// Len returns how many indices the set can hold.
func (s *Set) Len() int { return s.n }

// Count returns how many indices are in the set.
func (s *Set) Count() int { return s.count }

// Full reports whether every index is in the set.
func (s *Set) Full() bool { return s.count == s.n }

// Has reports whether i is in the set.
func (s *Set) Has(i int) bool {
	s.bound(i)
	return s.words[i>>6]&(1<<(i&63)) != 0
}

// Add puts i into the set and reports whether it was new.
func (s *Set) Add(i int) bool {
	if s.Has(i) {
		return false
	}
	s.words[i>>6] |= 1 << (i & 63)
	s.count++
	return true
}

// Remove takes i out of the set and reports whether it was there.
func (s *Set) Remove(i int) bool {
	if !s.Has(i) {
		return false
	}
	s.words[i>>6] &^= 1 << (i & 63)
	s.count--
	return true
}

// Fill puts every index into the set.
func (s *Set) Fill() {
	for i := range s.words {
		s.words[i] = ^uint64(0)
	}
	if rest := s.n & 63; rest != 0 {
		s.words[len(s.words)-1] = 1<<rest - 1
	}
	s.count = s.n
}

// Reset takes every index out of the set.
func (s *Set) Reset() {
	clear(s.words)
	s.count = 0
}

// Clone returns a copy that shares nothing with s.
func (s *Set) Clone() *Set {
	c := *s
	c.words = append([]uint64(nil), s.words...)
	return &c
}

// Next returns the smallest index >= from that is in the set, or -1.
func (s *Set) Next(from int) int { return s.scan(from, 0) }

// NextMissing returns the smallest index >= from that is not in the set, or -1.
func (s *Set) NextMissing(from int) int { return s.scan(from, ^uint64(0)) }

// scan finds the first set bit at or after from in the words xor flip.
func (s *Set) scan(from int, flip uint64) int {
	if from >= s.n {
		return -1
	}
	s.bound(from)
	w := from >> 6
	word := (s.words[w] ^ flip) &^ (1<<(from&63) - 1)
	for word == 0 {
		if w++; w == len(s.words) {
			return -1
		}
		word = s.words[w] ^ flip
	}
	if i := w<<6 + bits.TrailingZeros64(word); i < s.n {
		return i
	}
	return -1
}

// HasAnyMissingIn reports whether s holds an index that other lacks. Both have the same length.
func (s *Set) HasAnyMissingIn(other *Set) bool {
	for i, w := range s.words {
		if w&^other.words[i] != 0 {
			return true
		}
	}
	return false
}

func (s *Set) bound(i int) {
	if uint(i) >= uint(s.n) {
		panic("bitset: index out of range")
	}
}

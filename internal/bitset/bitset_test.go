package bitset

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// A set behaves like a map of indices, whatever is done to it, and survives the wire.
func TestSetIsAMapOfIndices(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 7, 8, 63, 64, 65, 130, 1000} {
		s, model := New(n), map[int]bool{}
		for range 4 * n {
			i := rng.IntN(n)
			if rng.IntN(3) == 0 {
				if s.Remove(i) != model[i] {
					t.Fatalf("n=%d: Remove(%d) disagrees", n, i)
				}
				delete(model, i)
			} else {
				if s.Add(i) == model[i] {
					t.Fatalf("n=%d: Add(%d) disagrees", n, i)
				}
				model[i] = true
			}
		}
		back, err := FromBytes(s.AppendBytes(nil), n)
		if err != nil || back.Count() != len(model) || s.Count() != len(model) {
			t.Fatalf("n=%d: counts %d, %d, want %d (%v)", n, back.Count(), s.Count(), len(model), err)
		}
		next, missing := -1, -1
		for i := n - 1; i >= 0; i-- {
			if model[i] {
				next = i
			} else {
				missing = i
			}
			if back.Has(i) != model[i] || back.Next(i) != next || back.NextMissing(i) != missing {
				t.Fatalf("n=%d: at %d", n, i)
			}
		}
		s.Fill()
		if !s.Full() || s.NextMissing(0) != -1 {
			t.Fatalf("n=%d: Fill left a hole", n)
		}
	}
}

func TestBitfieldOfThePeerIsChecked(t *testing.T) {
	if _, err := FromBytes([]byte{0x80, 0x60}, 10); err != ErrSpare {
		t.Errorf("spare bit: %v", err)
	}
	if _, err := FromBytes([]byte{0x80}, 10); err != ErrLength {
		t.Errorf("short: %v", err)
	}
	s, err := FromBytes([]byte{0x80, 0x40}, 10)
	if err != nil || !s.Has(0) || !s.Has(9) || s.Count() != 2 {
		t.Errorf("pieces 0 and 9: %v", err)
	}
	if !bytes.Equal(s.AppendBytes(nil), []byte{0x80, 0x40}) {
		t.Error("does not print as read")
	}
}

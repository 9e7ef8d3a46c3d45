package bencode

import (
	"bytes"
	"testing"
)

var seeds = []string{
	"i0e", "i-42e", "4:spam", "0:", "le", "de", "d3:cow3:moo4:spaml1:a1:bee", "d1:bi1e1:ai2e1:ai3ee\n",
	"i03e", "i-0e", "04:spam", "lllle", "99999999999999999999:", "d0:d0:d0:leeee", "i9223372036854775808e",
}

// What the strict reader takes is canonical: encoding it again gives the same bytes. What it
// takes the lenient one takes without a flaw, and the other way round.
func FuzzStrict(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Strict(data)
		_, flaws, lenient := Lenient(data)
		if (err == nil) != (lenient == nil && len(flaws) == 0) {
			t.Fatalf("strict: %v; lenient: %v, %v", err, flaws, lenient)
		}
		if err == nil && !bytes.Equal(encode(nil, v), data) {
			t.Fatalf("%q is taken, but is not canonical", data)
		}
	})
}

// What the lenient reader takes becomes canonical by encoding it again.
func FuzzLenient(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, rest, err := File.Prefix(data)
		if err != nil {
			return
		}
		if len(v.Raw())+len(rest) != len(data) {
			t.Fatal("bytes were lost")
		}
		again := encode(nil, v)
		if _, err := Strict(again); err != nil {
			t.Fatalf("%q came back as %q: %v", data, again, err)
		}
	})
}

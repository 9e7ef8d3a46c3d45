// Package bencode reads and writes the encoding of BEP 3: integers, strings, lists, dictionaries.
//
// It knows the syntax, its canonical form and how to bound a stranger's input; it refuses to know
// what the values mean. Torrent files, peer messages, trackers and the DHT are read through it.
// A Value is a view into the input: nothing is copied, so the input must not change while views
// of it are in use. Positions are byte offsets. Start reading at Value and Limits.
package bencode

import (
	"iter"
	"math"
)

// Kind says what a Value is.
type Kind uint8

// The kinds. The zero Value is Absent: a key that is not there.
const (
	Absent Kind = iota
	Int
	String
	List
	Dict
)

var kindNames = [...]string{"nothing", "an integer", "a string", "a list", "a dictionary"}

// String names the kind with its article, for error sentences.
func (k Kind) String() string { return kindNames[k] }

// Value is one checked value: a view of its bytes in the input. Values come from Strict, Lenient
// or Prefix only, so walking one cannot fail. Asking a Value for what it is not is answered with
// false, or with nothing to range over.
type Value struct {
	raw    []byte
	offset int
}

// Kind says what the value is.
func (v Value) Kind() Kind {
	if len(v.raw) == 0 {
		return Absent
	}
	switch v.raw[0] {
	case 'i':
		return Int
	case 'l':
		return List
	case 'd':
		return Dict
	}
	return String
}

// Raw returns the exact bytes of the value, as an info dictionary is hashed.
func (v Value) Raw() []byte { return v.raw }

// Offset returns where the value begins in the input that was decoded.
func (v Value) Offset() int { return v.offset }

// Int returns an integer.
func (v Value) Int() (int64, bool) {
	if v.Kind() != Int {
		return 0, false
	}
	n, _, err := readInt(v.raw, 1)
	return n, err == nil
}

// Bytes returns a string's content, which is a view of the input.
func (v Value) Bytes() ([]byte, bool) {
	if v.Kind() != String {
		return nil, false
	}
	start, end, _ := readString(v.raw, 0)
	return v.raw[start:end:end], true
}

// Str returns a string's content as a Go string; it need not be UTF-8.
func (v Value) Str() (string, bool) {
	b, ok := v.Bytes()
	return string(b), ok
}

// Get returns the value of a key, or an absent Value. Where a lenient dictionary repeats a key
// the first one wins. O(size of the dictionary).
func (v Value) Get(key string) Value {
	for at := range v.pairs {
		if string(at.key) == key {
			return at.value
		}
	}
	return Value{}
}

// Items ranges over the values of a list.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != List {
			return
		}
		for pos := 1; v.raw[pos] != 'e'; {
			end := skip(v.raw, pos)
			if !yield(v.part(pos, end)) {
				return
			}
			pos = end
		}
	}
}

// Pairs ranges over a dictionary in the order of the input. A lenient dictionary may repeat keys.
func (v Value) Pairs() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for at := range v.pairs {
			if !yield(string(at.key), at.value) {
				return
			}
		}
	}
}

// Len counts the bytes of a string, the items of a list or the pairs of a dictionary.
func (v Value) Len() int {
	n := 0
	switch v.Kind() {
	case String:
		b, _ := v.Bytes()
		n = len(b)
	case List:
		for range v.Items() {
			n++
		}
	case Dict:
		for range v.pairs {
			n++
		}
	}
	return n
}

type pair struct {
	key   []byte
	value Value
}

func (v Value) pairs(yield func(pair) bool) {
	if v.Kind() != Dict {
		return
	}
	for pos := 1; v.raw[pos] != 'e'; {
		start, end, _ := readString(v.raw, pos)
		pos = skip(v.raw, end)
		if !yield(pair{v.raw[start:end], v.part(end, pos)}) {
			return
		}
	}
}

func (v Value) part(from, to int) Value {
	return Value{raw: v.raw[from:to:to], offset: v.offset + from}
}

// skip returns the end of the value at pos of bytes that were checked before.
func skip(b []byte, pos int) int {
	for depth := 0; ; {
		switch b[pos] {
		case 'l', 'd':
			depth++
			pos++
		case 'e':
			depth--
			pos++
		case 'i':
			for b[pos] != 'e' {
				pos++
			}
			pos++
		default:
			_, pos, _ = readString(b, pos)
		}
		if depth == 0 {
			return pos
		}
	}
}

// readInt reads digits from pos, behind the "i", up to and with the "e". Leading zeros and -0 are
// read; canonicalInt tells them apart.
func readInt(b []byte, pos int) (n int64, end int, err *Error) {
	start := pos
	negative := pos < len(b) && b[pos] == '-'
	if negative {
		pos++
	}
	digits := pos
	for ; pos < len(b) && isDigit(b[pos]); pos++ {
		d := int64(b[pos] - '0')
		if n < (math.MinInt64+d)/10 {
			return 0, 0, &Error{start, "an integer does not fit in 64 bits"}
		}
		n = n*10 - d // counted downwards, since the lowest integer has no positive twin
	}
	switch {
	case pos == len(b):
		return 0, 0, &Error{pos, "the input ends inside an integer"}
	case pos == digits || b[pos] != 'e':
		return 0, 0, &Error{pos, "an integer has something else than digits"}
	case negative:
		return n, pos + 1, nil
	case n == math.MinInt64:
		return 0, 0, &Error{start, "an integer does not fit in 64 bits"}
	}
	return -n, pos + 1, nil
}

// readString reads "length:" at pos and returns where the content begins and ends.
func readString(b []byte, pos int) (start, end int, err *Error) {
	at, n := pos, 0
	for ; pos < len(b) && isDigit(b[pos]); pos++ {
		n = n*10 + int(b[pos]-'0')
		if n > len(b) {
			return 0, 0, &Error{at, "a string is longer than the input"}
		}
	}
	switch {
	case pos == len(b):
		return 0, 0, &Error{pos, "the input ends inside a string's length"}
	case pos == at || b[pos] != ':':
		return 0, 0, &Error{pos, "a string's length has something else than digits"}
	case n > len(b)-pos-1:
		return 0, 0, &Error{at, "a string is longer than the input"}
	}
	return pos + 1, pos + 1 + n, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

package bencode

import "strconv"

// Error says where and why input is not bencoding, or is too much of it.
type Error struct {
	Pos  int    // byte offset in the input
	What string // what is wrong there, as a sentence without its end
}

func (e *Error) Error() string { return "read bencoding: byte " + strconv.Itoa(e.Pos) + ": " + e.What }

// FlawKind says how input differs from the canonical form, though it can be read.
type FlawKind uint8

// The flaws that Lenient accepts. Everything else is an error there too.
const (
	LeadingZero  FlawKind = iota // i03e or 04:spam
	MinusZero                    // i-0e
	UnsortedKeys                 // a key stands behind a greater one
	DuplicateKey                 // a key stands directly behind its equal; the first one wins
	TrailingData                 // bytes behind the value
)

var flawNames = [...]string{"leading zero", "minus zero", "keys out of order", "duplicate key", "trailing data"}

// String names the flaw.
func (k FlawKind) String() string { return flawNames[k] }

// Flaw is one departure from the canonical form.
type Flaw struct {
	Pos  int // byte offset in the input
	Kind FlawKind
}

// String prints the flaw for people: "keys out of order at byte 101".
func (f Flaw) String() string { return f.Kind.String() + " at byte " + strconv.Itoa(f.Pos) }

package bencode

import "bytes"

// Strict reads input that must be one canonical value and nothing else, within the File limits:
// no leading zeros, no -0, keys sorted as bytes and unique (BEP 3; BEP 52 demands it).
// Errors are *Error.
func Strict(data []byte) (Value, error) { return File.Strict(data) }

// Lenient reads one value within the File limits and says what in it is not canonical. Bytes
// behind the value are a flaw. Errors are *Error.
func Lenient(data []byte) (Value, []Flaw, error) { return File.Lenient(data) }

// Prefix reads one value within the Wire limits and returns the bytes behind it, as ut_metadata
// messages have them (BEP 9). It is as lenient as Lenient. Errors are *Error.
func Prefix(data []byte) (v Value, rest []byte, err error) { return Wire.Prefix(data) }

// Strict is the function Strict with other limits.
func (l Limits) Strict(data []byte) (Value, error) {
	end, _, err := scan(data, l, true)
	if err == nil && end < len(data) {
		err = &Error{end, "something stands behind the value"}
	}
	if err != nil {
		return Value{}, err
	}
	return Value{raw: data[:end:end]}, nil
}

// Lenient is the function Lenient with other limits.
func (l Limits) Lenient(data []byte) (Value, []Flaw, error) {
	end, flaws, err := scan(data, l, false)
	if err != nil {
		return Value{}, nil, err
	}
	if end < len(data) && len(flaws) < maxFlaws {
		flaws = append(flaws, Flaw{end, TrailingData})
	}
	return Value{raw: data[:end:end]}, flaws, nil
}

// Prefix is the function Prefix with other limits.
func (l Limits) Prefix(data []byte) (v Value, rest []byte, err error) {
	end, _, err := scan(data, l, false)
	if err != nil {
		return Value{}, nil, err
	}
	return Value{raw: data[:end:end]}, data[end:], nil
}

// scanner checks one value from the start of data. It keeps its own stack, so that depth costs
// no stack of ours.
type scanner struct {
	data   []byte
	limits Limits
	strict bool
	pos    int
	tokens int
	open   stack
	flaws  []Flaw
}

// span is a run of data: offsets, since slices in a scanner would make it escape to the heap.
type span struct{ start, end int }

func (s *scanner) bytes(at span) []byte { return s.data[at.start:at.end] }

// container is a list or dictionary whose end has not come yet.
type container struct {
	dict, wantsValue bool
	last             span // the key before; the zero span before the first
}

// stack has room for what peer messages need; what is deeper goes to the heap.
type stack struct {
	room [8]container
	more []container
	n    int
}

func (s *stack) push(c container) {
	if s.n < len(s.room) {
		s.room[s.n] = c
	} else {
		s.more = append(s.more[:s.n-len(s.room)], c)
	}
	s.n++
}

func (s *stack) top() *container {
	if s.n <= len(s.room) {
		return &s.room[s.n-1]
	}
	return &s.more[s.n-1-len(s.room)]
}

// scan returns the end of the value that data begins with.
func scan(data []byte, limits Limits, strict bool) (end int, flaws []Flaw, err error) {
	if len(data) > limits.Bytes {
		return 0, nil, &Error{limits.Bytes, "the input is too long"}
	}
	s := scanner{data: data, limits: limits, strict: strict}
	for {
		if err := s.token(); err != nil {
			return 0, nil, err
		}
		if s.open.n == 0 {
			return s.pos, s.flaws, nil
		}
	}
}

// token reads the next integer, string, key, beginning or end.
func (s *scanner) token() error {
	if s.pos == len(s.data) {
		return &Error{s.pos, "the input ends before the value does"}
	}
	s.tokens++
	if s.tokens > s.limits.Tokens {
		return &Error{s.pos, "the input has too many values"}
	}
	c := s.data[s.pos]
	if s.open.n > 0 {
		top := s.open.top()
		switch {
		case c == 'e':
			return s.leave(top)
		case top.dict && !top.wantsValue:
			return s.key(top)
		}
		top.wantsValue = false
	}
	switch {
	case c == 'i':
		return s.integer()
	case isDigit(c):
		_, err := s.text()
		return err
	case c == 'l' || c == 'd':
		return s.enter(c == 'd')
	}
	return &Error{s.pos, "no value begins like this"}
}

func (s *scanner) enter(dict bool) error {
	if s.open.n >= s.limits.Depth {
		return &Error{s.pos, "the input is nested too deeply"}
	}
	s.open.push(container{dict: dict})
	s.pos++
	return nil
}

func (s *scanner) leave(top *container) error {
	if top.wantsValue {
		return &Error{s.pos, "a key has no value"}
	}
	s.open.n--
	s.pos++
	return nil
}

func (s *scanner) key(top *container) error {
	at := s.pos
	if !isDigit(s.data[at]) {
		return &Error{at, "a key is not a string"}
	}
	key, err := s.text()
	if err != nil {
		return err
	}
	if top.last != (span{}) {
		if err := s.order(at, bytes.Compare(s.bytes(top.last), s.bytes(key))); err != nil {
			return err
		}
	}
	top.last, top.wantsValue = key, true
	return nil
}

// order judges a key by how the one before compares to it.
func (s *scanner) order(at int, compared int) error {
	switch {
	case compared < 0:
		return nil
	case compared == 0:
		return s.notCanonical(at, DuplicateKey)
	}
	return s.notCanonical(at, UnsortedKeys)
}

func (s *scanner) integer() error {
	start := s.pos + 1
	_, end, err := readInt(s.data, start)
	if err != nil {
		return err
	}
	s.pos = end
	digits := s.data[start : end-1]
	switch {
	case digits[0] == '-' && digits[1] == '0':
		return s.notCanonical(start, MinusZero)
	case digits[0] == '0' && len(digits) > 1:
		return s.notCanonical(start, LeadingZero)
	}
	return nil
}

func (s *scanner) text() (span, error) {
	at := s.pos
	start, end, err := readString(s.data, at)
	if err != nil {
		return span{}, err
	}
	s.pos = end
	if s.data[at] == '0' && start > at+2 {
		return span{start, end}, s.notCanonical(at, LeadingZero)
	}
	return span{start, end}, nil
}

// notCanonical is an error for the strict reader and a flaw for the lenient one.
func (s *scanner) notCanonical(at int, kind FlawKind) error {
	if s.strict {
		return &Error{at, kind.String() + ", which is not canonical"}
	}
	s.flaw(at, kind)
	return nil
}

func (s *scanner) flaw(at int, kind FlawKind) {
	if len(s.flaws) < maxFlaws {
		s.flaws = append(s.flaws, Flaw{at, kind})
	}
}

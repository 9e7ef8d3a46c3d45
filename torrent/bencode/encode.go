package bencode

import (
	"slices"
	"strconv"
	"strings"
)

// AppendInt appends an integer.
func AppendInt(dst []byte, n int64) []byte {
	dst = append(dst, 'i')
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, 'e')
}

// AppendString appends a string.
func AppendString(dst []byte, s string) []byte {
	dst = strconv.AppendInt(dst, int64(len(s)), 10)
	dst = append(dst, ':')
	return append(dst, s...)
}

// AppendBytes appends a string that is given as bytes.
func AppendBytes(dst, b []byte) []byte {
	dst = strconv.AppendInt(dst, int64(len(b)), 10)
	dst = append(dst, ':')
	return append(dst, b...)
}

// AppendList appends a list of values that are encoded already.
func AppendList(dst []byte, encoded ...[]byte) []byte {
	dst = append(dst, 'l')
	for _, e := range encoded {
		dst = append(dst, e...)
	}
	return append(dst, 'e')
}

// AppendStrings appends a list of strings.
func AppendStrings(dst []byte, items []string) []byte {
	dst = append(dst, 'l')
	for _, s := range items {
		dst = AppendString(dst, s)
	}
	return append(dst, 'e')
}

// Builder collects a dictionary in any order and appends it in canonical order. The zero Builder
// is empty and ready. Methods return the Builder, so that they can be chained. A key that is set
// twice keeps its last value.
type Builder struct {
	entries []entry
	values  []byte
}

type entry struct {
	key        string
	start, end int // in values
}

// Int sets a key to an integer.
func (b *Builder) Int(key string, n int64) *Builder {
	start := len(b.values)
	b.values = AppendInt(b.values, n)
	return b.add(key, start)
}

// String sets a key to a string.
func (b *Builder) String(key, s string) *Builder {
	start := len(b.values)
	b.values = AppendString(b.values, s)
	return b.add(key, start)
}

// Bytes sets a key to a string that is given as bytes.
func (b *Builder) Bytes(key string, s []byte) *Builder {
	start := len(b.values)
	b.values = AppendBytes(b.values, s)
	return b.add(key, start)
}

// Strings sets a key to a list of strings.
func (b *Builder) Strings(key string, items []string) *Builder {
	start := len(b.values)
	b.values = AppendStrings(b.values, items)
	return b.add(key, start)
}

// Raw sets a key to a value that is encoded already, which the caller vouches for.
func (b *Builder) Raw(key string, encoded []byte) *Builder {
	start := len(b.values)
	b.values = append(b.values, encoded...)
	return b.add(key, start)
}

func (b *Builder) add(key string, start int) *Builder {
	b.entries = append(b.entries, entry{key, start, len(b.values)})
	return b
}

// Append appends the dictionary, its keys sorted as bytes. The Builder can be used on.
func (b *Builder) Append(dst []byte) []byte {
	slices.SortStableFunc(b.entries, func(x, y entry) int { return strings.Compare(x.key, y.key) })
	dst = append(dst, 'd')
	for i, e := range b.entries {
		if i+1 < len(b.entries) && b.entries[i+1].key == e.key {
			continue
		}
		dst = AppendString(dst, e.key)
		dst = append(dst, b.values[e.start:e.end]...)
	}
	return append(dst, 'e')
}

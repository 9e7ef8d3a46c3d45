package wire

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"unicode"

	"groove/torrent/bencode"
)

// ExtHandshake is the payload of an Extended message with ExtID 0 (BEP 10, 9, 21). A zero field
// was not said.
type ExtHandshake struct {
	Extensions   Extensions
	MetadataSize int64      // bytes of the info dictionary, at most MaxMetadataSize
	Port         uint16     // where the sender listens
	ReqQ         int        // requests the sender queues
	Version      string     // the sender's software, at most 64 bytes, printable
	YourIP       netip.Addr // the receiver's address as the sender sees it
	IPv4, IPv6   netip.Addr // other addresses of the sender
	UploadOnly   bool       // the sender wants nothing (BEP 21)
}

// ParseExtHandshake reads a handshake leniently: an entry of a wrong type or out of range counts
// as not said. The error wraps ErrPayload if the payload is no dictionary at all.
func ParseExtHandshake(payload []byte) (ExtHandshake, error) {
	var h ExtHandshake
	err := h.Update(payload)
	return h, err
}

// Update merges a later handshake of the same peer into h: what it says replaces, what it leaves
// out stays (BEP 10).
func (h *ExtHandshake) Update(payload []byte) error {
	d, _, err := bencode.Prefix(payload)
	if err != nil {
		return fmt.Errorf("parse extension handshake: %w: %w", ErrPayload, err)
	}
	if d.Kind() != bencode.Dict {
		return fmt.Errorf("parse extension handshake: %w: %v is no dictionary", ErrPayload, d.Kind())
	}
	for key, v := range d.Pairs() {
		h.set(key, v)
	}
	return nil
}

func (h *ExtHandshake) set(key string, v bencode.Value) {
	switch key {
	case "m":
		h.Extensions.update(v)
	case "metadata_size":
		setInt(v, 1, MaxMetadataSize, &h.MetadataSize)
	case "p":
		setInt(v, 1, math.MaxUint16, &h.Port)
	case "reqq":
		setInt(v, 1, math.MaxInt32, &h.ReqQ)
	case "upload_only":
		if n, ok := v.Int(); ok {
			h.UploadOnly = n != 0
		}
	case "v":
		if s, ok := v.Str(); ok {
			h.Version = printable(s)
		}
	case "yourip":
		setAddr(v, &h.YourIP, 4, 16)
	case "ipv4":
		setAddr(v, &h.IPv4, 4, 4)
	case "ipv6":
		setAddr(v, &h.IPv6, 16, 16)
	}
}

func (x *Extensions) update(m bencode.Value) {
	for _, e := range extensionNames {
		var id uint8
		if setInt(m.Get(e.name), 0, math.MaxUint8, &id) {
			x.Set(e.ext, id)
		}
	}
}

// setInt stores an integer that lies within bounds, and leaves *to alone for anything else.
func setInt[T uint8 | uint16 | int | int64](v bencode.Value, least, most int64, to *T) bool {
	n, ok := v.Int()
	if ok = ok && n >= least && n <= most; ok {
		*to = T(n)
	}
	return ok
}

// setAddr stores an address of one of two lengths.
func setAddr(v bencode.Value, to *netip.Addr, short, long int) {
	b, _ := v.Bytes()
	if len(b) != short && len(b) != long {
		return
	}
	*to, _ = netip.AddrFromSlice(b)
}

// printable cuts a stranger's text for people's screens.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s[:min(len(s), maxVersion)])
	return s
}

// AppendExtHandshake appends h as a canonical dictionary.
func AppendExtHandshake(dst []byte, h ExtHandshake) []byte {
	var d bencode.Builder
	d.Raw("m", h.Extensions.encode())
	for _, entry := range []struct {
		key string
		n   int64
	}{{"metadata_size", h.MetadataSize}, {"p", int64(h.Port)}, {"reqq", int64(h.ReqQ)}} {
		if entry.n != 0 {
			d.Int(entry.key, entry.n)
		}
	}
	for _, entry := range []struct {
		key string
		ip  netip.Addr
	}{{"yourip", h.YourIP}, {"ipv4", h.IPv4}, {"ipv6", h.IPv6}} {
		if entry.ip.IsValid() {
			d.Bytes(entry.key, entry.ip.AsSlice())
		}
	}
	if h.Version != "" {
		d.String("v", h.Version)
	}
	if h.UploadOnly {
		d.Int("upload_only", 1)
	}
	return d.Append(dst)
}

func (x *Extensions) encode() []byte {
	dst := []byte{'d'}
	for _, e := range extensionNames {
		if x.named[e.ext] {
			dst = bencode.AppendString(dst, e.name)
			dst = bencode.AppendInt(dst, int64(x.id[e.ext]))
		}
	}
	return append(dst, 'e')
}

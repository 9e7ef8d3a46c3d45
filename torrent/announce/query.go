package announce

import (
	"hash/fnv"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"groove/torrent/infohash"
)

// AppendHTTPQuery appends an announce as the query of a URL, without a "?" (BEP 3, 7, 23).
func AppendHTTPQuery(dst []byte, r Request) []byte {
	dst = appendEscaped(append(dst, "info_hash="...), r.InfoHash[:])
	dst = appendEscaped(append(dst, "&peer_id="...), r.PeerID[:])
	dst = appendNumber(dst, "port", int64(r.Port))
	dst = appendNumber(dst, "uploaded", max(r.Uploaded, 0))
	dst = appendNumber(dst, "downloaded", max(r.Downloaded, 0))
	dst = appendNumber(dst, "left", left(r.Left))
	dst = append(append(dst, "&key="...), hex8(r.Key)...)
	if r.Event != None {
		dst = append(append(dst, "&event="...), r.Event.String()...)
	}
	if r.NumWant >= 0 {
		dst = appendNumber(dst, "numwant", int64(r.NumWant))
	}
	if r.Compact {
		dst = append(dst, "&compact=1"...)
	} else {
		dst = append(dst, "&compact=0"...)
	}
	dst = append(dst, "&no_peer_id=1"...)
	if r.IPv4.Is4() {
		dst = r.IPv4.AppendTo(append(dst, "&ipv4="...))
	}
	if r.IPv6.Is6() && !r.IPv6.Is4In6() {
		dst = appendEscaped(append(dst, "&ipv6="...), []byte(r.IPv6.WithZone("").String()))
	}
	if r.TrackerID != "" {
		dst = appendEscaped(append(dst, "&trackerid="...), []byte(r.TrackerID))
	}
	return dst
}

// ParseHTTPQuery reads an announce from the raw query of a URL. Only the names of torrent and
// peer and the port must be right; whatever else is nonsense counts as not told.
func ParseHTTPQuery(query string) (Request, error) {
	r := Request{Uploaded: Unknown, Downloaded: Unknown, Left: Unknown, NumWant: Unknown, Compact: true}
	var hashes, ids, ports int
	for name, value := range parameters(query) {
		switch name {
		case "info_hash":
			hashes++
			if len(value) != len(r.InfoHash) {
				return Request{}, malformed("info_hash has %d bytes, not 20", len(value))
			}
			r.InfoHash = infohash.Short([]byte(value))
		case "peer_id":
			ids++
			if len(value) != len(r.PeerID) {
				return Request{}, malformed("peer_id has %d bytes, not 20", len(value))
			}
			r.PeerID = [20]byte([]byte(value))
		case "port":
			ports++
			port, err := strconv.ParseUint(value, 10, 16)
			if err != nil {
				return Request{}, malformed("port is no number from 0 to 65535")
			}
			r.Port = uint16(port)
		default:
			r.set(name, value)
		}
	}
	switch {
	case hashes != 1:
		return Request{}, malformed("%d info_hash instead of one", hashes)
	case ids != 1:
		return Request{}, malformed("%d peer_id instead of one", ids)
	case ports != 1:
		return Request{}, malformed("%d port instead of one", ports)
	}
	return r, nil
}

// set takes a parameter that an announce can do without.
func (r *Request) set(name, value string) {
	switch name {
	case "uploaded":
		r.Uploaded = number(value)
	case "downloaded":
		r.Downloaded = number(value)
	case "left":
		r.Left = number(value)
	case "numwant", "num want", "num_want":
		r.NumWant = int(min(number(value), maxCount))
	case "key":
		r.Key = keyOf(value)
	case "event":
		r.Event = eventOf(value)
	case "compact":
		r.Compact = value != "0"
	case "ip", "ipv4", "ipv6":
		r.hint(value)
	case "trackerid":
		if len(value) <= maxTrackerID {
			r.TrackerID = value
		}
	}
}

// hint takes a further address of the client, alone or with a port (BEP 7).
func (r *Request) hint(value string) {
	addr, err := netip.ParseAddr(value)
	if err != nil {
		withPort, err := netip.ParseAddrPort(value)
		if err != nil {
			return
		}
		addr = withPort.Addr()
	}
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		r.IPv4 = addr
	} else {
		r.IPv6 = addr
	}
}

func eventOf(name string) Event {
	for e, known := range eventNames {
		if name == known {
			return Event(e)
		}
	}
	return None
}

// keyOf reads the eight hex digits that clients send, so that a key is the same over HTTP and
// UDP, and hashes everything else.
func keyOf(value string) uint32 {
	if n, err := strconv.ParseUint(value, 16, 32); err == nil && len(value) <= 8 {
		return uint32(n)
	}
	h := fnv.New32a()
	h.Write([]byte(value))
	return h.Sum32()
}

// left is what goes out for a number of missing bytes.
func left(n int64) int64 {
	if n < 0 {
		return math.MaxInt64
	}
	return n
}

// number reads decimal digits; anything else, and what does not fit, is Unknown.
func number(value string) int64 {
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil {
		return Unknown
	}
	return int64(n)
}

func appendNumber(dst []byte, name string, n int64) []byte {
	dst = append(append(append(dst, '&'), name...), '=')
	return strconv.AppendInt(dst, n, 10)
}

func hex8(n uint32) string {
	s := strings.ToUpper(strconv.FormatUint(uint64(n), 16))
	return "00000000"[len(s):] + s
}

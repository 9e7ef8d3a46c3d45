package lsd

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"groove/torrent/infohash"
)

const firstLine = "BT-SEARCH * HTTP/1.1"

// Append appends the datagram of a. The caller keeps to the length of 1400 bytes.
func Append(dst []byte, a Announce) []byte {
	dst = append(dst, firstLine+"\r\nHost: "...)
	dst = a.Group.Addr().AppendTo(dst)
	dst = append(dst, "\r\nPort: "...)
	dst = strconv.AppendUint(dst, uint64(a.Port), 10)
	for _, h := range a.Hashes {
		dst = append(dst, "\r\nInfohash: "...)
		dst = hex.AppendEncode(dst, h[:])
	}
	if a.Cookie != "" {
		dst = append(dst, "\r\ncookie: "...)
		dst = append(dst, a.Cookie...)
	}
	return append(dst, "\r\n\r\n\r\n"...)
}

// Parse reads a datagram. Unknown headers are ignored, as HTTP wants it; a missing or repeated port,
// a broken hash, a cookie over 64 bytes or an unknown group is an error that wraps ErrAnnounce.
func Parse(datagram []byte) (Announce, error) {
	if len(datagram) > maxRead {
		return Announce{}, fmt.Errorf("parse announce of %d bytes: %w", len(datagram), ErrAnnounce)
	}
	head, _, ended := strings.Cut(string(datagram), "\r\n\r\n")
	first, headers, _ := strings.Cut(head, "\r\n")
	if !ended || first != firstLine {
		return Announce{}, fmt.Errorf("parse announce that begins %.24q: %w", first, ErrAnnounce)
	}
	var a Announce
	for line := range strings.SplitSeq(headers, "\r\n") {
		if err := a.header(line); err != nil {
			return Announce{}, err
		}
	}
	if a.Port == 0 || len(a.Hashes) == 0 {
		return Announce{}, fmt.Errorf("parse announce without port or info-hash: %w", ErrAnnounce)
	}
	return a, nil
}

func (a *Announce) header(line string) error {
	name, value, ok := strings.Cut(line, ":")
	value = strings.Trim(value, " \t")
	switch strings.ToLower(name) {
	case "host":
		ok = a.setGroup(value)
	case "port":
		n, err := strconv.ParseUint(value, 10, 16)
		ok = err == nil && n > 0 && a.Port == 0
		a.Port = uint16(n)
	case "infohash":
		ok = a.addHash(value)
	case "cookie":
		ok = len(value) <= maxCookie
		a.Cookie = value
	}
	if !ok {
		return fmt.Errorf("parse announce with header %.60q: %w", line, ErrAnnounce)
	}
	return nil
}

func (a *Announce) setGroup(host string) bool {
	for g, addr := range groups {
		if strings.EqualFold(host, addr.String()) {
			a.Group = Group(g)
			return true
		}
	}
	return false
}

func (a *Announce) addHash(digits string) bool {
	h, err := hex.DecodeString(digits)
	if err != nil || len(h) != len(infohash.Short{}) {
		return false
	}
	if len(a.Hashes) < maxHashes {
		a.Hashes = append(a.Hashes, infohash.Short(h))
	}
	return true
}

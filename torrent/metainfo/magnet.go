package metainfo

import (
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"groove/torrent/infohash"
)

// Magnet is a link that names a torrent without describing it (BEP 9, 52, 53).
type Magnet struct {
	ID       infohash.ID
	Name     string   // dn, cleaned like a file's name; "" if not given
	Trackers []string // tr
	WebSeeds []string // ws
	Peers    []string // x.pe, host:port; chosen by whoever made the link
	Select   []int    // so: which files, ascending, counted without pads; nil means all
	Length   int64    // xl: bytes, as a hint; 0 if not given
}

// ParseMagnet reads a magnet link. Errors wrap ErrMagnet. Parameters that mean nothing here are
// left out; a wrong info-hash, selection or a second torrent are errors, since ignoring them
// would fetch something else than was asked for.
func ParseMagnet(link string) (Magnet, error) {
	const scheme = "magnet:?"
	if len(link) > maxMagnet || len(link) < len(scheme) || !strings.EqualFold(link[:len(scheme)], scheme) {
		return Magnet{}, fmt.Errorf("%w: it does not begin with %q, or is too long", ErrMagnet, scheme)
	}
	var m Magnet
	for part := range strings.SplitSeq(link[len(scheme):], "&") {
		key, value, _ := strings.Cut(part, "=")
		if err := m.read(strings.ToLower(key), value); err != nil {
			return Magnet{}, fmt.Errorf("%w: %w", ErrMagnet, err)
		}
	}
	if m.ID.IsZero() {
		return Magnet{}, fmt.Errorf("%w: it names no torrent by xt=urn:btih or xt=urn:btmh", ErrMagnet)
	}
	return m, nil
}

func (m *Magnet) read(key, escaped string) error {
	if key == "dn" {
		escaped = strings.ReplaceAll(escaped, "+", " ")
	}
	value, err := url.PathUnescape(escaped)
	if err != nil {
		return fmt.Errorf("%q is not percent-encoded", escaped)
	}
	switch strings.TrimRight(key, ".0123456789") { // tr.1, tr.2
	case "xt":
		return m.readTopic(value)
	case "dn":
		if name, ok := cleanElement(value, onWindows); ok {
			m.Name = name
		}
	case "tr":
		m.Trackers = appendURL(m.Trackers, value)
	case "ws":
		m.WebSeeds = appendURL(m.WebSeeds, value)
	case "x.pe":
		if isHostPort(value) && len(m.Peers) < maxURLs && !slices.Contains(m.Peers, value) {
			m.Peers = append(m.Peers, value)
		}
	case "so":
		m.Select, err = parseSelection(value)
		return err
	case "xl":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= 0 {
			m.Length = n
		}
	}
	return nil
}

// readTopic reads an info-hash. Topics of other networks are left out.
func (m *Magnet) readTopic(value string) error {
	var id infohash.ID
	switch lower := strings.ToLower(value); {
	case strings.HasPrefix(lower, "urn:btih:"):
		b, err := decodeV1(value[len("urn:btih:"):])
		if err != nil {
			return fmt.Errorf("%q is no info-hash of 40 hexadecimal or 32 base32 digits", value)
		}
		id = infohash.FromV1(infohash.V1(b))
	case strings.HasPrefix(lower, "urn:btmh:"):
		b, err := hex.DecodeString(lower[len("urn:btmh:"):])
		if err != nil || len(b) != 2+len(infohash.V2{}) || b[0] != 0x12 || b[1] != 0x20 {
			return fmt.Errorf("%q is no v2 info-hash: 1220 and 64 hexadecimal digits", value)
		}
		id = infohash.FromV2(infohash.V2(b[2:]))
	default:
		return nil
	}
	merged, ok := m.ID.Merge(id)
	if !ok {
		return fmt.Errorf("it names two torrents, %v and %v", m.ID, id)
	}
	m.ID = merged
	return nil
}

func decodeV1(s string) ([]byte, error) {
	if len(s) == base32.StdEncoding.EncodedLen(len(infohash.V1{})) {
		return base32.StdEncoding.DecodeString(strings.ToUpper(s))
	}
	b, err := hex.DecodeString(s)
	if err == nil && len(b) != len(infohash.V1{}) {
		err = hex.ErrLength
	}
	return b, err
}

func appendURL(urls []string, raw string) []string {
	if u, ok := cleanURL(raw); ok && len(urls) < maxURLs && !slices.Contains(urls, u) {
		return append(urls, u)
	}
	return urls
}

// isHostPort checks host:port; an IPv6 host stands in brackets. Names are allowed.
func isHostPort(s string) bool {
	at := strings.LastIndexByte(s, ':')
	if at < 1 || at > 255 {
		return false
	}
	port, err := strconv.ParseUint(s[at+1:], 10, 16)
	host := s[:at]
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && err == nil && port > 0 && inner != "" && strings.Trim(inner, "0123456789abcdefABCDEF:.%") == ""
	}
	odd := strings.ContainsFunc(host, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
	return err == nil && port > 0 && !odd
}

// String prints the link; ParseMagnet reads it back. The v1 hash stands first, as old clients
// read only one.
func (m Magnet) String() string {
	var b strings.Builder
	b.WriteString("magnet:?")
	if h, ok := m.ID.V1(); ok {
		b.WriteString("xt=urn:btih:" + h.String())
	}
	if h, ok := m.ID.V2(); ok {
		if m.ID.IsHybrid() {
			b.WriteByte('&')
		}
		b.WriteString("xt=urn:btmh:1220" + h.String())
	}
	if m.Name != "" {
		b.WriteString("&dn=" + escape(m.Name))
	}
	if m.Length > 0 {
		b.WriteString("&xl=" + strconv.FormatInt(m.Length, 10))
	}
	for _, tracker := range m.Trackers {
		b.WriteString("&tr=" + escape(tracker))
	}
	for _, seed := range m.WebSeeds {
		b.WriteString("&ws=" + escape(seed))
	}
	for _, peer := range m.Peers {
		b.WriteString("&x.pe=" + strings.ReplaceAll(peer, "%", "%25"))
	}
	if m.Select != nil {
		b.WriteString("&so=" + formatSelection(m.Select))
	}
	return b.String()
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

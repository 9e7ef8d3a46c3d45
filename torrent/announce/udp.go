package announce

import (
	"encoding/binary"
	"time"

	"groove/torrent/infohash"
)

// Action is what a UDP packet asks for or answers (BEP 15).
type Action uint32

// The actions.
const (
	ActionConnect Action = iota
	ActionAnnounce
	ActionScrape
	ActionError
)

// Sizes of packets in bytes, options and lists not counted.
const (
	udpMagic           = 0x41727101980
	udpHeader          = 16
	udpAnnounceRequest = 98
	udpReplyHeader     = 8
	udpAnnounceReply   = 20
	udpScrapeEntry     = 12
)

var be = binary.BigEndian

// UDPRequest is what a tracker receives. Which fields count depends on Action.
type UDPRequest struct {
	ConnectionID uint64
	Action       Action
	Transaction  uint32
	Announce     Request
	Scrape       []infohash.Short
}

// AppendUDPConnect appends a request for a connection ID.
func AppendUDPConnect(dst []byte, transaction uint32) []byte {
	return appendUDPHeader(dst, udpMagic, ActionConnect, transaction)
}

// AppendUDPAnnounce appends an announce, with r.URLData as BEP 41 options if there is any.
func AppendUDPAnnounce(dst []byte, connectionID uint64, transaction uint32, r Request) []byte {
	dst = appendUDPHeader(dst, connectionID, ActionAnnounce, transaction)
	dst = append(dst, r.InfoHash[:]...)
	dst = append(dst, r.PeerID[:]...)
	dst = be.AppendUint64(dst, uint64(max(r.Downloaded, 0)))
	dst = be.AppendUint64(dst, uint64(left(r.Left)))
	dst = be.AppendUint64(dst, uint64(max(r.Uploaded, 0)))
	dst = be.AppendUint32(dst, uint32(r.Event))
	dst = be.AppendUint32(dst, 0) // the address: always the packet's source
	dst = be.AppendUint32(dst, r.Key)
	dst = be.AppendUint32(dst, uint32(int32(r.NumWant)))
	dst = be.AppendUint16(dst, r.Port)
	return appendURLData(dst, r.URLData)
}

// AppendUDPScrape appends a scrape of at most MaxUDPScrape torrents; more are left out.
func AppendUDPScrape(dst []byte, connectionID uint64, transaction uint32, hashes []infohash.Short) []byte {
	dst = appendUDPHeader(dst, connectionID, ActionScrape, transaction)
	for _, h := range hashes[:min(len(hashes), MaxUDPScrape)] {
		dst = append(dst, h[:]...)
	}
	return dst
}

func appendUDPHeader(dst []byte, id uint64, action Action, transaction uint32) []byte {
	dst = be.AppendUint64(dst, id)
	dst = be.AppendUint32(dst, uint32(action))
	return be.AppendUint32(dst, transaction)
}

// ParseUDPRequest reads a packet of a client. Connection IDs are for the caller to check. With an
// error the Action, Transaction and ConnectionID are set if the packet has 16 bytes, for an answer.
func ParseUDPRequest(packet []byte) (UDPRequest, error) {
	if len(packet) < udpHeader {
		return UDPRequest{}, malformed("a packet of %d bytes", len(packet))
	}
	r := UDPRequest{
		ConnectionID: be.Uint64(packet),
		Action:       Action(be.Uint32(packet[8:])),
		Transaction:  be.Uint32(packet[12:]),
	}
	switch r.Action {
	case ActionConnect:
		if r.ConnectionID != udpMagic {
			return r, malformed("a connect without its magic number")
		}
	case ActionAnnounce:
		if len(packet) < udpAnnounceRequest {
			return r, malformed("an announce of %d bytes", len(packet))
		}
		r.Announce = readUDPAnnounce(packet)
	case ActionScrape:
		for rest := packet[udpHeader:]; len(rest) >= 20 && len(r.Scrape) < MaxUDPScrape; rest = rest[20:] {
			r.Scrape = append(r.Scrape, infohash.Short(rest[:20]))
		}
		if len(r.Scrape) == 0 {
			return r, malformed("a scrape of nothing")
		}
	default:
		return r, malformed("action %d", r.Action)
	}
	return r, nil
}

func readUDPAnnounce(p []byte) Request {
	return Request{
		InfoHash:   infohash.Short(p[16:36]),
		PeerID:     [20]byte(p[36:56]),
		Downloaded: amount(p[56:]),
		Left:       amount(p[64:]),
		Uploaded:   amount(p[72:]),
		Event:      udpEvent(be.Uint32(p[80:])),
		Key:        be.Uint32(p[88:]),
		NumWant:    int(min(max(int32(be.Uint32(p[92:])), Unknown), maxCount)),
		Port:       be.Uint16(p[96:]),
		Compact:    true,
		URLData:    urlData(p[udpAnnounceRequest:]),
	}
}

// amount reads a number of bytes; what has the top bit is no honest one.
func amount(p []byte) int64 {
	return max(int64(be.Uint64(p)), Unknown)
}

func udpEvent(n uint32) Event {
	if n > uint32(Paused) {
		return None
	}
	return Event(n)
}

// UDPReply is what a client receives. Which fields count depends on Action.
type UDPReply struct {
	Action       Action
	Transaction  uint32
	ConnectionID uint64
	Response     Response
	Scrape       []Counts // in the order of the request
	Message      string   // of ActionError; printable
}

// AppendUDPConnectReply appends a connection ID for the client.
func AppendUDPConnectReply(dst []byte, transaction uint32, connectionID uint64) []byte {
	dst = appendUDPReplyHeader(dst, ActionConnect, transaction)
	return be.AppendUint64(dst, connectionID)
}

// AppendUDPAnnounceReply appends an answer with the peers of the family in which it is sent.
func AppendUDPAnnounceReply(dst []byte, transaction uint32, r Response, v6 bool) []byte {
	dst = appendUDPReplyHeader(dst, ActionAnnounce, transaction)
	dst = be.AppendUint32(dst, uint32(r.Interval/time.Second))
	dst = be.AppendUint32(dst, uint32(max(r.Leechers, 0)))
	dst = be.AppendUint32(dst, uint32(max(r.Seeders, 0)))
	return appendPacked(dst, r.Peers, v6)
}

// AppendUDPScrapeReply appends counts in the order of the request.
func AppendUDPScrapeReply(dst []byte, transaction uint32, torrents []Counts) []byte {
	dst = appendUDPReplyHeader(dst, ActionScrape, transaction)
	for _, c := range torrents {
		dst = be.AppendUint32(dst, uint32(max(c.Seeders, 0)))
		dst = be.AppendUint32(dst, uint32(max(c.Completed, 0)))
		dst = be.AppendUint32(dst, uint32(max(c.Leechers, 0)))
	}
	return dst
}

// AppendUDPError appends a refusal.
func AppendUDPError(dst []byte, transaction uint32, message string) []byte {
	return append(appendUDPReplyHeader(dst, ActionError, transaction), message...)
}

func appendUDPReplyHeader(dst []byte, action Action, transaction uint32) []byte {
	return be.AppendUint32(be.AppendUint32(dst, uint32(action)), transaction)
}

// ParseUDPReply reads a packet of a tracker that was asked over IPv6 (v6) or IPv4.
func ParseUDPReply(packet []byte, v6 bool) (UDPReply, error) {
	if len(packet) < udpReplyHeader {
		return UDPReply{}, malformed("a packet of %d bytes", len(packet))
	}
	r := UDPReply{Action: Action(be.Uint32(packet)), Transaction: be.Uint32(packet[4:])}
	body := packet[udpReplyHeader:]
	switch r.Action {
	case ActionConnect:
		if len(body) < 8 {
			return r, malformed("a connection ID of %d bytes", len(body))
		}
		r.ConnectionID = be.Uint64(body)
	case ActionAnnounce:
		if len(packet) < udpAnnounceReply {
			return r, malformed("an answer of %d bytes", len(packet))
		}
		r.Response = Response{
			Interval:  min(time.Duration(be.Uint32(body))*time.Second, maxInterval),
			Leechers:  udpCount(body[4:]),
			Seeders:   udpCount(body[8:]),
			Completed: Unknown,
			Peers:     unpack(nil, packet[udpAnnounceReply:], v6),
		}
	case ActionScrape:
		for ; len(body) >= udpScrapeEntry && len(r.Scrape) < MaxUDPScrape; body = body[udpScrapeEntry:] {
			r.Scrape = append(r.Scrape, Counts{udpCount(body), udpCount(body[4:]), udpCount(body[8:]), Unknown})
		}
	case ActionError:
		r.Message = printable(trimNUL(string(body)))
	default:
		return r, malformed("action %d", r.Action)
	}
	return r, nil
}

func udpCount(p []byte) int { return int(min(be.Uint32(p), maxCount)) }

package announce

import (
	"net/netip"
	"strconv"
	"time"

	"groove/torrent/bencode"
)

// AppendHTTPResponse appends an answer, keys sorted (BEP 3, 7, 24). Unknown counts are left out.
// Peers are packed if compact (BEP 23), else a list of dictionaries without peer IDs.
func AppendHTTPResponse(dst []byte, r Response, compact bool) []byte {
	var d bencode.Builder
	count(&d, "complete", r.Seeders)
	count(&d, "downloaded", r.Completed)
	count(&d, "incomplete", r.Leechers)
	if r.ExternalIP.IsValid() {
		d.Bytes("external ip", r.ExternalIP.Unmap().AsSlice())
	}
	d.Int("interval", int64(r.Interval/time.Second))
	if r.MinInterval > 0 {
		d.Int("min interval", int64(r.MinInterval/time.Second))
	}
	if r.TrackerID != "" {
		d.String("tracker id", r.TrackerID)
	}
	if r.Warning != "" {
		d.String("warning message", r.Warning)
	}
	if compact {
		d.Bytes("peers", appendPacked(nil, r.Peers, false))
		if packed6 := appendPacked(nil, r.Peers, true); len(packed6) > 0 {
			d.Bytes("peers6", packed6)
		}
	} else {
		d.Raw("peers", appendListed(nil, r.Peers))
	}
	return d.Append(dst)
}

// AppendHTTPFailure appends a refusal (BEP 3, 31). It goes out with status 200: clients read no
// other body.
func AppendHTTPFailure(dst []byte, f Failure) []byte {
	var d bencode.Builder
	d.String("failure reason", f.Reason)
	switch {
	case f.RetryIn == Never:
		d.String("retry in", "never")
	case f.RetryIn > 0:
		d.Int("retry in", int64((f.RetryIn+time.Minute-1)/time.Minute))
	}
	return d.Append(dst)
}

// ParseHTTPResponse reads the body of a tracker's answer of at most MaxReply bytes. The error is
// a *Failure, or wraps ErrMalformed. At most 2000 peers are read, those without a port left out.
func ParseHTTPResponse(body []byte) (Response, error) {
	v, err := readReply(body)
	if err != nil {
		return Response{}, err
	}
	r := Response{
		Interval:    seconds(v.Get("interval")),
		MinInterval: seconds(v.Get("min interval")),
		Seeders:     countOf(v.Get("complete")),
		Leechers:    countOf(v.Get("incomplete")),
		Completed:   countOf(v.Get("downloaded")),
	}
	peers := v.Get("peers")
	if packed, ok := peers.Bytes(); ok {
		r.Peers = unpack(r.Peers, packed, false)
	} else {
		r.Peers = unlist(r.Peers, peers)
	}
	packed6, _ := v.Get("peers6").Bytes()
	r.Peers = unpack(r.Peers, packed6, true)
	if b, ok := v.Get("external ip").Bytes(); ok {
		addr, _ := netip.AddrFromSlice(b)
		r.ExternalIP = addr.Unmap()
	}
	if id, _ := v.Get("tracker id").Str(); len(id) <= maxTrackerID {
		r.TrackerID = id
	}
	warning, _ := v.Get("warning message").Str()
	r.Warning = printable(warning)
	return r, nil
}

// readReply reads the dictionary of an announce's or a scrape's answer, and a failure as error.
func readReply(body []byte) (bencode.Value, error) {
	v, _, err := replyLimits.Lenient(body)
	if err != nil {
		return v, malformed("%v", err)
	}
	if v.Kind() != bencode.Dict {
		return v, malformed("the answer is %s, not a dictionary", v.Kind())
	}
	if reason, ok := v.Get("failure reason").Str(); ok {
		return v, &Failure{Reason: printable(reason), RetryIn: retryIn(v.Get("retry in"))}
	}
	return v, nil
}

// retryIn reads minutes, as a number or as digits, or "never" (BEP 31).
func retryIn(v bencode.Value) time.Duration {
	minutes, ok := v.Int()
	if !ok {
		text, _ := v.Str()
		if text == "never" {
			return Never
		}
		minutes = number(text)
	}
	return time.Duration(min(max(minutes, 0), int64(maxInterval/time.Minute))) * time.Minute
}

func seconds(v bencode.Value) time.Duration {
	n, _ := v.Int()
	return time.Duration(min(max(n, 0), int64(maxInterval/time.Second))) * time.Second
}

func countOf(v bencode.Value) int {
	n, ok := v.Int()
	if !ok || n < 0 {
		return Unknown
	}
	return int(min(n, maxCount))
}

func count(d *bencode.Builder, key string, n int) {
	if n >= 0 {
		d.Int(key, int64(n))
	}
}

// appendListed appends peers as BEP 3 has them.
func appendListed(dst []byte, peers []netip.AddrPort) []byte {
	dst = append(dst, 'l')
	for _, p := range peers {
		var d bencode.Builder
		d.String("ip", p.Addr().Unmap().String()).Int("port", int64(p.Port()))
		dst = d.Append(dst)
	}
	return append(dst, 'e')
}

// unlist reads peers as BEP 3 has them. Host names are not followed: a tracker could make us
// look up, and dial, whatever it likes.
func unlist(dst []netip.AddrPort, list bencode.Value) []netip.AddrPort {
	for item := range list.Items() {
		if len(dst) == maxPeers {
			return dst
		}
		host, _ := item.Get("ip").Str()
		addr, err := netip.ParseAddr(host)
		if err != nil {
			continue
		}
		port, ok := item.Get("port").Int()
		if !ok {
			text, _ := item.Get("port").Str()
			port, _ = strconv.ParseInt(text, 10, 64)
		}
		if port > 0 && port <= 65535 {
			dst = append(dst, netip.AddrPortFrom(addr.Unmap().WithZone(""), uint16(port)))
		}
	}
	return dst
}

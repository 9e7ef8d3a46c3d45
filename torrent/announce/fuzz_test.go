package announce

import (
	"bytes"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"
)

func FuzzHTTPQuery(f *testing.F) {
	f.Add(string(AppendHTTPQuery(nil, sample)))
	f.Add("info_hash=%aa+aaaaaaaaaaaaaaaaaa&peer_id=-TR3000-abcdefghijkl&port=51413&left=&ip=1.2.3.4&%6bey=%zz")
	f.Fuzz(func(t *testing.T, query string) {
		_, _ = ParseHTTPScrapeQuery(query)
		r, err := ParseHTTPQuery(query)
		if err != nil {
			return
		}
		// What was not told is told as a number on the way back.
		r.Uploaded, r.Downloaded, r.Left = max(r.Uploaded, 0), max(r.Downloaded, 0), left(r.Left)
		back, err := ParseHTTPQuery(string(AppendHTTPQuery(nil, r)))
		if err != nil || back != r {
			t.Errorf("%v\nwent %+v\ncame %+v", err, r, back)
		}
	})
}

func FuzzHTTPResponse(f *testing.F) {
	f.Add([]byte("d8:completei7e10:incompletei3e8:intervali1800e5:peers12:\xc0\x00\x02\x01\x1a\xe1\xc0\x00\x02\x02\x1a\xe2e"))
	f.Add([]byte("d8:intervali60e5:peersld2:ip11:2001:db8::14:porti1eed2:ip7:1.2.3.44:port2:99eee"))
	f.Add([]byte("d14:failure reason4:busy8:retry in5:nevere"))
	f.Add([]byte("d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei1eeee"))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, _ = ParseHTTPScrapeResponse(body)
		r, err := ParseHTTPResponse(body)
		if err != nil {
			return
		}
		if len(r.Peers) > maxPeers || utf8.RuneCountInString(r.Warning) > maxText+3 || r.Interval > 24*time.Hour {
			t.Errorf("too much: %+v", r)
		}
		for _, compact := range []bool{true, false} {
			back, err := ParseHTTPResponse(AppendHTTPResponse(nil, r, compact))
			if err != nil {
				t.Fatal(err)
			}
			if len(back.Peers) != len(r.Peers) || back.ExternalIP != r.ExternalIP || back.Interval != r.Interval {
				t.Errorf("went %+v\ncame %+v", r, back)
			}
		}
	})
}

func FuzzUDPRequest(f *testing.F) {
	f.Add(AppendUDPConnect(nil, 7))
	f.Add(AppendUDPAnnounce(nil, 1, 2, Request{URLData: "/announce?key=x", Left: 5}))
	f.Add(append(AppendUDPScrape(nil, 1, 2, nil), bytes.Repeat([]byte{9}, 40)...))
	f.Fuzz(func(t *testing.T, packet []byte) {
		r, err := ParseUDPRequest(packet)
		if err != nil {
			return
		}
		a := &r.Announce
		a.Uploaded, a.Downloaded, a.Left = max(a.Uploaded, 0), max(a.Downloaded, 0), left(a.Left)
		back, err := ParseUDPRequest(writeUDPRequest(r))
		if r.Action != ActionAnnounce {
			back.Announce = r.Announce
		}
		if err != nil || !reflect.DeepEqual(back, r) {
			t.Errorf("%v\nwent %+v\ncame %+v", err, r, back)
		}
	})
}

func FuzzUDPResponse(f *testing.F) {
	f.Add(AppendUDPConnectReply(nil, 7, 8), false)
	f.Add(AppendUDPAnnounceReply(nil, 7, Response{Seeders: 3}, true), true)
	f.Add(AppendUDPScrapeReply(nil, 7, []Counts{{1, 2, 3, 4}}), false)
	f.Add(AppendUDPError(nil, 7, "no\x00"), false)
	f.Fuzz(func(t *testing.T, packet []byte, v6 bool) {
		r, err := ParseUDPReply(packet, v6)
		if err != nil {
			return
		}
		if r.Action == ActionAnnounce && v6 { // addresses of IPv4 in packets of IPv6 do not go back
			r.Response.Peers = unpack(nil, appendPacked(nil, r.Response.Peers, true), true)
		}
		back, err := ParseUDPReply(writeUDPReply(r, v6), v6)
		if err != nil || !reflect.DeepEqual(back.Scrape, r.Scrape) || back.Response.Interval != r.Response.Interval || len(back.Response.Peers) != len(r.Response.Peers) {
			t.Errorf("%v\nwent %+v\ncame %+v", err, r, back)
		}
	})
}

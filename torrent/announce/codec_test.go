package announce

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"groove/internal/test/need"
	"groove/torrent/infohash"
)

var sample = Request{
	InfoHash: infohash.Short([]byte("\x00\xff +&=%?#/hash-of-20")), PeerID: [20]byte([]byte("-GR0001-abcdefghijkl")),
	Uploaded: 30, Downloaded: 10, Left: 20, Event: Started, Port: 6881, NumWant: 50, Key: 0xdeadbeef,
	IPv6: netip.MustParseAddr("2001:db8::1"), Compact: true, TrackerID: "a b&c",
}

func TestAnnounceOverHTTPComesBackAsItWent(t *testing.T) {
	query := string(AppendHTTPQuery(nil, sample))
	if !strings.Contains(query, "info_hash=%00%FF%20%2B%26%3D%25%3F%23%2Fhash-of-20&") {
		t.Errorf("escaped as %s", query)
	}
	back, err := ParseHTTPQuery(query)
	if err != nil || back != sample {
		t.Errorf("%v\nwent  %+v\ncame  %+v", err, sample, back)
	}
}

func TestQueriesOfOtherClients(t *testing.T) {
	base := "info_hash=%aa+aaaaaaaaaaaaaaaaaa&peer_id=-TR3000-abcdefghijkl&port=51413"
	r, err := ParseHTTPQuery(base + "&uploaded=0&downloaded=-1&left=18446744073709551615&numwant=-1&key=3B2F&compact=1&supportcrypto=1&event=paused&ipv6=[2001:db8::2]:99&ip=::ffff:192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	if r.InfoHash[0] != 0xaa || r.InfoHash[1] != '+' {
		t.Error("a plus must stay a plus")
	}
	if r.Uploaded != 0 || r.Downloaded != Unknown || r.Left != Unknown || r.NumWant != Unknown {
		t.Errorf("nonsense counts must be unknown: %+v", r)
	}
	if r.Event != Paused || r.Key != 0x3b2f || !r.Compact {
		t.Errorf("%+v", r)
	}
	if r.IPv6 != netip.MustParseAddr("2001:db8::2") || r.IPv4 != netip.MustParseAddr("192.0.2.7") {
		t.Errorf("addresses: %v %v", r.IPv4, r.IPv6)
	}
	for _, bad := range []string{
		"", "info_hash=short&peer_id=-TR3000-abcdefghijkl&port=1", base + "&port=2", base + "&info_hash=bbbbbbbbbbbbbbbbbbbb",
		"info_hash=aaaaaaaaaaaaaaaaaaaa&port=1", "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=-TR3000-abcdefghijkl&port=65536",
	} {
		if _, err := ParseHTTPQuery(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAnswerOverHTTPComesBackAsItWent(t *testing.T) {
	want := Response{
		Interval: 30 * time.Minute, MinInterval: time.Minute, Seeders: 7, Leechers: 3, Completed: 12,
		Peers:      []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:6881"), netip.MustParseAddrPort("[2001:db8::1]:6882")},
		ExternalIP: netip.MustParseAddr("198.51.100.9"), TrackerID: "id", Warning: "slow down",
	}
	for _, compact := range []bool{true, false} {
		body := AppendHTTPResponse(nil, want, compact)
		got, err := ParseHTTPResponse(body)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("compact %v: %v\n%q\ngot  %+v", compact, err, body, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	cases := []struct {
		body string
		want Failure
	}{
		{"d14:failure reason13:not \x1b[31mhere8:retry in5:nevere", Failure{"not ?[31mhere", Never}},
		{"d14:failure reason4:busy8:retry ini5ee", Failure{"busy", 5 * time.Minute}},
		{"d14:failure reason4:busy8:retry in2:15e", Failure{"busy", 15 * time.Minute}},
		{"d14:failure reason4:busye", Failure{"busy", 0}},
	}
	for _, c := range cases {
		_, err := ParseHTTPResponse([]byte(c.body))
		f, ok := errors.AsType[*Failure](err)
		if !ok || *f != c.want {
			t.Errorf("%q: %v", c.body, err)
		}
	}
	body := AppendHTTPFailure(nil, Failure{Reason: "no", RetryIn: 61 * time.Second})
	if string(body) != "d14:failure reason2:no8:retry ini2ee" {
		t.Errorf("%s", body)
	}
	if _, err := ParseHTTPResponse([]byte("<html>404</html>")); !errors.Is(err, ErrMalformed) {
		t.Errorf("a web page: %v", err)
	}
}

func TestScrapeOverHTTP(t *testing.T) {
	hashes := []infohash.Short{{1}, {2}}
	back, err := ParseHTTPScrapeQuery(string(AppendHTTPScrapeQuery(nil, hashes)))
	if err != nil || !reflect.DeepEqual(back, hashes) {
		t.Errorf("%v %v", back, err)
	}
	want := []Scraped{{hashes[0], Counts{1, 2, 3, 2}}, {hashes[1], Counts{4, 5, 6, Unknown}}}
	got, err := ParseHTTPScrapeResponse(AppendHTTPScrapeResponse(nil, want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %v", got, err)
	}
	for url, want := range map[string]string{
		"http://t.example/announce": "http://t.example/scrape", "http://t.example/KEY/announce.php?a=b/c": "http://t.example/KEY/scrape.php?a=b/c",
		"http://t.example/announce/KEY": "", "http://t.example": "", "udp://t.example:1": "udp://t.example:1",
	} {
		if got, ok := ScrapeURL(url); got != want || ok != (want != "") {
			t.Errorf("%s: %q %v", url, got, ok)
		}
	}
}

// The published packets, read in one direction and written in the other.
func TestVectorsOverUDP(t *testing.T) {
	raw, err := os.ReadFile(need.Shared(t, "data/vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		UDP struct {
			Cases []struct{ Name, Bytes string }
		} `json:"udp_tracker"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.UDP.Cases {
		packet, err := hex.DecodeString(c.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		var back []byte
		if strings.Contains(c.Name, "request") {
			r, err := ParseUDPRequest(packet)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
			back = writeUDPRequest(r)
			checkRequest(t, c.Name, r)
		} else {
			r, err := ParseUDPReply(packet, false)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
			back = writeUDPReply(r, false)
			checkReply(t, c.Name, r)
		}
		if hex.EncodeToString(back) != c.Bytes {
			t.Errorf("%s\nread    %s\nwritten %x", c.Name, c.Bytes, back)
		}
	}
}

func checkRequest(t *testing.T, name string, r UDPRequest) {
	a := r.Announce
	switch name {
	case "announce request":
		if a.Downloaded != 10 || a.Left != 20 || a.Uploaded != 30 || a.Event != Started || a.Key != 3735928559 || a.NumWant != Unknown || a.Port != 6881 {
			t.Errorf("%s: %+v", name, a)
		}
	case `announce request with BEP 41 URL data "/announce?key=x"`:
		if a.URLData != "/announce?key=x" {
			t.Errorf("%s: %q", name, a.URLData)
		}
	}
}

func checkReply(t *testing.T, name string, r UDPReply) {
	switch name {
	case "announce response, IPv4, 2 peers":
		peers := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:6881"), netip.MustParseAddrPort("192.0.2.2:6882")}
		if r.Response.Interval != 1800*time.Second || r.Response.Leechers != 3 || r.Response.Seeders != 7 || !reflect.DeepEqual(r.Response.Peers, peers) {
			t.Errorf("%s: %+v", name, r.Response)
		}
	case "scrape response, 1 torrent":
		if !reflect.DeepEqual(r.Scrape, []Counts{{7, 8, 9, Unknown}}) {
			t.Errorf("%s: %+v", name, r.Scrape)
		}
	case "error":
		if r.Message != "unregistered torrent" {
			t.Errorf("%s: %q", name, r.Message)
		}
	}
}

func writeUDPRequest(r UDPRequest) []byte {
	switch r.Action {
	case ActionConnect:
		return AppendUDPConnect(nil, r.Transaction)
	case ActionAnnounce:
		return AppendUDPAnnounce(nil, r.ConnectionID, r.Transaction, r.Announce)
	}
	return AppendUDPScrape(nil, r.ConnectionID, r.Transaction, r.Scrape)
}

func writeUDPReply(r UDPReply, v6 bool) []byte {
	switch r.Action {
	case ActionConnect:
		return AppendUDPConnectReply(nil, r.Transaction, r.ConnectionID)
	case ActionAnnounce:
		return AppendUDPAnnounceReply(nil, r.Transaction, r.Response, v6)
	case ActionScrape:
		return AppendUDPScrapeReply(nil, r.Transaction, r.Scrape)
	}
	return AppendUDPError(nil, r.Transaction, r.Message)
}

func TestUDPAnnouncesOfOtherClients(t *testing.T) {
	plain := AppendUDPAnnounce(nil, 1, 2, Request{Left: Unknown, Uploaded: Unknown, NumWant: -7})
	r, err := ParseUDPRequest(plain)
	if err != nil || r.Announce.Left != math.MaxInt64 || r.Announce.Uploaded != 0 || r.Announce.NumWant != Unknown {
		t.Errorf("%v %+v", err, r.Announce)
	}
	for options, want := range map[string]string{
		"\x01\x01\x02\x02/a\x02\x01b\x00\x02\x01c": "/ab", // joined, nothing behind the end
		"\x07\x03xyz\x02\x01k":                     "k",   // unknown options are skipped
		"\x02\xffcut":                              "",
		"\x02":                                     "",
		"\x02\x00\x02\x01k":                        "k",
	} {
		r, err := ParseUDPRequest(append(plain[:len(plain):len(plain)], options...))
		if err != nil || r.Announce.URLData != want {
			t.Errorf("options %q: %q, %v; want %q", options, r.Announce.URLData, err, want)
		}
	}
	long := strings.Repeat("k", 600)
	r, _ = ParseUDPRequest(AppendUDPAnnounce(nil, 1, 2, Request{URLData: long}))
	if r.Announce.URLData != long {
		t.Error("a long path must come through in several options")
	}
	huge := append([]byte(nil), plain...)
	huge[64], huge[83] = 0x80, 99
	r, _ = ParseUDPRequest(huge)
	if r.Announce.Left != Unknown || r.Announce.Event != None {
		t.Errorf("nonsense must be unknown: %+v", r.Announce)
	}
}

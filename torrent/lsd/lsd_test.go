package lsd

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"groove/internal/clock"
	"groove/torrent/infohash"
)

func hash(n int) infohash.Short { return infohash.Short{byte(n), byte(n >> 8), 7} }

func TestTheAnnounceOfTheBEP(t *testing.T) {
	a := Announce{Group: IPv4, Port: 6881, Hashes: []infohash.Short{hash(1), hash(2)}, Cookie: "abc"}
	want := "BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\n" +
		"Infohash: 0100070000000000000000000000000000000000\r\n" +
		"Infohash: 0200070000000000000000000000000000000000\r\ncookie: abc\r\n\r\n\r\n"
	if got := string(Append(nil, a)); got != want {
		t.Errorf("got %q", got)
	}
	if got, err := Parse([]byte(want)); err != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("got %+v, %v", got, err)
	}
	a.Group, a.Cookie = IPv6, ""
	if got := string(Append(nil, a)); !strings.Contains(got, "\r\nHost: [ff15::efc0:988f]:6771\r\n") {
		t.Errorf("got %q", got)
	}
}

func TestWhatOthersSend(t *testing.T) {
	one := strings.Repeat("AB", 20)
	good := "BT-SEARCH * HTTP/1.1\r\nHOST:[FF15::EFC0:988F]:6771\r\nX-More: 1\r\nport: 1\r\ninfohash:\t" + one + "\r\n\r\n"
	if a, err := Parse([]byte(good)); err != nil || a.Group != IPv6 || a.Hashes[0][0] != 0xab {
		t.Errorf("got %+v, %v", a, err)
	}
	for _, bad := range []string{
		"",
		strings.Replace(good, "BT-", "M-", 1),
		strings.Replace(good, "port: 1", "port: 0", 1),
		strings.Replace(good, "port: 1", "port: 65536", 1),
		strings.Replace(good, "port: 1", "port: 1\r\nport: 2", 1),
		strings.Replace(good, "port: 1", "port", 1),
		strings.Replace(good, "infohash", "other", 1),
		strings.Replace(good, "\tAB", "\tA", 1),
		strings.Replace(good, "FF15", "FF02", 1),
		strings.TrimSuffix(good, "\r\n"),
		strings.Replace(good, "X-More: 1", "Cookie: "+strings.Repeat("x", maxCookie+1), 1),
		strings.Replace(good, "X-More: 1", "X-More: "+strings.Repeat("x", maxRead), 1),
	} {
		if _, err := Parse([]byte(bad)); !errors.Is(err, ErrAnnounce) {
			t.Errorf("%.60q: %v", bad, err)
		}
	}
}

// A session's half hour: what is new goes out at once, or within a minute; each torrent every five.
func TestAnnouncesLeaveOnTime(t *testing.T) {
	m := New("me", 7001)
	if m.NextDeadline() != clock.Never {
		t.Fatal("a deadline without torrents")
	}
	sent := map[infohash.Short][]clock.Time{}
	var last clock.Time = -clock.Time(time.Hour)
	m.Add(hash(0))
	added := map[clock.Time]int{clock.Time(10 * time.Second): 1, clock.Time(20 * time.Second): 2}
	for now := clock.Time(0); now <= clock.Time(30*time.Minute); now = now.Add(time.Second) {
		if n, ok := added[now]; ok {
			m.Add(hash(n))
			m.Add(hash(n)) // twice is once
		}
		packets := m.Tick(now, nil)
		if len(packets) == 0 {
			continue
		}
		if len(packets) != 2 || packets[0].Group != IPv4 || packets[1].Group != IPv6 {
			t.Fatalf("packets %v", packets)
		}
		if now.Sub(last) < time.Minute {
			t.Errorf("announces %v apart", now.Sub(last))
		}
		last = now
		a, err := Parse(packets[0].Data)
		if err != nil || a.Port != 7001 || a.Cookie != "me" {
			t.Fatalf("sent %q: %v", packets[0].Data, err)
		}
		for _, h := range a.Hashes {
			sent[h] = append(sent[h], now)
		}
	}
	for n, first := range []clock.Time{0, clock.Time(time.Minute), clock.Time(time.Minute)} {
		times := sent[hash(n)]
		if len(times) < 6 || times[0] != first {
			t.Fatalf("torrent %d announced at %v", n, times)
		}
		for i, at := range times[1:] {
			if gap := at.Sub(times[i]); gap < 4*time.Minute || gap > 5*time.Minute {
				t.Errorf("torrent %d: %v between announces", n, gap)
			}
		}
	}
	m.Remove(hash(0))
	m.Remove(hash(1))
	m.Remove(hash(2))
	m.Remove(hash(2))
	if m.NextDeadline() != clock.Never {
		t.Error("a deadline after the last torrent went")
	}
}

func TestManyTorrentsTakeTurns(t *testing.T) {
	m := New(strings.Repeat("c", 100), 65535)
	for n := range 500 {
		m.Add(hash(n))
	}
	seen := map[infohash.Short]int{}
	now := clock.Time(0)
	for range 42 { // two rounds of 21 minutes
		packets := m.Tick(now, nil)
		for _, p := range packets {
			if len(p.Data) > maxSend {
				t.Fatalf("%d bytes", len(p.Data))
			}
		}
		a, _ := Parse(packets[0].Data)
		for _, h := range a.Hashes {
			seen[h]++
		}
		now = m.NextDeadline()
	}
	for n := range 500 {
		if seen[hash(n)] < 2 {
			t.Errorf("torrent %d announced %d times", n, seen[hash(n)])
		}
	}
	m.Add(hash(9999)) // a new one does not wait for the round
	a, _ := Parse(m.Tick(now, nil)[0].Data)
	if a.Hashes[0] != hash(9999) {
		t.Errorf("the new torrent is not first: %v", a.Hashes[0])
	}
}

func TestNeighboursAreFound(t *testing.T) {
	m := New("me", 7001)
	m.Add(hash(1))
	from := netip.MustParseAddrPort("[::ffff:10.0.0.9]:6771")
	say := func(now clock.Time, a Announce) []Found {
		return m.Received(now, from, Append(nil, a), nil)
	}
	theirs := Announce{Port: 5000, Hashes: []infohash.Short{hash(3), hash(1), hash(1)}, Cookie: "you"}
	want := []Found{{hash(1), netip.MustParseAddrPort("10.0.0.9:5000")}}
	if got := say(0, theirs); !reflect.DeepEqual(got, want) {
		t.Errorf("found %v", got)
	}
	ours := theirs
	ours.Cookie = "me"
	if got := say(0, ours); got != nil {
		t.Errorf("found ourselves: %v", got)
	}
	if got := m.Received(0, from, []byte("M-SEARCH * HTTP/1.1\r\n\r\n"), nil); got != nil {
		t.Errorf("found %v in nonsense", got)
	}
	heard := 0
	for range 100 {
		heard += len(say(clock.Time(time.Second), theirs))
	}
	if heard != readsPerSecond {
		t.Errorf("%d announces read in one second", heard)
	}
	if len(say(clock.Time(2*time.Second), theirs)) != 1 {
		t.Error("deaf after a flood")
	}
}

func FuzzLSD(f *testing.F) {
	f.Add(Append(nil, Announce{Port: 6881, Hashes: []infohash.Short{hash(1), hash(2)}, Cookie: "abc"}))
	f.Add([]byte(fmt.Sprintf("%s\r\nHost: [ff15::efc0:988f]:6771\r\nPort: 1\r\nInfohash: %040d\r\n\r\n", firstLine, 7)))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		a, err := Parse(datagram)
		if err != nil {
			return
		}
		if a.Port == 0 || len(a.Hashes) == 0 || len(a.Hashes) > maxHashes {
			t.Fatalf("out of bounds: %+v", a)
		}
		again, err := Parse(Append(nil, a))
		if err != nil || !reflect.DeepEqual(a, again) {
			t.Fatalf("%+v became %+v, %v", a, again, err)
		}
	})
}

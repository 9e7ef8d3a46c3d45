package metainfo

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"groove/internal/test/need"
	"groove/torrent/infohash"
)

func TestMagnetVectors(t *testing.T) {
	var file struct {
		Magnet struct {
			Cases []struct {
				URI, V1, V2, Name, Expect string
				Trackers, Peers           []string
				Select                    []int
			}
		}
	}
	text, err := os.ReadFile(need.Shared(t, "data/vectors.json"))
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil || len(file.Magnet.Cases) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, c := range file.Magnet.Cases {
		m, err := ParseMagnet(c.URI)
		if c.Expect == "error" {
			if !errors.Is(err, ErrMagnet) {
				t.Errorf("%s: %v", c.URI, err)
			}
			continue
		}
		id, _ := infohash.Parse(strings.Trim(c.V1+"+"+c.V2, "+"))
		want := Magnet{ID: id, Name: c.Name, Trackers: c.Trackers, Peers: c.Peers, Select: c.Select}
		if err != nil || !reflect.DeepEqual(m, want) {
			t.Errorf("%s: %+v, %v", c.URI, m, err)
		}
		if again, err := ParseMagnet(m.String()); err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%s came back as %+v, %v", m, again, err)
		}
	}
}

func TestMagnetsOfAllKinds(t *testing.T) {
	const hash = "xt=urn:btih:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	m, err := ParseMagnet("MAGNET:?" + hash + "&dn=a+b%2Bc%2F..&tr.1=http://x/?a=b&tr.2=http://x/?a=b&tr=%20udp://y:1%20&ws=http://w/a b" +
		"&x.pe=host.example:80&x.pe=nonsense&x.pe=[fe80::1]:0&x.other=1.2.3.4:5&xl=12&so=5,1-3,2&xt=urn:sha1:abc&unknown")
	want := Magnet{
		ID: m.ID, Name: "a b+c..", Trackers: []string{"http://x/?a=b", "udp://y:1"}, WebSeeds: []string{"http://w/a%20b"},
		Peers: []string{"host.example:80"}, Select: []int{1, 2, 3, 5}, Length: 12,
	}
	if err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("%+v, %v", m, err)
	}
	const printed = "&dn=a%20b%2Bc..&xl=12&tr=http%3A%2F%2Fx%2F%3Fa%3Db&tr=udp%3A%2F%2Fy%3A1&ws=http%3A%2F%2Fw%2Fa%2520b&x.pe=host.example:80&so=1-3,5"
	if m.String() != "magnet:?"+hash+printed {
		t.Errorf("printed as %s", m)
	}
	for _, bad := range []string{
		"", "magnet:", "http://x/", "magnet:?" + hash + "&so=", "magnet:?" + hash + "&so=3-1", "magnet:?" + hash + "&so=0-1000000",
		"magnet:?" + hash + "&so=-1", "magnet:?" + hash + "&so=0-900000,1000001-1900000", "magnet:?" + hash + "&dn=%zz",
		"magnet:?" + hash + "&xt=urn:btih:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "magnet:?xt=urn:btmh:1120" + strings.Repeat("a", 64),
		"magnet:?" + hash + strings.Repeat("&tr=http://x/", 1<<17),
	} {
		if _, err := ParseMagnet(bad); !errors.Is(err, ErrMagnet) {
			t.Errorf("%.90s: %v", bad, err)
		}
	}
}

package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"groove/internal/bitset"
	"groove/internal/test/need"
	"groove/torrent/infohash"
	"groove/torrent/layout"
)

// vectors reads one group of the published cases.
func vectors(t *testing.T, group string, cases any) {
	t.Helper()
	text, err := os.ReadFile(need.Shared(t, "data/vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var groups map[string]struct{ Cases json.RawMessage }
	if err := json.Unmarshal(text, &groups); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(groups[group].Cases, cases); err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var root = [32]byte(bytes.Repeat([]byte{0x11}, 32))

// decoded is what each vector of the group "wire" must decode to.
var decoded = map[string]Message{
	"keep-alive":                             {Kind: KeepAlive},
	"choke":                                  {Kind: Choke},
	"unchoke":                                {Kind: Unchoke},
	"interested":                             {Kind: Interested},
	"not interested":                         {Kind: NotInterested},
	"have 7":                                 {Kind: Have, Piece: 7},
	"bitfield 10 pieces 0,9":                 {Kind: Bitfield, Payload: []byte{0x80, 0x40}},
	"request 1 16384 16384":                  {Kind: Request, Piece: 1, Begin: 16384, Length: 16384},
	`piece 1 0 "ab"`:                         {Kind: Piece, Piece: 1, Length: 2, Payload: []byte("ab")},
	"cancel":                                 {Kind: Cancel, Piece: 1, Begin: 16384, Length: 16384},
	"port 6881":                              {Kind: Port, Port: 6881},
	"suggest 3":                              {Kind: Suggest, Piece: 3},
	"have all":                               {Kind: HaveAll},
	"have none":                              {Kind: HaveNone},
	"reject":                                 {Kind: Reject, Piece: 1, Begin: 16384, Length: 16384},
	"allowed fast 3":                         {Kind: AllowedFast, Piece: 3},
	"hash request":                           {Kind: HashRequest, Hash: HashRange{Root: root, Length: 512, Proof: 2}},
	"bitfield with spare bit set, 10 pieces": {Kind: Bitfield, Payload: []byte{0x80, 0x60}},
}

func TestVectors(t *testing.T) {
	var cases []struct{ Name, Bytes string }
	vectors(t, "wire", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			b := unhex(t, c.Bytes)
			if strings.HasPrefix(c.Name, "handshake") {
				checkHandshakeVector(t, b, strings.Contains(c.Name, "v2"))
				return
			}
			m, err := Decode(b[4:])
			if err != nil {
				t.Fatal(err)
			}
			if got := Append(nil, m); !bytes.Equal(got, b) {
				t.Errorf("encoded again: %x", got)
			}
			if len(b)-4 > MaxLength(m.Kind, 10) {
				t.Errorf("longer than MaxLength %d", MaxLength(m.Kind, 10))
			}
			switch want, ok := decoded[c.Name]; {
			case ok:
				if !reflect.DeepEqual(m, want) {
					t.Errorf("got %+v, want %+v", m, want)
				}
			case m.Kind != Extended:
				t.Errorf("no expectation for %v", m.Kind)
			default:
				checkExtendedVector(t, m)
			}
		})
	}
	// The spare bit is for whoever knows the number of pieces.
	if _, err := bitset.FromBytes(decoded["bitfield with spare bit set, 10 pieces"].Payload, 10); err == nil {
		t.Error("a spare bit passed")
	}
}

func checkHandshakeVector(t *testing.T, b []byte, v2 bool) {
	h, err := ParseHandshake(b)
	if err != nil {
		t.Fatal(err)
	}
	if !h.Has(FlagExtended) || !h.Has(FlagFast) || !h.Has(FlagDHT) || h.Has(FlagV2) != v2 {
		t.Errorf("flags of %x misread", h.Reserved)
	}
	again := Handshake{InfoHash: h.InfoHash, PeerID: h.PeerID}.With(FlagExtended, FlagFast, FlagDHT)
	if v2 {
		again = again.With(FlagV2)
	}
	if got := AppendHandshake(nil, again); !bytes.Equal(got, b) {
		t.Errorf("encoded again: %x", got)
	}
}

func checkExtendedVector(t *testing.T, m Message) {
	if m.ExtID != 0 {
		got, err := ParseMetadata(m.Payload)
		if err != nil || !reflect.DeepEqual(got, MetadataMessage{Type: MetadataRequest}) {
			t.Errorf("got %+v, %v", got, err)
		}
		return
	}
	want := ExtHandshake{
		Extensions:   Ours(ExtMetadata, ExtPEX),
		MetadataSize: 31235, Port: 6881, ReqQ: 250, Version: "Groove 0.1e",
	}
	got, err := ParseExtHandshake(m.Payload)
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if again := AppendExtHandshake(nil, want); !bytes.Equal(again, m.Payload) {
		t.Errorf("encoded again: %s", again)
	}
}

func TestAllowedFastVectors(t *testing.T) {
	var cases []struct {
		IP       string
		InfoHash string `json:"info_hash"`
		Pieces   int
		K        int
		Set      []uint32
	}
	vectors(t, "allowed_fast", &cases)
	for _, c := range cases {
		ip, id := netip.MustParseAddr(c.IP), infohash.Short(unhex(t, c.InfoHash))
		if got := AllowedFastSet(ip, id, c.K, c.Pieces); !slices.Equal(got, c.Set) {
			t.Errorf("%s, %d pieces: %v, want %v", c.IP, c.Pieces, got, c.Set)
		}
	}
	if AllowedFastSet(netip.MustParseAddr("2001:db8::1"), infohash.Short{}, 10, 100) != nil {
		t.Error("IPv6 has a set")
	}
	if AllowedFastSet(netip.MustParseAddr("80.4.4.200"), infohash.Short{}, 10, 0) != nil {
		t.Error("a torrent without pieces has a set")
	}
}

func TestPEXVectors(t *testing.T) {
	var cases []struct {
		Text    string `json:"text_hex"`
		Added   [][2]any
		Dropped []string
	}
	vectors(t, "pex", &cases)
	for _, c := range cases {
		payload := unhex(t, c.Text)
		p, err := ParsePEX(payload)
		if err != nil || len(p.Added) != len(c.Added) || len(p.Dropped) != len(c.Dropped) {
			t.Fatalf("got %+v, %v", p, err)
		}
		for i, want := range c.Added {
			if p.Added[i].Addr.String() != want[0] || float64(p.Added[i].Flags) != want[1] {
				t.Errorf("added %v, want %v", p.Added[i], want)
			}
		}
		for i, want := range c.Dropped {
			if p.Dropped[i].String() != want {
				t.Errorf("dropped %v, want %s", p.Dropped[i], want)
			}
		}
		if got := AppendPEX(nil, p); !bytes.Equal(got, payload) {
			t.Errorf("encoded again: %q", got)
		}
	}
}

// A stranger's peer list: both families, too short a flag list, more peers than we read, nonsense.
func TestPEXFromStrangers(t *testing.T) {
	want := PEX{Dropped: []netip.AddrPort{netip.MustParseAddrPort("[2001:db8::9]:9")}}
	for i := range 250 {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), uint16(i))
		want.Added = append(want.Added, PEXPeer{addr, PEXSeed})
	}
	want.Added = append(want.Added, PEXPeer{netip.MustParseAddrPort("[2001:db8::1]:6881"), PEXReachable})
	got, err := ParsePEX(AppendPEX(nil, want))
	if err != nil {
		t.Fatal(err)
	}
	want.Added = slices.Delete(want.Added, maxPEXRead, 250)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %d added, %v", len(got.Added), got.Dropped)
	}
	if p, err := ParsePEX([]byte("de")); err != nil || p.Added != nil {
		t.Errorf("aria2's empty message: %v, %v", p, err)
	}
	if p, err := ParsePEX([]byte("d5:added6:\x0a\x00\x00\x01\x00\x50e")); err != nil || p.Added[0].Flags != 0 {
		t.Errorf("no flags: %v, %v", p, err)
	}
	for _, bad := range []string{"", "le", "d5:added5:aaaaae", "d8:dropped67:aaaaaaae"} {
		if _, err := ParsePEX([]byte(bad)); !errors.Is(err, ErrPayload) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestLengthsAreBounded(t *testing.T) {
	for kind, want := range map[Kind]int{
		Choke: 1, Have: 5, Request: 13, Piece: 9 + 16384, Port: 3, HashRequest: 49,
		KeepAlive: 0, 10: 0, 12: 0, 18: 0, 99: 0,
	} {
		if got := MaxLength(kind, 10); got != want {
			t.Errorf("%v: %d, want %d", kind, got, want)
		}
	}
	if got := MaxLength(Bitfield, 17); got != 4 {
		t.Errorf("bitfield of 17 pieces: %d", got)
	}
	if got := MaxLength(Bitfield, 0); got != 1+layout.MaxPieces/8 {
		t.Errorf("bitfield of unknown pieces: %d", got)
	}
	for _, c := range []struct {
		frame string
		want  error
	}{
		{"0000", ErrLength}, {"04000000", ErrLength}, {"05", ErrLength}, {"14", ErrLength},
		{"0700000000000000", ErrLength}, {"0a", ErrUnknownKind}, {"ff", ErrUnknownKind},
		{"16" + strings.Repeat("00", 48+31), ErrLength},
	} {
		if _, err := Decode(unhex(t, c.frame)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.frame, err, c.want)
		}
	}
	// BitComet's empty block is a message, not an error.
	if m, err := Decode(unhex(t, "070000000100004000")); err != nil || m.Length != 0 || m.Begin != 16384 {
		t.Errorf("empty block: %+v, %v", m, err)
	}
}

func TestBadHandshakes(t *testing.T) {
	good := AppendHandshake(nil, Handshake{})
	for _, bad := range [][]byte{nil, good[:67], append(good[:68:68], 0), append([]byte{20}, good[1:]...)} {
		if _, err := ParseHandshake(bad); !errors.Is(err, ErrHandshake) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
}

// A second handshake adds, replaces and switches off; what is wrong in it counts as not said.
func TestExtHandshakeIsMergedLeniently(t *testing.T) {
	h, err := ParseExtHandshake([]byte("d1:md11:ut_metadatai3e6:ut_pexi1e7:unknowni9ee13:metadata_sizei99e" +
		"4:reqqi250e11:upload_onlyi1e1:v11:\x1b[31mX\xff\x00\xc3\xa9!e"))
	if err != nil {
		t.Fatal(err)
	}
	if h.Extensions.ID(ExtMetadata) != 3 || h.Extensions.ID(ExtPEX) != 1 || h.Extensions.ID(ExtDontHave) != 0 {
		t.Errorf("extensions %+v", h.Extensions)
	}
	if h.Version != "[31mXé!" || h.MetadataSize != 99 || !h.UploadOnly {
		t.Errorf("got %+v", h)
	}
	err = h.Update([]byte("d1:md11:lt_donthavei7e11:ut_metadatai300e6:ut_pexi0ee13:metadata_sizei17000000e" +
		"1:pi70000e4:reqqi-1e11:upload_onlyi0e6:yourip4:\x7f\x00\x00\x014:ipv65:wronge"))
	if err != nil {
		t.Fatal(err)
	}
	if h.Extensions.ID(ExtMetadata) != 3 || h.Extensions.ID(ExtPEX) != 0 || h.Extensions.ID(ExtDontHave) != 7 {
		t.Errorf("extensions %+v", h.Extensions)
	}
	if h.MetadataSize != 99 || h.Port != 0 || h.ReqQ != 250 || h.UploadOnly || h.IPv6.IsValid() ||
		h.YourIP != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("got %+v", h)
	}
	for _, bad := range []string{"", "i1e", "d1:m"} {
		if _, err := ParseExtHandshake([]byte(bad)); !errors.Is(err, ErrPayload) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestMetadataMessages(t *testing.T) {
	data := MetadataMessage{Type: MetadataData, Piece: 1, TotalSize: 16385, Data: []byte{'e'}}
	encoded := AppendMetadata(nil, data)
	if want := "d8:msg_typei1e5:piecei1e10:total_sizei16385eee"; string(encoded) != want {
		t.Errorf("encoded as %s", encoded)
	}
	if got, err := ParseMetadata(encoded); err != nil || !reflect.DeepEqual(got, data) {
		t.Errorf("got %+v, %v", got, err)
	}
	for bad, want := range map[string]error{
		"d8:msg_typei3e5:piecei0ee":    ErrUnknownType,
		"d8:msg_typei0e5:piecei1024ee": ErrPayload,
		"d8:msg_typei0e5:piecei-1ee":   ErrPayload,
		"d8:msg_typei0ee":              ErrPayload,
		"d5:piecei0ee":                 ErrPayload,
		"":                             ErrPayload,
		"d8:msg_typei1e5:piecei0e10:total_sizei9ee":                                     ErrPayload,
		"d8:msg_typei1e5:piecei0eex":                                                    ErrPayload,
		"d8:msg_typei1e5:piecei0e10:total_sizei99999999eex":                             ErrPayload,
		"d8:msg_typei1e5:piecei0e10:total_sizei99999ee" + strings.Repeat("x", 16<<10+1): ErrPayload,
	} {
		if _, err := ParseMetadata([]byte(bad)); !errors.Is(err, want) {
			t.Errorf("%.60s: %v, want %v", bad, err, want)
		}
	}
}

func TestSmallPayloads(t *testing.T) {
	if piece, err := ParseDontHave(AppendDontHave(nil, 77)); err != nil || piece != 77 {
		t.Errorf("lt_donthave: %d, %v", piece, err)
	}
	if only, err := ParseUploadOnly(AppendUploadOnly(nil, true)); err != nil || !only {
		t.Errorf("upload_only: %v, %v", only, err)
	}
	if _, err := ParseDontHave([]byte{1}); !errors.Is(err, ErrPayload) {
		t.Errorf("short lt_donthave: %v", err)
	}
	if _, err := ParseUploadOnly(nil); !errors.Is(err, ErrPayload) {
		t.Errorf("empty upload_only: %v", err)
	}
}

// The hot path: a request, a have and a block's header cost no allocation.
func TestNoAllocations(t *testing.T) {
	buf := make([]byte, 0, 64)
	frame := Append(nil, Message{Kind: Request, Piece: 1, Length: 16384})[4:]
	n := testing.AllocsPerRun(100, func() {
		m, _ := Decode(frame)
		buf = Append(buf[:0], m)
		buf = AppendPieceHeader(buf, 1, 2, 3)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

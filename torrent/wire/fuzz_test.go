package wire

import (
	"bytes"
	"reflect"
	"testing"
)

// Whatever decodes is encoded to the bytes that it came from.
func FuzzDecode(f *testing.F) {
	for _, m := range decoded {
		f.Add(Append(nil, m)[4:])
	}
	f.Add(Append(nil, Message{Kind: Hashes, Payload: make([]byte, 64)})[4:])
	f.Add(Append(nil, Message{Kind: Extended, ExtID: 1, Payload: []byte("de")})[4:])
	f.Fuzz(func(t *testing.T, frame []byte) {
		m, err := Decode(frame)
		if err != nil {
			return
		}
		encoded := Append(nil, m)
		if !bytes.Equal(encoded[4:], frame) {
			t.Fatalf("%x became %x", frame, encoded[4:])
		}
		if again, err := Decode(encoded[4:]); err != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("%+v became %+v, %v", m, again, err)
		}
	})
}

// Whatever is read is a value that survives writing and reading, and writing is canonical.
func FuzzExtHandshake(f *testing.F) {
	f.Add([]byte("d1:md11:ut_metadatai1e6:ut_pexi2ee13:metadata_sizei31235e1:pi6881e4:reqqi250e1:v10:Groove 0.1e"))
	f.Add([]byte("d1:md6:ut_pexi0ee4:ipv44:\x01\x02\x03\x046:yourip4:\x01\x02\x03\x0411:upload_onlyi1ee"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		h, err := ParseExtHandshake(payload)
		if err != nil {
			return
		}
		if len(h.Version) > maxVersion || h.MetadataSize < 0 || h.MetadataSize > MaxMetadataSize || h.ReqQ < 0 {
			t.Fatalf("out of bounds: %+v", h)
		}
		encoded := AppendExtHandshake(nil, h)
		again, err := ParseExtHandshake(encoded)
		if err != nil || again != h {
			t.Fatalf("%+v became %+v, %v", h, again, err)
		}
	})
}

func FuzzMetadataMessage(f *testing.F) {
	f.Add([]byte("d8:msg_typei0e5:piecei0ee"))
	f.Add([]byte("d8:msg_typei1e5:piecei1e10:total_sizei16385eee"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		m, err := ParseMetadata(payload)
		if err != nil {
			return
		}
		if len(m.Data) > MetadataPieceSize || m.TotalSize > MaxMetadataSize {
			t.Fatalf("out of bounds: piece %d of %d", m.Piece, m.TotalSize)
		}
		again, err := ParseMetadata(AppendMetadata(nil, m))
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("%+v became %+v, %v", m, again, err)
		}
	})
}

func FuzzPEX(f *testing.F) {
	f.Add([]byte("d5:added12:\xc0\x00\x02\x01\x1a\xe1\xc0\x00\x02\x02\x1a\xe27:added.f2:\x02\x137:dropped6:\xc0\x00\x02\x09\x00\x50e"))
	f.Add([]byte("d6:added618:aaaaaaaaaaaaaaaaaae"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		p, err := ParsePEX(payload)
		if err != nil {
			return
		}
		if len(p.Added) > 2*maxPEXRead || len(p.Dropped) > 2*maxPEXRead {
			t.Fatalf("%d added, %d dropped", len(p.Added), len(p.Dropped))
		}
		again, err := ParsePEX(AppendPEX(nil, p))
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Fatalf("%+v became %+v, %v", p, again, err)
		}
	})
}

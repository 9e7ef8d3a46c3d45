package torrent_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"groove/torrent"
	"groove/torrent/layout"
	"groove/torrent/metainfo"
	"groove/torrent/wire"
)

// Bounds of what strangers may cost in the tests below, the strangers' own side included.
const (
	floodHeap       = 300 << 20
	floodGoroutines = 3000
)

// watch samples heap and goroutines until the returned function is called, which gives the highest: bytes
// beyond those of now, and a count.
func watch() (stop func() (heap uint64, goroutines int)) {
	end, ended := make(chan struct{}), make(chan struct{})
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	heap, goroutines := now.HeapAlloc, 0
	go func() {
		defer close(ended)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			heap, goroutines = max(heap, m.HeapAlloc), max(goroutines, runtime.NumGoroutine())
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() (uint64, int) {
		close(end)
		<-ended
		return heap - now.HeapAlloc, goroutines
	}
}

// Whatever strangers send, and however many they are: memory and goroutines stay bounded, nothing panics or
// hangs, and afterwards an honest peer is served as if nothing had been.
func TestStrangersCannotExhaustUs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	before := runtime.NumGoroutine()
	dir, m := show(t, torrent.MakeOptions{Format: metainfo.Hybrid, PieceLength: 16 << 10}, 3_000_000, 1_000_000)
	for what, rude := range rudeness(m) {
		t.Run(what, func(t *testing.T) {
			seed, err := torrent.Open(torrent.Config{Listen: []string{"127.0.0.1:0"}, NoLSD: true})
			if err != nil {
				t.Fatal(err)
			}
			until(t, add(t, seed, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
			// A magnet whose metadata nobody has is in the same session, under another name.
			waiting := *m.Info
			_, other := show(t, torrent.MakeOptions{}, 1000)
			waiting.ID = other.Info.ID
			add(t, seed, torrent.AddOptions{Magnet: &metainfo.Magnet{ID: waiting.ID}, Dir: t.TempDir()})
			stop := watch()
			flood(t, seed, m, rude)
			flood(t, seed, &metainfo.Metainfo{Info: &waiting}, rude)
			heap, goroutines := stop()
			t.Logf("at most %d MiB and %d goroutines", heap>>20, goroutines)
			if heap > floodHeap || goroutines > floodGoroutines {
				t.Errorf("strangers made us use %d MiB and %d goroutines", heap>>20, goroutines)
			}
			out := t.TempDir()
			x := add(t, session(t, torrent.Config{}), torrent.AddOptions{Metainfo: m, Dir: out, Peers: []string{seed.Addrs()[0].String()}})
			until(t, x, "complete", seeding)
			same(t, filepath.Join(dir, "show"), filepath.Join(out, "show"))
			if err := seed.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+2; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
	}
}

// flood has many strangers write what rude returns, reading nothing, until they are thrown out or are done.
func flood(t *testing.T, s *torrent.Session, m *metainfo.Metainfo, rude func(i int) []byte) {
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			conn, err := net.DialTimeout("tcp", s.Addrs()[0].String(), 10*time.Second)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			hello := wire.Handshake{InfoHash: m.Info.ID.Shorts()[0], PeerID: [20]byte{'r', byte(i)}}
			conn.Write(wire.AppendHandshake(nil, hello.With(wire.FlagFast, wire.FlagExtended, wire.FlagV2)))
			words := rude(i)
			conn.SetDeadline(time.Now().Add(2 * time.Second))
			for range 5 {
				if _, err := conn.Write(words); err != nil {
					return
				}
			}
		})
	}
	all.Wait()
}

// message writes one message with whatever length and payload.
func message(length uint32, id byte, payload []byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, length), id), payload...)
}

func extended(id wire.Extension, payload string) []byte {
	return message(uint32(len(payload)+2), byte(wire.Extended), append([]byte{byte(id)}, payload...))
}

// rudeness lists what strangers may say, by what it is called.
func rudeness(m *metainfo.Metainfo) map[string]func(i int) []byte {
	l, root := m.Info.Layout, m.Info.Files[0].Root
	longest := 256<<10 - 2
	repeat := func(one wire.Message, n int) []byte { return bytes.Repeat(wire.Append(nil, one), n) }
	getter := wire.Append(wire.Append(nil, wire.Message{Kind: wire.HaveNone}), wire.Message{Kind: wire.Interested})
	return map[string]func(i int) []byte{
		"requests": func(int) []byte {
			return append(bytes.Clone(getter), repeat(ask(l, 3), 50_000)...)
		},
		"requests that are taken back": func(int) []byte {
			r := ask(l, 3)
			r.Kind = wire.Cancel
			return append(bytes.Clone(getter), bytes.Repeat(wire.Append(wire.Append(nil, ask(l, 3)), r), 20_000)...)
		},
		"requests for metadata": func(int) []byte {
			ask := extended(wire.ExtMetadata, "d8:msg_typei0e5:piecei0ee")
			return append(extended(0, "d1:md11:ut_metadatai1eee"), bytes.Repeat(ask, 20_000)...)
		},
		"requests for hashes": func(int) []byte {
			return repeat(wire.Message{Kind: wire.HashRequest, Hash: wire.HashRange{Root: root, Length: 512, Proof: 30}}, 20_000)
		},
		"announcements": func(int) []byte {
			var b []byte
			for p := range 100_000 {
				b = wire.Append(b, wire.Message{Kind: wire.Have, Piece: uint32(p % l.Pieces())})
				b = wire.Append(b, wire.Message{Kind: wire.Suggest, Piece: uint32(p % l.Pieces())})
				b = wire.Append(b, wire.Message{Kind: wire.AllowedFast, Piece: uint32(p % l.Pieces())})
			}
			return b
		},
		"whole bitfields, again and again": func(int) []byte {
			return bytes.Repeat(message(uint32(1+(l.Pieces()+7)/8), byte(wire.Bitfield), make([]byte, (l.Pieces()+7)/8)), 5000)
		},
		"the longest bitfield": func(int) []byte {
			return message(1+layout.MaxPieces/8, byte(wire.Bitfield), make([]byte, layout.MaxPieces/8))
		},
		"deep lists":              func(int) []byte { return bytes.Repeat(extended(0, strings.Repeat("l", longest)), 10) },
		"a dictionary of numbers": func(int) []byte { return bytes.Repeat(extended(0, numbers(longest)), 10) },
		"many extensions": func(int) []byte {
			return bytes.Repeat(extended(0, "d1:m"+numbers(longest-10)+"e"), 10)
		},
		"metadata of every size": func(i int) []byte {
			return extended(0, fmt.Sprintf("d1:md11:ut_metadatai1ee13:metadata_sizei%dee", 16<<20-i))
		},
		"metadata that is too large": func(int) []byte {
			return extended(0, fmt.Sprintf("d1:md11:ut_metadatai1ee13:metadata_sizei%dee", math.MaxInt64))
		},
		"metadata that nobody asked for": func(int) []byte {
			return append(extended(0, "d1:md11:ut_metadatai1ee13:metadata_sizei16777216ee"),
				bytes.Repeat(extended(wire.ExtMetadata, "d8:msg_typei1e5:piecei1000e10:total_sizei16777216ee"+strings.Repeat("x", 16<<10)), 100)...)
		},
		"gossip": func(i int) []byte {
			peers := make([]byte, 60_000)
			rand.NewChaCha8([32]byte{byte(i)}).Read(peers)
			for at := 0; at < len(peers); at += 6 {
				peers[at] = 127 // this machine: a test knocks at nobody's door
			}
			return bytes.Repeat(extended(wire.ExtPEX, fmt.Sprintf("d5:added%d:%se", len(peers), peers)), 10)
		},
		"blocks that nobody asked for": func(int) []byte {
			return repeat(wire.Message{Kind: wire.Piece, Piece: 1, Length: layout.BlockSize, Payload: make([]byte, layout.BlockSize)}, 100)
		},
		"hashes that nobody asked for": func(int) []byte {
			return repeat(wire.Message{Kind: wire.Hashes, Hash: wire.HashRange{Root: root, Length: 8192}, Payload: make([]byte, 32*8192)}, 5)
		},
		"a message of four gibibytes": func(i int) []byte {
			return message(math.MaxUint32-uint32(i), byte(i), make([]byte, 1<<20))
		},
		"noise": func(i int) []byte {
			b := make([]byte, 1<<20)
			rand.NewChaCha8([32]byte{byte(i)}).Read(b)
			return b
		},
		"noise in frames": func(i int) []byte {
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			var b []byte
			for len(b) < 1<<20 {
				payload := make([]byte, rng.IntN(100))
				for k := range payload {
					payload[k] = byte(rng.IntN(4)) // mostly piece numbers that exist
				}
				b = append(b, message(uint32(len(payload)+1), byte(rng.IntN(24)), payload)...)
			}
			return b
		},
		"nothing": func(int) []byte { return []byte{0, 0, 0, 0} },
	}
}

// numbers is a dictionary of about n bytes.
func numbers(n int) string {
	var b strings.Builder
	b.WriteString("d")
	for i := 0; b.Len() < n-20; i++ {
		fmt.Fprintf(&b, "6:%06di1e", i)
	}
	b.WriteString("e")
	return b.String()
}

// Thousands connect and say nothing, or half of a handshake: they cost little, and an honest peer gets in.
func TestHalfHandshakesCostLittle(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{}, 1_000_000)
	s := session(t, torrent.Config{})
	until(t, add(t, s, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	stop := watch()
	hello := wire.AppendHandshake(nil, wire.Handshake{InfoHash: m.Info.ID.Shorts()[0]})
	for i := range 2000 {
		conn, err := net.DialTimeout("tcp", s.Addrs()[0].String(), 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.Write(hello[:i%len(hello)])
	}
	out := t.TempDir()
	x := add(t, session(t, torrent.Config{}), torrent.AddOptions{Metainfo: m, Dir: out, Peers: []string{s.Addrs()[0].String()}})
	until(t, x, "complete", seeding)
	if heap, goroutines := stop(); heap > 100<<20 || goroutines > 500 {
		t.Errorf("strangers made us use %d MiB and %d goroutines", heap>>20, goroutines)
	}
}

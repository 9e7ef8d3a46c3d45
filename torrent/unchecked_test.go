package torrent_test

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"groove/internal/bitset"
	"groove/torrent"
	"groove/torrent/disk"
	"groove/torrent/layout"
	"groove/torrent/metainfo"
	"groove/torrent/wire"
)

// Nobody is ever given, told of, or shown as done a byte that failed its hash check or has not had it.
func TestNothingUncheckedIsServed(t *testing.T) {
	t.Run("a seed with a damaged file", damagedSeed)
	t.Run("a seed that is still checking", checkingSeed)
	t.Run("a magnet link that is still checking", checkingMagnet)
	t.Run("a getter that is given garbage", fedWithGarbage)
	t.Run("a getter that cannot write", cannotWrite)
	t.Run("a hybrid to seed whose halves disagree", disagreeingSeed)
	t.Run("a hybrid to get whose halves disagree", disagreeingGetter)
}

func damagedSeed(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{PieceLength: 32 << 10}, 500_000, 300_000)
	truth, l := content(t, dir, m), m.Info.Layout
	file := filepath.Join(dir, "show", "disc1", "tracka.wav")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[100_000] ^= 1 // in piece 3
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	s := session(t, torrent.Config{})
	x := add(t, s, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true})
	until(t, x, "checked", func(s torrent.Stats) bool { return s.Have > 0 })
	if st := x.Stats(); st.Have != l.Pieces()-1 || st.Done != st.Total-32<<10 {
		t.Errorf("reports %d of %d pieces, %d of %d bytes", st.Have, st.Pieces, st.Done, st.Total)
	}
	who := mustMeet(t, s, m)
	told, ok := who.until(isKind(wire.Bitfield))
	if !ok {
		t.Fatal("no bitfield came")
	}
	if have, err := bitset.FromBytes(told.Payload, l.Pieces()); err != nil || have.Has(3) || have.Count() != l.Pieces()-1 {
		t.Errorf("it announces %v (%v)", told.Payload, err)
	}
	who.say(wire.Message{Kind: wire.HaveNone}, wire.Message{Kind: wire.Interested})
	who.until(isKind(wire.Unchoke))
	for p := range layout.PieceIndex(l.Pieces()) {
		r := ask(l, p)
		who.say(r)
		got, ok := who.until(func(m wire.Message) bool { return m.Kind == wire.Piece || m.Kind == wire.Reject })
		want := truth[l.Start(p):][:r.Length]
		switch {
		case !ok || got.Piece != uint32(p):
			t.Fatalf("piece %d: no answer", p)
		case p == 3 && got.Kind != wire.Reject:
			t.Error("the damaged piece was served")
		case p != 3 && !bytes.Equal(got.Payload, want):
			t.Errorf("piece %d: %v with %d bytes", p, got.Kind, len(got.Payload))
		}
	}
}

// announces counts how often a tracker is asked.
func announces(t *testing.T) (url string, count *atomic.Int64) {
	count = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		count.Add(1)
		w.Write([]byte("d8:intervali1800e5:peers0:e"))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/announce", count
}

func checkingSeed(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{PieceLength: 32 << 10}, 500_000)
	tracker, asked := announces(t)
	s := session(t, torrent.Config{})
	store := &shelf{data: content(t, dir, m), gate: make(chan struct{})}
	x := add(t, s, torrent.AddOptions{Metainfo: m, Storage: on(store), Seed: true, Trackers: [][]string{{tracker}}})
	if _, err := meet(t, s.Addrs()[0], m.Info.ID.Shorts()[0]); err == nil {
		t.Error("a peer was let in before the check was over")
	}
	if st := x.Stats(); st.State != torrent.Checking || st.Have != 0 || st.Done != 0 || asked.Load() != 0 {
		t.Errorf("%+v, and %d announces", st, asked.Load())
	}
	close(store.gate)
	until(t, x, "seeding", seeding)
}

// A magnet link's peers are there before its files are checked: they are told of pieces only afterwards.
func checkingMagnet(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{PieceLength: 32 << 10}, 500_000)
	l := m.Info.Layout
	s := session(t, torrent.Config{})
	store := &shelf{data: content(t, dir, m), gate: make(chan struct{})}
	x := add(t, s, torrent.AddOptions{Magnet: &metainfo.Magnet{ID: m.Info.ID}, Storage: on(store)})
	who := mustMeet(t, s, m)
	who.giveMetadata(m.Info.Raw)
	who.say(wire.Message{Kind: wire.HaveNone}, wire.Message{Kind: wire.Interested})
	until(t, x, "checking", func(s torrent.Stats) bool { return s.State == torrent.Checking })
	who.say(ask(l, 1))
	got, ok := who.until(func(m wire.Message) bool { return m.Kind != wire.HaveNone && m.Kind != wire.Extended })
	if !ok || got.Kind != wire.Reject || x.Stats().Have != 0 {
		t.Errorf("before the check it says %v, and reports %+v", got.Kind, x.Stats())
	}
	close(store.gate)
	if _, ok := who.until(func(m wire.Message) bool { return m.Kind == wire.Have && m.Piece == uint32(l.Pieces()-1) }); !ok {
		t.Error("after the check nothing is announced")
	}
}

// giveMetadata is asked for an info dictionary, and gives it.
func (s *stranger) giveMetadata(raw []byte) {
	s.introduce(wire.ExtHandshake{Extensions: wire.Ours(wire.ExtMetadata), MetadataSize: int64(len(raw))})
	for given := 0; given < len(raw); {
		m, ok := s.until(func(m wire.Message) bool { return m.Kind == wire.Extended && m.ExtID == uint8(wire.ExtMetadata) })
		if !ok {
			s.t.Fatal("nobody asks for the metadata")
		}
		r, err := wire.ParseMetadata(m.Payload)
		if err != nil {
			s.t.Fatal(err)
		}
		begin := r.Piece * wire.MetadataPieceSize
		data := raw[begin:min(begin+wire.MetadataPieceSize, len(raw))]
		given += len(data)
		s.say(wire.Message{Kind: wire.Extended, ExtID: uint8(wire.ExtMetadata), Payload: wire.AppendMetadata(nil,
			wire.MetadataMessage{Type: wire.MetadataData, Piece: r.Piece, TotalSize: int64(len(raw)), Data: data})})
	}
}

// Strangers give a getter blocks of which those of odd pieces are wrong, and ask for them back. Another one looks
// on, asks for whatever is announced, and for much that is not.
func fedWithGarbage(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{PieceLength: 32 << 10}, 400_000, 250_000)
	w := &witness{t: t, m: m, truth: content(t, dir, m), told: bitset.New(m.Info.Layout.Pieces())}
	s := session(t, torrent.Config{})
	x := add(t, s, torrent.AddOptions{Metainfo: m, Dir: t.TempDir()})
	until(t, x, "ready", func(s torrent.Stats) bool { return s.State == torrent.Downloading })
	onlooker := mustMeet(t, s, m)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		w.look(onlooker)
	}()
	for range 12 {
		w.lie(mustMeet(t, s, m))
	}
	if st := x.Stats(); st.Have > (st.Pieces+1)/2 || st.Done > st.Total/2+32<<10 || st.Corrupt == 0 {
		t.Errorf("fed with half of the truth, it reports %+v", st)
	}
	a := session(t, torrent.Config{})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	x.AddPeers([]string{a.Addrs()[0].String()})
	until(t, x, "complete", seeding)
	s.Close()
	<-finished
	if !w.told.Full() || w.given < w.told.Count() || w.refused == 0 {
		t.Errorf("the witness was told of %d pieces, given %d blocks, refused %d", w.told.Count(), w.given, w.refused)
	}
}

// witness compares what it is given with the truth. One goroutine at a time uses it.
type witness struct {
	t              *testing.T
	m              *metainfo.Metainfo
	truth          []byte
	told           *bitset.Set
	given, refused int
}

// look asks for everything, before and after it is announced.
func (w *witness) look(s *stranger) {
	l := w.m.Info.Layout
	s.say(wire.Message{Kind: wire.HaveNone}, wire.Message{Kind: wire.Interested})
	for m := range s.heard {
		switch m.Kind {
		case wire.Unchoke:
			for p := range layout.PieceIndex(l.Pieces()) {
				s.say(ask(l, p))
			}
		case wire.Have:
			w.told.Add(int(m.Piece))
			s.say(ask(l, layout.PieceIndex(m.Piece)))
		case wire.Reject:
			w.refused++
		case wire.Piece:
			w.given++
			w.compare(m)
		}
	}
}

func (w *witness) compare(m wire.Message) {
	off := w.m.Info.Layout.Start(layout.PieceIndex(m.Piece)) + int64(m.Begin)
	if !bytes.Equal(m.Payload, w.truth[off:][:len(m.Payload)]) {
		w.t.Errorf("wrong bytes of piece %d were served", m.Piece)
	}
}

// lie serves until it is thrown out; every second piece of it is wrong.
func (w *witness) lie(s *stranger) {
	s.say(wire.Message{Kind: wire.HaveAll}, wire.Message{Kind: wire.Interested}, wire.Message{Kind: wire.Unchoke})
	l := w.m.Info.Layout
	for {
		m, ok := s.until(func(m wire.Message) bool { return m.Kind == wire.Request || m.Kind == wire.Piece })
		if !ok {
			return
		}
		if m.Kind == wire.Piece {
			w.compare(m)
			continue
		}
		off := l.Start(layout.PieceIndex(m.Piece)) + int64(m.Begin)
		data := bytes.Clone(w.truth[off:][:m.Length])
		if m.Piece%2 == 1 {
			data[len(data)/2] ^= 0x10
		}
		s.say(wire.Message{Kind: wire.Piece, Piece: m.Piece, Begin: m.Begin, Length: m.Length, Payload: data}, m)
	}
}

func cannotWrite(t *testing.T) {
	dir, m := show(t, torrent.MakeOptions{PieceLength: 32 << 10}, 500_000)
	a, b := session(t, torrent.Config{}), session(t, torrent.Config{})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Dir: dir, Seed: true}), "seeding", seeding)
	store := &shelf{fail: func(int64, int) error { return disk.ErrNoSpace }}
	x := add(t, b, torrent.AddOptions{Metainfo: m, Storage: on(store)})
	until(t, x, "ready", func(s torrent.Stats) bool { return s.State == torrent.Downloading })
	who := mustMeet(t, b, m)
	x.AddPeers([]string{a.Addrs()[0].String()})
	until(t, x, "stopped", func(s torrent.Stats) bool { return s.State == torrent.Failed })
	if st := x.Stats(); st.Have != 0 || st.Done != 0 || !errors.Is(st.Err, disk.ErrNoSpace) {
		t.Errorf("%+v", st)
	}
	b.Close()
	if m, told := who.until(func(m wire.Message) bool { return m.Kind == wire.Have || m.Kind == wire.Bitfield }); told {
		t.Errorf("a piece that could not be written was announced: %v", m.Kind)
	}
}

// twoFaced makes a hybrid whose v1 hashes are of one content and whose v2 hashes of another, from the middle on.
func twoFaced(t *testing.T) (m *metainfo.Metainfo, v1 []byte) {
	t.Helper()
	const length, piece = 640 << 10, 32 << 10
	v1 = bytes.Repeat([]byte("the first half of a hybrid, and "), length/32)
	v2 := bytes.Clone(v1)
	for i := length / 2; i < length; i += 1000 {
		v2[i]++
	}
	plan, err := metainfo.NewPlan([]metainfo.SourceFile{{Length: length}},
		metainfo.Options{Name: "two faces.wav", Format: metainfo.Hybrid, PieceLength: piece})
	if err != nil {
		t.Fatal(err)
	}
	for p := range layout.PieceIndex(length / piece) {
		off := int(p) * piece
		plan.SetPieceV1(p, sha1.Sum(v1[off:off+piece]))
		plan.SetPieceV2(p, disk.HashBlocks(nil, v2[off:off+piece]))
	}
	m, err = plan.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return m, v1
}

func disagreeingSeed(t *testing.T) {
	m, v1 := twoFaced(t)
	s := session(t, torrent.Config{})
	x := add(t, s, torrent.AddOptions{Metainfo: m, Storage: on(&shelf{data: v1}), Seed: true})
	until(t, x, "refused", func(s torrent.Stats) bool { return s.State == torrent.Failed })
	if st := x.Stats(); !errors.Is(st.Err, torrent.ErrInconsistent) || st.Have != 0 || st.Done != 0 {
		t.Errorf("%+v", st)
	}
	if _, err := meet(t, s.Addrs()[0], m.Info.ID.Shorts()[0]); err == nil {
		t.Error("peers are still let in")
	}
}

func disagreeingGetter(t *testing.T) {
	m, v1 := twoFaced(t)
	a, b := session(t, torrent.Config{}), session(t, torrent.Config{})
	until(t, add(t, a, torrent.AddOptions{Metainfo: m, Storage: on(&shelf{data: v1}), Seed: true, Trust: true}), "seeding", seeding)
	x := add(t, b, torrent.AddOptions{Metainfo: m, Dir: t.TempDir(), Peers: []string{a.Addrs()[0].String()}})
	until(t, x, "refused", func(s torrent.Stats) bool { return s.State == torrent.Failed })
	if st := x.Stats(); !errors.Is(st.Err, torrent.ErrInconsistent) || st.Have > st.Pieces/2 {
		t.Errorf("%+v", st)
	}
	time.Sleep(10 * time.Millisecond)
	if _, err := meet(t, b.Addrs()[0], m.Info.ID.Shorts()[0]); err == nil {
		t.Error("peers are still let in")
	}
}

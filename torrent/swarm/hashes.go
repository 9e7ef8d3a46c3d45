package swarm

import (
	"groove/internal/clock"
	"groove/torrent/layout"
	"groove/torrent/merkle"
	"groove/torrent/metainfo"
	"groove/torrent/wire"
)

// hashFetch holds the Merkle trees of a v2 torrent's larger files: it serves hashes from them, and
// fetches from peers the piece layers that a magnet link does not carry (BEP 52). Until a file's
// layer is known its pieces cannot be verified, and in a v2-only torrent are not asked for.
type hashFetch struct {
	trees   []hashTree
	missing int // trees without their layer
	asked   []hashAsk
}

// hashTree is one distinct root; identical files share it.
type hashTree struct {
	tree  *merkle.Tree
	files []int
}

// hashAsk is a hash request under way.
type hashAsk struct {
	peer Peer
	tree int
	want merkle.Request
	at   clock.Time
}

// maxHashAsks bounds the hash requests to one peer.
const maxHashAsks = 2

func (h *hashFetch) init(info *metainfo.Info) {
	*h = hashFetch{}
	if !info.HasV2 {
		return
	}
	byRoot := map[merkle.Hash]int{} // looked up, never walked
	for i, f := range info.Files {
		if !f.HasRoot || f.Length <= int64(info.Layout.PieceLength()) {
			continue
		}
		if t, ok := byRoot[f.Root]; ok {
			h.trees[t].files = append(h.trees[t].files, i)
			continue
		}
		tree, ok := info.Tree(i)
		if !ok {
			continue
		}
		if info.LayerMissing(i) {
			h.missing++
		}
		byRoot[f.Root] = len(h.trees)
		h.trees = append(h.trees, hashTree{tree: tree, files: []int{i}})
	}
}

// blocksPieces reports whether some piece cannot be verified yet.
func (s *Swarm) lacksHashes() bool { return s.hashes.missing > 0 && !s.info.HasV1 }

// fetchHashes asks peers for missing layers, again elsewhere what was not answered in time.
func (s *Swarm) fetchHashes() {
	if s.hashes.missing == 0 || !s.running {
		return
	}
	kept := s.hashes.asked[:0]
	for _, a := range s.hashes.asked {
		if s.now.Sub(a.at) < hashRetry {
			kept = append(kept, a)
		}
	}
	s.hashes.asked = kept
	for _, p := range s.peers {
		if p == nil || p.Web || !p.V2 {
			continue
		}
		for s.hashes.askedOf(p) < maxHashAsks && s.askHashes(p) {
		}
	}
}

func (h *hashFetch) askedOf(p *peer) int {
	n := 0
	for _, a := range h.asked {
		if a.peer == p.ref {
			n++
		}
	}
	return n
}

// askHashes sends p one request that nobody else was sent; false if there is none.
func (s *Swarm) askHashes(p *peer) bool {
	for t := range s.hashes.trees {
		tree := s.hashes.trees[t].tree
		for from := 0; from < tree.Pieces(); {
			want, ok := tree.Missing(from)
			if !ok {
				break
			}
			from = int(want.Index + want.Length)
			if s.hashes.isAsked(t, want) {
				continue
			}
			s.hashes.asked = append(s.hashes.asked, hashAsk{peer: p.ref, tree: t, want: want, at: s.now})
			s.send(p, wire.Message{Kind: wire.HashRequest, Hash: hashRange(tree.Root(), want)})
			return true
		}
	}
	return false
}

func (h *hashFetch) isAsked(tree int, want merkle.Request) bool {
	for _, a := range h.asked {
		if a.tree == tree && a.want == want {
			return true
		}
	}
	return false
}

func hashRange(root merkle.Hash, r merkle.Request) wire.HashRange {
	return wire.HashRange{Root: root, Base: r.Base, Index: r.Index, Length: r.Length, Proof: r.Proof}
}

// hashesCame takes in an answer: it is kept only if it was asked for and proves to the root.
func (s *Swarm) hashesCame(p *peer, m wire.Message) {
	a, ok := s.hashes.take(p, m.Hash)
	if !ok || len(m.Payload)%len(merkle.Hash{}) != 0 {
		return
	}
	list := make([]merkle.Hash, len(m.Payload)/len(merkle.Hash{}))
	for i := range list {
		list[i] = merkle.Hash(m.Payload[i*len(merkle.Hash{}):])
	}
	t := &s.hashes.trees[a.tree]
	wasComplete := t.tree.Complete()
	if t.tree.Accept(a.want, list) != nil {
		s.drop(p, BadHashes)
		return
	}
	if !wasComplete && t.tree.Complete() {
		s.layerComplete(t)
	}
	s.fetchHashes()
}

// layerComplete lets the pieces of a file be asked for, now that they can be verified.
func (s *Swarm) layerComplete(t *hashTree) {
	s.hashes.missing--
	for _, file := range t.files {
		if s.info.SetLayer(file, t.tree.Layer()) != nil {
			continue
		}
		first, end := s.layout.FilePieces(file)
		for i := first; i < end; i++ {
			s.picker.SetPriority(i, s.wish(i))
		}
	}
	s.recountUseful()
}

// recountUseful counts anew for everybody after priorities changed.
func (s *Swarm) recountUseful() {
	for _, p := range s.peers {
		if p != nil {
			s.countUseful(p)
		}
	}
	s.settleDone()
}

func (s *Swarm) hashesRejected(p *peer, m wire.Message) { s.hashes.take(p, m.Hash) }

// take removes the request that p's answer belongs to.
func (h *hashFetch) take(p *peer, r wire.HashRange) (hashAsk, bool) {
	for i, a := range h.asked {
		if a.peer == p.ref && hashRange(h.trees[a.tree].tree.Root(), a.want) == r {
			h.asked = append(h.asked[:i], h.asked[i+1:]...)
			return a, true
		}
	}
	return hashAsk{}, false
}

// forget lets others be asked what a peer that left was asked.
func (h *hashFetch) forget(p *peer) {
	kept := h.asked[:0]
	for _, a := range h.asked {
		if a.peer != p.ref {
			kept = append(kept, a)
		}
	}
	h.asked = kept
}

// hashesAsked answers a hash request from the layers that we know, or rejects it.
func (s *Swarm) hashesAsked(p *peer, m wire.Message) {
	r := merkle.Request{Base: m.Hash.Base, Index: m.Hash.Index, Length: m.Hash.Length, Proof: m.Hash.Proof}
	for i := range s.hashes.trees {
		t := s.hashes.trees[i].tree
		if t.Root() != merkle.Hash(m.Hash.Root) {
			continue
		}
		if list, ok := t.AppendHashes(nil, r); ok {
			payload := make([]byte, 0, len(list)*len(merkle.Hash{}))
			for _, h := range list {
				payload = append(payload, h[:]...)
			}
			s.send(p, wire.Message{Kind: wire.Hashes, Hash: m.Hash, Payload: payload})
			return
		}
	}
	s.send(p, wire.Message{Kind: wire.HashReject, Hash: m.Hash})
}

// SetPriorities says how much each piece is wanted: 0 not at all, 1 normal to 7; nil = all normal.
func (s *Swarm) SetPriorities(now clock.Time, wish []uint8, out []Effect) []Effect {
	s.begin(now, out)
	s.wishes = wish
	if s.layout != nil {
		s.applyWishes()
	}
	return s.end()
}

// applyWishes tells the picker what is wanted and can be verified.
func (s *Swarm) applyWishes() {
	for i := range layout.PieceIndex(s.layout.Pieces()) {
		s.picker.SetPriority(i, s.wish(i))
	}
	s.done = false
	if s.running {
		s.recountUseful()
	}
}

// wish returns how much piece i is wanted, 0 while it could not be verified.
func (s *Swarm) wish(i layout.PieceIndex) uint8 {
	if s.lacksHashes() {
		if _, ok := s.info.PieceHashV2(i); !ok {
			return 0
		}
	}
	if s.wishes == nil {
		return 1
	}
	return s.wishes[i]
}

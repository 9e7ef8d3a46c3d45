package torrent

import (
	"groove/torrent/disk"
	"groove/torrent/swarm"
)

// memory holds the bytes and the running hash of the pieces that a swarm has begun. The torrent's
// lock guards it; bytes and hashes themselves are used outside the lock by whoever has a lease or
// a piece job, one at a time.
type memory struct {
	pool   *disk.Pool
	slots  []pieceMemory
	hashes []*disk.Hasher // idle ones
}

// pieceMemory is the memory of one buffer.
type pieceMemory struct {
	gen    uint32
	bytes  []byte
	pooled bool
	hasher *disk.Hasher
}

// get returns the bytes of a buffer, making them at the first call. The swarm keeps to its budget,
// so where the pool refuses, plain memory is taken.
func (m *memory) get(ref swarm.Buffer, size int) []byte {
	for int(ref.Slot) >= len(m.slots) {
		m.slots = append(m.slots, pieceMemory{})
	}
	s := &m.slots[ref.Slot]
	if s.gen != ref.Gen || s.bytes == nil {
		m.drop(s)
		*s = pieceMemory{gen: ref.Gen, bytes: m.pool.Get(size), pooled: true}
		if s.bytes == nil {
			s.bytes, s.pooled = make([]byte, size), false
		}
	}
	return s.bytes[:size]
}

// bytesOf returns the bytes of a buffer, nil if it has none.
func (m *memory) bytesOf(ref swarm.Buffer) []byte {
	if int(ref.Slot) < len(m.slots) && m.slots[ref.Slot].gen == ref.Gen {
		return m.slots[ref.Slot].bytes
	}
	return nil
}

// hasherOf returns the hash that runs along with a buffer, fresh says that it has just been given out.
func (m *memory) hasherOf(ref swarm.Buffer) (h *disk.Hasher, fresh bool) {
	for int(ref.Slot) >= len(m.slots) {
		m.slots = append(m.slots, pieceMemory{})
	}
	s := &m.slots[ref.Slot]
	if s.gen != ref.Gen {
		m.drop(s)
		*s = pieceMemory{gen: ref.Gen}
	}
	if s.hasher != nil {
		return s.hasher, false
	}
	if n := len(m.hashes); n > 0 {
		s.hasher, m.hashes = m.hashes[n-1], m.hashes[:n-1]
	} else {
		s.hasher = disk.NewHasher()
	}
	return s.hasher, true
}

// free gives back what belongs to a buffer.
func (m *memory) free(ref swarm.Buffer) {
	if int(ref.Slot) < len(m.slots) && m.slots[ref.Slot].gen == ref.Gen {
		m.drop(&m.slots[ref.Slot])
	}
}

func (m *memory) drop(s *pieceMemory) {
	if s.bytes != nil && s.pooled {
		m.pool.Put(s.bytes)
	}
	if s.hasher != nil {
		m.hashes = append(m.hashes, s.hasher)
	}
	*s = pieceMemory{}
}

// freeAll gives back everything.
func (m *memory) freeAll() {
	for i := range m.slots {
		m.drop(&m.slots[i])
	}
}

package disk

const (
	// DefaultMaxOpen descriptors are kept open by one Store: a usual process may have 256 (macOS)
	// to 1024, and a show has 20 to 30 files. Calls that run at the same time may exceed it by one each.
	DefaultMaxOpen = 64

	// chunkSize bytes are read and hashed at a time in a check: they stay in a core's second-level
	// cache, and are long enough for a rotating disk.
	chunkSize = 512 << 10

	// MinBuffer and MaxBuffer bound the power-of-two sizes of a Pool: one block (BEP 3), and the
	// longest piece that layout allows.
	MinBuffer = 1 << minBufferBits
	MaxBuffer = 1 << maxBufferBits

	minBufferBits = 14
	maxBufferBits = 29

	// SampleSize claimed pieces are hashed again after an unclean end: if one in twenty were bad,
	// 64 would miss it once in 27 times.
	SampleSize = 64

	// maxRecord bounds a resume record: an info dictionary and layers of the largest torrent fit in.
	maxRecord = 256 << 20

	// maxLockText bounds what is read of a lock file: a process number and a description.
	maxLockText = 1 << 10
)

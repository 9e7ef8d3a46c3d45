package disk

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"groove/torrent/infohash"
)

// FindID completes id from the records in the state folder: a magnet link may name a hybrid
// torrent by one of its hashes only, but the record of what was fetched before has both. It
// returns id unchanged if there is no record of such a torrent in the folder dir.
func FindID(state string, id infohash.ID, dir string) (infohash.ID, error) {
	dir, err := realPath(dir)
	if err != nil || id.IsHybrid() {
		return id, err
	}
	names, err := os.ReadDir(state)
	if errors.Is(err, fs.ErrNotExist) {
		return id, nil
	}
	if err != nil {
		return id, err
	}
	base, err := mountRoot(state, 0)
	if err != nil {
		return id, err
	}
	defer base.close()
	for _, n := range names {
		name, ok := strings.CutSuffix(n.Name(), ".resume")
		if !ok {
			continue
		}
		r, err := loadRecord(base, name)
		if err != nil || r.Dir != dir {
			continue // a damaged record is as good as none
		}
		if full, ok := r.ID.Merge(id); ok && full == r.ID {
			return full, nil
		}
	}
	return id, nil
}

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"groove/torrent/metainfo"
)

// saving says where a new torrent goes, and what an older one there has to take over.
type saving struct {
	out      string
	force    bool
	trackers bool // the new one's trackers count, also if there are none
	comment  bool // the new one's comment counts
	webSeeds bool // the new one's web seeds count
}

// save writes m, or reuses what is there: a torrent with the same info dictionary is kept, with
// the trackers of m if they differ; anything else is only replaced by force. It returns what
// stands in the file now.
func (w saving) save(s *speaker, m *metainfo.Metainfo) (*metainfo.Metainfo, error) {
	old, err := readTorrent(w.out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return m, writeTorrent(w.out, m)
	case err == nil && old.Info.ID == m.Info.ID && len(old.Info.MissingLayers()) == 0:
		return w.reuse(s, old, m)
	case w.force:
		return m, writeTorrent(w.out, m)
	}
	return nil, fail("exists", "--force replaces it, --out names another place", "write %q: another torrent, or something else, is there", w.out)
}

// reuse brings an older torrent up to date.
func (w saving) reuse(s *speaker, old, m *metainfo.Metainfo) (*metainfo.Metainfo, error) {
	var changed []string
	if w.trackers && !slices.EqualFunc(old.Trackers, m.Trackers, slices.Equal) {
		old.Trackers = m.Trackers
		changed = append(changed, "trackers")
	}
	if w.webSeeds && !slices.Equal(old.WebSeeds, m.WebSeeds) {
		old.WebSeeds = m.WebSeeds
		changed = append(changed, "web seeds")
	}
	if w.comment && old.Comment != m.Comment {
		old.Comment = m.Comment
		changed = append(changed, "comment")
	}
	if changed == nil {
		s.note("%q is there already and is used as it is", w.out)
		return old, nil
	}
	s.note("%q is there already; its %s changed and were rewritten", w.out, list(changed))
	return old, writeTorrent(w.out, old)
}

// writeTorrent replaces a torrent file as a whole or not at all.
func writeTorrent(path string, m *metainfo.Metainfo) error {
	temp := path + "." + rand.Text()[:8]
	err := writeSynced(temp, m.Encode())
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
		return fmt.Errorf("write %q: %w", path, bare(err))
	}
	return nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// outPath returns where the torrent of a folder or file goes by default: ./NAME.torrent, but never
// into the folder that it describes, since that would change the folder.
func outPath(s *speaker, flag, path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %q: %w", path, err)
	}
	out := flag
	if out == "" {
		out = filepath.Base(abs) + ".torrent"
	}
	inside, err := isBelow(out, abs)
	switch {
	case err != nil || !inside:
		return out, err
	case flag != "":
		return "", misuse("--out %q lies in the folder that the torrent describes, and would change it", flag)
	}
	out = abs + ".torrent"
	s.note("the torrent file goes beside the folder, not into it: %q", out)
	return out, nil
}

func isBelow(path, dir string) (bool, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return false, fmt.Errorf("find %q: %w", path, err)
	}
	rel, err := filepath.Rel(dir, abs)
	return err == nil && rel != "." && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}

// wantFolder refuses what is no folder, with a sentence.
func wantFolder(dir string) error {
	st, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("open the folder %q: %w", dir, bare(err))
	}
	if !st.IsDir() {
		return fail("not_a_folder", "DIR is the folder that contains NAME", "open the folder %q: this is a file", dir)
	}
	return nil
}

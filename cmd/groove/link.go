package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"groove/torrent/metainfo"
)

// maxTorrentBytes bounds a torrent file, from disk and from the network.
const maxTorrentBytes = 10 << 20

// source is what LINK stands for: one of the two is set.
type source struct {
	meta   *metainfo.Metainfo
	magnet *metainfo.Magnet
	path   string // of the torrent file, if it is one
}

// openLink reads a .torrent file, the http(s) URL of one, or a magnet link.
func openLink(ctx context.Context, link string, allowLocal bool) (source, error) {
	switch scheme, _, _ := strings.Cut(strings.ToLower(link), ":"); scheme {
	case "magnet":
		m, err := metainfo.ParseMagnet(link)
		if err != nil {
			return source{}, fmt.Errorf("read the magnet link: %w", err)
		}
		return source{magnet: &m}, nil
	case "http", "https":
		data, err := fetch(ctx, link, allowLocal)
		if err != nil {
			return source{}, err
		}
		m, err := parseTorrent(data)
		if err != nil {
			return source{}, fmt.Errorf("read what is at %s: %w", hideInURL(link), err)
		}
		return source{meta: m}, nil
	}
	m, err := readTorrent(link)
	return source{meta: m, path: link}, err
}

// readTorrent reads a torrent file.
func readTorrent(path string) (*metainfo.Metainfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, bare(err))
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, fail("not_a_torrent", "to share a folder: groove share FOLDER", "read %q: this is a folder, not a torrent file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxTorrentBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, bare(err))
	}
	m, err := parseTorrent(data)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, err)
	}
	return m, nil
}

// parseTorrent says of other kinds of files what they look like.
func parseTorrent(data []byte) (*metainfo.Metainfo, error) {
	if len(data) > maxTorrentBytes {
		return nil, fail("not_a_torrent", "a torrent file holds hashes, not the music itself",
			"this is larger than a torrent file may be, %s", humanBytes(maxTorrentBytes))
	}
	m, err := metainfo.Parse(data)
	if err == nil {
		return m, nil
	}
	if len(data) == 0 {
		return nil, fail("not_a_torrent", "ask for it again", "the file is empty")
	}
	if kind, _, _ := strings.Cut(http.DetectContentType(data), ";"); kind != "application/octet-stream" && kind != "text/plain" {
		return nil, fail("not_a_torrent", "a torrent file usually ends in .torrent", "%w; it looks like %s", errNoTorrent, kind)
	}
	return nil, err
}

var errNoTorrent = errors.New("this is no torrent file")

// bare takes path and system call off an error: our sentence has them.
func bare(err error) error {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return pe.Err
	}
	if le, ok := errors.AsType[*os.LinkError](err); ok {
		return le.Err
	}
	return err
}

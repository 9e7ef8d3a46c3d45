package torrent

import (
	"log/slog"

	"groove/torrent/metainfo"
)

// Config says how a Session behaves. The zero Config listens on a free port, limits nothing and
// keeps resume data nowhere.
type Config struct {
	Listen     []string     // "host:port"; ":7001" is every address, IPv4 and IPv6; port 0 is any free one. Empty: ":0"
	StateDir   string       // folder for resume records; empty: none are kept
	DownLimit  int64        // bytes per second of all torrents, 0 = no limit
	UpLimit    int64        // likewise
	Slots      int          // upload slots of each torrent, 0 = by uplink
	NoLSD      bool         // neither announce to nor listen on the local network (BEP 14)
	AllowLocal bool         // strangers may name addresses of private networks and loopback
	Owner      string       // what a second process is told that holds a torrent, "groove get"
	UserAgent  string       // to trackers and web seeds; empty: "Groove/VERSION"
	Logger     *slog.Logger // nil: silent
}

// AddOptions says what to get or to seed, and where. Exactly one of Metainfo and Magnet is set.
type AddOptions struct {
	Metainfo  *metainfo.Metainfo
	Magnet    *metainfo.Magnet
	Dir       string                                // the folder that contains, or will contain, the torrent's NAME
	Storage   func(*metainfo.Info) (Storage, error) // keeps the bytes elsewhere than in files below Dir; nil: files
	Peers     []string                              // host:port, dialled without a tracker
	Trackers  [][]string                            // tiers; nil: those of the torrent or magnet
	Select    []string                              // globs on paths inside NAME, ** allowed; nil: everything
	Seed      bool                                  // the data is there already: files are never written
	Trust     bool                                  // with Seed: claim every piece without checking it
	Overwrite bool                                  // existing files may be overwritten where they differ
	DownLimit int64                                 // bytes per second of this torrent, 0 = no limit
	UpLimit   int64                                 // likewise
}

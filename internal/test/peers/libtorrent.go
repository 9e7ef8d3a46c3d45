package peers

import _ "embed"

// LibtorrentScript is the Python program that runs one libtorrent peer; its argument is a LibtorrentConfig as JSON.
// It prints Stats as JSON lines and ends with its standard input.
//
//go:embed libtorrent_peer.py
var LibtorrentScript string

// LibtorrentConfig configures LibtorrentScript.
type LibtorrentConfig struct {
	Torrent string         `json:"torrent"`
	Magnet  string         `json:"magnet"`
	Dir     string         `json:"dir"`
	Port    int            `json:"port"`
	Peers   [][2]any       `json:"peers"` // address and port
	Up      int            `json:"up"`    // KiB/s, 0 = no limit
	Down    int            `json:"down"`
	Trust   bool           `json:"trust"`    // do not check what is there
	Extra   map[string]any `json:"settings"` // settings over the usual ones

	IntervalMS int `json:"interval_ms"` // between two lines
}

//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"

	"groove/internal/test/peers"
)

const (
	seedPort = 17001
	getPort  = 17002
)

// A contestant knows how to start its two sides. out is the folder in which the copy is to appear.
type contestant interface {
	name() string
	seed(st *stage) *exec.Cmd
	seeds(l line) bool // a line that says that the seed is ready
	get(st *stage, out string) *exec.Cmd
	settings() string
}

type floor struct{}

func (floor) name() string { return "floor" }

func (floor) settings() string { return "one TCP stream, SHA-1 of every byte, one pwrite a block" }

func (floor) seed(st *stage) *exec.Cmd {
	return exec.Command(st.programs["floor"], "send", seedAddr(), st.source)
}

func (floor) seeds(l line) bool { return isReady(l) }

func (floor) get(st *stage, out string) *exec.Cmd {
	return exec.Command(st.programs["floor"], "get", seedAddr(), filepath.Join(out, filepath.Base(st.source)), fmt.Sprint(st.Bytes))
}

type groove struct{}

func (groove) name() string { return "groove" }

func (groove) settings() string {
	return "groove seed --trust, groove get --peer; otherwise as it comes"
}

func (groove) seed(st *stage) *exec.Cmd {
	return exec.Command(st.programs["groove"], "seed", st.torrent, filepath.Dir(st.source), "--trust", "--listen", seedAddr(),
		"--no-lsd", "--json", "--state", filepath.Join(st.dir, "seed-state"))
}

func (groove) seeds(l line) bool { return isReady(l) }

func (groove) get(st *stage, out string) *exec.Cmd {
	return exec.Command(st.programs["groove"], "get", st.torrent, out, "--peer", seedAddr(), "--listen", fmt.Sprintf("127.0.0.1:%d", getPort),
		"--no-lsd", "--json", "--state", filepath.Join(out, "state"))
}

// libtorrent is the reference, driven by Debian's Python binding: Python runs five times a second while data moves.
type libtorrent struct{}

// plain turns encryption off, which costs others what groove does not have; TCP alone, as in LibtorrentScript.
var plain = map[string]any{"in_enc_policy": 2, "out_enc_policy": 2}

func (libtorrent) name() string { return "libtorrent" }

func (libtorrent) settings() string {
	return "python3-libtorrent, TCP, no encryption, no DHT, PEX, LSD or limits; the seed's check is not counted; otherwise as it comes"
}

func (libtorrent) seed(st *stage) *exec.Cmd {
	return st.libtorrent(peers.LibtorrentConfig{Dir: filepath.Dir(st.source), Port: seedPort})
}

// seeds waits for the end of its check: told to trust, it would hash every piece while it sends.
func (libtorrent) seeds(l line) bool { return isDone(l) }

func (libtorrent) get(st *stage, out string) *exec.Cmd {
	return st.libtorrent(peers.LibtorrentConfig{Dir: out, Port: getPort, Peers: [][2]any{{"127.0.0.1", seedPort}}})
}

func (st *stage) libtorrent(config peers.LibtorrentConfig) *exec.Cmd {
	config.Torrent, config.Extra, config.IntervalMS = st.torrent, plain, 200
	text, err := json.Marshal(config)
	if err != nil {
		panic(err) // it is a plain struct
	}
	return exec.Command("/usr/bin/python3", "-I", "-c", peers.LibtorrentScript, string(text))
}

func seedAddr() string { return fmt.Sprintf("127.0.0.1:%d", seedPort) }

// quietly runs a command and shows what it said only if it failed.
func quietly(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

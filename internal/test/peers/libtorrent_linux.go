package peers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"

	"groove/internal/test/need"
)

// python is Debian's own interpreter: its library has the binding, others may not.
const python = "/usr/bin/python3"

// libtorrent drives python3-libtorrent by a small script that prints its statistics.
type libtorrent struct {
	input io.Closer // the script ends with it

	mu   sync.Mutex
	last Stats
	any  bool
}

// needLibtorrent asks the interpreter once per test, since the binding is no program of its own.
func needLibtorrent(t testing.TB) {
	t.Helper()
	if exec.Command(python, "-c", "import libtorrent").Run() != nil {
		need.Program(t, "python3-libtorrent")
	}
}

func (c *libtorrent) start(p *Peer) error {
	o := p.options
	config := LibtorrentConfig{Torrent: o.Torrent, Magnet: o.Magnet, Dir: o.Dir, Port: o.Port, Up: o.Up, Down: o.Down, IntervalMS: 200}
	for _, addr := range o.Peers {
		config.Peers = append(config.Peers, [2]any{addr.Addr().String(), addr.Port()})
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	cmd := p.Node.Command(python, "-c", LibtorrentScript, string(text))
	if c.input, err = cmd.StdinPipe(); err != nil {
		return err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	log, err := os.Create(p.path("log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stderr = log
	go c.read(output)
	return p.launch(cmd)
}

func (c *libtorrent) read(output io.Reader) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		var s Stats
		if json.NewDecoder(bytes.NewReader(lines.Bytes())).Decode(&s) == nil {
			c.mu.Lock()
			c.last, c.any = s, true
			c.mu.Unlock()
		}
	}
}

func (c *libtorrent) stats(*Peer) (Stats, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.any {
		return Stats{}, errors.New("it has said nothing yet")
	}
	return c.last, nil
}

func (c *libtorrent) quit(*Peer) { c.input.Close() }

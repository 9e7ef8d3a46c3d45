package peers

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// rtorrent drives rtorrent by XML-RPC over SCGI on a Unix socket.
type rtorrent struct {
	socket string
	dialed time.Time
}

func (c *rtorrent) start(p *Peer) error {
	o := p.options
	c.socket = p.path("rpc")
	if err := os.Mkdir(p.path("session"), 0o700); err != nil {
		return err
	}
	// "dht.mode.set = disable" would be the word, but then this version loses every torrent: "off" works.
	settings := fmt.Sprintf(`system.daemon.set = true
session.path.set = %s
directory.default.set = %s
network.port_range.set = %d-%d
network.port_random.set = no
network.port_open.set = yes
network.scgi.open_local = %s
dht.mode.set = off
protocol.pex.set = no
protocol.encryption.set = allow_incoming,try_outgoing,enable_retry
pieces.hash.on_completion.set = no
throttle.global_up.max_rate.set_kb = %d
throttle.global_down.max_rate.set_kb = %d
`, p.path("session"), o.Dir, o.Port, o.Port, c.socket, o.Up, o.Down)
	if err := os.WriteFile(p.path("rc"), []byte(settings), 0o600); err != nil {
		return err
	}
	if err := p.run("rtorrent", "-n", "-o", "import="+p.path("rc")); err != nil {
		return err
	}
	return p.patiently(func() error { return c.load(o.Torrent + o.Magnet) })
}

// load gives it the torrent. What it is told before it is fully up gets lost, so load fails until it lists the torrent.
func (c *rtorrent) load(source string) error {
	if _, err := c.call("load.start", "", source); err != nil {
		return err
	}
	time.Sleep(300 * time.Millisecond)
	_, err := c.hash()
	return err
}

func (c *rtorrent) hash() (string, error) {
	answer, err := c.call("download_list")
	if err != nil {
		return "", err
	}
	if len(answer) == 0 {
		return "", errors.New("its list of torrents is empty")
	}
	return answer[0], nil
}

func (c *rtorrent) stats(p *Peer) (Stats, error) {
	hash, err := c.hash()
	if err != nil {
		return Stats{}, err
	}
	ask := func(what string) int64 {
		answer, callErr := c.call(what, hash)
		if callErr != nil || len(answer) == 0 {
			err = errors.Join(err, callErr)
			return 0
		}
		return number(answer[0])
	}
	peers, size, have := ask("d.peers_connected"), ask("d.size_bytes"), ask("d.completed_bytes")
	meta, complete, hashing := ask("d.is_meta"), ask("d.complete"), ask("d.hashing")
	s := Stats{
		Done: meta == 0 && complete == 1 && hashing == 0, Progress: float64(have) / float64(max(size, 1)),
		Down: ask("d.down.total"), Up: ask("d.up.total"), Peers: int(peers),
		State: fmt.Sprintf("meta %d, hashing %d", meta, hashing),
	}
	if err == nil && peers == 0 && ask("d.is_active") == 1 && time.Since(c.dialed) > 2*time.Second {
		c.dialed = time.Now()
		for _, addr := range p.options.Peers {
			c.call("add_peer", hash, addr.String())
		}
	}
	return s, err
}

func (c *rtorrent) call(method string, args ...string) ([]string, error) {
	answer, err := scgi(c.socket, xmlCall(method, args))
	if err != nil {
		return nil, err
	}
	values, err := xmlAnswer(answer)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, strings.Join(args, " "), err)
	}
	return values, nil
}

func (c *rtorrent) quit(*Peer) {}

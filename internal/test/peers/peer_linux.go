package peers

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"groove/internal/test/need"
	"groove/internal/test/netlab"
)

// Kind names a client.
type Kind string

// The clients. Transmission and Aria2 cannot be told a peer: the other side dials, or a tracker tells.
const (
	Libtorrent   Kind = "libtorrent"
	Transmission Kind = "transmission"
	Aria2        Kind = "aria2"
	Rtorrent     Kind = "rtorrent"
)

// CanDial reports whether the client can be told a peer.
func (k Kind) CanDial() bool { return k == Libtorrent || k == Rtorrent }

// Options say what a client does. Torrent or Magnet is set, not both.
type Options struct {
	Torrent string           // path of a .torrent file
	Magnet  string           // a magnet link
	Dir     string           // the folder that holds, or will hold, the torrent's folder
	Port    int              // it listens here, on all addresses of its node
	Peers   []netip.AddrPort // it dials them, if its Kind can
	Up      int              // limit of what it sends in KiB/s; 0 = none
	Down    int              // limit of what it receives in KiB/s; 0 = none
}

// Stats are a client's own words about its torrent.
type Stats struct {
	Done     bool    // it has everything and checked it
	Progress float64 // 0 to 1
	Down, Up int64   // payload bytes since it started
	Peers    int     // connected peers
	State    string  // for people
}

// A Peer is one running client with one torrent.
type Peer struct {
	Kind Kind
	Node *netlab.Node

	t       testing.TB
	options Options
	state   string // its own folder
	client  client
	cmd     *exec.Cmd
	ended   chan struct{} // closed when the process has ended
	stop    chan struct{} // closed to end the polling

	mu   sync.Mutex
	last Stats
	err  error // of the last poll
}

// A client is what differs between the kinds.
type client interface {
	start(p *Peer) error          // runs the program and gives it the torrent
	stats(p *Peer) (Stats, error) // called about five times a second
	quit(p *Peer)                 // asks it politely to end; it gets SIGTERM anyway
}

// Need skips the test if one of these clients is not installed.
func Need(t testing.TB, kinds ...Kind) {
	t.Helper()
	for _, k := range kinds {
		switch k {
		case Transmission:
			need.Program(t, "transmission-daemon")
		case Aria2:
			need.Program(t, "aria2c")
		case Rtorrent:
			need.Program(t, "rtorrent")
		case Libtorrent:
			needLibtorrent(t)
		}
	}
}

// Start runs a client in a node and gives it its torrent. It is stopped when the test ends.
func Start(t testing.TB, kind Kind, node *netlab.Node, o Options) *Peer {
	t.Helper()
	Need(t, kind)
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &Peer{Kind: kind, Node: node, t: t, options: o, state: t.TempDir(), stop: make(chan struct{})}
	switch kind {
	case Transmission:
		p.client = &transmission{}
	case Aria2:
		p.client = &aria2{}
	case Rtorrent:
		p.client = &rtorrent{}
	case Libtorrent:
		p.client = &libtorrent{}
	}
	t.Cleanup(p.Stop)
	if err := p.client.start(p); err != nil {
		t.Fatalf("start %s: %v\n%s", kind, err, p.log())
	}
	go p.poll()
	return p
}

// Stats returns what the client said last.
func (p *Peer) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// Wait returns when the client says that it has everything, and fails the test after the given time.
func (p *Peer) Wait(limit time.Duration) Stats {
	p.t.Helper()
	end := time.Now().Add(limit)
	for time.Now().Before(end) {
		if s := p.Stats(); s.Done {
			return s
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t.Fatalf("%s is not done after %v: %+v, %v\n%s", p.Kind, limit, p.last, p.err, p.log())
	return Stats{}
}

// Stop ends the client and waits for it. Stopping twice does nothing.
func (p *Peer) Stop() {
	select {
	case <-p.stop:
		return
	default:
		close(p.stop)
	}
	if p.cmd == nil {
		return
	}
	p.client.quit(p)
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		p.cmd.Process.Kill()
		<-p.ended
	}
}

func (p *Peer) poll() {
	for {
		s, err := p.client.stats(p)
		p.mu.Lock()
		if err == nil {
			p.last = s
		}
		p.err = err
		p.mu.Unlock()
		select {
		case <-p.stop:
			return
		case <-p.ended:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// run starts the client's program; what it says goes into a log.
func (p *Peer) run(name string, args ...string) error {
	cmd := p.Node.Command(name, args...)
	log, err := os.Create(p.path("log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stderr = log
	if cmd.Stdout == nil {
		cmd.Stdout = log
	}
	return p.launch(cmd)
}

func (p *Peer) launch(cmd *exec.Cmd) error {
	cmd.Dir = p.state
	cmd.Env = append(os.Environ(), "HOME="+p.state, "TERM=dumb", "LC_ALL=C.UTF-8")
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.ended = cmd, make(chan struct{})
	go func() {
		cmd.Wait()
		close(p.ended)
	}()
	return nil
}

// patiently repeats f until it succeeds, the program has ended, or 20 seconds have passed.
func (p *Peer) patiently(f func() error) error {
	end := time.Now().Add(20 * time.Second)
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("it ended by itself; before that: %w", err)
		default:
		}
		if time.Now().After(end) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (p *Peer) path(name string) string { return filepath.Join(p.state, name) }

// log returns the last words of the client.
func (p *Peer) log() []byte {
	text, _ := os.ReadFile(p.path("log"))
	return bytes.TrimSpace(text[max(0, len(text)-2000):])
}

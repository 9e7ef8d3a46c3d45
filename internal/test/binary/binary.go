// Package binary builds the command groove and drives it as a script would: flags in, JSON lines and exit codes out.
//
// It knows the events of --json; it refuses to know any package of the engine, so what it sees is what users get.
// Tests and bench call it; a Process may be asked from several goroutines. Bytes are payload, times are
// on the wall. Start reading at Start.
package binary

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Build compiles the command into dir and returns its path. root is the module's root.
func Build(root, dir string) (string, error) {
	path := filepath.Join(dir, "groove")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/groove")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cmd/groove: %w\n%s", err, out)
	}
	return path, nil
}

// Event is one line of --json. Fields that its kind does not have are zero.
type Event struct {
	Event string

	// ready, metadata
	Name, V1, V2, Magnet, Torrent string
	Listen                        []string
	Trackers                      [][]string

	// progress
	Done, Total          int64
	Downloaded, Uploaded int64 // payload of this run
	Peers                int
	Copies               float64

	// done
	Path    string
	Bytes   int64
	Seconds float64

	// error
	Code, Message, Hint string
	Fatal               bool

	At  time.Time `json:"-"` // when the line came
	Raw string    `json:"-"`
}

// Process is one running command.
type Process struct {
	t      testing.TB
	cmd    *exec.Cmd
	ended  chan struct{}
	errors strings.Builder // its stderr

	mu     sync.Mutex
	events []Event
}

// Start runs a prepared command, whose arguments have --json, and reads its events. It is killed when the test ends.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{t: t, cmd: cmd, ended: make(chan struct{})}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = &p.errors
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(out)
	t.Cleanup(p.Kill)
	return p
}

func (p *Process) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		e := Event{At: time.Now(), Raw: lines.Text()}
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			e.Event = "not JSON"
		}
		p.mu.Lock()
		p.events = append(p.events, e)
		p.mu.Unlock()
	}
	p.cmd.Wait()
	close(p.ended)
}

// Last returns the latest event of a kind; one without a kind if there was none.
func (p *Process) Last(kind string) Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range slices.Backward(p.events) {
		if e.Event == kind {
			return e
		}
	}
	return Event{}
}

// Wait returns the first event of a kind, and fails the test if it does not come within limit.
func (p *Process) Wait(kind string, limit time.Duration) Event {
	p.t.Helper()
	return p.Until(kind+" event", limit, func(e Event) bool { return e.Event == kind })
}

// Until returns the first event that is good, and fails the test if none comes within limit.
func (p *Process) Until(what string, limit time.Duration, good func(Event) bool) Event {
	p.t.Helper()
	end, seen := time.Now().Add(limit), 0
	for {
		ended := p.Ended()
		p.mu.Lock()
		fresh := p.events[seen:]
		p.mu.Unlock()
		for _, e := range fresh {
			if good(e) {
				return e
			}
		}
		seen += len(fresh)
		if ended || time.Now().After(end) {
			p.t.Fatalf("no %s from %s\n%s", what, strings.Join(p.cmd.Args, " "), p.Story())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Ended reports whether the process has ended and all its events are read.
func (p *Process) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Exit waits for the end of the process and returns its exit code.
func (p *Process) Exit(limit time.Duration) int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(limit):
		p.t.Fatalf("%s did not end within %v\n%s", strings.Join(p.cmd.Args, " "), limit, p.Story())
	}
	return p.cmd.ProcessState.ExitCode()
}

// Interrupt is Ctrl-C.
func (p *Process) Interrupt() { p.cmd.Process.Signal(os.Interrupt) }

// Kill is kill -9, and waits until the process is gone.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// State returns how the process ended, with its use of the CPU; nil before that.
func (p *Process) State() *os.ProcessState {
	if !p.Ended() {
		return nil
	}
	return p.cmd.ProcessState
}

// Said returns what the process wrote to stderr; "" while it runs.
func (p *Process) Said() string {
	if !p.Ended() {
		return ""
	}
	return p.errors.String()
}

// Story returns the last events and what the process wrote to stderr, for a failed test.
func (p *Process) Story() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, e := range p.events[max(0, len(p.events)-12):] {
		fmt.Fprintf(&b, "  %s %s\n", e.At.Format("15:04:05.000"), e.Raw)
	}
	if p.Ended() {
		fmt.Fprintf(&b, "  exit %d\n  %s", p.cmd.ProcessState.ExitCode(), p.errors.String())
	}
	return b.String()
}

//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// result is one transfer of one contestant.
type result struct {
	Name    string
	Round   int
	MiBps   float64 // first payload byte to all verified
	SeedCPU float64 // user + system seconds per GiB, from ready to the end
	GetCPU  float64
	SeedRSS int64 // highest resident size in MiB
	GetRSS  int64
}

const transferLimit = 2 * time.Minute

// run moves the source once and compares the copy.
func (st *stage) run(c contestant) (result, error) {
	out := filepath.Join(st.dir, "copy")
	if err := os.MkdirAll(out, 0o755); err != nil {
		return result{}, err
	}
	defer os.RemoveAll(out)
	defer os.RemoveAll(filepath.Join(st.dir, "seed-state"))

	seed, err := start(c.seed(st))
	if err != nil {
		return result{}, err
	}
	defer seed.end()
	if err := seed.ready(c.seeds); err != nil {
		return result{}, fmt.Errorf("its seed: %w", err)
	}
	get, err := start(c.get(st, out))
	if err != nil {
		return result{}, err
	}
	defer get.end()
	if err := get.ready(isReady); err != nil {
		return result{}, err
	}
	copied := filepath.Join(out, filepath.Base(st.source))
	began, err := firstByte(copied)
	if err != nil {
		return result{}, fmt.Errorf("%w\n%s", err, get.stderr.String())
	}
	if err := get.wait(isDone); err != nil {
		return result{}, errors.Join(fmt.Errorf("getter: %w", err), seed.stacks("seed"))
	}
	took := time.Since(began)
	get.end()
	seed.end()
	gib := float64(st.Bytes) / (1 << 30)
	r := result{
		Name: c.name(), MiBps: float64(st.Bytes) / (1 << 20) / took.Seconds(),
		SeedCPU: seed.cpu() / gib, GetCPU: get.cpu() / gib, SeedRSS: seed.rss(), GetRSS: get.rss(),
	}
	return r, sameFile(st.source, copied)
}

// firstByte waits until the file occupies space.
func firstByte(name string) (time.Time, error) {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var s syscall.Stat_t
		if syscall.Stat(name, &s) == nil && s.Blocks > 0 {
			return time.Now(), nil
		}
	}
	return time.Time{}, errors.New("no byte came within 30 s")
}

// A side is one running process that prints JSON lines.
type side struct {
	cmd    *exec.Cmd
	stdin  io.Closer // libtorrent's script ends with it
	stderr bytes.Buffer
	lines  chan line
	before float64 // CPU seconds when it was ready
	gone   bool
}

// line is what bench reads of groove's events, of the floor program's and of LibtorrentScript's statistics.
type line struct {
	Event string
	State string
	Done  json.RawMessage // a truth value from libtorrent, a number in groove's progress
}

func isReady(l line) bool { return l.Event == "ready" || l.State != "" }
func isDone(l line) bool  { return l.Event == "done" || string(l.Done) == "true" }

func start(cmd *exec.Cmd) (*side, error) {
	s := &side{cmd: cmd, lines: make(chan line, 1000)}
	var err error
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = &s.stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(s.lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			var l line
			if json.Unmarshal(in.Bytes(), &l) == nil {
				s.lines <- l
			}
		}
	}()
	return s, nil
}

// ready waits until a line says so, and notes what the process has used of the CPU until then.
func (s *side) ready(good func(line) bool) error {
	err := s.wait(good)
	s.before = cpuOf(s.cmd.Process.Pid)
	return err
}

// wait reads lines until one is good.
func (s *side) wait(good func(line) bool) error {
	limit := time.After(transferLimit)
	for {
		select {
		case l, ok := <-s.lines:
			if !ok {
				return fmt.Errorf("it ended early: %s", s.stderr.String())
			}
			if good(l) {
				return nil
			}
		case <-limit:
			return errors.Join(fmt.Errorf("it took longer than %v", transferLimit), s.stacks("it"))
		}
	}
}

// stacks makes a process that stands still print what it is doing, and ends it.
func (s *side) stacks(who string) error {
	s.cmd.Process.Signal(syscall.SIGQUIT)
	s.end()
	return fmt.Errorf("%s was doing this:\n%s", who, s.stderr.String())
}

// end ends the process, unless it has by itself, and waits for it.
func (s *side) end() {
	if s.gone {
		return
	}
	s.gone = true
	s.stdin.Close()
	s.cmd.Process.Signal(syscall.SIGTERM)
	for range s.lines {
	}
	s.cmd.Wait()
}

// cpu returns the seconds of user and system time from ready to the end.
func (s *side) cpu() float64 {
	ps := s.cmd.ProcessState
	return (ps.UserTime() + ps.SystemTime()).Seconds() - s.before
}

func (s *side) rss() int64 { return s.cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10 }

// cpuOf returns what a process has used so far, in the kernel's ticks of 10 ms.
func cpuOf(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

func sameFile(a, b string) error {
	x, err := os.Open(a)
	if err != nil {
		return err
	}
	defer x.Close()
	y, err := os.Open(b)
	if err != nil {
		return err
	}
	defer y.Close()
	p, q := make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		n, errX := io.ReadFull(x, p)
		m, errY := io.ReadFull(y, q)
		if !bytes.Equal(p[:n], q[:m]) {
			return errors.New("the copy differs from the source")
		}
		if errX != nil || errY != nil {
			return nil // both at their end: their bytes were as many
		}
	}
}

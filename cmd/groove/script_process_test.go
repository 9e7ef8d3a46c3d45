package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type runningKey struct{}

// running are the background processes of a story.
type running struct {
	vars  []string
	procs map[string]*process
}

type process struct {
	cmd  *exec.Cmd
	out  string // file with its stdout
	done chan struct{}
	err  error
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	wantCode(ts, args[0], ts.Exec(args[1], args[2:]...))
}

func wantCode(ts *testscript.TestScript, want string, err error) {
	code := 0
	if err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

func start(ts *testscript.TestScript, _ bool, args []string) {
	r := ts.Value(runningKey{}).(*running)
	name := args[0]
	out, err := os.Create(ts.MkAbs(name + ".out"))
	ts.Check(err)
	errs, err := os.Create(ts.MkAbs(name + ".err"))
	ts.Check(err)
	path := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if p := filepath.Join(dir, args[1]); path == "" && fileExists(p) {
			path = p
		}
	}
	p := &process{cmd: exec.Command(path, args[2:]...), out: out.Name(), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = ts.MkAbs("."), slices.Clone(r.vars), out, errs
	p.cmd.Env = append(p.cmd.Env, "GROOVE_STATE="+ts.Getenv("GROOVE_STATE"))
	ts.Check(p.cmd.Start())
	r.procs[name] = p
	go func() {
		p.err = p.cmd.Wait()
		out.Close()
		errs.Close()
		close(p.done)
	}()
	ts.Defer(func() {
		p.cmd.Process.Kill()
		<-p.done
	})
}

func fileExists(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.IsDir()
}

func procOf(ts *testscript.TestScript, name string) *process {
	p := ts.Value(runningKey{}).(*running).procs[name]
	if p == nil {
		ts.Fatalf("nothing called %q was started", name)
	}
	return p
}

func event(ts *testscript.TestScript, _ bool, args []string) { waitKind(ts, args[0], args[1]) }

func moved(ts *testscript.TestScript, _ bool, args []string) {
	bytes, err := strconv.ParseFloat(args[1], 64)
	ts.Check(err)
	waitEvent(ts, args[0], "progress with "+args[1], func(e map[string]any) bool {
		done, ok := e["done"].(float64)
		return ok && done >= bytes
	})
}

func resumed(ts *testscript.TestScript, _ bool, args []string) {
	first := waitEvent(ts, args[0], "a byte done", func(e map[string]any) bool {
		done, ok := e["done"].(float64)
		return ok && done > 0
	})
	if first["down_rate"].(float64) > 0 && first["done"].(float64) < 500000 {
		ts.Fatalf("it began anew: %v", first)
	}
}

func waitKind(ts *testscript.TestScript, name, kind string) map[string]any {
	return waitEvent(ts, name, kind, func(e map[string]any) bool { return e["event"] == kind })
}

// waitEvent returns the first event of a process that fits.
func waitEvent(ts *testscript.TestScript, name, what string, fits func(map[string]any) bool) map[string]any {
	p := procOf(ts, name)
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		ended := false
		select {
		case <-p.done:
			ended = true
		default:
		}
		data, err := os.ReadFile(p.out)
		ts.Check(err)
		for line := range bytes.Lines(data) {
			var e map[string]any
			if json.Unmarshal(line, &e) == nil && fits(e) {
				return e
			}
		}
		if ended || time.Now().After(end) {
			said, _ := os.ReadFile(strings.TrimSuffix(p.out, ".out") + ".err")
			ts.Fatalf("no event %q of %s (ended: %v)\n%s%s", what, name, ended, data, said)
		}
	}
}

func ready(ts *testscript.TestScript, _ bool, args []string) {
	e := waitKind(ts, args[0], "ready")
	text := func(v any) string {
		s, _ := v.(string)
		return s
	}
	ts.Setenv(args[0]+"_magnet", text(e["magnet"]))
	ts.Setenv(args[0]+"_torrent", text(e["torrent"]))
	if l := e["listen"].([]any); len(l) > 0 {
		ts.Setenv(args[0]+"_peer", text(l[0]))
	}
	if tiers := e["trackers"].([]any); len(tiers) > 0 {
		ts.Setenv(args[0]+"_tracker", text(tiers[0].([]any)[0]))
	}
}

func said(ts *testscript.TestScript, _ bool, args []string) {
	p := procOf(ts, args[0])
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		data, err := os.ReadFile(p.out)
		ts.Check(err)
		if strings.Contains(string(data), args[1]) {
			return
		}
	}
	ts.Fatalf("%s has not said %q", args[0], args[1])
}

func sendSignal(ts *testscript.TestScript, _ bool, args []string) {
	s := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}[args[1]]
	ts.Check(procOf(ts, args[0]).cmd.Process.Signal(s))
}

func ends(ts *testscript.TestScript, _ bool, args []string) {
	p := procOf(ts, args[0])
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("%s did not end", args[0])
	}
	for _, end := range []string{".out", ".err"} {
		data, _ := os.ReadFile(strings.TrimSuffix(p.out, ".out") + end)
		ts.Logf("%s%s:\n%s", args[0], end, data)
	}
	wantCode(ts, args[1], p.err)
}

package main

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// fields of the events; scripts rely on them.
var fields = map[string][]string{
	"ready":    {"event", "listen", "magnet", "name", "torrent", "trackers", "v1", "v2"},
	"metadata": {"event", "listen", "magnet", "name", "torrent", "trackers", "v1", "v2"},
	"progress": {"copies", "done", "down_rate", "downloaded", "eta_s", "event", "peers", "total", "up_rate", "uploaded"},
	"done":     {"bytes", "event", "path", "seconds"},
	"error":    {"code", "event", "fatal", "hint", "message"},
}

func events(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			ts.Fatalf("%v: %s", err, line)
		}
		var keys []string
		for k := range e {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		kind, _ := e["event"].(string)
		if !slices.Equal(keys, fields[kind]) {
			ts.Fatalf("event %q has the fields %v, want %v", kind, keys, fields[kind])
		}
	}
}

func jsonField(ts *testscript.TestScript, neg bool, args []string) {
	if got := lastObject(ts, args[0])[args[1]]; (string(got) == args[2]) == neg {
		ts.Fatalf("%s is %s, and should%s be %s", args[1], got, map[bool]string{true: " not"}[neg], args[2])
	}
}

func sameID(ts *testscript.TestScript, _ bool, args []string) {
	a, b := lastObject(ts, args[0]), lastObject(ts, args[1])
	if !bytes.Equal(a["v1"], b["v1"]) || !bytes.Equal(a["v2"], b["v2"]) {
		ts.Fatalf("these are two torrents")
	}
}

// lastObject reads the last line of a file.
func lastObject(ts *testscript.TestScript, file string) map[string]json.RawMessage {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(file)), "\n")
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &object); err != nil {
		ts.Fatalf("%v: %s", err, lines[len(lines)-1])
	}
	return object
}

func jpeg(ts *testscript.TestScript, _ bool, args []string) {
	data := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"), make([]byte, 5000)...)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

func random(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	name := fnv.New64a()
	name.Write([]byte(filepath.Base(args[0])))
	state := name.Sum64()
	data := make([]byte, n)
	for i := range data {
		state = state*6364136223846793005 + 1442695040888963407
		data[i] = byte(state >> 56)
	}
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o777))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

func flip(ts *testscript.TestScript, _ bool, args []string) {
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	data := []byte(ts.ReadFile(args[0]))
	data[at] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

func busy(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

func free(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Check(l.Close())
	ts.Setenv(args[0], l.Addr().String())
}

func small(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	ts.Check(ts.Exec("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir))
	ts.Defer(func() { exec.Command("umount", dir).Run() })
}

// asNobody runs a copy of ourselves that everybody may execute.
func asNobody(ts *testscript.TestScript, _ bool, args []string) {
	if os.Geteuid() != 0 {
		exits(ts, false, args)
		return
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		if os.Getenv("GROOVE_TEST_REQUIRE") == "1" {
			ts.Fatalf("setpriv is not installed, and GROOVE_TEST_REQUIRE=1 demands it")
		}
		ts.Logf("skipped: setpriv is not installed")
		return
	}
	self, err := os.Executable()
	ts.Check(err)
	data, err := os.ReadFile(self)
	ts.Check(err)
	path := filepath.Join(ts.Getenv("WORK"), ".bin", "groove")
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	ts.Check(os.WriteFile(path, data, 0o755))
	for dir := ts.MkAbs("."); len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		ts.Check(os.Chmod(dir, 0o755))
	}
	ids := []string{"--reuid=65534", "--regid=65534", "--clear-groups"}
	wantCode(ts, args[0], ts.Exec("setpriv", append(append(ids, path), args[2:]...)...))
}

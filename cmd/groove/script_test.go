package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds everything that a story waits for.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"groove": main})
}

// TestScripts runs the stories in testdata/script. Besides testscript's own words they know
//
//	exits CODE groove ARG...       run it, and want that exit code
//	as-nobody CODE groove ARG...   the same, without the rights of root
//	start NAME groove ARG...       run it in the background; stdout goes to NAME.out, stderr to NAME.err
//	ready NAME                     wait for its event "ready"; set $NAME_magnet, _torrent, _peer, _tracker
//	event NAME KIND                wait for an event
//	moved NAME BYTES               wait until so much is there
//	resumed NAME                   its first check found some bytes
//	said NAME TEXT                 wait until its stdout holds that
//	signal NAME INT|TERM|KILL      send a signal
//	ends NAME CODE                 wait for its end, and want that exit code
//	events FILE                    every line is an event with all of its fields and no other
//	json FILE KEY VALUE            the last line of FILE has that value, as JSON
//	sameid FILE FILE               two results of show --json name the same torrent
//	jpeg FILE                      make a file that begins like a JPEG picture
//	random FILE SIZE               make a file of noise, the same for every file of that name
//	flip FILE OFFSET               change one byte
//	busy NAME                      take a port for TCP; set $NAME
//	free NAME                      find a port where nobody listens; set $NAME
//	small DIR                      make DIR a disk of 1 MiB
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("GROOVE_STATE", filepath.Join(env.WorkDir, ".state"))
			env.Setenv("TMPDIR", env.WorkDir)
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else each of many processes ends a second late
			env.Values[runningKey{}] = &running{vars: env.Vars, procs: map[string]*process{}}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, errors.New("unknown condition")
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "as-nobody": asNobody, "start": start, "ready": ready, "event": event, "moved": moved, "resumed": resumed, "said": said, "signal": sendSignal, "ends": ends,
			"events": events, "json": jsonField, "sameid": sameID, "jpeg": jpeg, "random": random, "flip": flip, "busy": busy, "free": free, "small": small,
		},
	})
}

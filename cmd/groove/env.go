package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"

	"groove/torrent"
)

// env is what a command sees of the system it runs on.
type env struct {
	ctx         context.Context // ends with the cause errInterrupted at the first signal
	stdout      io.Writer
	stderr      io.Writer
	getenv      func(string) string
	now         func() time.Time
	size        func() (width, height int, ok bool) // of the terminal that stdout is; ok is false if it is none
	open        opener                              // makes the engine
	errTerminal bool                                // stderr is a terminal
	verbose     int                                 // how often -v was given
}

// errInterrupted is why a context ended that a signal has ended.
var errInterrupted = errors.New("interrupted")

// systemEnv returns the env of this process. A second signal ends it at once.
func systemEnv() (e *env, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		cancel(errInterrupted)
		if _, ok := <-signals; ok {
			os.Exit(exitInterrupted)
		}
	}()
	e = &env{
		ctx: ctx, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now,
		size: terminalSize, open: openSession,
		errTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
	return e, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

func terminalSize() (width, height int, ok bool) {
	fd := int(os.Stdout.Fd())
	if !term.IsTerminal(fd) {
		return 0, 0, false
	}
	width, height, err := term.GetSize(fd)
	if err != nil || width < 1 || height < 1 {
		width, height = 80, 24
	}
	return width, height, true
}

// openAt makes the engine listen at an address.
func (e *env) openAt(cfg torrent.Config) func(addr string) (session, error) {
	return func(addr string) (session, error) {
		cfg.Listen = []string{addr}
		return e.open(cfg)
	}
}

// terminal reports whether somebody looks at stdout.
func (e *env) terminal() bool {
	_, _, ok := e.size()
	return ok
}

// canDraw reports whether the terminal understands cursor movement.
func (e *env) canDraw() bool { return e.terminal() && e.getenv("TERM") != "dumb" && enableVT() }

// color reports whether colour may be used on stdout.
func (e *env) color() bool { return e.canDraw() && e.getenv("NO_COLOR") == "" }

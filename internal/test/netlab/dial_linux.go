package netlab

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Dial connects from inside the node; addr holds a literal IP address. A socket belongs to the namespace
// in which it was made, so the connection stays there.
func (n *Node) Dial(network, addr string) (net.Conn, error) {
	var conn net.Conn
	err := n.Do(func() (err error) {
		conn, err = net.DialTimeout(network, addr, 5*time.Second)
		return err
	})
	return conn, err
}

// Listen listens inside the node.
func (n *Node) Listen(network, addr string) (net.Listener, error) {
	var l net.Listener
	err := n.Do(func() (err error) {
		l, err = net.Listen(network, addr)
		return err
	})
	return l, err
}

// Do runs f on a thread that is in the node's namespace. Sockets that f makes by itself, not in other goroutines, are there.
func (n *Node) Do(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- n.inside(f) }()
	return <-done
}

func (n *Node) inside(f func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer home.Close()
	away, err := os.Open("/run/netns/" + n.space)
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer away.Close()
	if err := unix.Setns(int(away.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter %s: %w", n.space, err)
	}
	err = f()
	// A thread that finds no way home stays locked, and ends with this goroutine.
	if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
		runtime.UnlockOSThread()
	}
	return err
}

package netlab

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"groove/internal/test/need"
)

// A Lab is one bridge and the nodes plugged into it.
type Lab struct {
	t     testing.TB
	name  string
	nodes []*Node
}

// A Node is one machine of a Lab: a network namespace with one Ethernet line to the bridge.
type Node struct {
	lab    *Lab
	number int
	space  string
}

var labs atomic.Int32

// New makes a Lab with n nodes, numbered from 1, and removes it when the test ends.
func New(t testing.TB, n int) *Lab {
	t.Helper()
	need.Root(t)
	need.Program(t, "ip")
	sweep()
	l := &Lab{t: t, name: fmt.Sprintf("groove-%d-%d-", os.Getpid(), labs.Add(1))}
	t.Cleanup(l.tearDown)
	l.makeHub()
	for i := range n {
		l.addNode(i + 1)
	}
	return l
}

// Node returns the i-th node, from 1.
func (l *Lab) Node(i int) *Node { return l.nodes[i-1] }

// Addr returns the node's IPv4 address, 10.77.0.i.
func (n *Node) Addr() netip.Addr { return netip.AddrFrom4([4]byte{10, 77, 0, byte(n.number)}) }

// Addr6 returns the node's IPv6 address, fd77::i.
func (n *Node) Addr6() netip.Addr {
	return netip.AddrFrom16([16]byte{0: 0xfd, 1: 0x77, 15: byte(n.number)})
}

// Command prepares a command that runs in the node. It is killed if the test dies before it.
func (n *Node) Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command("ip", append([]string{"netns", "exec", n.space, name}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// Uplink limits what the node sends, "20mbit" in the words of tc, with 50 ms of queue.
func (n *Node) Uplink(rate string) { n.lab.shape(n.space, "eth0", rate) }

// Downlink limits what the node receives, at the bridge's end of its line.
func (n *Node) Downlink(rate string) { n.lab.shape(n.lab.hub(), n.port(), rate) }

func (l *Lab) shape(space, device, rate string) {
	l.t.Helper()
	out, err := exec.Command("tc", "-n", space, "qdisc", "replace", "dev", device,
		"root", "tbf", "rate", rate, "burst", "32kb", "latency", "50ms").CombinedOutput()
	if err != nil {
		l.t.Fatalf("limit %s of %s to %s: %v: %s", device, space, rate, err, out)
	}
}

func (l *Lab) hub() string     { return l.name + "0" }
func (n *Node) port() string   { return "port" + strconv.Itoa(n.number) }
func (n *Node) String() string { return n.space }

func (l *Lab) makeHub() {
	l.ip("", "netns add "+l.hub())
	l.ip(l.hub(),
		"link set lo up",
		"link add bridge address 02:00:00:00:00:fe type bridge mcast_snooping 0 forward_delay 0",
		"addr add 10.77.0.254/24 dev bridge",
		"addr add fd77::fe/64 dev bridge nodad",
		"link set bridge up")
}

func (l *Lab) addNode(i int) {
	n := &Node{lab: l, number: i, space: l.name + strconv.Itoa(i)}
	l.ip("",
		"netns add "+n.space,
		"link add eth0 netns "+n.space+" type veth peer name "+n.port()+" netns "+l.hub())
	l.ip(l.hub(), "link set "+n.port()+" master bridge up")
	l.ip(n.space,
		"link set lo up",
		"addr add "+n.Addr().String()+"/24 dev eth0",
		"addr add "+n.Addr6().String()+"/64 dev eth0 nodad",
		"link set eth0 up",
		"route add default via 10.77.0.254",
		"-6 route add default via fd77::fe")
	l.nodes = append(l.nodes, n)
}

// ip runs commands of the program ip, all in one namespace.
func (l *Lab) ip(space string, commands ...string) {
	l.t.Helper()
	for _, command := range commands {
		args := strings.Fields(command)
		if space != "" {
			args = append([]string{"-n", space}, args...)
		}
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			l.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
}

func (l *Lab) tearDown() { removeSpaces(l.name) }

// removeSpaces ends what still runs in the namespaces whose names begin so, and removes them.
func removeSpaces(prefix string) {
	for _, space := range spaces() {
		if !strings.HasPrefix(space, prefix) {
			continue
		}
		pids, _ := exec.Command("ip", "netns", "pids", space).Output()
		for _, field := range strings.Fields(string(pids)) {
			if pid, err := strconv.Atoi(field); err == nil && pid > 1 && pid != os.Getpid() {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		exec.Command("ip", "netns", "del", space).Run()
	}
}

func spaces() []string {
	out, _ := exec.Command("ip", "netns", "list").Output()
	var names []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 0 {
			names = append(names, fields[0])
		}
	}
	return names
}

var labName = regexp.MustCompile(`^groove-(\d+)-`)

// sweep removes labs of test processes that were killed before they could tidy up.
func sweep() {
	for _, space := range spaces() {
		m := labName.FindStringSubmatch(space)
		if m == nil {
			continue
		}
		pid, _ := strconv.Atoi(m[1])
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			removeSpaces(m[0])
		}
	}
}

package main

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"groove/torrent"
)

// Default ports; the next free one is taken where one is busy.
const (
	defaultPeerPort    = 7001
	defaultTrackerPort = 6969

	// embeddedInterval is how often peers of the embedded tracker come back: swarms among friends are
	// small, and a newcomer is to be found soon.
	embeddedInterval = 2 * time.Minute
)

// sessionFlags are those of every command that talks to peers.
type sessionFlags struct {
	listen     listenAddr
	state      string
	downLimit  byteSize
	upLimit    byteSize
	noLSD      bool
	allowLocal bool
	json       bool
}

func (f *sessionFlags) add(flags *pflag.FlagSet) {
	flags.Var(&f.listen, "listen",
		fmt.Sprintf("`ADDR` for peers, as 192.168.1.5:0 for any free port (default :%d, or the next free one)", defaultPeerPort))
	flags.StringVar(&f.state, "state", "", "`DIR` for resume data (default $GROOVE_STATE, else the system's folder for state)")
	flags.Var(&f.downLimit, "down-limit", "receive at most `SIZE` a second, as 500KiB")
	flags.Var(&f.upLimit, "up-limit", "send at most `SIZE` a second, as 2MiB")
	flags.BoolVar(&f.noLSD, "no-lsd", false, "neither look for peers on the local network nor be found there")
	flags.BoolVar(&f.allowLocal, "allow-local", false, "let strangers name addresses of private networks")
	flags.BoolVar(&f.json, "json", false, "print events as JSON lines on stdout")
}

// config is what the engine needs of the flags; owner is the command's name.
func (f *sessionFlags) config(e *env, owner string) (torrent.Config, error) {
	state, err := stateDir(e.getenv, f.state)
	if err != nil {
		return torrent.Config{}, err
	}
	return torrent.Config{
		StateDir:   state,
		DownLimit:  int64(f.downLimit),
		UpLimit:    int64(f.upLimit),
		NoLSD:      f.noLSD,
		AllowLocal: f.allowLocal,
		Owner:      owner,
	}, nil
}

// byteSize is a count of bytes: 16384, 16KiB, 1MiB, 2GiB.
type byteSize int64

var sizeUnits = []struct {
	suffix string
	factor int64
}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"b", 1}, {"", 1}}

// Set reads what follows the flag.
func (s *byteSize) Set(text string) error {
	lower := strings.ToLower(strings.TrimSpace(text))
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(lower, unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 1 || n > math.MaxInt64/unit.factor {
			break
		}
		*s = byteSize(n * unit.factor)
		return nil
	}
	return fmt.Errorf("%q is no size: write it as 16384, 512KiB or 2MiB", text)
}

func (s *byteSize) String() string {
	if *s == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*s), 10)
}

// Type is what --help calls the value.
func (s *byteSize) Type() string { return "SIZE" }

// listenAddr is where to listen: "host:port", ":port" or "port".
type listenAddr string

// Set reads what follows the flag.
func (a *listenAddr) Set(text string) error {
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		text = ":" + text
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return fmt.Errorf("%q is no address: write it as :%d or 192.168.1.5:%[2]d", text, defaultPeerPort)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q has no port between 0 and 65535", text)
	}
	if _, err := netip.ParseAddr(host); host != "" && host != "localhost" && err != nil {
		return fmt.Errorf("%q is not an address of this computer: use its IP address", host)
	}
	*a = listenAddr(text)
	return nil
}

func (a *listenAddr) String() string { return string(*a) }

// Type is what --help calls the value.
func (a *listenAddr) Type() string { return "ADDR" }

// peerAddrs are peers to dial, as HOST:PORT.
type peerAddrs []string

// Set adds the address that follows the flag.
func (p *peerAddrs) Set(text string) error {
	host, port, err := net.SplitHostPort(text)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || n == 0 || host == "" {
		return fmt.Errorf("%q is no peer: write it as 192.168.1.5:%d", text, defaultPeerPort)
	}
	*p = append(*p, text)
	return nil
}

func (p *peerAddrs) String() string { return strings.Join(*p, ",") }

// Type is what --help calls the value.
func (p *peerAddrs) Type() string { return "ADDR" }

// tierList are trackers: each flag is a tier, commas join within one.
type tierList [][]string

// Set adds the tier that follows the flag.
func (t *tierList) Set(text string) error {
	var tier []string
	for raw := range strings.SplitSeq(text, ",") {
		raw = strings.TrimSpace(raw)
		if err := checkURL(raw, "http", "https", "udp"); err != nil {
			return err
		}
		tier = append(tier, raw)
	}
	*t = append(*t, tier)
	return nil
}

func (t *tierList) String() string { return "" }

// Type is what --help calls the value.
func (t *tierList) Type() string { return "URL" }

// webSeeds are HTTP servers that hold the data.
type webSeeds []string

// Set adds the URL that follows the flag.
func (w *webSeeds) Set(text string) error {
	if err := checkURL(text, "http", "https"); err != nil {
		return err
	}
	*w = append(*w, text)
	return nil
}

func (w *webSeeds) String() string { return "" }

// Type is what --help calls the value.
func (w *webSeeds) Type() string { return "URL" }

// checkURL wants a URL with a host and one of the schemes. The URL may hold a key, and is not repeated.
func checkURL(raw string, schemes ...string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return fmt.Errorf("this is no URL: write it as %s://HOST:PORT/PATH", schemes[0])
	}
	for _, s := range schemes {
		if strings.EqualFold(u.Scheme, s) {
			return nil
		}
	}
	return fmt.Errorf("a URL with %q is of no use here: it must begin with %s", u.Scheme, strings.Join(schemes, ", "))
}

// globs are patterns of paths inside NAME.
type globs []string

// Set adds the pattern that follows the flag.
func (g *globs) Set(text string) error {
	for part := range strings.SplitSeq(text, "/") {
		if _, err := path.Match(part, ""); err != nil {
			return fmt.Errorf("%q is no pattern: a bracket is not closed", text)
		}
	}
	*g = append(*g, text)
	return nil
}

func (g *globs) String() string { return "" }

// Type is what --help calls the value.
func (g *globs) Type() string { return "GLOB" }

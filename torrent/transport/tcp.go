package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// tcp is the plain way to a peer. Another way (uTP, a proxy) is one more pair of listen and dial
// that give net.Conns; everything behind them is the same.
type tcp struct{}

// portTries is how often a free port is looked for that both families have.
const portTries = 10

// families are what an address without host means.
var families = [...]struct{ network, host string }{{"tcp4", "0.0.0.0:"}, {"tcp6", "[::]:"}}

// listen opens what an address of the Config means: one listener, or with an empty host one for
// each family that the machine has, on the same port.
func (tcp) listen(ctx context.Context, addr string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", addr, err)
	}
	if host != "" {
		l, err := listenOn(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		return []net.Listener{l}, nil
	}
	for range portTries {
		var open []net.Listener
		if open, err = listenEverywhere(ctx, port); err == nil || port != "0" {
			return open, err
		}
	}
	return nil, err
}

func listenEverywhere(ctx context.Context, port string) ([]net.Listener, error) {
	var open []net.Listener
	var missing []error
	for _, family := range families {
		l, err := listenOn(ctx, family.network, family.host+port)
		switch {
		case err == nil:
			open = append(open, l)
			port = strconv.Itoa(int(addrPort(l.Addr()).Port()))
		case isMissing(ctx, family.network, family.host):
			missing = append(missing, err)
		default:
			for _, l := range open {
				_ = l.Close()
			}
			return nil, err
		}
	}
	if len(open) == 0 {
		return nil, errors.Join(missing...)
	}
	return open, nil
}

// isMissing tells a machine without a family from one whose port is taken: there no port at all
// can be had.
func isMissing(ctx context.Context, network, host string) bool {
	l, err := listenOn(ctx, network, host+"0")
	if err == nil {
		_ = l.Close()
	}
	return err != nil
}

func listenOn(ctx context.Context, network, addr string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAlive: -1, Control: tune} // peers have keep-alives of their own
	lc.SetMultipathTCP(false)                            // it costs throughput, and no client speaks it
	l, err := lc.Listen(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l, nil
}

// dial connects to a peer.
func (tcp) dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1, Control: tune}
	d.SetMultipathTCP(false)
	c, err := d.DialTCP(ctx, "tcp", netip.AddrPort{}, addr)
	if err != nil {
		return nil, err // not c: a nil *TCPConn is no nil net.Conn
	}
	return c, nil
}

package transport

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// notSentLowWater is how many bytes that TCP cannot send yet the system takes from us. Its default
// is the whole send buffer, megabytes: a choke or a cancelled block would come seconds late.
// Over loopback 64 KiB was also the fastest of 32, 64, 128, 256 KiB and none.
const notSentLowWater = 64 << 10

// tune sets what Go does not set by itself. A system that refuses is no worse than before.
func tune(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, notSentLowWater)
	})
}

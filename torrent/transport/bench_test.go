package transport

import (
	"io"
	"net"
	"runtime"
	"testing"

	"groove/torrent/layout"
)

// BenchmarkBlocks moves blocks over loopback as a torrent does: requests one way, spans the other.
// One operation is one block of 16 KiB.
func BenchmarkBlocks(b *testing.B) {
	_, addr := listenFor(b, &seeder{}, "127.0.0.1:0")
	warm := newGetter(4096, 256)
	mustDial(b, dialler(b), addr, warm)
	<-warm.done
	tr := dialler(b)
	b.SetBytes(layout.BlockSize)
	g := newGetter(b.N, 256)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	mustDial(b, tr, addr, g)
	<-g.done
	b.StopTimer()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(b.N), "mallocs/block")
	if g.bad > 0 {
		b.Fatalf("%d bad blocks", g.bad)
	}
}

// BenchmarkFloor is the least a program can do: one stream, read 16 KiB at a time.
func BenchmarkFloor(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	total := int64(b.N) * layout.BlockSize
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		buf := make([]byte, MaxSpan)
		for left := total; left > 0; {
			n, err := c.Write(buf[:min(left, MaxSpan)])
			if left -= int64(n); err != nil {
				return
			}
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	b.SetBytes(layout.BlockSize)
	buf := make([]byte, layout.BlockSize)
	b.ResetTimer()
	for range b.N {
		if _, err := io.ReadFull(c, buf); err != nil {
			b.Fatal(err)
		}
	}
}

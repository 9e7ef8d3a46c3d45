package netlab

import (
	"io"
	"strings"
	"testing"
	"time"

	"groove/internal/test/need"
)

func TestNodesReachEachOtherAndNobodyElse(t *testing.T) {
	lab := New(t, 2)
	listener, err := lab.Node(1).Listen("tcp", "10.77.0.1:7001")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if conn, err := listener.Accept(); err == nil {
			io.WriteString(conn, "hello from "+conn.RemoteAddr().String())
			conn.Close()
		}
	}()
	conn, err := lab.Node(2).Dial("tcp", "10.77.0.1:7001")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got, _ := io.ReadAll(conn); !strings.HasPrefix(string(got), "hello from 10.77.0.2:") {
		t.Errorf("the other node heard %q", got)
	}
	other := New(t, 1)
	if _, err := other.Node(1).Dial("tcp", "10.77.0.1:7001"); err == nil {
		t.Error("a node of another lab was let in")
	}
}

func TestALineIsAsThinAsItWasMade(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	need.Program(t, "tc")
	lab := New(t, 2)
	lab.Node(1).Uplink("16mbit")
	listener, err := lab.Node(2).Listen("tcp", "10.77.0.2:7001")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if conn, err := lab.Node(1).Dial("tcp", "10.77.0.2:7001"); err == nil {
			conn.Write(make([]byte, 2<<20)) // one second at 2 MB/s
			conn.Close()
		}
	}()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	began := time.Now()
	io.Copy(io.Discard, conn)
	if took := time.Since(began); took < 700*time.Millisecond || took > 3*time.Second {
		t.Errorf("2 MiB over 16 Mbit/s took %v", took)
	}
}

func TestALabIsGoneAfterItsTest(t *testing.T) {
	var name string
	t.Run("inner", func(t *testing.T) {
		lab := New(t, 1)
		name = lab.name
		if err := lab.Node(1).Command("sleep", "60").Start(); err != nil {
			t.Fatal(err)
		}
	})
	for _, space := range spaces() {
		if name != "" && strings.HasPrefix(space, name) {
			t.Errorf("%s is still there", space)
		}
	}
}

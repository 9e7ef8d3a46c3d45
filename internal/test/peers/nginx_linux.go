package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"groove/internal/test/need"
	"groove/internal/test/netlab"
)

// WebSeed serves the folder that holds a torrent's folder by nginx, until the test ends, and returns the URL to name in
// the torrent. rate limits one connection ("200k"); "" is no limit.
func WebSeed(t testing.TB, node *netlab.Node, port int, dir, rate string) string {
	t.Helper()
	need.Program(t, "nginx")
	state := t.TempDir()
	if rate != "" {
		rate = "limit_rate " + rate + ";"
	}
	config := fmt.Sprintf(`daemon off; master_process off; user root; pid %[1]s/pid; error_log stderr warn;
events { }
http {
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  access_log off; sendfile on; default_type application/octet-stream;
  server { listen %[2]s:%[3]d; root "%[4]s"; %[5]s }
}
`, state, node.Addr(), port, dir, rate)
	file := filepath.Join(state, "conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := node.Command("nginx", "-c", file, "-p", state, "-e", "stderr")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	address := fmt.Sprintf("%s:%d", node.Addr(), port)
	for range 100 {
		if conn, err := node.Dial("tcp", address); err == nil {
			conn.Close()
			return "http://" + address + "/"
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("nginx does not answer")
	return ""
}

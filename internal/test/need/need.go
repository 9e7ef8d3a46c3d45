// Package need says what a test needs from outside the module, and skips where it is missing.
//
// It knows the two switches of continuous integration: GROOVE_TEST_SHARED=1 turns missing
// conformance data into a failure, GROOVE_TEST_REQUIRE=1 a missing program. Start at Shared.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Shared returns the path of a file or folder of the conformance data that lies beside the module.
func Shared(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(ModuleRoot(t), "..", "shared", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		missing(t, "GROOVE_TEST_SHARED", "conformance data "+name+" is not here")
	}
	return path
}

// Program returns the path of an executable.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "GROOVE_TEST_REQUIRE", "the program "+name+" is not installed")
	}
	return path
}

// Root skips a test that must be root, to make namespaces or mounts.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "GROOVE_TEST_REQUIRE", "this test must run as root")
	}
}

// ModuleRoot returns the folder that holds go.mod, above the test's working folder.
func ModuleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the working folder")
		}
		dir = filepath.Dir(dir)
	}
}

func missing(t testing.TB, env, what string) {
	t.Helper()
	if os.Getenv(env) == "1" {
		t.Fatalf("%s, and %s=1 demands it", what, env)
	}
	t.Skip(what)
}

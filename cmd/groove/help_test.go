package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func testEnv(out *bytes.Buffer) *env {
	return &env{
		ctx: nil, stdout: out, stderr: out,
		getenv: func(string) string { return "" },
		size:   func() (int, int, bool) { return 0, 0, false },
	}
}

func TestEveryHelpEndsInAnExample(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		var out bytes.Buffer
		c.SetOut(&out)
		if err := c.Help(); err != nil {
			t.Error(err)
		}
		_, example, ok := strings.Cut(out.String(), "\nExample:\n")
		if !ok || !strings.Contains(example, "groove") || strings.Contains(example, "\n\n") {
			t.Errorf("the help of %q does not end in an example:\n%s", c.CommandPath(), out.String())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(rootCommand(testEnv(&bytes.Buffer{})))
}

func TestHelpNamesTheDefaultPorts(t *testing.T) {
	for _, name := range []string{"share", "get", "seed"} {
		var out bytes.Buffer
		e := testEnv(&out)
		if code := execute(e, []string{name, "--help"}); code != exitOK || !strings.Contains(out.String(), "7001") {
			t.Errorf("%s --help: exit code %d\n%s", name, code, out.String())
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"runtime"
)

// stateDir returns the folder for resume data: the flag, $GROOVE_STATE, or what the system has for it.
func stateDir(getenv func(string) string, flag string) (string, error) {
	for _, dir := range []string{flag, getenv("GROOVE_STATE")} {
		if dir != "" {
			return filepath.Abs(dir)
		}
	}
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "groove"), nil
	}
	switch runtime.GOOS {
	case "darwin", "windows": // both keep state where they keep an application's settings
		if dir := getenv("LocalAppData"); runtime.GOOS == "windows" && dir != "" {
			return filepath.Join(dir, "groove", "state"), nil
		}
		dir, err := os.UserConfigDir()
		if err != nil {
			return "", fail("no_state_folder", "name one with --state", "find the folder for resume data: %w", err)
		}
		return filepath.Join(dir, "groove", "state"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fail("no_state_folder", "name one with --state", "find the folder for resume data: %w", err)
	}
	return filepath.Join(home, ".local", "state", "groove"), nil
}

package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableVT makes the console understand ANSI sequences; it reports false where it cannot.
func enableVT() bool {
	console := windows.Handle(os.Stdout.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

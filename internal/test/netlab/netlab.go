// Package netlab makes small private networks for tests, out of Linux network namespaces.
//
// A Lab is a bridge with n machines on it, each a Node with an address of its own and no way out
// to the world. It knows how to start commands there and how thin a line is; it refuses to know what
// the commands do. Tests call it; as root only, else they skip. Labs do not see each other, so
// tests may run side by side. Everything is torn down with the test. Start reading at New.
package netlab

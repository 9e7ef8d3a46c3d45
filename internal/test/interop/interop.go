// Package interop holds the tests of the built command among other people's clients, in private networks, and of
// the command killed at random moments.
//
// It drives programs by flags, JSON lines and exit codes alone, and compares files byte for byte; it knows nothing of
// the engine. GROOVE_TEST_LONG=1 runs the full matrix and 50 kills. Start reading at clients_test.go.
package interop

package merkle

import "errors"

var (
	// ErrMismatch says that hashes do not lead to the root that they should.
	ErrMismatch = errors.New("the hashes do not match the root")

	// ErrShape says that hashes are too many, too few or in the wrong place for the file.
	ErrShape = errors.New("the hashes do not fit the file's tree")
)

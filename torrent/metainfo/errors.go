package metainfo

import "errors"

var (
	// ErrInvalid is wrapped by every error of Parse and ParseInfo.
	ErrInvalid = errors.New("not a valid torrent")

	// ErrHybrid says that the v1 and the v2 half of a torrent describe different files.
	// It comes together with ErrInvalid.
	ErrHybrid = errors.New("its v1 and v2 halves disagree")

	// ErrMagnet is wrapped by the errors of ParseMagnet.
	ErrMagnet = errors.New("not a valid magnet link")

	// ErrLayer says that a piece layer does not belong to its file.
	ErrLayer = errors.New("the piece layer does not match")

	// ErrPlan is wrapped by the errors of NewPlan and Finish.
	ErrPlan = errors.New("cannot make a torrent")
)

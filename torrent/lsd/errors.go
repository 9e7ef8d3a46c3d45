package lsd

import "errors"

// ErrAnnounce is wrapped by the errors of Parse.
var ErrAnnounce = errors.New("not a local announce")

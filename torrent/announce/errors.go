package announce

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
)

// ErrMalformed is wrapped by the errors of the parsers.
var ErrMalformed = errors.New("not a tracker message")

// Never is a RetryIn that says: do not ask again.
const Never time.Duration = math.MaxInt64

// Failure is a tracker's refusal.
type Failure struct {
	Reason  string        // printable, at most 200 characters
	RetryIn time.Duration // BEP 31; 0: not told
}

func (f *Failure) Error() string { return fmt.Sprintf("the tracker refused: %s", f.Reason) }

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// printable makes a stranger's text safe to print: short, one line, no control characters.
func printable(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > maxText {
			b.WriteString("...")
			break
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

package sessionauthority

import (
	"time"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Session is an active session, as of one validation. It contains no secret.
//
// A Session that this module returns without an error is complete: its embedded message is never nil.
type Session struct {
	*sessionv1.Session

	// RotateAfter is the time from which the token should be replaced with [Client.Rotate]. Zero if it need not be.
	RotateAfter time.Time
}

// verdict makes a session a [Verdict].
func (Session) verdict() {}

// ShouldRotate reports whether the token should be replaced now.
func (s Session) ShouldRotate(now time.Time) bool {
	return !s.RotateAfter.IsZero() && !now.Before(s.RotateAfter)
}

// HasRole reports whether the session has the role.
func (s Session) HasRole(role string) bool {
	for _, own := range s.GetRoles() {
		if own == role {
			return true
		}
	}
	return false
}

package sessionauthority

import (
	"slices"
	"time"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Requirements are what a handler or method requires of a session besides being active. The zero value requires nothing
// more.
type Requirements struct {
	// MaxAuthAge is the maximum age of the user's authentication. If 0, any age is accepted.
	MaxAuthAge time.Duration
	// MinAssuranceLevel is the minimum assurance level, 0 to 100.
	MinAssuranceLevel uint32
	// Strong requires a verdict that includes every change acknowledged before the request.
	Strong bool
	// AnyRole requires at least one of these roles. If empty, none is required.
	AnyRole []string
}

// NeedValidation reports whether a session that was validated without requirements may not suffice.
func (r Requirements) NeedValidation() bool {
	return r.MaxAuthAge != 0 || r.MinAssuranceLevel != 0 || r.Strong
}

// Apply adds the requirements to the request. Roles are not part of it: see [Requirements.AdmitRoles].
func (r Requirements) Apply(request *ValidateRequest) {
	request.MaxAuthAge, request.MinAssuranceLevel = r.MaxAuthAge, r.MinAssuranceLevel
	if r.Strong {
		request.Consistency = sessionv1.Consistency_CONSISTENCY_STRONG
	}
}

// AdmitRoles reports whether the session has one of the required roles.
func (r Requirements) AdmitRoles(session Session) bool {
	return len(r.AnyRole) == 0 || slices.ContainsFunc(r.AnyRole, session.HasRole)
}

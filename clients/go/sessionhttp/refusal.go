package sessionhttp

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
)

var (
	// ErrNoToken reports that the request has no token: 401.
	ErrNoToken = errors.New("the request has no session")
	// ErrAmbiguousToken reports that the request has different tokens: 401.
	ErrAmbiguousToken = errors.New("the request has several sessions")
	// ErrCrossSite reports that a page of another site sent the request: 403.
	ErrCrossSite = errors.New("the request comes from another site")
	// ErrMissingRole reports that the session has none of the required roles: 403.
	ErrMissingRole = errors.New("the session lacks a required role")
)

// Status returns the status of the response to a request that is not let through. It is 503 for every error that is no
// verdict.
func Status(err error) int {
	var rejected *sessionauthority.Rejected
	var stepUp *sessionauthority.StepUpRequired
	switch {
	case errors.As(err, &rejected), errors.Is(err, ErrNoToken), errors.Is(err, ErrAmbiguousToken):
		return http.StatusUnauthorized
	case errors.As(err, &stepUp), errors.Is(err, ErrCrossSite), errors.Is(err, ErrMissingRole):
		return http.StatusForbidden
	}
	return http.StatusServiceUnavailable
}

// refuse responds to a request that is not let through.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Cache-Control", "no-store")
	switch Status(err) {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
		deleteRejectedCookie(w, r, err)
	case http.StatusForbidden:
		var stepUp *sessionauthority.StepUpRequired
		if errors.As(err, &stepUp) {
			w.Header().Set("WWW-Authenticate", stepUpChallenge(stepUp))
		}
	default:
		w.Header().Set("Retry-After", strconv.Itoa(retryAfterSeconds(err)))
	}
	g.respond(w, r, err)
}

// deleteRejectedCookie deletes the cookie of a request without an active session. A browser that missed a rotation may
// already have the new token from another response.
func deleteRejectedCookie(w http.ResponseWriter, r *http.Request, err error) {
	if !isRotatable(err) && len(r.CookiesNamed(SessionCookie)) > 0 {
		deleteSessionCookie(w)
	}
}

// stepUpChallenge returns the challenge of RFC 9470.
func stepUpChallenge(stepUp *sessionauthority.StepUpRequired) string {
	challenge := `Bearer error="insufficient_user_authentication"`
	if stepUp.AssuranceLevel > 0 {
		challenge += fmt.Sprintf(`, acr_values="%d"`, stepUp.AssuranceLevel)
	}
	if stepUp.MaxAuthAge > 0 {
		challenge += fmt.Sprintf(`, max_age="%d"`, int64(math.Ceil(stepUp.MaxAuthAge.Seconds())))
	}
	return challenge
}

// retryAfterSeconds returns what the server recommends, at least a second.
func retryAfterSeconds(err error) int {
	var call *sessionauthority.CallError
	if errors.As(err, &call) && call.RetryAfter > time.Second {
		return int(math.Ceil(call.RetryAfter.Seconds()))
	}
	return 1
}

// problem is a response according to RFC 9457.
type problem struct {
	Type           string `json:"type"`
	Title          string `json:"title"`
	Status         int    `json:"status"`
	Code           string `json:"code"`
	Detail         string `json:"detail,omitempty"`
	Reason         string `json:"reason,omitempty"`
	AssuranceLevel uint32 `json:"required_assurance_level,omitempty"`
	MaxAuthAge     string `json:"required_max_auth_age,omitempty"`
}

// RespondWithProblem responds with the status of the error and a body of the type application/problem+json, whose `code`
// is "no_session", "session_rejected", "step_up_required", "missing_role", "cross_site_request" or "no_verdict".
func RespondWithProblem(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(Status(err))
	if r.Method == http.MethodHead {
		return
	}
	_ = json.NewEncoder(w).Encode(describe(err))
}

func describe(err error) problem {
	status := Status(err)
	described := problem{Type: "about:blank", Title: http.StatusText(status), Status: status}
	var rejected *sessionauthority.Rejected
	var stepUp *sessionauthority.StepUpRequired
	switch {
	case errors.As(err, &rejected):
		described.Code, described.Detail, described.Reason = "session_rejected", rejected.Message, rejected.ReasonName()
	case errors.As(err, &stepUp):
		described.Code, described.Detail = "step_up_required", stepUp.Message
		described.AssuranceLevel = stepUp.AssuranceLevel
		if stepUp.MaxAuthAge > 0 {
			described.MaxAuthAge = stepUp.MaxAuthAge.String()
		}
	case errors.Is(err, ErrNoToken), errors.Is(err, ErrAmbiguousToken):
		described.Code, described.Detail = "no_session", err.Error()
	case errors.Is(err, ErrCrossSite):
		described.Code, described.Detail = "cross_site_request", err.Error()
	case errors.Is(err, ErrMissingRole):
		described.Code, described.Detail = "missing_role", err.Error()
	default:
		described.Code, described.Detail = "no_verdict", "It is unknown whether the session is active. Try again."
	}
	return described
}

package sessionauthority

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// ConfigurationError reports that [New] refused its options. Nothing was sent.
type ConfigurationError struct {
	// Message says what to change. It contains no secret.
	Message string
}

func (e *ConfigurationError) Error() string { return "session authority client: " + e.Message }

// Rejected is the verdict that a token opens no session, or not for this request. Respond with 401.
type Rejected struct {
	// Reason is the reason of the rejection. Treat an unknown value like UNKNOWN.
	Reason sessionv1.RejectReason
	// Message is one English sentence for display, the same for every rejection with this reason.
	Message string
	// EndedAt is the time at which the session ended. Zero if it has not ended.
	EndedAt time.Time
	// Actor ended the session. Empty if unknown.
	Actor string
	// StatedReason says why the session ended, in the words of the call that ended it. Show it to the user only if your
	// callers write it for users.
	StatedReason string
	// SessionID is the session to which the token belongs or belonged. Empty if unknown.
	SessionID string
}

func (e *Rejected) Error() string {
	return fmt.Sprintf("session rejected: %s: %s", e.ReasonName(), e.Message)
}

// ReasonName returns the name of the reason, such as "REVOKED", and "UNKNOWN" for a value that this release does not
// know.
func (e *Rejected) ReasonName() string {
	name, known := sessionv1.RejectReason_name[int32(e.Reason)]
	if !known || e.Reason == sessionv1.RejectReason_REJECT_REASON_UNSPECIFIED {
		return "UNKNOWN"
	}
	return strings.TrimPrefix(name, "REJECT_REASON_")
}

// verdict makes a rejection a [Verdict].
func (*Rejected) verdict() {}

// StepUpRequired is the verdict that the session is active, but the user must authenticate again, or more strongly, for
// this request.
type StepUpRequired struct {
	// SessionID is the session of the token.
	SessionID string
	// Message is one English sentence for display.
	Message string
	// AssuranceLevel is the level that the session lacks. 0 if its level is sufficient.
	AssuranceLevel uint32
	// MaxAuthAge is the age that the authentication exceeds. 0 if its age is acceptable.
	MaxAuthAge time.Duration
}

func (e *StepUpRequired) Error() string { return "step-up authentication required: " + e.Message }

// verdict makes a required step-up a [Verdict].
func (*StepUpRequired) verdict() {}

// NoVerdict reports that it is unknown whether the user is signed in. Respond with 503; never treat it as "signed in"
// or as "signed out".
type NoVerdict struct {
	// Cause is the failure of the call.
	Cause *CallError
}

func (e *NoVerdict) Error() string { return "no verdict on the session: " + e.Cause.Error() }

// Unwrap returns the failure of the call, a [*CallError].
func (e *NoVerdict) Unwrap() error { return e.Cause }

// CallError is a failed call. [Client.Validate] and [Client.Rotate] return it inside a [*NoVerdict].
type CallError struct {
	// Code is the status code.
	Code codes.Code
	// Reason is the machine-readable reason, such as "SESSION_NOT_FOUND": a value of ErrorReason without its prefix.
	// Empty if the server stated none, as when it cannot be reached.
	Reason string
	// Message is an English sentence for developers.
	Message string
	// Metadata has further facts about the reason.
	Metadata map[string]string
	// Fields lists every invalid field of an INVALID_ARGUMENT.
	Fields []FieldViolation
	// RetryAfter is how long to wait before another try. 0 if the server recommends nothing.
	RetryAfter time.Duration

	cause error
}

// FieldViolation is an invalid field of a request.
type FieldViolation struct {
	// Field is the path of the field, such as "client.ip".
	Field string
	// Description says what is wrong.
	Description string
}

func (e *CallError) Error() string {
	var text strings.Builder
	text.WriteString(e.Code.String())
	if e.Reason != "" {
		fmt.Fprintf(&text, " (%s)", e.Reason)
	}
	if e.Message != "" {
		text.WriteString(": " + e.Message)
	}
	return text.String()
}

// Unwrap returns the error of the gRPC library.
func (e *CallError) Unwrap() error { return e.cause }

// GRPCStatus returns the status of the call.
func (e *CallError) GRPCStatus() *status.Status { return status.Convert(e.cause) }

// newCallError returns the failure with its decoded details.
func newCallError(err error) *CallError {
	var known *CallError
	if errors.As(err, &known) {
		return known
	}
	if contextual := status.FromContextError(err); contextual.Code() != codes.Unknown {
		err = contextual.Err()
	}
	converted := status.Convert(err)
	call := &CallError{Code: converted.Code(), Message: converted.Message(), cause: err}
	for _, detail := range converted.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			call.Reason, call.Metadata = detail.GetReason(), detail.GetMetadata()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				call.Fields = append(call.Fields, FieldViolation{violation.GetField(), violation.GetDescription()})
			}
		case *errdetails.RetryInfo:
			call.RetryAfter = detail.GetRetryDelay().AsDuration()
		}
	}
	return call
}

// callErrorOrNil returns a [*CallError], or nil without an error.
func callErrorOrNil(err error) error {
	if err == nil {
		return nil
	}
	return newCallError(err)
}

// noVerdict returns the failure of a validation.
func noVerdict(err error) *NoVerdict { return &NoVerdict{Cause: newCallError(err)} }

// noOutcome is the failure of a response that has neither a session nor a rejection.
func noOutcome() *NoVerdict {
	return noVerdict(status.Error(codes.Internal, "the response has no outcome"))
}

// fromRejection returns the error of a rejection.
func fromRejection(rejection *sessionv1.Rejection) error {
	if rejection.GetReason() == sessionv1.RejectReason_REJECT_REASON_STEP_UP_REQUIRED {
		return &StepUpRequired{
			SessionID:      rejection.GetSessionId(),
			Message:        rejection.GetMessage(),
			AssuranceLevel: rejection.GetRequiredAssuranceLevel(),
			MaxAuthAge:     rejection.GetRequiredMaxAuthAge().AsDuration(),
		}
	}
	rejected := &Rejected{
		Reason:       rejection.GetReason(),
		Message:      rejection.GetMessage(),
		Actor:        rejection.GetActor(),
		StatedReason: rejection.GetStatedReason(),
		SessionID:    rejection.GetSessionId(),
	}
	if rejection.GetEndedAt() != nil {
		rejected.EndedAt = rejection.GetEndedAt().AsTime()
	}
	return rejected
}

// errorReasonName returns the name of a reason as in ErrorInfo, or an empty string if it is not known.
func errorReasonName(reason sessionv1.ErrorReason) string {
	if reason == sessionv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		return ""
	}
	return strings.TrimPrefix(sessionv1.ErrorReason_name[int32(reason)], "ERROR_REASON_")
}

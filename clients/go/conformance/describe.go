package main

import (
	"encoding/json"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
)

// parse reads a message from its JSON form.
func parse[Message proto.Message](text json.RawMessage, message Message) (Message, error) {
	if len(text) == 0 {
		return message, nil
	}
	return message, protojson.Unmarshal(text, message)
}

// message returns the JSON form of a message.
func message(message proto.Message) json.RawMessage {
	encoded, err := protojson.Marshal(message)
	if err != nil {
		panic(err)
	}
	return encoded
}

func describeSession(session sessionauthority.Session) object {
	result := object{"session": message(session.Session)}
	if !session.RotateAfter.IsZero() {
		result["rotate_after"] = describeTime(session.RotateAfter)
	}
	return result
}

func describeTime(moment time.Time) json.RawMessage { return message(timestamppb.New(moment)) }

func describeDuration(duration time.Duration) json.RawMessage {
	return message(durationpb.New(duration))
}

func describeRejected(rejected *sessionauthority.Rejected) object {
	result := object{
		"reason": rejected.ReasonName(), "message": rejected.Message, "actor": rejected.Actor,
		"stated_reason": rejected.StatedReason, "session_id": rejected.SessionID,
	}
	if !rejected.EndedAt.IsZero() {
		result["ended_at"] = describeTime(rejected.EndedAt)
	}
	return result
}

func describeStepUp(stepUp *sessionauthority.StepUpRequired) object {
	result := object{
		"session_id": stepUp.SessionID, "message": stepUp.Message, "required_assurance_level": stepUp.AssuranceLevel,
	}
	if stepUp.MaxAuthAge > 0 {
		result["required_max_auth_age"] = describeDuration(stepUp.MaxAuthAge)
	}
	return result
}

func describeCall(call *sessionauthority.CallError) object {
	result := object{"code": codeName(call.Code), "reason": call.Reason, "message": call.Error()}
	if len(call.Metadata) > 0 {
		result["metadata"] = call.Metadata
	}
	fields := []object{}
	for _, violation := range call.Fields {
		fields = append(fields, object{"field": violation.Field, "description": violation.Description})
	}
	result["fields"] = fields
	if call.RetryAfter > 0 {
		result["retry_after"] = describeDuration(call.RetryAfter)
	}
	return result
}

func describeError(err error) object {
	var (
		configuration *sessionauthority.ConfigurationError
		rejected      *sessionauthority.Rejected
		stepUp        *sessionauthority.StepUpRequired
		noVerdict     *sessionauthority.NoVerdict
		call          *sessionauthority.CallError
	)
	switch {
	case errors.As(err, &configuration):
		return object{"type": "configuration", "message": configuration.Error()}
	case errors.As(err, &rejected):
		return withType("rejected", describeRejected(rejected))
	case errors.As(err, &stepUp):
		return withType("step_up_required", describeStepUp(stepUp))
	case errors.As(err, &noVerdict):
		return withType("no_verdict", describeCall(noVerdict.Cause))
	case errors.As(err, &call):
		return withType("call", describeCall(call))
	}
	return adapterError(err.Error())
}

func withType(name string, description object) object {
	description["type"] = name
	return description
}

func adapterError(text string) object { return object{"type": "adapter", "message": text} }

// codeName returns the name of a code as in the gRPC specification.
func codeName(code codes.Code) string {
	names := map[codes.Code]string{
		codes.OK: "OK", codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN",
		codes.InvalidArgument: "INVALID_ARGUMENT", codes.DeadlineExceeded: "DEADLINE_EXCEEDED",
		codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
		codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
		codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE",
		codes.Unimplemented: "UNIMPLEMENTED", codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE",
		codes.DataLoss: "DATA_LOSS", codes.Unauthenticated: "UNAUTHENTICATED",
	}
	return names[code]
}

package main

import (
	"encoding/json"
	"fmt"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

func parseValidation(text json.RawMessage) (sessionauthority.ValidateRequest, error) {
	request, err := parse(text, &sessionv1.ValidateRequest{})
	return sessionauthority.ValidateRequest{
		Token:             sessionauthority.NewToken(request.GetToken()),
		Client:            request.GetClient(),
		Consistency:       request.GetConsistency(),
		Activity:          request.GetActivity(),
		MaxAuthAge:        request.GetMaxAuthAge().AsDuration(),
		MinAssuranceLevel: request.GetMinAssuranceLevel(),
	}, err
}

func (a *adapter) validate(operation *operation) (any, error) {
	client, err := a.client(operation)
	if err != nil {
		return nil, err
	}
	request, err := parseValidation(operation.Request)
	if err != nil {
		return nil, err
	}
	ctx, cancel := operation.context()
	defer cancel()
	session, err := client.Validate(ctx, request)
	if err != nil {
		return nil, err
	}
	return describeSession(session), nil
}

func (a *adapter) tryValidate(operation *operation) (any, error) {
	client, err := a.client(operation)
	if err != nil {
		return nil, err
	}
	request, err := parseValidation(operation.Request)
	if err != nil {
		return nil, err
	}
	ctx, cancel := operation.context()
	defer cancel()
	verdict, err := client.TryValidate(ctx, request)
	if err != nil {
		return nil, err
	}
	switch verdict := verdict.(type) {
	case sessionauthority.Session:
		return withOutcome("session", describeSession(verdict)), nil
	case *sessionauthority.Rejected:
		return withOutcome("rejected", describeRejected(verdict)), nil
	case *sessionauthority.StepUpRequired:
		return withOutcome("step_up_required", describeStepUp(verdict)), nil
	}
	return nil, fmt.Errorf("unknown verdict %T", verdict)
}

func withOutcome(name string, description object) object {
	description["outcome"] = name
	return description
}

func (a *adapter) validateMany(operation *operation) (any, error) {
	client, err := a.client(operation)
	if err != nil {
		return nil, err
	}
	requests := make([]sessionauthority.ValidateRequest, len(operation.Requests))
	for index, text := range operation.Requests {
		if requests[index], err = parseValidation(text); err != nil {
			return nil, err
		}
	}
	ctx, cancel := operation.context()
	defer cancel()
	results := []object{}
	for _, result := range client.ValidateMany(ctx, requests, operation.MaxInFlight) {
		if result.Err != nil {
			results = append(results, object{"error": describeError(result.Err)})
		} else {
			results = append(results, describeSession(result.Session))
		}
	}
	return object{"results": results}, nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

func (a *adapter) openAlerts(operation *operation) (any, error) {
	client, err := a.client(operation)
	if err != nil {
		return nil, err
	}
	request, err := parse(operation.Request, &sessionv1.StreamAlertsRequest{})
	if err != nil {
		return nil, err
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.streams[operation.Stream] = client.StreamAlerts(context.Background(), request)
	return object{}, nil
}

func (a *adapter) stream(operation *operation) (*sessionauthority.AlertStream, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	stream, found := a.streams[operation.Stream]
	if !found {
		return nil, fmt.Errorf("no stream %q", operation.Stream)
	}
	return stream, nil
}

func (a *adapter) nextAlert(operation *operation) (any, error) {
	stream, err := a.stream(operation)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), milliseconds(operation.TimeoutMS))
	defer cancel()
	event, err := stream.Next(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
		return object{"timeout": true}, nil
	case err != nil:
		return nil, err
	case event.Gap != nil:
		return object{"gap": message(event.Gap), "cursor": event.Cursor}, nil
	}
	return object{"alert": message(event.Alert), "cursor": event.Cursor}, nil
}

func (a *adapter) alertsCursor(operation *operation) (any, error) {
	stream, err := a.stream(operation)
	if err != nil {
		return nil, err
	}
	return object{"cursor": stream.Cursor()}, nil
}

func (a *adapter) closeAlerts(operation *operation) (any, error) {
	stream, err := a.stream(operation)
	if err != nil {
		return nil, err
	}
	stream.Close()
	return object{}, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// consumeOptions are the options of `consumer.start`.
type consumeOptions struct {
	TenantID            string `json:"tenant_id"`
	MaxNotifications    uint32 `json:"max_notifications"`
	VisibilityTimeoutMS int64  `json:"visibility_timeout_ms"`
	PollIntervalMS      int64  `json:"poll_interval_ms"`
}

// consumer is a consumer whose handler waits for operations.
type consumer struct {
	begun    chan *sessionv1.Notification
	finished chan error
	stop     context.CancelFunc
	ended    chan error
}

func (a *adapter) startConsumer(operation *operation) (any, error) {
	client, err := a.client(operation)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	started := &consumer{
		begun: make(chan *sessionv1.Notification), finished: make(chan error), stop: stop, ended: make(chan error, 1),
	}
	options := operation.Consume
	go func() {
		started.ended <- client.Notifications.Consume(ctx, started.handle, sessionauthority.ConsumeOptions{
			TenantID:          options.TenantID,
			MaxNotifications:  options.MaxNotifications,
			VisibilityTimeout: milliseconds(options.VisibilityTimeoutMS),
			PollInterval:      milliseconds(options.PollIntervalMS),
		})
	}()
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.consumers[operation.Consumer] = started
	return object{}, nil
}

func (c *consumer) handle(ctx context.Context, notification *sessionv1.Notification) error {
	select {
	case c.begun <- notification:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-c.finished:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *adapter) consumer(operation *operation) (*consumer, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	found, ok := a.consumers[operation.Consumer]
	if !ok {
		return nil, fmt.Errorf("no consumer %q", operation.Consumer)
	}
	return found, nil
}

func (a *adapter) nextNotification(operation *operation) (any, error) {
	consumer, err := a.consumer(operation)
	if err != nil {
		return nil, err
	}
	select {
	case notification := <-consumer.begun:
		return object{"notification": message(notification)}, nil
	case <-time.After(milliseconds(operation.TimeoutMS)):
		return object{"timeout": true}, nil
	}
}

func (a *adapter) finishNotification(operation *operation) (any, error) {
	consumer, err := a.consumer(operation)
	if err != nil {
		return nil, err
	}
	var result error
	if operation.Fails {
		result = errors.New("the mail server is unavailable")
	}
	select {
	case consumer.finished <- result:
		return object{}, nil
	case <-time.After(milliseconds(operation.TimeoutMS)):
		return nil, errors.New("no handler waits")
	}
}

func (a *adapter) stopConsumer(operation *operation) (any, error) {
	consumer, err := a.consumer(operation)
	if err != nil {
		return nil, err
	}
	consumer.stop()
	return object{}, nil
}

func (a *adapter) endOfConsumer(operation *operation) (any, error) {
	consumer, err := a.consumer(operation)
	if err != nil {
		return nil, err
	}
	select {
	case err := <-consumer.ended:
		return object{}, err
	case <-time.After(milliseconds(operation.TimeoutMS)):
		return nil, errors.New("the consumer has not ended")
	}
}

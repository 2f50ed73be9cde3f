package sessionauthority

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// fakeQueue stands for the server. It stops the consumer when its leases are used up.
type fakeQueue struct {
	sessionv1.NotificationServiceClient

	leases       []any // the IDs of notifications, or an error
	stop         context.CancelFunc
	refused      []string
	acknowledged []string
	givenBack    []string
	extended     int
}

func (q *fakeQueue) Lease(
	context.Context, *sessionv1.LeaseRequest, ...grpc.CallOption,
) (*sessionv1.LeaseResponse, error) {
	if len(q.leases) == 0 {
		q.stop()
		return &sessionv1.LeaseResponse{}, nil
	}
	lease := q.leases[0]
	q.leases = q.leases[1:]
	if err, failed := lease.(error); failed {
		return nil, err
	}
	response := &sessionv1.LeaseResponse{LeaseId: "l"}
	for _, id := range lease.([]string) {
		response.Notifications = append(response.Notifications, &sessionv1.Notification{NotificationId: id})
	}
	return response, nil
}

func (q *fakeQueue) Ack(
	_ context.Context, request *sessionv1.AckRequest, _ ...grpc.CallOption,
) (*sessionv1.AckResponse, error) {
	q.acknowledged = append(q.acknowledged, request.NotificationIds...)
	return &sessionv1.AckResponse{}, nil
}

func (q *fakeQueue) Extend(
	_ context.Context, request *sessionv1.ExtendRequest, _ ...grpc.CallOption,
) (*sessionv1.ExtendResponse, error) {
	if request.VisibilityTimeout.AsDuration() == 0 {
		q.givenBack = append(q.givenBack, request.NotificationIds...)
	} else {
		q.extended++
	}
	return &sessionv1.ExtendResponse{RefusedIds: q.refused}, nil
}

// consume consumes the leases, and returns the errors that were reported.
func (q *fakeQueue) consume(handler NotificationHandler, options ConsumeOptions) ([]error, error) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	q.stop = stop
	var reported []error
	options.OnError = func(_ *sessionv1.Notification, err error) { reported = append(reported, err) }
	notifications := &Notifications{client: &Client{settings: defaultSettings()}, service: q}
	err := notifications.Consume(ctx, handler, options)
	slices.Sort(q.givenBack)
	return reported, err
}

func expect(t *testing.T, queue *fakeQueue, acknowledged, givenBack []string) {
	t.Helper()
	if !slices.Equal(queue.acknowledged, acknowledged) || !slices.Equal(queue.givenBack, givenBack) {
		t.Errorf("acknowledged %v, given back %v", queue.acknowledged, queue.givenBack)
	}
}

func TestADeliveredNotificationIsAcknowledgedAndAFailureIsLeftToItsLease(t *testing.T) {
	queue := &fakeQueue{leases: []any{[]string{"a", "b", "c"}}}
	failure := errors.New("the mail server is unavailable")
	reported, err := queue.consume(func(_ context.Context, notification *sessionv1.Notification) error {
		if notification.NotificationId == "b" {
			return failure
		}
		return nil
	}, ConsumeOptions{})
	expect(t, queue, []string{"a", "c"}, nil)
	if err != nil || len(reported) != 1 || !errors.Is(reported[0], failure) {
		t.Errorf("got %v, reported %v", err, reported)
	}
}

func TestAConsumerThatStopsGivesBackWhatItHasNotBegun(t *testing.T) {
	queue := &fakeQueue{leases: []any{[]string{"a", "b", "c"}}}
	_, err := queue.consume(func(ctx context.Context, _ *sessionv1.Notification) error {
		queue.stop()
		return ctx.Err() // the handler may finish
	}, ConsumeOptions{})
	expect(t, queue, []string{"a"}, []string{"b", "c"})
	if err != nil {
		t.Errorf("got %v", err)
	}
}

func TestARefusedLeaseEndsTheConsumerAndAnOutageDoesNot(t *testing.T) {
	handler := func(context.Context, *sessionv1.Notification) error { return nil }
	refused := &fakeQueue{leases: []any{status.Error(codes.PermissionDenied, "not for this role")}}
	var call *CallError
	if _, err := refused.consume(handler, ConsumeOptions{}); !errors.As(err, &call) || call.Code != codes.PermissionDenied {
		t.Errorf("got %v", err)
	}
	queue := &fakeQueue{leases: []any{status.Error(codes.Unavailable, "an outage"), []string{"a"}}}
	reported, err := queue.consume(handler, ConsumeOptions{})
	expect(t, queue, []string{"a"}, nil)
	if err != nil || len(reported) != 1 {
		t.Errorf("got %v, reported %v", err, reported)
	}
}

func TestTheContextOfAHandlerEndsIfItsNotificationIsWithdrawnOrItTakesTooLong(t *testing.T) {
	wait := func(ctx context.Context, _ *sessionv1.Notification) error {
		<-ctx.Done()
		return ctx.Err()
	}
	withdrawn := &fakeQueue{leases: []any{[]string{"a"}}, refused: []string{"a"}}
	_, err := withdrawn.consume(wait, ConsumeOptions{VisibilityTimeout: 30 * time.Millisecond})
	expect(t, withdrawn, nil, nil)
	if err != nil || withdrawn.extended != 1 {
		t.Errorf("got %v, extended %d times", err, withdrawn.extended)
	}
	tooLong := &fakeQueue{leases: []any{[]string{"a"}}}
	_, err = tooLong.consume(wait, ConsumeOptions{MaxHandlingTime: 10 * time.Millisecond})
	expect(t, tooLong, nil, nil)
	if err != nil {
		t.Errorf("got %v", err)
	}
}

func TestNothingIsBegunAfterTheLeaseHasEnded(t *testing.T) {
	response := &sessionv1.LeaseResponse{Notifications: []*sessionv1.Notification{{NotificationId: "a"}}}
	lease := newNotificationLease(response, time.Now().Add(-time.Second))
	if lease.begin("a", func() {}) {
		t.Error("the lease has ended")
	}
	lease.extend(time.Now().Add(time.Minute))
	if !lease.begin("a", func() {}) {
		t.Error("the lease was extended")
	}
}

package sessionauthority

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

const (
	minLeaseBackoff = time.Second
	maxLeaseBackoff = 30 * time.Second
)

// NotificationHandler delivers a notification to its user. An error, or a panic that the program survives, leaves it in the
// queue, and it is leased again when its lease ends.
//
// The context ends if the consumer may no longer deliver the notification, for example because its user was erased, and
// after [ConsumeOptions.MaxHandlingTime]. It does not end when the consumer stops.
type NotificationHandler func(ctx context.Context, notification *sessionv1.Notification) error

// ConsumeOptions are options of [Notifications.Consume]. A zero stands for the default.
type ConsumeOptions struct {
	// TenantID is the tenant of the notifications. If empty, every tenant that the caller may access.
	TenantID string
	// MaxNotifications is the number of notifications that are leased at a time, 1 to 100. If 0, 10.
	MaxNotifications uint32
	// VisibilityTimeout is the time after which somebody else may lease the notifications if this process ends without
	// notice: 1 second to 12 hours. A failed notification is leased again after it. If 0, 1 minute.
	VisibilityTimeout time.Duration
	// PollInterval is the pause after the queue was empty. If 0, 5 seconds.
	PollInterval time.Duration
	// MaxHandlingTime limits the time for which the lease of a notification is extended while its handler runs. If 0, 10
	// minutes.
	MaxHandlingTime time.Duration
	// OnError is called with a notification that was not delivered or not acknowledged, and with nil after a failed call
	// that is made again. If nil, errors are logged by log/slog.
	OnError func(notification *sessionv1.Notification, err error)
}

func (o ConsumeOptions) withDefaults() ConsumeOptions {
	if o.MaxNotifications == 0 {
		o.MaxNotifications = 10
	}
	if o.VisibilityTimeout == 0 {
		o.VisibilityTimeout = time.Minute
	}
	if o.PollInterval == 0 {
		o.PollInterval = 5 * time.Second
	}
	if o.MaxHandlingTime == 0 {
		o.MaxHandlingTime = 10 * time.Minute
	}
	if o.OnError == nil {
		o.OnError = logConsumeError
	}
	return o
}

func logConsumeError(notification *sessionv1.Notification, err error) {
	if notification == nil {
		slog.Warn("failed to lease or extend notifications; retrying", "error", err)
		return
	}
	slog.Warn("failed to deliver a notification; it is leased again",
		"notification_id", notification.GetNotificationId(), "attempt", notification.GetAttempt(), "error", err)
}

// Consume leases notifications, passes them to the handler one after the other, and acknowledges each that the handler has
// delivered. While a handler runs, the leases are extended. Any number of consumers share the work; call Consume several
// times to deliver in parallel. Delivery is at least once.
//
// It returns nil after the context has ended: the handler that runs then is waited for, and notifications that were not
// begun are given back. It returns a [*CallError] that a retry does not solve: INVALID_ARGUMENT, UNAUTHENTICATED,
// PERMISSION_DENIED, FAILED_PRECONDITION or UNIMPLEMENTED. Other failed calls are made again.
func (n *Notifications) Consume(ctx context.Context, handler NotificationHandler, options ConsumeOptions) error {
	consumer := &notificationConsumer{notifications: n, handler: handler, options: options.withDefaults()}
	backoff := minLeaseBackoff
	for {
		ends := time.Now().Add(consumer.options.VisibilityTimeout)
		response, err := consumer.lease(ctx)
		if ctx.Err() != nil && err != nil {
			return nil
		}
		pause := consumer.options.PollInterval
		switch {
		case err != nil:
			if isLeaseRefusal(err) {
				return err
			}
			consumer.options.OnError(nil, err)
			pause = max(backoff, newCallError(err).RetryAfter)
			backoff = min(2*backoff, maxLeaseBackoff)
		case len(response.GetNotifications()) > 0:
			backoff, pause = minLeaseBackoff, 0
			consumer.deliver(ctx, response, ends)
		}
		if ctx.Err() != nil || pause > 0 && !sleep(ctx, jitter(pause.Milliseconds())) {
			return nil
		}
	}
}

func isLeaseRefusal(err error) bool {
	switch newCallError(err).Code {
	case codes.InvalidArgument, codes.Unauthenticated, codes.PermissionDenied, codes.FailedPrecondition,
		codes.Unimplemented:
		return true
	}
	return false
}

// notificationConsumer is one call of Consume.
type notificationConsumer struct {
	notifications *Notifications
	handler       NotificationHandler
	options       ConsumeOptions
}

func (c *notificationConsumer) lease(ctx context.Context) (*sessionv1.LeaseResponse, error) {
	return c.notifications.Lease(ctx, &sessionv1.LeaseRequest{
		TenantId:          c.options.TenantID,
		MaxNotifications:  c.options.MaxNotifications,
		VisibilityTimeout: durationpb.New(c.options.VisibilityTimeout),
	})
}

// deliver delivers the notifications of one lease.
func (c *notificationConsumer) deliver(ctx context.Context, response *sessionv1.LeaseResponse, ends time.Time) {
	// Calls about the lease are made even if the consumer stops.
	working := context.WithoutCancel(ctx)
	lease := newNotificationLease(response, ends)
	extending, stopExtending := context.WithCancel(working)
	extended := make(chan struct{})
	go func() {
		defer close(extended)
		c.keepExtending(extending, lease)
	}()
	for _, notification := range response.GetNotifications() {
		if ctx.Err() != nil {
			break
		}
		c.deliverOne(working, lease, notification)
	}
	stopExtending()
	<-extended
	if rest := lease.ids(); len(rest) > 0 {
		if err := c.extend(working, lease, rest, 0); err != nil {
			c.options.OnError(nil, err)
		}
	}
}

func (c *notificationConsumer) deliverOne(
	ctx context.Context, lease *notificationLease, notification *sessionv1.Notification,
) {
	handling, cancel := context.WithTimeout(ctx, c.options.MaxHandlingTime)
	defer cancel()
	id := notification.GetNotificationId()
	if !lease.begin(id, cancel) {
		return
	}
	// If the handler hangs, others get the notification.
	defer context.AfterFunc(handling, func() { lease.remove(id) })()
	err := c.handler(handling, notification)
	if err == nil {
		request := &sessionv1.AckRequest{LeaseId: lease.leaseID, NotificationIds: []string{id}}
		_, err = c.notifications.Ack(ctx, request)
	}
	lease.remove(id)
	if err != nil {
		c.options.OnError(notification, err)
	}
}

// keepExtending extends the lease of all notifications that are not done, until the context ends.
func (c *notificationConsumer) keepExtending(ctx context.Context, lease *notificationLease) {
	for sleep(ctx, c.options.VisibilityTimeout/3) {
		ids := lease.ids()
		if len(ids) == 0 {
			continue
		}
		if err := c.extend(ctx, lease, ids, c.options.VisibilityTimeout); err != nil && ctx.Err() == nil {
			c.options.OnError(nil, err)
		}
	}
}

func (c *notificationConsumer) extend(
	ctx context.Context, lease *notificationLease, ids []string, timeout time.Duration,
) error {
	ends := time.Now().Add(timeout)
	response, err := c.notifications.Extend(ctx, &sessionv1.ExtendRequest{
		LeaseId: lease.leaseID, NotificationIds: ids, VisibilityTimeout: durationpb.New(timeout),
	})
	if err == nil {
		lease.extend(ends)
	}
	for _, id := range response.GetRefusedIds() {
		lease.lose(id)
	}
	return err
}

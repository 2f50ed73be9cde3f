package sessionauthority

import (
	"context"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Notifications has the calls for services that send notifications to users, such as mailers. [Notifications.Consume] makes
// them in the right order. Every error is a [*CallError].
type Notifications struct {
	client  *Client
	service sessionv1.NotificationServiceClient
}

// Lease leases notifications, which no other call returns until the lease ends. It is not retried: each call leases other
// notifications.
func (n *Notifications) Lease(ctx context.Context, request *sessionv1.LeaseRequest) (*sessionv1.LeaseResponse, error) {
	return call(ctx, n.client.settings.adminTimeout, n.service.Lease, request)
}

// Ack acknowledges notifications that were delivered, so that they are never leased again.
func (n *Notifications) Ack(ctx context.Context, request *sessionv1.AckRequest) (*sessionv1.AckResponse, error) {
	return call(ctx, n.client.settings.adminTimeout, n.service.Ack, request)
}

// Extend changes the end of the lease of notifications. A timeout of zero gives them back.
func (n *Notifications) Extend(ctx context.Context, request *sessionv1.ExtendRequest) (*sessionv1.ExtendResponse, error) {
	return call(ctx, n.client.settings.adminTimeout, n.service.Extend, request)
}

// AnswerLink records the answer to an alert by the token of a link, or only checks the token.
func (n *Notifications) AnswerLink(
	ctx context.Context, request *sessionv1.AnswerLinkRequest,
) (*sessionv1.AnswerLinkResponse, error) {
	defer n.client.cache.clear()
	return call(ctx, n.client.settings.adminTimeout, n.service.AnswerLink, request)
}

// GetQueueStats counts the notifications of the queue, and lists dead ones.
func (n *Notifications) GetQueueStats(
	ctx context.Context, request *sessionv1.GetQueueStatsRequest,
) (*sessionv1.GetQueueStatsResponse, error) {
	return call(ctx, n.client.settings.adminTimeout, n.service.GetQueueStats, request)
}

// Requeue puts dead notifications back into the queue. It is not retried, because a repeated call counts only what is dead
// again.
func (n *Notifications) Requeue(
	ctx context.Context, request *sessionv1.RequeueRequest,
) (*sessionv1.RequeueResponse, error) {
	return call(ctx, n.client.settings.adminTimeout, n.service.Requeue, request)
}

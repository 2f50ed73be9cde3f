package sessionauthority

import (
	"context"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Webhooks has the calls for endpoints of other systems that receive events and alerts. They need the role admin. Every
// error is a [*CallError].
type Webhooks struct {
	client  *Client
	service sessionv1.WebhookServiceClient
}

// ListWebhooks returns all endpoints with their progress.
func (w *Webhooks) ListWebhooks(ctx context.Context) (*sessionv1.ListWebhooksResponse, error) {
	return call(ctx, w.client.settings.adminTimeout, w.service.ListWebhooks, &sessionv1.ListWebhooksRequest{})
}

// AddWebhook adds an endpoint, and returns the secret that signs its messages. It is not retried: if the response is lost,
// so is the secret.
func (w *Webhooks) AddWebhook(
	ctx context.Context, request *sessionv1.AddWebhookRequest,
) (*sessionv1.AddWebhookResponse, error) {
	return call(ctx, w.client.settings.adminTimeout, w.service.AddWebhook, request)
}

// UpdateWebhook replaces the settings of an endpoint. It is not retried, because each call may generate another secret.
func (w *Webhooks) UpdateWebhook(
	ctx context.Context, request *sessionv1.UpdateWebhookRequest,
) (*sessionv1.UpdateWebhookResponse, error) {
	return call(ctx, w.client.settings.adminTimeout, w.service.UpdateWebhook, request)
}

// RemoveWebhook removes an endpoint. It is not retried: a repeated call fails with NOT_FOUND.
func (w *Webhooks) RemoveWebhook(
	ctx context.Context, request *sessionv1.RemoveWebhookRequest,
) (*sessionv1.RemoveWebhookResponse, error) {
	return call(ctx, w.client.settings.adminTimeout, w.service.RemoveWebhook, request)
}

// TestWebhook sends a test message to an endpoint, once. It is not retried. A delivery that fails is no error: see the
// response.
func (w *Webhooks) TestWebhook(
	ctx context.Context, request *sessionv1.TestWebhookRequest,
) (*sessionv1.TestWebhookResponse, error) {
	return call(ctx, w.client.settings.adminTimeout, w.service.TestWebhook, request)
}

// EnableWebhook ends the disablement or the pause of an endpoint.
func (w *Webhooks) EnableWebhook(
	ctx context.Context, request *sessionv1.EnableWebhookRequest,
) (*sessionv1.EnableWebhookResponse, error) {
	return call(ctx, w.client.settings.adminTimeout, w.service.EnableWebhook, request)
}

// ListDeadLetters returns a page of messages that were given up.
func (w *Webhooks) ListDeadLetters(
	ctx context.Context, request *sessionv1.ListDeadLettersRequest,
) (*sessionv1.ListDeadLettersResponse, error) {
	return call(ctx, w.client.settings.adminTimeout, w.service.ListDeadLetters, request)
}

// ReplayWebhook sends messages of an endpoint again. It is not retried, because a repeated call counts only what was given
// up again.
func (w *Webhooks) ReplayWebhook(
	ctx context.Context, request *sessionv1.ReplayWebhookRequest,
) (*sessionv1.ReplayWebhookResponse, error) {
	return call(ctx, w.client.settings.adminTimeout, w.service.ReplayWebhook, request)
}

package sessionauthority

import (
	"context"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Denylist has the calls for the IDs of JWTs that must no longer be accepted. Every error is a [*CallError].
type Denylist struct {
	client  *Client
	service sessionv1.DenylistServiceClient
}

// Deny denies JWTs by their IDs, each until its JWT expires.
func (d *Denylist) Deny(ctx context.Context, request *sessionv1.DenyRequest) (*sessionv1.DenyResponse, error) {
	return call(ctx, d.client.settings.callTimeout, d.service.Deny, request)
}

// Check returns whether JWTs are denied. An error means that there is no verdict: never treat it as "not denied".
func (d *Denylist) Check(ctx context.Context, request *sessionv1.CheckRequest) (*sessionv1.CheckResponse, error) {
	return call(ctx, d.client.settings.callTimeout, d.service.Check, request)
}

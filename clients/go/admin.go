package sessionauthority

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Admin has the calls for administrators and their tools. Every error is a [*CallError].
type Admin struct {
	client  *Client
	service sessionv1.AdminServiceClient
}

// SearchSessions returns a page of active and ended sessions, latest start first.
func (a *Admin) SearchSessions(
	ctx context.Context, request *sessionv1.SearchSessionsRequest,
) (*sessionv1.SearchSessionsResponse, error) {
	return call(ctx, a.client.settings.adminTimeout, a.service.SearchSessions, request)
}

// ListEvents returns a page of events of the audit log.
func (a *Admin) ListEvents(
	ctx context.Context, request *sessionv1.ListEventsRequest,
) (*sessionv1.ListEventsResponse, error) {
	return call(ctx, a.client.settings.adminTimeout, a.service.ListEvents, request)
}

// GetStats returns numbers of sessions, sign-ins and session endings.
func (a *Admin) GetStats(ctx context.Context, request *sessionv1.GetStatsRequest) (*sessionv1.GetStatsResponse, error) {
	return call(ctx, a.client.settings.adminTimeout, a.service.GetStats, request)
}

// ListAlerts returns one page of alerts, latest first, with the answers to them.
func (a *Admin) ListAlerts(
	ctx context.Context, request *sessionv1.ListAlertsRequest,
) (*sessionv1.ListAlertsResponse, error) {
	return call(ctx, a.client.settings.adminTimeout, a.service.ListAlerts, request)
}

// ListTenants returns one page of tenants, with their numbers of sessions, sign-ins and alerts.
func (a *Admin) ListTenants(
	ctx context.Context, request *sessionv1.ListTenantsRequest,
) (*sessionv1.ListTenantsResponse, error) {
	return call(ctx, a.client.settings.adminTimeout, a.service.ListTenants, request)
}

// ListNodes returns the nodes that run, with their condition.
func (a *Admin) ListNodes(
	ctx context.Context, request *sessionv1.ListNodesRequest,
) (*sessionv1.ListNodesResponse, error) {
	return call(ctx, a.client.settings.adminTimeout, a.service.ListNodes, request)
}

// ListCredentials returns the credentials of callers, and when each was last used.
func (a *Admin) ListCredentials(ctx context.Context) (*sessionv1.ListCredentialsResponse, error) {
	request := &sessionv1.ListCredentialsRequest{}
	return call(ctx, a.client.settings.adminTimeout, a.service.ListCredentials, request)
}

// Purge removes sessions that have timed out, and returns their number.
func (a *Admin) Purge(ctx context.Context) (uint64, error) {
	response, err := call(ctx, a.client.settings.adminTimeout, a.service.Purge, &sessionv1.PurgeRequest{})
	return response.GetPurgedCount(), err
}

// ForgetUser ends all sessions of a user and erases the user's personal data.
func (a *Admin) ForgetUser(
	ctx context.Context, request *sessionv1.ForgetUserRequest,
) (*sessionv1.ForgetUserResponse, error) {
	defer a.client.cache.clear()
	return call(ctx, a.client.settings.adminTimeout, a.service.ForgetUser, request)
}

// RevokeWhere ends the active sessions that match a filter, or only counts them, and returns each report of the
// progress. The last one has `done`. It is not retried; a repeated call completes an interrupted one. To leave the loop
// early ends the call: ended sessions stay ended.
func (a *Admin) RevokeWhere(
	ctx context.Context, request *sessionv1.RevokeWhereRequest,
) iter.Seq2[*sessionv1.RevokeWhereResponse, error] {
	return func(yield func(*sessionv1.RevokeWhereResponse, error) bool) {
		ctx, cancel := withTimeout(ctx, a.client.settings.adminTimeout)
		defer cancel()
		defer a.client.cache.clear()
		stream, err := a.service.RevokeWhere(ctx, request)
		for err == nil {
			var response *sessionv1.RevokeWhereResponse
			if response, err = stream.Recv(); err == nil && !yield(response, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, newCallError(err))
		}
	}
}

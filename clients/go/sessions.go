package sessionauthority

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Updated is an updated session.
type Updated struct {
	// Session is the session with its new values.
	Session Session
	// Token is the new token if the request asked for one, and zero otherwise.
	Token Token
}

// Update updates fields of an active session. It is not retried, because each call counts as a change: after a failure
// with UNAVAILABLE, read the session with [Client.Get] and decide. The error is a [*CallError].
func (c *Client) Update(ctx context.Context, request *sessionv1.UpdateRequest) (Updated, error) {
	defer c.cache.clear()
	response, err := call(ctx, c.settings.callTimeout, c.sessions.Update, request)
	if err != nil {
		return Updated{}, err
	}
	if response.GetSession() == nil {
		return Updated{}, noOutcome().Cause
	}
	return Updated{Session{Session: response.GetSession()}, NewToken(response.GetToken())}, nil
}

// Get returns an active session by its ID. A back end that acts for a signed-in user must set the user ID of the request,
// so that nobody can see another user's session. The error is a [*CallError], with NOT_FOUND if no such session is
// active.
func (c *Client) Get(ctx context.Context, request *sessionv1.GetRequest) (Session, error) {
	response, err := call(ctx, c.settings.callTimeout, c.sessions.Get, request)
	if err != nil {
		return Session{}, err
	}
	if response.GetSession() == nil {
		return Session{}, noOutcome().Cause
	}
	return Session{Session: response.GetSession()}, nil
}

// List returns all active sessions of a user, most recently active first. The error is a [*CallError].
func (c *Client) List(ctx context.Context, request *sessionv1.ListRequest) ([]*sessionv1.Session, error) {
	response, err := call(ctx, c.settings.callTimeout, c.sessions.List, request)
	return response.GetSessions(), err
}

// Touch records activity of sessions by their IDs. The error is a [*CallError].
func (c *Client) Touch(ctx context.Context, touches ...*sessionv1.SessionTouch) ([]*sessionv1.TouchedSession, error) {
	response, err := call(ctx, c.settings.callTimeout, c.sessions.Touch, &sessionv1.TouchRequest{Touches: touches})
	return response.GetSessions(), err
}

// ReportAuthEvent reports a failed sign-in. It is not retried, because each call counts. Do not reject a sign-in because
// of its error, a [*CallError].
func (c *Client) ReportAuthEvent(
	ctx context.Context, request *sessionv1.ReportAuthEventRequest,
) (*sessionv1.ReportAuthEventResponse, error) {
	message := &sessionv1.ReportAuthEventRequest{}
	if request != nil {
		message = proto.CloneOf(request)
	}
	message.Client = transmissibleClient(message.GetClient())
	return call(ctx, c.settings.callTimeout, c.sessions.ReportAuthEvent, message)
}

// AckAlert records whether the user did what an alert is about, or somebody else did, whose session ends then. A back end
// that acts for a signed-in user must set UserId. The error is a [*CallError].
func (c *Client) AckAlert(
	ctx context.Context, request *sessionv1.AckAlertRequest,
) (*sessionv1.AckAlertResponse, error) {
	defer c.cache.clear()
	return call(ctx, c.settings.callTimeout, c.sessions.AckAlert, request)
}

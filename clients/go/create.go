package sessionauthority

import (
	"context"
	"crypto/rand"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Created is a new session with its token.
type Created struct {
	// Token is the token of the session, for the user's device. It cannot be retrieved later.
	Token Token
	// Session is the new session.
	Session Session
	// Ended are sessions of the user that were replaced or evicted by the new one.
	Ended []*sessionv1.EndedSession
	// Alerts are about this sign-in. [Client.StreamAlerts] delivers the same alerts.
	Alerts []*sessionv1.Alert
}

// Create creates a session for a user whose credentials the caller has checked. If the request has no request ID, it
// gets a random one before the first attempt, so a retry creates no second session. The error is a [*CallError].
func (c *Client) Create(ctx context.Context, request *sessionv1.CreateRequest) (Created, error) {
	message := &sessionv1.CreateRequest{}
	if request != nil {
		message = proto.CloneOf(request)
	}
	if message.GetRequestId() == "" {
		message.RequestId = newID()
	}
	message.Client = transmissibleClient(message.GetClient())
	response, err := call(ctx, c.settings.callTimeout, c.sessions.Create, message)
	if err != nil {
		return Created{}, err
	}
	if response.GetSession() == nil || response.GetToken() == "" {
		return Created{}, noOutcome().Cause
	}
	return Created{
		Token:   NewToken(response.GetToken()),
		Session: Session{Session: response.GetSession()},
		Ended:   response.GetEnded(),
		Alerts:  response.GetAlerts(),
	}, nil
}

// newID returns a random UUID (version 4).
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

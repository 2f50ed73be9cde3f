package sessionauthority

import (
	"context"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Rotated is a session with its new token.
type Rotated struct {
	// Token replaces the token of the call.
	Token Token
	// Session is the session, which stays the same.
	Session Session
}

// Rotate replaces the token of a session. A repeated call returns the same new token. The client that sent the token may
// be nil. The error is a [*Rejected] or a [*NoVerdict].
func (c *Client) Rotate(ctx context.Context, token Token, client *sessionv1.ClientContext) (Rotated, error) {
	defer c.cache.clear()
	message := &sessionv1.RotateRequest{Token: token.wireText(), Client: transmissibleClient(client)}
	response, err := call(ctx, c.settings.callTimeout, c.sessions.Rotate, message)
	if err != nil {
		return Rotated{}, noVerdict(err)
	}
	switch outcome := response.GetOutcome().(type) {
	case *sessionv1.RotateResponse_Session:
		if outcome.Session == nil || response.GetToken() == "" {
			return Rotated{}, noOutcome()
		}
		return Rotated{NewToken(response.GetToken()), Session{Session: outcome.Session}}, nil
	case *sessionv1.RotateResponse_Rejection:
		return Rotated{}, fromRejection(outcome.Rejection)
	default:
		return Rotated{}, noOutcome()
	}
}

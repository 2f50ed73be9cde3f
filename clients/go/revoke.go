package sessionauthority

import (
	"context"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Target names the sessions that [Client.Revoke] ends: a [SessionID], a [Token] or a [DeviceID].
type Target interface{ revokeTarget() }

// SessionID is the ID of a session, as a [Target].
type SessionID string

// DeviceID is the ID of a device, as a [Target]: every session of the user on it.
type DeviceID string

func (SessionID) revokeTarget() {}
func (DeviceID) revokeTarget()  {}

// RevokeRequest is a revocation of one session, or of the sessions of one device.
type RevokeRequest struct {
	// Target names the sessions. Required.
	Target Target
	// TenantID is the tenant of the user. If empty, "default" if UserID is set.
	TenantID string
	// UserID is the user to whom the session must belong. Required with a DeviceID. A back end that acts for a signed-in
	// user must set it, so that nobody can end another user's session.
	UserID string
	// Reason and Actor are recorded, and returned to callers that validate the token of the ended session.
	Reason, Actor string
	// SignOut states that the user signs out of the session.
	SignOut bool
	// Compromised states that somebody other than the user had signed in.
	Compromised bool
}

// Revoke ends sessions. That nothing matched is no error. The error is a [*CallError].
func (c *Client) Revoke(ctx context.Context, request RevokeRequest) (*sessionv1.RevokeResponse, error) {
	defer c.cache.clear()
	message := &sessionv1.RevokeRequest{
		TenantId: request.TenantID, UserId: request.UserID, Reason: request.Reason, Actor: request.Actor,
		SignOut: request.SignOut, Compromised: request.Compromised,
	}
	switch target := request.Target.(type) {
	case SessionID:
		message.Target = &sessionv1.RevokeRequest_SessionId{SessionId: string(target)}
	case Token:
		message.Target = &sessionv1.RevokeRequest_Token{Token: target.wireText()}
	case DeviceID:
		message.Target = &sessionv1.RevokeRequest_DeviceId{DeviceId: string(target)}
	}
	return call(ctx, c.settings.callTimeout, c.sessions.Revoke, message)
}

// Scope is whose sessions [Client.RevokeAll] ends: a [User], a [Tenant] or [Everyone].
type Scope interface{ revokeScope() }

// User is one user, as a [Scope].
type User struct {
	// TenantID is the tenant of the user. If empty, "default".
	TenantID string
	// UserID is the user. Required.
	UserID string
}

// Tenant is the ID of a tenant, as a [Scope].
type Tenant string

// Everyone is all users of all tenants, as a [Scope].
type Everyone struct{}

func (User) revokeScope()     {}
func (Tenant) revokeScope()   {}
func (Everyone) revokeScope() {}

// RevokeAllRequest is a revocation of all sessions in a scope.
type RevokeAllRequest struct {
	// Scope is whose sessions to end. Required.
	Scope Scope
	// ExceptSessionID or ExceptToken names a session of the user to keep. Only with a User, and only one of them.
	ExceptSessionID string
	ExceptToken     Token
	// Reason and Actor are recorded, and returned to callers that validate the token of an ended session.
	Reason, Actor string
	// OperationID identifies this revocation in repeated calls. If empty, a random one is used, so that a retry ends no
	// session that started later.
	OperationID string
	// Compromised states that somebody other than the user had signed in. Only with a User.
	Compromised bool
}

// RevokeAll ends all sessions of a user, of a tenant or of everyone. The error is a [*CallError].
func (c *Client) RevokeAll(ctx context.Context, request RevokeAllRequest) (*sessionv1.RevokeAllResponse, error) {
	defer c.cache.clear()
	message := &sessionv1.RevokeAllRequest{
		ExceptSessionId: request.ExceptSessionID, ExceptToken: request.ExceptToken.wireText(),
		Reason: request.Reason, Actor: request.Actor, OperationId: request.OperationID, Compromised: request.Compromised,
	}
	if message.OperationId == "" {
		message.OperationId = newID()
	}
	switch scope := request.Scope.(type) {
	case User:
		user := &sessionv1.UserScope{TenantId: scope.TenantID, UserId: scope.UserID}
		message.Scope = &sessionv1.RevokeAllRequest_User{User: user}
	case Tenant:
		message.Scope = &sessionv1.RevokeAllRequest_Tenant{Tenant: &sessionv1.TenantScope{TenantId: string(scope)}}
	case Everyone:
		message.Scope = &sessionv1.RevokeAllRequest_Everyone{Everyone: &sessionv1.Everyone{}}
	}
	return call(ctx, c.settings.callTimeout, c.sessions.RevokeAll, message)
}

package sessionhttp

import (
	"errors"
	"net/http"

	"google.golang.org/protobuf/proto"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// maxOldSessions limits the sessions that a sign-in ends. A browser has one.
const maxOldSessions = 4

// SignIn creates a session and sets the cookie. Call it after you have checked the credentials. It describes the client
// by the request unless the CreateRequest does, and gives the browser a device ID. If the browser has a session already,
// that session is signed out first.
//
// After an error no cookie was set for a session. It is [ErrCrossSite] if a page of another site sent the request, because
// the site could sign its visitors in to an account of its own: [Status] returns 403. A [*sessionauthority.CallError]
// deserves 503, unless its code says otherwise.
func (g *Guard) SignIn(
	w http.ResponseWriter, r *http.Request, request *sessionv1.CreateRequest,
) (sessionauthority.Created, error) {
	if g.isCrossSiteChange(r) {
		return sessionauthority.Created{}, ErrCrossSite
	}
	request = proto.CloneOf(request)
	if request.GetClient() == nil {
		request.Client = g.clientContext(r)
		request.Client.DeviceId = ensureDeviceID(w, r)
	}
	old := r.CookiesNamed(SessionCookie)
	for _, old := range old[:min(len(old), maxOldSessions)] {
		if _, err := g.client.Revoke(r.Context(), signOutOf(sessionauthority.NewToken(old.Value))); err != nil {
			return sessionauthority.Created{}, err
		}
	}
	created, err := g.client.Create(r.Context(), request)
	if err != nil {
		return sessionauthority.Created{}, err
	}
	if created.Session.GetDevice().GetDeviceId() != request.GetClient().GetDeviceId() {
		setDeviceID(w) // the server could not use the one of the browser
	}
	setSessionCookie(w, created.Token, created.Session)
	return created, nil
}

// SignOut ends the session of the request and deletes the cookie. A request without a session is no error. After an error,
// a [*sessionauthority.CallError], the session may still be active, so the cookie is not deleted: respond with 503.
//
// Call it from a handler that the guard protects: it checks there that no other site sent the request.
func (g *Guard) SignOut(w http.ResponseWriter, r *http.Request) error {
	token, err := tokenFromRequest(r)
	if errors.Is(err, ErrNoToken) {
		return nil
	}
	if err != nil {
		return err
	}
	if validated, found := validatedFromContext(r.Context()); found {
		token = validated.token
	}
	if token.isFromCookie && g.isCrossSiteChange(r) {
		return ErrCrossSite
	}
	if _, err := g.client.Revoke(r.Context(), signOutOf(token.token)); err != nil {
		return err
	}
	if token.isFromCookie {
		deleteSessionCookie(w)
	}
	return nil
}

// ReplaceToken sets the cookie to a new token of the session, as returned by Update with `rotate`.
func (g *Guard) ReplaceToken(w http.ResponseWriter, token sessionauthority.Token, session sessionauthority.Session) {
	setSessionCookie(w, token, session)
}

func signOutOf(token sessionauthority.Token) sessionauthority.RevokeRequest {
	return sessionauthority.RevokeRequest{Target: token, SignOut: true}
}

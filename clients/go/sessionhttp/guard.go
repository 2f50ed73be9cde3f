package sessionhttp

import (
	"context"
	"errors"
	"net/http"
	"time"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Guard protects handlers. It is safe for concurrent use.
type Guard struct {
	client       *sessionauthority.Client
	public       pathPatterns
	optional     pathPatterns
	origins      *http.CrossOriginProtection
	clientIP     func(*http.Request) string
	respond      func(http.ResponseWriter, *http.Request, error)
	isBackground func(*http.Request) bool
	rotates      bool
}

// Option is an option of [New].
type Option func(*Guard)

// New returns a guard that validates sessions with the client. It panics if a pattern or an origin is invalid.
func New(client *sessionauthority.Client, options ...Option) *Guard {
	guard := &Guard{
		client:       client,
		origins:      http.NewCrossOriginProtection(),
		clientIP:     RemoteAddress,
		respond:      RespondWithProblem,
		isBackground: func(*http.Request) bool { return false },
	}
	for _, option := range options {
		option(guard)
	}
	return guard
}

// Public lists the paths that [Guard.Protect] lets through without a session, as patterns of [http.ServeMux]. A pattern
// without a method, or one that ends in "/", covers more than it may seem to: prefer "GET /{$}" to "/".
func Public(patterns ...string) Option {
	return func(g *Guard) { g.public.add(patterns) }
}

// Optional lists the paths that [Guard.Protect] lets through with and without a session, as [Public] does. Their handlers
// get the session by [SessionFromContext] if there is one. Without a verdict the response is 503 as well.
func Optional(patterns ...string) Option {
	return func(g *Guard) { g.optional.add(patterns) }
}

// TrustedOrigins lists origins of other sites, such as "https://app.example", whose pages may send changing requests with
// the cookie, open WebSockets, and sign users in.
func TrustedOrigins(origins ...string) Option {
	return func(g *Guard) {
		for _, origin := range origins {
			if err := g.origins.AddTrustedOrigin(origin); err != nil {
				panic(err)
			}
		}
	}
}

// ClientIP replaces the function that returns the address of the user's device. See [RemoteAddress] and [ForwardedFor].
func ClientIP(address func(*http.Request) string) Option {
	return func(g *Guard) { g.clientIP = address }
}

// Background recognises requests that a page makes by itself, such as polling. They do not count as activity of the user.
func Background(isBackground func(*http.Request) bool) Option {
	return func(g *Guard) { g.isBackground = isBackground }
}

// Rotate replaces the token in the cookie when the policy of the session asks for it. The client needs the role issuer or
// backend.
func Rotate() Option {
	return func(g *Guard) { g.rotates = true }
}

// RespondWith replaces the responses to requests that are not let through. The function must respond; the error is a
// [*sessionauthority.Rejected], a [*sessionauthority.StepUpRequired], a [*sessionauthority.NoVerdict], or one of the errors
// of this package, and [Status] returns its status. The cookie and the headers Retry-After, WWW-Authenticate and
// Cache-Control are already set.
func RespondWith(respond func(http.ResponseWriter, *http.Request, error)) Option {
	return func(g *Guard) { g.respond = respond }
}

// HandlerFunc handles a request with its session, which is never absent.
type HandlerFunc func(http.ResponseWriter, *http.Request, sessionauthority.Session)

// Protect returns a handler that passes on only requests with an active session, and requests to public and optional
// paths. Handlers get the session by [Guard.Handler], [Guard.HandlerWith] or [SessionFromContext].
func (g *Guard) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.public.contains(r) {
			next.ServeHTTP(w, r)
			return
		}
		authenticated, err := g.authenticate(w, r, sessionauthority.Requirements{})
		switch {
		case err == nil:
			next.ServeHTTP(w, authenticated)
		case g.optional.contains(r) && isSignedOut(err):
			deleteRejectedCookie(w, r, err)
			next.ServeHTTP(w, r)
		default:
			g.refuse(w, r, err)
		}
	})
}

// isSignedOut reports whether the error says that the request has no active session, rather than that nobody knows.
func isSignedOut(err error) bool {
	return Status(err) == http.StatusUnauthorized
}

// Handler returns a handler that passes on only requests with an active session. It works with and without
// [Guard.Protect].
func (g *Guard) Handler(next HandlerFunc) http.Handler {
	return g.HandlerWith(sessionauthority.Requirements{}, next)
}

// HandlerWith returns a handler that passes on only requests with an active session that meets the requirements.
func (g *Guard) HandlerWith(required sessionauthority.Requirements, next HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authenticated, err := g.authenticate(w, r, required)
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		validated, _ := validatedFromContext(authenticated.Context())
		next(w, authenticated, validated.session)
	})
}

type contextKey struct{}

// validatedRequest is what a guard learned about a request.
type validatedRequest struct {
	guard   *Guard
	session sessionauthority.Session
	token   presentedToken
}

func validatedFromContext(ctx context.Context) (validatedRequest, bool) {
	validated, ok := ctx.Value(contextKey{}).(validatedRequest)
	return validated, ok
}

// SessionFromContext returns the session of a request that a guard has let through, and false on public paths, and on
// optional ones without a session.
func SessionFromContext(ctx context.Context) (sessionauthority.Session, bool) {
	validated, ok := validatedFromContext(ctx)
	return validated.session, ok
}

// authenticate returns the request with its session in the context.
func (g *Guard) authenticate(
	w http.ResponseWriter, r *http.Request, required sessionauthority.Requirements,
) (*http.Request, error) {
	validated, found := validatedFromContext(r.Context())
	if !found || validated.guard != g || required.NeedValidation() {
		var err error
		if validated, err = g.validate(w, r, required, found && validated.guard == g); err != nil {
			return nil, err
		}
		r = r.WithContext(context.WithValue(r.Context(), contextKey{}, validated))
	}
	if !required.AdmitRoles(validated.session) {
		return nil, ErrMissingRole
	}
	return r, nil
}

func (g *Guard) validate(
	w http.ResponseWriter, r *http.Request, required sessionauthority.Requirements, isRepeated bool,
) (validatedRequest, error) {
	token, err := tokenFromRequest(r)
	if err != nil {
		return validatedRequest{}, err
	}
	// A token that this request has rotated is out of date in its headers.
	if validated, found := validatedFromContext(r.Context()); found && isRepeated {
		token = validated.token
	}
	if token.isFromCookie && g.isCrossSiteChange(r) {
		return validatedRequest{}, ErrCrossSite
	}
	request := sessionauthority.ValidateRequest{
		Token: token.token, Client: g.clientContext(r),
	}
	required.Apply(&request)
	if isRepeated || g.isBackground(r) {
		request.Activity = sessionv1.Activity_ACTIVITY_PEEK
	}
	session, token, err := g.validateAndRotate(w, r, request, token)
	return validatedRequest{g, session, token}, err
}

func (g *Guard) validateAndRotate(
	w http.ResponseWriter, r *http.Request, request sessionauthority.ValidateRequest, token presentedToken,
) (sessionauthority.Session, presentedToken, error) {
	session, err := g.client.Validate(r.Context(), request)
	if !g.rotates || !token.isFromCookie {
		return session, token, err
	}
	mustRotate := isRotatable(err)
	if !mustRotate && (err != nil || !session.ShouldRotate(time.Now())) {
		return session, token, err
	}
	rotated, rotateErr := g.client.Rotate(r.Context(), token.token, request.Client)
	if rotateErr != nil {
		if mustRotate {
			return sessionauthority.Session{}, token, rotateErr
		}
		// The token is still accepted, and the next request tries again.
		return session, token, nil
	}
	token.token = rotated.Token
	setSessionCookie(w, rotated.Token, rotated.Session)
	if !mustRotate {
		session.RotateAfter = time.Time{}
		return session, token, nil
	}
	request.Token = rotated.Token
	session, err = g.client.Validate(r.Context(), request)
	return session, token, err
}

// isRotatable reports whether the token is rejected although it may be exchanged for another one.
func isRotatable(err error) bool {
	var rejected *sessionauthority.Rejected
	return errors.As(err, &rejected) &&
		(rejected.Reason == sessionv1.RejectReason_REJECT_REASON_ROTATION_REQUIRED ||
			rejected.Reason == sessionv1.RejectReason_REJECT_REASON_TOKEN_ROTATED)
}

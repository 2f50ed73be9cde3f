// Package sessiongrpc protects the methods of a gRPC server with sessions.
//
//	guard := sessiongrpc.New(client, sessiongrpc.Public("/grpc.health.v1.Health/Check"))
//	server := grpc.NewServer(guard.ServerOptions()...)
//
// Every method of the server needs an active session, whose token the client sends as `authorization: Bearer sa_…`, except
// for those that are listed as public. The guard fails every other call itself:
//
//   - UNAUTHENTICATED without a session.
//   - PERMISSION_DENIED if the user must authenticate again or more strongly, or lacks a role.
//   - UNAVAILABLE if it is unknown whether the user is signed in. No option changes that.
//
// A google.rpc.ErrorInfo of the domain "session.v1" has the reason. A stream is checked when it starts, and a session that
// ends later does not end it: validate again in streams that last.
package sessiongrpc

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/internal/address"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Guard protects methods. It is safe for concurrent use.
type Guard struct {
	client   *sessionauthority.Client
	public   map[string]bool
	required map[string]sessionauthority.Requirements
	clientIP func(context.Context) string
}

// Option is an option of [New].
type Option func(*Guard)

// New returns a guard that validates sessions with the client.
func New(client *sessionauthority.Client, options ...Option) *Guard {
	guard := &Guard{
		client: client, public: make(map[string]bool), required: make(map[string]sessionauthority.Requirements), clientIP: PeerAddress,
	}
	for _, option := range options {
		option(guard)
	}
	return guard
}

// Public lists methods that need no session, by their full names, such as "/grpc.health.v1.Health/Check".
func Public(methods ...string) Option {
	return func(g *Guard) {
		for _, method := range methods {
			g.public[fullName(method)] = true
		}
	}
}

// ClientIP replaces the function that returns the address of the user's device. By default it is [PeerAddress].
func ClientIP(address func(context.Context) string) Option {
	return func(g *Guard) { g.clientIP = address }
}

// Require sets requirements on the sessions that call a method, even if the method is also public.
func Require(method string, required sessionauthority.Requirements) Option {
	return func(g *Guard) { g.required[fullName(method)] = required }
}

// fullName returns the name of a method as gRPC has it. A requirement must not be lost with the slash at its beginning.
func fullName(method string) string {
	return "/" + strings.TrimPrefix(method, "/")
}

// ServerOptions returns the options of a server all of whose methods are protected.
func (g *Guard) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(g.UnaryInterceptor()), grpc.ChainStreamInterceptor(g.StreamInterceptor()),
	}
}

// UnaryInterceptor returns the interceptor of unary methods. A server needs both; see [Guard.ServerOptions].
func (g *Guard) UnaryInterceptor() grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, err := g.authenticate(ctx, info.FullMethod)
		if err != nil {
			return nil, err
		}
		return handler(ctx, request)
	}
}

// StreamInterceptor returns the interceptor of streaming methods.
func (g *Guard) StreamInterceptor() grpc.StreamServerInterceptor {
	return func(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, err := g.authenticate(stream.Context(), info.FullMethod)
		if err != nil {
			return err
		}
		return handler(server, authenticatedStream{stream, ctx})
	}
}

// authenticatedStream is a stream whose context has the session.
type authenticatedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s authenticatedStream) Context() context.Context { return s.ctx }

type contextKey struct{}

// SessionFromContext returns the session of the call, and false in public methods.
func SessionFromContext(ctx context.Context) (sessionauthority.Session, bool) {
	session, ok := ctx.Value(contextKey{}).(sessionauthority.Session)
	return session, ok
}

// Unary returns a method that gets its session as an argument. It fails with UNAUTHENTICATED without one, which a guard
// prevents unless the method is public.
func Unary[Request, Response any](
	handler func(context.Context, sessionauthority.Session, Request) (Response, error),
) func(context.Context, Request) (Response, error) {
	return func(ctx context.Context, request Request) (Response, error) {
		session, ok := SessionFromContext(ctx)
		if !ok {
			var none Response
			return none, refusal(errNoToken)
		}
		return handler(ctx, session, request)
	}
}

// authenticate returns the context with the session, or the status of the refusal.
func (g *Guard) authenticate(ctx context.Context, method string) (context.Context, error) {
	required, isRequired := g.required[method]
	if g.public[method] && !isRequired {
		return ctx, nil
	}
	token, err := tokenFromContext(ctx)
	if err != nil {
		return nil, refusal(err)
	}
	request := sessionauthority.ValidateRequest{Token: token, Client: g.clientContext(ctx)}
	required.Apply(&request)
	session, err := g.client.Validate(ctx, request)
	if err != nil {
		return nil, refusal(err)
	}
	if !required.AdmitRoles(session) {
		return nil, refusal(errMissingRole)
	}
	return context.WithValue(ctx, contextKey{}, session), nil
}

var (
	errNoToken        = errors.New("the call has no session: send its token as `authorization: Bearer`")
	errAmbiguousToken = errors.New("the call has several sessions")
	errMissingRole    = errors.New("the session lacks a required role")
)

func tokenFromContext(ctx context.Context) (sessionauthority.Token, error) {
	var found sessionauthority.Token
	for _, value := range metadata.ValueFromIncomingContext(ctx, "authorization") {
		scheme, text, _ := strings.Cut(value, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			continue
		}
		token := sessionauthority.NewToken(strings.TrimSpace(text))
		if !found.IsZero() && !found.Equal(token) {
			return sessionauthority.Token{}, errAmbiguousToken
		}
		found = token
	}
	if found.IsZero() {
		return found, errNoToken
	}
	return found, nil
}

// PeerAddress returns the address of the connection. It is the user's device only if no proxy is in between.
func PeerAddress(ctx context.Context) string {
	connected, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	return connected.Addr.String()
}

func (g *Guard) clientContext(ctx context.Context) *sessionv1.ClientContext {
	return &sessionv1.ClientContext{
		Ip:        address.Canonical(g.clientIP(ctx)),
		UserAgent: strings.Join(metadata.ValueFromIncomingContext(ctx, "user-agent"), " "),
	}
}

// refusal returns the status of a call that is not let through.
func refusal(err error) error {
	var rejected *sessionauthority.Rejected
	var stepUp *sessionauthority.StepUpRequired
	var call *sessionauthority.CallError
	switch {
	case errors.As(err, &rejected):
		return detailed(codes.Unauthenticated, rejected.Message, rejected.ReasonName())
	case errors.Is(err, errNoToken), errors.Is(err, errAmbiguousToken):
		return detailed(codes.Unauthenticated, err.Error(), "NO_SESSION")
	case errors.As(err, &stepUp):
		return detailed(codes.PermissionDenied, stepUp.Message, "STEP_UP_REQUIRED")
	case errors.Is(err, errMissingRole):
		return detailed(codes.PermissionDenied, err.Error(), "MISSING_ROLE")
	}
	delay := time.Second
	if errors.As(err, &call) {
		delay = max(delay, call.RetryAfter)
	}
	return detailed(codes.Unavailable, "it is unknown whether the session is active", "NO_VERDICT",
		&errdetails.RetryInfo{RetryDelay: durationpb.New(delay)})
}

func detailed(code codes.Code, message, reason string, further ...protoadapt.MessageV1) error {
	plain := status.New(code, message)
	details := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: "session.v1"}}, further...)
	if with, err := plain.WithDetails(details...); err == nil {
		return with.Err()
	}
	return plain.Err()
}

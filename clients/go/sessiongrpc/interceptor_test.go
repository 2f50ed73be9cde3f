package sessiongrpc_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/internal/testserver"
	"github.com/session-authority/session-authority/clients/go/sessiongrpc"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// service counts the calls that reach it, and their users.
type service struct {
	grpc_health_v1.UnimplementedHealthServer
	users []string
}

func (s *service) Check(
	ctx context.Context, _ *grpc_health_v1.HealthCheckRequest,
) (*grpc_health_v1.HealthCheckResponse, error) {
	session, ok := sessiongrpc.SessionFromContext(ctx)
	if ok {
		s.users = append(s.users, session.UserId)
	} else {
		s.users = append(s.users, "")
	}
	return &grpc_health_v1.HealthCheckResponse{}, nil
}

func (s *service) Watch(
	_ *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse],
) error {
	session, ok := sessiongrpc.SessionFromContext(stream.Context())
	if !ok {
		return errors.New("no session")
	}
	s.users = append(s.users, session.UserId)
	return stream.Send(&grpc_health_v1.HealthCheckResponse{})
}

const (
	check = grpc_health_v1.Health_Check_FullMethodName
	watch = grpc_health_v1.Health_Watch_FullMethodName
)

func TestMain(m *testing.M) { testserver.Main(m) }

type fixture struct {
	authority *testserver.Server
	client    *sessionauthority.Client
	service   *service
	stub      grpc_health_v1.HealthClient
}

func start(t *testing.T, authority *testserver.Server, options ...sessiongrpc.Option) *fixture {
	t.Helper()
	client, err := sessionauthority.New(authority.Target, sessionauthority.WithTimeouts(20*time.Second, 20*time.Second, 0))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(sessiongrpc.New(client, options...).ServerOptions()...)
	service := &service{}
	grpc_health_v1.RegisterHealthServer(server, service)
	go func() { _ = server.Serve(listener) }()
	connection, err := grpc.NewClient(
		listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(); server.Stop(); _ = client.Close() })
	return &fixture{authority, client, service, grpc_health_v1.NewHealthClient(connection)}
}

func (f *fixture) signedIn(t *testing.T) context.Context {
	t.Helper()
	created, err := f.client.Create(context.Background(), &sessionv1.CreateRequest{UserId: "ann", Roles: []string{"reader"}})
	if err != nil {
		t.Fatal(err)
	}
	return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+created.Token.Reveal())
}

func (f *fixture) check(ctx context.Context) error {
	_, err := f.stub.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	return err
}

func (f *fixture) watch(ctx context.Context) error {
	stream, err := f.stub.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		return err
	}
	_, err = stream.Recv()
	return err
}

func expectCode(t *testing.T, err error, code codes.Code) {
	t.Helper()
	if status.Code(err) != code {
		t.Errorf("got %v instead of %s", err, code)
	}
}

func TestEveryMethodNeedsASession(t *testing.T) {
	fixture := start(t, testserver.Shared(t))
	rejected := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer sa_nonsense")
	for _, ctx := range []context.Context{context.Background(), rejected} {
		expectCode(t, fixture.check(ctx), codes.Unauthenticated)
		expectCode(t, fixture.watch(ctx), codes.Unauthenticated)
	}
	if len(fixture.service.users) != 0 {
		t.Errorf("got %v", fixture.service.users)
	}
	signedIn := fixture.signedIn(t)
	expectCode(t, fixture.check(signedIn), codes.OK)
	expectCode(t, fixture.watch(signedIn), codes.OK)
	if len(fixture.service.users) != 2 || fixture.service.users[0] != "ann" || fixture.service.users[1] != "ann" {
		t.Errorf("got %v", fixture.service.users)
	}
}

func TestAPublicMethodNeedsNoSession(t *testing.T) {
	fixture := start(t, testserver.Shared(t), sessiongrpc.Public(check))
	expectCode(t, fixture.check(context.Background()), codes.OK)
	expectCode(t, fixture.watch(context.Background()), codes.Unauthenticated)
}

func TestRequirementsAreChecked(t *testing.T) {
	fixture := start(t, testserver.Shared(t),
		sessiongrpc.Public(check),
		sessiongrpc.Require(check, sessionauthority.Requirements{MinAssuranceLevel: 2}),
		sessiongrpc.Require(strings.TrimPrefix(watch, "/"), sessionauthority.Requirements{AnyRole: []string{"admin"}}),
	)
	signedIn := fixture.signedIn(t)
	expectCode(t, fixture.check(signedIn), codes.PermissionDenied)
	expectCode(t, fixture.watch(signedIn), codes.PermissionDenied)
	expectCode(t, fixture.check(context.Background()), codes.Unauthenticated)
	if len(fixture.service.users) != 0 {
		t.Errorf("got %v", fixture.service.users)
	}
}

func TestWithoutAVerdictTheCallIsUnavailable(t *testing.T) {
	fixture := start(t, testserver.Start(t))
	signedIn := fixture.signedIn(t)
	fixture.authority.Stop()
	expectCode(t, fixture.check(signedIn), codes.Unavailable)
	expectCode(t, fixture.watch(signedIn), codes.Unavailable)
	if len(fixture.service.users) != 0 {
		t.Errorf("got %v", fixture.service.users)
	}
}

func TestDifferentTokensInOneCallAreRefused(t *testing.T) {
	fixture := start(t, testserver.Shared(t))
	ctx := metadata.AppendToOutgoingContext(fixture.signedIn(t), "authorization", "Bearer sa_other")
	expectCode(t, fixture.check(ctx), codes.Unauthenticated)
}

package sessionauthority

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// Version is the version of this module.
const Version = "0.1.0"

// Client is a connection to the session authority. It is safe for concurrent use: create one per process.
type Client struct {
	// Admin has the calls for administrators.
	Admin *Admin
	// Denylist has the calls for the IDs of JWTs.
	Denylist *Denylist
	// Notifications has the calls for services that send notifications to users.
	Notifications *Notifications
	// Webhooks has the calls for endpoints of other systems that receive events and alerts.
	Webhooks *Webhooks

	connection *grpc.ClientConn
	sessions   sessionv1.SessionServiceClient
	cache      *verdictCache
	settings   settings
}

// New returns a client of the server at target, a host and port such as "sessions.example:443". It connects with the
// first call. The error is a [*ConfigurationError].
//
// A target beyond this machine needs TLS ([WithTLS]), and an API key ([WithAPIKey]) or a client certificate
// ([WithTLSFiles]).
func New(target string, options ...Option) (*Client, error) {
	settings := defaultSettings()
	for _, option := range options {
		if err := option(&settings); err != nil {
			return nil, err
		}
	}
	if err := checkTarget(target, &settings); err != nil {
		return nil, err
	}
	dialOptions, err := dialOptions(&settings)
	if err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient(target, dialOptions...)
	if err != nil {
		return nil, &ConfigurationError{fmt.Sprintf("cannot use the target or the dial options: %v", err)}
	}
	client := &Client{
		connection: connection,
		sessions:   sessionv1.NewSessionServiceClient(connection),
		settings:   settings,
	}
	client.Admin = &Admin{client: client, service: sessionv1.NewAdminServiceClient(connection)}
	client.Denylist = &Denylist{client: client, service: sessionv1.NewDenylistServiceClient(connection)}
	client.Notifications = &Notifications{client: client, service: sessionv1.NewNotificationServiceClient(connection)}
	client.Webhooks = &Webhooks{client: client, service: sessionv1.NewWebhookServiceClient(connection)}
	if settings.cacheEntries > 0 {
		client.cache = newVerdictCache(settings.cacheEntries, settings.cacheTTL)
	}
	return client, nil
}

// Close ends the connection. Calls in flight fail.
func (c *Client) Close() error { return c.connection.Close() }

// checkTarget refuses to send credentials and tokens unencrypted, or to call an unknown server without credentials.
func checkTarget(target string, settings *settings) error {
	if target == "" {
		return &ConfigurationError{"the target is empty; it is a host and port, such as sessions.example:443"}
	}
	if isLocal(target) {
		return nil
	}
	if settings.tls == nil {
		return &ConfigurationError{"a server beyond this machine needs an encrypted connection: add WithTLS()"}
	}
	hasCertificate := len(settings.tls.Certificates) > 0 || settings.tls.GetClientCertificate != nil
	if settings.apiKey == "" && !hasCertificate {
		return &ConfigurationError{"a server beyond this machine needs credentials: add WithAPIKey, or a client certificate"}
	}
	return nil
}

func dialOptions(settings *settings) ([]grpc.DialOption, error) {
	config, err := serviceConfig()
	if err != nil {
		return nil, &ConfigurationError{err.Error()}
	}
	transport := insecure.NewCredentials()
	if settings.tls != nil {
		transport = credentials.NewTLS(settings.tls)
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultServiceConfig(config),
		// A TXT record must not be able to turn the retries off or on.
		grpc.WithDisableServiceConfig(),
		grpc.WithUserAgent("session-authority-go/" + Version),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 30 * time.Second, Timeout: 10 * time.Second, PermitWithoutStream: true,
		}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second,
			},
			MinConnectTimeout: 2 * time.Second,
		}),
	}
	if settings.apiKey != "" {
		key := apiKey{header: "Bearer " + settings.apiKey, isEncrypted: settings.tls != nil}
		options = append(options, grpc.WithPerRPCCredentials(key))
	}
	return append(options, settings.dialOptions...), nil
}

// apiKey is sent with each call.
type apiKey struct {
	header      string
	isEncrypted bool
}

func (k apiKey) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": k.header}, nil
}

// RequireTransportSecurity is false only for a target on this machine, which [New] has checked.
func (k apiKey) RequireTransportSecurity() bool { return k.isEncrypted }

type timeoutKey struct{}

// OverrideTimeout returns a context whose calls have the given time limit instead of that of the client. A deadline of
// the context still applies.
func OverrideTimeout(ctx context.Context, timeout time.Duration) context.Context {
	return context.WithValue(ctx, timeoutKey{}, timeout)
}

func withTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if override, ok := ctx.Value(timeoutKey{}).(time.Duration); ok {
		timeout = override
	}
	return context.WithTimeout(ctx, timeout)
}

// call makes one unary call within its time limit. The error is a [*CallError].
func call[Request, Response any](
	ctx context.Context, timeout time.Duration,
	method func(context.Context, Request, ...grpc.CallOption) (Response, error), request Request,
) (Response, error) {
	ctx, cancel := withTimeout(ctx, timeout)
	defer cancel()
	response, err := method(ctx, request)
	return response, callErrorOrNil(err)
}

package sessionauthority

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// ValidateRequest is a validation of a token and its requirements.
type ValidateRequest struct {
	// Token is the token as sent by the client, without a scheme such as "Bearer". Any text gets a verdict.
	Token Token
	// Client is the client that sent the token, as far as known. Without it, a policy that binds sessions to an address
	// or device does not check it.
	Client *sessionv1.ClientContext
	// Consistency is the maximum staleness of the verdict. BOUNDED by default.
	Consistency sessionv1.Consistency
	// Activity states whether the validation counts as activity of the user. TOUCH by default; use PEEK for requests that
	// a page makes by itself.
	Activity sessionv1.Activity
	// MaxAuthAge is the maximum age of the user's authentication. If 0, any age is accepted.
	MaxAuthAge time.Duration
	// MinAssuranceLevel is the minimum assurance level, 0 to 100.
	MinAssuranceLevel uint32
}

func (r ValidateRequest) message() *sessionv1.ValidateRequest {
	message := &sessionv1.ValidateRequest{
		Token:             r.Token.wireText(),
		Client:            transmissibleClient(r.Client),
		Consistency:       r.Consistency,
		Activity:          r.Activity,
		MinAssuranceLevel: r.MinAssuranceLevel,
	}
	if r.MaxAuthAge != 0 {
		message.MaxAuthAge = durationpb.New(r.MaxAuthAge)
	}
	return message
}

// Validate returns the session that the token opens. The error is a [*Rejected], a [*StepUpRequired] or a [*NoVerdict].
func (c *Client) Validate(ctx context.Context, request ValidateRequest) (Session, error) {
	if !c.cache.admits(request) {
		return c.validate(ctx, request)
	}
	key := newCacheKey(request)
	if session, found := c.cache.get(key); found {
		return session, nil
	}
	generation := c.cache.currentGeneration()
	session, err := c.validateCached(ctx, request, key, generation)
	return session, err
}

func (c *Client) validate(ctx context.Context, request ValidateRequest) (Session, error) {
	response, err := call(ctx, c.settings.validateTimeout, c.sessions.Validate, request.message())
	if err != nil {
		return Session{}, noVerdict(err)
	}
	return fromResponse(response)
}

func (c *Client) validateCached(
	ctx context.Context, request ValidateRequest, key cacheKey, generation uint64,
) (Session, error) {
	response, err := call(ctx, c.settings.validateTimeout, c.sessions.Validate, request.message())
	if err != nil {
		return Session{}, noVerdict(err)
	}
	session, err := fromResponse(response)
	if err == nil {
		c.cache.put(key, session, response.GetCacheTtl().AsDuration(), generation)
	}
	return session, err
}

// fromResponse returns the session of the verdict, or the verdict as an error.
func fromResponse(response *sessionv1.ValidateResponse) (Session, error) {
	switch outcome := response.GetOutcome().(type) {
	case *sessionv1.ValidateResponse_Session:
		if outcome.Session == nil {
			return Session{}, noOutcome()
		}
		session := Session{Session: outcome.Session}
		if response.GetRotateAfter() != nil {
			session.RotateAfter = response.GetRotateAfter().AsTime()
		}
		return session, nil
	case *sessionv1.ValidateResponse_Rejection:
		return Session{}, fromRejection(outcome.Rejection)
	default:
		return Session{}, noOutcome()
	}
}

// Verdict is the outcome of a validation: a [Session], a [*Rejected] or a [*StepUpRequired].
type Verdict interface{ verdict() }

// TryValidate returns the verdict as a value, for callers that switch over it instead of handling errors. The error is a
// [*NoVerdict].
func (c *Client) TryValidate(ctx context.Context, request ValidateRequest) (Verdict, error) {
	session, err := c.Validate(ctx, request)
	if err == nil {
		return session, nil
	}
	if rejected := (*Rejected)(nil); errors.As(err, &rejected) {
		return rejected, nil
	}
	if stepUp := (*StepUpRequired)(nil); errors.As(err, &stepUp) {
		return stepUp, nil
	}
	return nil, err
}

// transmissibleClient returns the client context without bytes that are not UTF-8, which a browser can send and the
// protocol cannot carry, and truncated to the limits of the contract, so that no browser can make a call fail.
func transmissibleClient(client *sessionv1.ClientContext) *sessionv1.ClientContext {
	if client == nil {
		return nil
	}
	return &sessionv1.ClientContext{
		Ip:             transmissible(client.GetIp(), 64),
		UserAgent:      transmissible(client.GetUserAgent(), 1024),
		AcceptLanguage: transmissible(client.GetAcceptLanguage(), 256),
		AcceptEncoding: transmissible(client.GetAcceptEncoding(), 256),
		// The server ignores an ID of more than 128 bytes. A shortened one would be another ID.
		DeviceId: transmissible(client.GetDeviceId(), 256),
		Country:  transmissible(client.GetCountry(), 16),
	}
}

func transmissible(text string, limit int) string {
	if len(text) > limit {
		text = text[:limit]
	}
	return strings.ToValidUTF8(text, "?")
}

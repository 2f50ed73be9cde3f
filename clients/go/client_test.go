package sessionauthority_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/internal/testserver"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func connect(t *testing.T, server *testserver.Server, options ...sessionauthority.Option) *sessionauthority.Client {
	t.Helper()
	// Tests also run on a busy machine.
	options = append([]sessionauthority.Option{sessionauthority.WithTimeouts(20*time.Second, 20*time.Second, 0)}, options...)
	client, err := sessionauthority.New(server.Target, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func signIn(t *testing.T, client *sessionauthority.Client, userID string) sessionauthority.Created {
	t.Helper()
	created, err := client.Create(context.Background(), &sessionv1.CreateRequest{UserId: userID})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

func validation(created sessionauthority.Created) sessionauthority.ValidateRequest {
	return sessionauthority.ValidateRequest{Token: created.Token}
}

func TestASessionIsValidUntilItIsRevoked(t *testing.T) {
	client := connect(t, testserver.Shared(t))
	ctx := context.Background()
	created := signIn(t, client, "ann")

	session, err := client.Validate(ctx, validation(created))
	if err != nil || session.UserId != "ann" {
		t.Fatalf("got %v, %v", session, err)
	}
	revoked, err := client.Revoke(ctx, sessionauthority.RevokeRequest{
		Target: created.Token, Actor: "bob", Reason: "lost phone",
	})
	if err != nil || !revoked.GetRevoked() {
		t.Fatalf("got %v, %v", revoked, err)
	}
	_, err = client.Validate(ctx, validation(created))
	var rejected *sessionauthority.Rejected
	if !errors.As(err, &rejected) {
		t.Fatalf("got %v", err)
	}
	if rejected.ReasonName() != "REVOKED" || rejected.Actor != "bob" || rejected.StatedReason != "lost phone" ||
		rejected.EndedAt.IsZero() || rejected.SessionID != session.SessionId {
		t.Fatalf("got %+v", rejected)
	}
}

func TestAStepUpIsAnErrorOfItsOwn(t *testing.T) {
	client := connect(t, testserver.Shared(t))
	created := signIn(t, client, "ann")

	_, err := client.Validate(context.Background(), sessionauthority.ValidateRequest{
		Token: created.Token, MinAssuranceLevel: 2,
	})
	var stepUp *sessionauthority.StepUpRequired
	if !errors.As(err, &stepUp) || stepUp.AssuranceLevel != 2 {
		t.Fatalf("got %v", err)
	}
}

func TestTextThatCannotBeATokenIsRejected(t *testing.T) {
	client := connect(t, testserver.Shared(t))
	for _, text := range []string{"", "x", "\xff\xfe", string(make([]byte, 1<<20)), "sa_\r\n"} {
		_, err := client.Validate(context.Background(), sessionauthority.ValidateRequest{
			Token:  sessionauthority.NewToken(text),
			Client: &sessionv1.ClientContext{UserAgent: "\xff" + string(make([]byte, 1<<20))},
		})
		var rejected *sessionauthority.Rejected
		if !errors.As(err, &rejected) {
			t.Errorf("%.20q: got %v", text, err)
		}
	}
}

func TestAServerThatIsDownGivesNoVerdictAndIsUsedAgainAfterItsRestart(t *testing.T) {
	server := testserver.Start(t)
	client := connect(t, server)
	created := signIn(t, client, "ann")
	server.Stop()

	_, err := client.Validate(context.Background(), validation(created))
	var noVerdict *sessionauthority.NoVerdict
	if !errors.As(err, &noVerdict) || noVerdict.Cause.Code != codes.Unavailable {
		t.Fatalf("got %v", err)
	}

	server.Restart(t)
	ready, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for {
		session, err := client.Validate(ready, validation(created))
		if err == nil && session.UserId == "ann" {
			return
		}
		if ready.Err() != nil {
			t.Fatalf("got %v", err)
		}
	}
}

func TestAnUnknownVerdictIsNeverARejection(t *testing.T) {
	client := connect(t, testserver.Shared(t))
	created := signIn(t, client, "ann")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	verdict, err := client.TryValidate(ctx, validation(created))
	var noVerdict *sessionauthority.NoVerdict
	if verdict != nil || !errors.As(err, &noVerdict) || noVerdict.Cause.Code != codes.Canceled {
		t.Fatalf("got %v, %v", verdict, err)
	}
}

func TestInvalidFieldsAreListed(t *testing.T) {
	client := connect(t, testserver.Shared(t))
	_, err := client.Create(context.Background(), &sessionv1.CreateRequest{
		UserId: "", Client: &sessionv1.ClientContext{Ip: "nonsense"},
	})
	var call *sessionauthority.CallError
	if !errors.As(err, &call) || call.Code != codes.InvalidArgument || call.Reason != "INVALID_FIELD" {
		t.Fatalf("got %v", err)
	}
	fields := map[string]bool{}
	for _, violation := range call.Fields {
		fields[violation.Field] = true
	}
	if !fields["user_id"] || !fields["client.ip"] {
		t.Fatalf("got %v", call.Fields)
	}
}

func TestARotatedTokenOpensTheSameSession(t *testing.T) {
	client := connect(t, testserver.Shared(t))
	ctx := context.Background()
	created := signIn(t, client, "ann")

	rotated, err := client.Rotate(ctx, created.Token, nil)
	if err != nil || rotated.Token.Equal(created.Token) {
		t.Fatalf("got %v, %v", rotated, err)
	}
	session, err := client.Validate(ctx, sessionauthority.ValidateRequest{Token: rotated.Token})
	if err != nil || session.SessionId != created.Session.SessionId {
		t.Fatalf("got %v, %v", session, err)
	}
}

func TestManyTokensGetTheirVerdictsInOrder(t *testing.T) {
	client := connect(t, testserver.Shared(t))
	ann, bob := signIn(t, client, "ann"), signIn(t, client, "bob")
	var requests []sessionauthority.ValidateRequest
	for range 500 {
		requests = append(requests, validation(ann), validation(bob), sessionauthority.ValidateRequest{
			Token: sessionauthority.NewToken("nonsense"),
		})
	}

	results := client.ValidateMany(context.Background(), requests, 0)
	for index, result := range results {
		var rejected *sessionauthority.Rejected
		switch index % 3 {
		case 0, 1:
			if result.Err != nil || result.Session.UserId != []string{"ann", "bob"}[index%3] {
				t.Fatalf("%d: got %v", index, result)
			}
		case 2:
			if !errors.As(result.Err, &rejected) {
				t.Fatalf("%d: got %v", index, result)
			}
		}
	}
}

func TestManyTokensGetNoVerdictFromAServerThatIsDown(t *testing.T) {
	server := testserver.Start(t)
	client := connect(t, server)
	created := signIn(t, client, "ann")
	server.Stop()

	results := client.ValidateMany(context.Background(), []sessionauthority.ValidateRequest{validation(created)}, 0)
	var noVerdict *sessionauthority.NoVerdict
	if len(results) != 1 || !errors.As(results[0].Err, &noVerdict) {
		t.Fatalf("got %v", results)
	}
}

func TestAnAlertStreamResumesAfterARestartOfTheServer(t *testing.T) {
	server := testserver.Start(t)
	client := connect(t, server)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stream := client.StreamAlerts(ctx, &sessionv1.StreamAlertsRequest{FromStart: true})
	defer stream.Close()
	raiseAlert(t, client, "ann")
	first, err := stream.Next(ctx)
	if err != nil || first.Alert.GetUserId() != "ann" || stream.Cursor() == "" {
		t.Fatalf("got %v, %v", first, err)
	}

	server.Stop()
	server.Restart(t)
	raiseAlert(t, client, "bob")
	for {
		next, err := stream.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if next.Alert.GetAlertId() == first.Alert.GetAlertId() {
			t.Fatal("an alert was delivered twice")
		}
		if next.Alert.GetUserId() == "bob" {
			return
		}
	}
}

// raiseAlert presents a token that was rotated out.
func raiseAlert(t *testing.T, client *sessionauthority.Client, userID string) {
	t.Helper()
	ctx := context.Background()
	first := eventually(t, func() (sessionauthority.Created, error) {
		return client.Create(ctx, &sessionv1.CreateRequest{UserId: userID})
	}).Token
	token := first
	for range 2 {
		token = eventually(t, func() (sessionauthority.Rotated, error) { return client.Rotate(ctx, token, nil) }).Token
		eventually(t, func() (sessionauthority.Session, error) {
			return client.Validate(ctx, sessionauthority.ValidateRequest{Token: token})
		})
	}
	verdict := eventually(t, func() (sessionauthority.Verdict, error) {
		return client.TryValidate(ctx, sessionauthority.ValidateRequest{Token: first})
	})
	if rejected, ok := verdict.(*sessionauthority.Rejected); !ok || rejected.ReasonName() != "TOKEN_REUSED" {
		t.Fatalf("got %v", verdict)
	}
}

// eventually repeats a call until it succeeds.
func eventually[Result any](t *testing.T, call func() (Result, error)) Result {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		result, err := call()
		if err == nil {
			return result
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestAnAlertStreamEndsWithItsError(t *testing.T) {
	client := connect(t, testserver.Shared(t))
	stream := client.StreamAlerts(context.Background(), &sessionv1.StreamAlertsRequest{ResumeCursor: "nonsense"})
	defer stream.Close()
	_, err := stream.Next(context.Background())
	var call *sessionauthority.CallError
	if !errors.As(err, &call) || call.Code != codes.InvalidArgument {
		t.Fatalf("got %v", err)
	}
}

func TestAnAlertStreamHasAPositionBeforeItsFirstAlert(t *testing.T) {
	client := connect(t, testserver.Shared(t))
	stream := client.StreamAlerts(context.Background(), nil)
	defer stream.Close()
	eventually(t, func() (string, error) {
		if cursor := stream.Cursor(); cursor != "" {
			return cursor, nil
		}
		return "", errors.New("no position")
	})
}

package main

import (
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// method makes a call from the JSON form of its request.
type method func(context.Context, *sessionauthority.Client, json.RawMessage) (proto.Message, error)

// calling returns a method whose request is a message.
func calling[Request proto.Message](
	empty func() Request, call func(context.Context, *sessionauthority.Client, Request) (proto.Message, error),
) method {
	return func(ctx context.Context, client *sessionauthority.Client, text json.RawMessage) (proto.Message, error) {
		request, err := parse(text, empty())
		if err != nil {
			return nil, err
		}
		return call(ctx, client, request)
	}
}

// newOf returns an empty message.
func newOf[Message any]() *Message { return new(Message) }

type client = sessionauthority.Client

var methods = map[string]method{
	"Create":          calling(newOf[sessionv1.CreateRequest], create),
	"Update":          calling(newOf[sessionv1.UpdateRequest], update),
	"Rotate":          calling(newOf[sessionv1.RotateRequest], rotate),
	"Revoke":          calling(newOf[sessionv1.RevokeRequest], revoke),
	"RevokeAll":       calling(newOf[sessionv1.RevokeAllRequest], revokeAll),
	"Get":             calling(newOf[sessionv1.GetRequest], get),
	"List":            calling(newOf[sessionv1.ListRequest], list),
	"Touch":           calling(newOf[sessionv1.TouchRequest], touch),
	"Purge":           calling(newOf[sessionv1.PurgeRequest], purge),
	"ListCredentials": calling(newOf[sessionv1.ListCredentialsRequest], listCredentials),
	"ReportAuthEvent": plain((*client).ReportAuthEvent, newOf[sessionv1.ReportAuthEventRequest]),
	"AckAlert":        plain((*client).AckAlert, newOf[sessionv1.AckAlertRequest]),
	"SearchSessions":  admin((*sessionauthority.Admin).SearchSessions, newOf[sessionv1.SearchSessionsRequest]),
	"ListEvents":      admin((*sessionauthority.Admin).ListEvents, newOf[sessionv1.ListEventsRequest]),
	"ListAlerts":      admin((*sessionauthority.Admin).ListAlerts, newOf[sessionv1.ListAlertsRequest]),
	"ListTenants":     admin((*sessionauthority.Admin).ListTenants, newOf[sessionv1.ListTenantsRequest]),
	"ListNodes":       admin((*sessionauthority.Admin).ListNodes, newOf[sessionv1.ListNodesRequest]),
	"GetStats":        admin((*sessionauthority.Admin).GetStats, newOf[sessionv1.GetStatsRequest]),
	"ForgetUser":      admin((*sessionauthority.Admin).ForgetUser, newOf[sessionv1.ForgetUserRequest]),
	"ListWebhooks":    calling(newOf[sessionv1.ListWebhooksRequest], listWebhooks),
	"AddWebhook":      webhooks((*sessionauthority.Webhooks).AddWebhook, newOf[sessionv1.AddWebhookRequest]),
	"UpdateWebhook":   webhooks((*sessionauthority.Webhooks).UpdateWebhook, newOf[sessionv1.UpdateWebhookRequest]),
	"RemoveWebhook":   webhooks((*sessionauthority.Webhooks).RemoveWebhook, newOf[sessionv1.RemoveWebhookRequest]),
	"TestWebhook":     webhooks((*sessionauthority.Webhooks).TestWebhook, newOf[sessionv1.TestWebhookRequest]),
	"EnableWebhook":   webhooks((*sessionauthority.Webhooks).EnableWebhook, newOf[sessionv1.EnableWebhookRequest]),
	"ListDeadLetters": webhooks((*sessionauthority.Webhooks).ListDeadLetters, newOf[sessionv1.ListDeadLettersRequest]),
	"ReplayWebhook":   webhooks((*sessionauthority.Webhooks).ReplayWebhook, newOf[sessionv1.ReplayWebhookRequest]),
	"Lease":           notifications((*sessionauthority.Notifications).Lease, newOf[sessionv1.LeaseRequest]),
	"Ack":             notifications((*sessionauthority.Notifications).Ack, newOf[sessionv1.AckRequest]),
	"Extend":          notifications((*sessionauthority.Notifications).Extend, newOf[sessionv1.ExtendRequest]),
	"AnswerLink":      notifications((*sessionauthority.Notifications).AnswerLink, newOf[sessionv1.AnswerLinkRequest]),
	"GetQueueStats":   notifications((*sessionauthority.Notifications).GetQueueStats, newOf[sessionv1.GetQueueStatsRequest]),
	"Requeue":         notifications((*sessionauthority.Notifications).Requeue, newOf[sessionv1.RequeueRequest]),
	"Deny":            denylist((*sessionauthority.Denylist).Deny, newOf[sessionv1.DenyRequest]),
	"Check":           denylist((*sessionauthority.Denylist).Check, newOf[sessionv1.CheckRequest]),
}

func plain[Request, Response proto.Message](
	call func(*client, context.Context, Request) (Response, error), empty func() Request,
) method {
	return calling(empty, func(ctx context.Context, client *client, request Request) (proto.Message, error) {
		return call(client, ctx, request)
	})
}

func admin[Request, Response proto.Message](
	call func(*sessionauthority.Admin, context.Context, Request) (Response, error), empty func() Request,
) method {
	return calling(empty, func(ctx context.Context, client *client, request Request) (proto.Message, error) {
		return call(client.Admin, ctx, request)
	})
}

func denylist[Request, Response proto.Message](
	call func(*sessionauthority.Denylist, context.Context, Request) (Response, error), empty func() Request,
) method {
	return calling(empty, func(ctx context.Context, client *client, request Request) (proto.Message, error) {
		return call(client.Denylist, ctx, request)
	})
}

func notifications[Request, Response proto.Message](
	call func(*sessionauthority.Notifications, context.Context, Request) (Response, error), empty func() Request,
) method {
	return calling(empty, func(ctx context.Context, client *client, request Request) (proto.Message, error) {
		return call(client.Notifications, ctx, request)
	})
}

func webhooks[Request, Response proto.Message](
	call func(*sessionauthority.Webhooks, context.Context, Request) (Response, error), empty func() Request,
) method {
	return calling(empty, func(ctx context.Context, client *client, request Request) (proto.Message, error) {
		return call(client.Webhooks, ctx, request)
	})
}

func create(ctx context.Context, client *client, request *sessionv1.CreateRequest) (proto.Message, error) {
	created, err := client.Create(ctx, request)
	return &sessionv1.CreateResponse{
		Token: created.Token.Reveal(), Session: created.Session.Session, Ended: created.Ended, Alerts: created.Alerts,
	}, err
}

func update(ctx context.Context, client *client, request *sessionv1.UpdateRequest) (proto.Message, error) {
	updated, err := client.Update(ctx, request)
	return &sessionv1.UpdateResponse{Session: updated.Session.Session, Token: updated.Token.Reveal()}, err
}

func rotate(ctx context.Context, client *client, request *sessionv1.RotateRequest) (proto.Message, error) {
	rotated, err := client.Rotate(ctx, sessionauthority.NewToken(request.GetToken()), request.GetClient())
	return &sessionv1.RotateResponse{
		Token: rotated.Token.Reveal(), Outcome: &sessionv1.RotateResponse_Session{Session: rotated.Session.Session},
	}, err
}

func revoke(ctx context.Context, client *client, request *sessionv1.RevokeRequest) (proto.Message, error) {
	converted := sessionauthority.RevokeRequest{
		TenantID: request.GetTenantId(), UserID: request.GetUserId(), Reason: request.GetReason(),
		Actor: request.GetActor(), SignOut: request.GetSignOut(), Compromised: request.GetCompromised(),
	}
	switch target := request.GetTarget().(type) {
	case *sessionv1.RevokeRequest_SessionId:
		converted.Target = sessionauthority.SessionID(target.SessionId)
	case *sessionv1.RevokeRequest_Token:
		converted.Target = sessionauthority.NewToken(target.Token)
	case *sessionv1.RevokeRequest_DeviceId:
		converted.Target = sessionauthority.DeviceID(target.DeviceId)
	}
	return client.Revoke(ctx, converted)
}

func revokeAll(ctx context.Context, client *client, request *sessionv1.RevokeAllRequest) (proto.Message, error) {
	converted := sessionauthority.RevokeAllRequest{
		ExceptSessionID: request.GetExceptSessionId(), ExceptToken: sessionauthority.NewToken(request.GetExceptToken()),
		Reason: request.GetReason(), Actor: request.GetActor(), OperationID: request.GetOperationId(),
		Compromised: request.GetCompromised(),
	}
	switch scope := request.GetScope().(type) {
	case *sessionv1.RevokeAllRequest_User:
		converted.Scope = sessionauthority.User{TenantID: scope.User.GetTenantId(), UserID: scope.User.GetUserId()}
	case *sessionv1.RevokeAllRequest_Tenant:
		converted.Scope = sessionauthority.Tenant(scope.Tenant.GetTenantId())
	case *sessionv1.RevokeAllRequest_Everyone:
		converted.Scope = sessionauthority.Everyone{}
	}
	return client.RevokeAll(ctx, converted)
}

func get(ctx context.Context, client *client, request *sessionv1.GetRequest) (proto.Message, error) {
	session, err := client.Get(ctx, request)
	return &sessionv1.GetResponse{Session: session.Session}, err
}

func list(ctx context.Context, client *client, request *sessionv1.ListRequest) (proto.Message, error) {
	sessions, err := client.List(ctx, request)
	return &sessionv1.ListResponse{Sessions: sessions}, err
}

func touch(ctx context.Context, client *client, request *sessionv1.TouchRequest) (proto.Message, error) {
	sessions, err := client.Touch(ctx, request.GetTouches()...)
	return &sessionv1.TouchResponse{Sessions: sessions}, err
}

func purge(ctx context.Context, client *client, _ *sessionv1.PurgeRequest) (proto.Message, error) {
	count, err := client.Admin.Purge(ctx)
	return &sessionv1.PurgeResponse{PurgedCount: count}, err
}

func listCredentials(ctx context.Context, client *client, _ *sessionv1.ListCredentialsRequest) (proto.Message, error) {
	return client.Admin.ListCredentials(ctx)
}

func listWebhooks(ctx context.Context, client *client, _ *sessionv1.ListWebhooksRequest) (proto.Message, error) {
	return client.Webhooks.ListWebhooks(ctx)
}

func (a *adapter) call(operation *operation) (any, error) {
	client, err := a.client(operation)
	if err != nil {
		return nil, err
	}
	method, found := methods[operation.Method]
	if !found {
		return nil, fmt.Errorf("unknown method %q", operation.Method)
	}
	ctx, cancel := operation.context()
	defer cancel()
	response, err := method(ctx, client, operation.Request)
	if err != nil {
		return nil, err
	}
	return object{"response": message(response)}, nil
}

func (a *adapter) revokeWhere(operation *operation) (any, error) {
	client, err := a.client(operation)
	if err != nil {
		return nil, err
	}
	request, err := parse(operation.Request, &sessionv1.RevokeWhereRequest{})
	if err != nil {
		return nil, err
	}
	ctx, cancel := operation.context()
	defer cancel()
	responses := []json.RawMessage{}
	for response, err := range client.Admin.RevokeWhere(ctx, request) {
		if err != nil {
			return nil, err
		}
		responses = append(responses, message(response))
	}
	return object{"responses": responses}, nil
}

package sessionauthority_test

import (
	"context"
	"errors"
	"fmt"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// A check of a token that a client has sent.
func ExampleClient_Validate() {
	var client *sessionauthority.Client // from New
	ctx, text := context.Background(), "sa_…"

	session, err := client.Validate(ctx, sessionauthority.ValidateRequest{Token: sessionauthority.NewToken(text)})
	var rejected *sessionauthority.Rejected
	var stepUp *sessionauthority.StepUpRequired
	switch {
	case errors.As(err, &rejected):
		fmt.Println("401, signed out:", rejected.ReasonName())
	case errors.As(err, &stepUp):
		fmt.Println("403, ask for the second factor:", stepUp.AssuranceLevel)
	case err != nil:
		fmt.Println("503, unknown:", err)
	default:
		fmt.Println("200, signed in:", session.UserId)
	}
}

// A program that handles every alert, also after a restart.
func ExampleClient_StreamAlerts() {
	var client *sessionauthority.Client // from New
	ctx, stored := context.Background(), "the cursor of the last handled event"

	stream := client.StreamAlerts(ctx, &sessionv1.StreamAlertsRequest{ResumeCursor: stored})
	defer stream.Close()
	for event, err := range stream.All(ctx) {
		if err != nil {
			fmt.Println("the stream has ended:", err)
			return
		}
		fmt.Println(event.Alert.GetRule(), event.Alert.GetUserId())
		stored = event.Cursor // store it after the event was handled
	}
}

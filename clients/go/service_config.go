package sessionauthority

import (
	"encoding/json"
	"fmt"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// retriedMethods are the idempotent methods. Create and RevokeAll are among them because they always have a request ID
// or an operation ID here.
var retriedMethods = map[string][]string{
	sessionv1.SessionService_ServiceDesc.ServiceName: {
		"Create", "Validate", "Rotate", "Get", "Touch", "List", "Revoke", "RevokeAll", "AckAlert",
	},
	sessionv1.AdminService_ServiceDesc.ServiceName: {
		"SearchSessions", "ListEvents", "GetStats", "ListCredentials", "ListAlerts", "ListTenants", "ListNodes", "Purge", "ForgetUser",
	},
	sessionv1.DenylistService_ServiceDesc.ServiceName:     {"Deny", "Check"},
	sessionv1.NotificationService_ServiceDesc.ServiceName: {"Ack", "Extend", "AnswerLink", "GetQueueStats"},
	sessionv1.WebhookService_ServiceDesc.ServiceName:      {"ListWebhooks", "EnableWebhook", "ListDeadLetters"},
}

type methodName struct {
	Service string `json:"service"`
	Method  string `json:"method"`
}

// serviceConfig returns the gRPC service config: the retries, a budget for them, and calls spread over all nodes that
// the name of the target has. At most about a tenth of the calls are retried once many have failed.
func serviceConfig() (string, error) {
	var names []methodName
	for service, methods := range retriedMethods {
		for _, method := range methods {
			names = append(names, methodName{service, method})
		}
	}
	config, err := json.Marshal(map[string]any{
		"loadBalancingConfig": []any{map[string]any{"round_robin": map[string]any{}}},
		"methodConfig": []any{map[string]any{
			"name": names,
			"retryPolicy": map[string]any{
				"maxAttempts":          3,
				"initialBackoff":       "0.05s",
				"maxBackoff":           "0.2s",
				"backoffMultiplier":    2,
				"retryableStatusCodes": []string{"UNAVAILABLE"},
			},
		}},
		"retryThrottling": map[string]any{"maxTokens": 100, "tokenRatio": 0.1},
	})
	if err != nil {
		return "", fmt.Errorf("service config: %w", err)
	}
	return string(config), nil
}

// Command conformance exposes the client as operations on stdin and stdout, one JSON object a line, for the runner in
// clients/conformance.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
)

// operation is a line of input.
type operation struct {
	ID          json.RawMessage   `json:"id"`
	Op          string            `json:"op"`
	Client      string            `json:"client"`
	Options     connectOptions    `json:"options"`
	Method      string            `json:"method"`
	Request     json.RawMessage   `json:"request"`
	Requests    []json.RawMessage `json:"requests"`
	MaxInFlight int               `json:"max_in_flight"`
	DeadlineMS  int64             `json:"deadline_ms"`
	Stream      string            `json:"stream"`
	Consumer    string            `json:"consumer"`
	Consume     consumeOptions    `json:"consume"`
	Fails       bool              `json:"fails"`
	TimeoutMS   int64             `json:"timeout_ms"`
	Token       string            `json:"token"`
}

// context returns a context with the deadline of the operation.
func (o *operation) context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	if o.DeadlineMS > 0 {
		ctx = sessionauthority.OverrideTimeout(ctx, time.Duration(o.DeadlineMS)*time.Millisecond)
	}
	return ctx, cancel
}

// adapter has the clients, streams and consumers by their names.
type adapter struct {
	mutex     sync.Mutex
	clients   map[string]*sessionauthority.Client
	streams   map[string]*sessionauthority.AlertStream
	consumers map[string]*consumer
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	adapter := &adapter{
		clients: make(map[string]*sessionauthority.Client), streams: make(map[string]*sessionauthority.AlertStream),
		consumers: make(map[string]*consumer),
	}
	var output sync.Mutex
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return nil // the runner has closed its side
		}
		var operation operation
		if err := json.Unmarshal(line, &operation); err != nil {
			return fmt.Errorf("not an operation: %w", err)
		}
		go func() {
			response := adapter.respond(&operation)
			response["id"] = operation.ID
			encoded, err := json.Marshal(response)
			if err != nil {
				panic(err)
			}
			output.Lock()
			defer output.Unlock()
			_, _ = os.Stdout.Write(append(encoded, '\n'))
		}()
	}
}

func (a *adapter) respond(operation *operation) map[string]any {
	handler, found := handlers[operation.Op]
	if !found {
		return map[string]any{"error": adapterError("unknown op")}
	}
	result, err := handler(a, operation)
	if err != nil {
		return map[string]any{"error": describeError(err)}
	}
	return map[string]any{"ok": result}
}

var handlers = map[string]func(*adapter, *operation) (any, error){
	"connect":         (*adapter).connect,
	"close":           (*adapter).close,
	"validate":        (*adapter).validate,
	"try_validate":    (*adapter).tryValidate,
	"validate_many":   (*adapter).validateMany,
	"call":            (*adapter).call,
	"revoke_where":    (*adapter).revokeWhere,
	"alerts.open":     (*adapter).openAlerts,
	"alerts.next":     (*adapter).nextAlert,
	"alerts.cursor":   (*adapter).alertsCursor,
	"alerts.close":    (*adapter).closeAlerts,
	"consumer.start":  (*adapter).startConsumer,
	"consumer.next":   (*adapter).nextNotification,
	"consumer.finish": (*adapter).finishNotification,
	"consumer.stop":   (*adapter).stopConsumer,
	"consumer.end":    (*adapter).endOfConsumer,
	"token.print":     (*adapter).printToken,
	"token.reveal":    (*adapter).revealToken,
}

// object is an object of the output.
type object = map[string]any

func (a *adapter) client(operation *operation) (*sessionauthority.Client, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	client, found := a.clients[operation.Client]
	if !found {
		return nil, fmt.Errorf("no client %q", operation.Client)
	}
	return client, nil
}

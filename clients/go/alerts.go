package sessionauthority

import (
	"context"
	"iter"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

const (
	// silenceLimit is the time after which a stream without a message is considered broken. The server sends a heartbeat
	// at least every 15 seconds.
	silenceLimit = 45 * time.Second
	// rememberedAlerts is the number of alerts whose repeats are removed.
	rememberedAlerts = 1000

	minAlertBackoff = 100 * time.Millisecond
	maxAlertBackoff = 5 * time.Second
)

// AlertEvent is an alert, or a report that alerts were missed.
type AlertEvent struct {
	// Alert is the alert, or nil.
	Alert *sessionv1.Alert
	// Gap reports that alerts between two positions were not sent, or is nil.
	Gap *sessionv1.Gap
	// Cursor is the position after this event. Store it when the event has been processed, and pass it as ResumeCursor
	// after a restart of the program.
	Cursor string
}

// AlertStream is a stream of alerts that resumes by itself after a failure. Read it from one goroutine, and close it.
type AlertStream struct {
	cancel context.CancelFunc
	events chan sequencedEvent
	done   chan struct{}

	mutex    sync.Mutex
	err      error
	cursor   string
	sequence uint64
}

type sequencedEvent struct {
	AlertEvent
	sequence uint64
}

// StreamAlerts returns a stream of alerts. It ends with the context, with [AlertStream.Close], or with an error that a
// retry does not solve: INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED or UNIMPLEMENTED. Otherwise it reconnects
// and continues after the latest position. Repeats of the latest 1,000 alerts are removed.
//
// It starts when [AlertStream.Cursor] is no longer empty, unless the request names a position.
func (c *Client) StreamAlerts(ctx context.Context, request *sessionv1.StreamAlertsRequest) *AlertStream {
	ctx, cancel := context.WithCancel(ctx)
	filter := &sessionv1.StreamAlertsRequest{}
	if request != nil {
		filter = proto.CloneOf(request)
	}
	stream := &AlertStream{
		cancel: cancel,
		events: make(chan sequencedEvent),
		done:   make(chan struct{}),
		cursor: filter.GetResumeCursor(),
	}
	reader := &alertReader{stream: stream, service: c.sessions, request: filter, seen: newRecentIDs(rememberedAlerts)}
	go reader.run(ctx)
	return stream
}

// Next returns the next event. It waits for one until the context ends, whose error it then returns; the stream stays
// open. After the stream has ended it returns the reason: a [*CallError], or [context.Canceled] after Close.
func (s *AlertStream) Next(ctx context.Context) (AlertEvent, error) {
	select {
	case event := <-s.events:
		s.advance(event.sequence, event.Cursor)
		return event.AlertEvent, nil
	case <-ctx.Done():
		return AlertEvent{}, ctx.Err()
	case <-s.done:
		s.mutex.Lock()
		defer s.mutex.Unlock()
		return AlertEvent{}, s.err
	}
}

// All returns the events until the context or the stream ends, and then the reason.
func (s *AlertStream) All(ctx context.Context) iter.Seq2[AlertEvent, error] {
	return func(yield func(AlertEvent, error) bool) {
		for {
			event, err := s.Next(ctx)
			if !yield(event, err) || err != nil {
				return
			}
		}
	}
}

// Cursor returns the latest position, also while no alert arrives. Everything before it was returned by Next.
func (s *AlertStream) Cursor() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.cursor
}

// Close ends the stream and waits until it has ended.
func (s *AlertStream) Close() {
	s.cancel()
	<-s.done
}

// advance moves the position forward. A heartbeat after an event may be noted before the event's receiver gets here.
func (s *AlertStream) advance(sequence uint64, cursor string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if sequence > s.sequence && cursor != "" {
		s.sequence, s.cursor = sequence, cursor
	}
}

// alertReader reads one connection after the other.
type alertReader struct {
	stream   *AlertStream
	service  sessionv1.SessionServiceClient
	request  *sessionv1.StreamAlertsRequest
	seen     *recentIDs
	sequence uint64
	// isAlive states whether the current connection has delivered a message.
	isAlive bool
}

func (r *alertReader) run(ctx context.Context) {
	defer close(r.stream.done)
	backoff := minAlertBackoff
	for {
		r.isAlive = false
		err := r.readConnection(ctx)
		if ctx.Err() != nil {
			r.end(context.Cause(ctx))
			return
		}
		failure := newCallError(err)
		switch failure.Code {
		case codes.InvalidArgument, codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented:
			r.end(failure)
			return
		}
		if r.isAlive {
			backoff = minAlertBackoff
		}
		if !sleep(ctx, max(jitter(backoff.Milliseconds()), min(failure.RetryAfter, maxAlertBackoff))) {
			r.end(context.Cause(ctx))
			return
		}
		backoff = min(2*backoff, maxAlertBackoff)
	}
}

func (r *alertReader) end(err error) {
	r.stream.mutex.Lock()
	defer r.stream.mutex.Unlock()
	r.stream.err = err
}

// readConnection delivers events until the connection fails or is silent for too long.
func (r *alertReader) readConnection(ctx context.Context) error {
	connection, cancel := context.WithCancel(ctx)
	defer cancel()
	watchdog := time.AfterFunc(silenceLimit, cancel)
	defer watchdog.Stop()
	stream, err := r.service.StreamAlerts(connection, r.request)
	if err != nil {
		return err
	}
	for {
		watchdog.Reset(silenceLimit)
		response, err := stream.Recv()
		if err != nil {
			return err
		}
		// The receiver of the event may take any time.
		watchdog.Stop()
		r.isAlive = true
		if err := r.deliver(ctx, response); err != nil {
			return err
		}
	}
}

func (r *alertReader) deliver(ctx context.Context, response *sessionv1.StreamAlertsResponse) error {
	switch event := response.GetEvent().(type) {
	case *sessionv1.StreamAlertsResponse_Heartbeat:
		r.advance(event.Heartbeat.GetCursor())
		r.stream.advance(r.sequence, event.Heartbeat.GetCursor())
	case *sessionv1.StreamAlertsResponse_Alert:
		r.advance(event.Alert.GetCursor())
		if r.seen.add(event.Alert.GetAlertId()) {
			return r.hand(ctx, AlertEvent{Alert: event.Alert, Cursor: event.Alert.GetCursor()})
		}
		r.stream.advance(r.sequence, event.Alert.GetCursor())
	case *sessionv1.StreamAlertsResponse_Gap:
		cursor := event.Gap.GetToCursor()
		if event.Gap.GetReason() == "slow_consumer" {
			// The server ends the stream, and the next connection receives the alerts.
			cursor = event.Gap.GetFromCursor()
		}
		r.advance(cursor)
		return r.hand(ctx, AlertEvent{Gap: event.Gap, Cursor: cursor})
	}
	return nil
}

// advance sets the position from which the next connection continues.
func (r *alertReader) advance(cursor string) {
	r.sequence++
	if cursor != "" {
		r.request.ResumeCursor, r.request.FromStart = cursor, false
	}
}

// hand waits until the receiver takes the event.
func (r *alertReader) hand(ctx context.Context, event AlertEvent) error {
	select {
	case r.stream.events <- sequencedEvent{event, r.sequence}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// recentIDs remembers the IDs that were added last.
type recentIDs struct {
	known map[string]struct{}
	ring  []string
	next  int
}

func newRecentIDs(limit int) *recentIDs {
	return &recentIDs{known: make(map[string]struct{}, limit), ring: make([]string, limit)}
}

// add reports whether the ID is new, and remembers it.
func (r *recentIDs) add(id string) bool {
	if _, found := r.known[id]; found {
		return false
	}
	delete(r.known, r.ring[r.next])
	r.ring[r.next] = id
	r.known[id] = struct{}{}
	r.next = (r.next + 1) % len(r.ring)
	return true
}

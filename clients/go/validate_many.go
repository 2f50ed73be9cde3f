package sessionauthority

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

const (
	// defaultInFlight is below the number of requests that a server accepts by default on one stream.
	defaultInFlight = 100
	// maxStreams limits the streams that are opened for one call of ValidateMany.
	maxStreams = 3
	// validateManyTimeout is the time limit of one call of ValidateMany.
	validateManyTimeout = 10 * time.Second
)

// Result is the outcome of one validation of many.
type Result struct {
	// Session is the session if Err is nil.
	Session Session
	// Err is nil, a [*Rejected], a [*StepUpRequired] or a [*NoVerdict].
	Err error
}

// ValidateMany validates many tokens over one stream, with at most maxInFlight requests without a response (100 if it is
// 0). It returns one result for each request, in their order. If the stream breaks with UNAVAILABLE, requests without a
// response are repeated on another one, on at most three in total. The time limit is 10 seconds unless [OverrideTimeout]
// replaces it. The verdict cache is not used.
func (c *Client) ValidateMany(ctx context.Context, requests []ValidateRequest, maxInFlight int) []Result {
	if maxInFlight <= 0 {
		maxInFlight = defaultInFlight
	}
	ctx, cancel := withTimeout(ctx, validateManyTimeout)
	defer cancel()
	batch := &validateBatch{requests: requests, results: make([]Result, len(requests))}
	for index := range requests {
		batch.pending = append(batch.pending, index)
	}
	for attempt := 1; len(batch.pending) > 0; attempt++ {
		err := batch.run(ctx, c.sessions, maxInFlight)
		if err == nil {
			err = status.Error(codes.Internal, "the stream ended without a response to each request")
		}
		if len(batch.pending) == 0 {
			break
		}
		if attempt == maxStreams || status.Code(err) != codes.Unavailable || !sleep(ctx, jitter(50<<attempt)) {
			batch.fail(err)
			break
		}
	}
	return batch.results
}

// jitter returns between a half and all of the given number of milliseconds.
func jitter(milliseconds int64) time.Duration {
	limit := milliseconds * int64(time.Millisecond)
	return time.Duration(limit/2 + rand.Int64N(limit/2+1))
}

// sleep waits, and reports whether the context is still active.
func sleep(ctx context.Context, duration time.Duration) bool {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// validateBatch is the state of one call of ValidateMany.
type validateBatch struct {
	requests []ValidateRequest
	results  []Result
	// pending has the indices of the requests without a result.
	pending []int
}

func (b *validateBatch) fail(err error) {
	for _, index := range b.pending {
		b.results[index] = Result{Err: noVerdict(err)}
	}
	b.pending = nil
}

// run sends all pending requests on one stream and takes their responses. It returns why the stream ended.
func (b *validateBatch) run(ctx context.Context, service sessionv1.SessionServiceClient, maxInFlight int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := service.ValidateStream(ctx)
	if err != nil {
		return err
	}
	permits := make(chan struct{}, maxInFlight)
	sending := append([]int(nil), b.pending...)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for _, index := range sending {
			select {
			case permits <- struct{}{}:
			case <-ctx.Done():
				return
			}
			message := &sessionv1.ValidateStreamRequest{Tag: uint64(index), Request: b.requests[index].message()}
			if stream.Send(message) != nil {
				return // Recv has the reason
			}
		}
		_ = stream.CloseSend()
	}()
	defer func() { cancel(); <-sent }()

	unanswered := make(map[uint64]bool, len(sending))
	for _, index := range sending {
		unanswered[uint64(index)] = true
	}
	defer func() {
		b.pending = b.pending[:0]
		for _, index := range sending {
			if unanswered[uint64(index)] {
				b.pending = append(b.pending, index)
			}
		}
	}()
	for len(unanswered) > 0 {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		tag := response.GetTag()
		if !unanswered[tag] {
			return status.Error(codes.Internal, "the stream has a response without a request")
		}
		delete(unanswered, tag)
		b.results[tag] = streamResult(response)
		<-permits
	}
	return nil
}

func streamResult(response *sessionv1.ValidateStreamResponse) Result {
	switch result := response.GetResult().(type) {
	case *sessionv1.ValidateStreamResponse_Response:
		session, err := fromResponse(result.Response)
		return Result{session, err}
	case *sessionv1.ValidateStreamResponse_Failure:
		return Result{Err: noVerdict(failureStatus(result.Failure).Err())}
	default:
		return Result{Err: noOutcome()}
	}
}

// failureStatus returns the status that Validate would have failed with.
func failureStatus(failure *sessionv1.ValidateFailure) *status.Status {
	code := codes.Code(failure.GetCode())
	if code == codes.OK {
		code = codes.Internal
	}
	plain := status.New(code, failure.GetMessage())
	reason := errorReasonName(failure.GetReason())
	detailed, err := plain.WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: "session.v1"})
	if err == nil && failure.GetField() != "" {
		violation := &errdetails.BadRequest_FieldViolation{Field: failure.GetField(), Description: failure.GetMessage()}
		detailed, err = detailed.WithDetails(&errdetails.BadRequest{
			FieldViolations: []*errdetails.BadRequest_FieldViolation{violation},
		})
	}
	if err == nil && failure.GetRetryAfter() != nil {
		delay := durationpb.New(failure.GetRetryAfter().AsDuration())
		detailed, err = detailed.WithDetails(&errdetails.RetryInfo{RetryDelay: delay})
	}
	if err != nil {
		return plain
	}
	return detailed
}

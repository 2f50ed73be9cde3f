// Command bench measures validations per second, of the client and of the bare generated stub in turn, and prints the best
// of three rounds as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

const (
	rounds   = 3
	duration = 2 * time.Second
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: bench TARGET")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// validate makes one validation.
type validate func(context.Context) error

func run(target string) error {
	client, err := sessionauthority.New(target)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	created, err := client.Create(context.Background(), &sessionv1.CreateRequest{UserId: "bench"})
	if err != nil {
		return err
	}
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	stub := sessionv1.NewSessionServiceClient(connection)
	token := created.Token.Reveal()
	contenders := map[string]validate{
		"library": func(ctx context.Context) error {
			_, err := client.Validate(ctx, sessionauthority.ValidateRequest{Token: created.Token})
			return err
		},
		"stub": func(ctx context.Context) error {
			// A call without a deadline is no alternative.
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			_, err := stub.Validate(ctx, &sessionv1.ValidateRequest{Token: token})
			return err
		},
	}
	result := map[string]any{"language": "go"}
	for name, workers := range map[string]int{"sequential": 1, "parallel64": 64} {
		best := map[string]int64{}
		for range rounds {
			for _, contender := range []string{"library", "stub"} {
				rate, err := measure(contenders[contender], workers)
				if err != nil {
					return err
				}
				best[contender] = max(best[contender], rate)
			}
		}
		result[name] = best
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

// measure returns the number of validations per second.
func measure(validate validate, workers int) (int64, error) {
	var count atomic.Int64
	var failure atomic.Value
	var running sync.WaitGroup
	begin := time.Now()
	for range workers {
		running.Go(func() {
			for time.Since(begin) < duration {
				if err := validate(context.Background()); err != nil {
					failure.Store(err)
					return
				}
				count.Add(1)
			}
		})
	}
	running.Wait()
	if err, failed := failure.Load().(error); failed {
		return 0, err
	}
	return int64(float64(count.Load()) / time.Since(begin).Seconds()), nil
}

package sessionhttp_test

import (
	"fmt"
	"log"
	"net/http"
	"time"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/sessionhttp"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// An application with one protected page.
func Example() {
	client, err := sessionauthority.New("127.0.0.1:50051")
	if err != nil {
		log.Fatal(err)
	}
	guard := sessionhttp.New(client, sessionhttp.Public("GET /{$}"))
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "Public") })
	http.Handle("GET /account", guard.Handler(func(w http.ResponseWriter, r *http.Request, session sessionauthority.Session) {
		fmt.Fprintf(w, "Hello, %s\n", session.UserId)
	}))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", guard.Protect(http.DefaultServeMux)))
}

// A page that needs more than a session.
func ExampleGuard_HandlerWith() {
	var guard *sessionhttp.Guard // from New
	mux := http.NewServeMux()

	required := sessionauthority.Requirements{MaxAuthAge: 5 * time.Minute, MinAssuranceLevel: 2}
	mux.Handle("POST /transfer", guard.HandlerWith(required,
		func(w http.ResponseWriter, r *http.Request, session sessionauthority.Session) {
			fmt.Fprintf(w, "%s may transfer money", session.UserId)
		}))
}

// A sign-in, after which the browser has the cookie.
func ExampleGuard_SignIn() {
	var guard *sessionhttp.Guard // from New
	checkPassword := func(user, password string) bool { return false }

	http.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		user := r.PostFormValue("user")
		if !checkPassword(user, r.PostFormValue("password")) {
			http.Error(w, "wrong user or password", http.StatusUnauthorized)
			return
		}
		request := &sessionv1.CreateRequest{UserId: user, AuthMethods: []string{"pwd"}, AssuranceLevel: 1}
		if _, err := guard.SignIn(w, r, request); err != nil {
			http.Error(w, "temporarily unavailable", sessionhttp.Status(err))
			return
		}
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	})
}

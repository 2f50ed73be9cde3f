// Package sessionauthority is the client of the session authority, a gRPC service that keeps the sign-in sessions of
// your users.
//
// [Client.Validate] returns a session or an error, never an absent session without an error. The error is one of
//
//   - [*Rejected]: the token opens no session. Respond with 401.
//   - [*StepUpRequired]: the user must authenticate again, or more strongly, for this request.
//   - [*NoVerdict]: it is unknown whether the user is signed in. Respond with 503, and do not touch the cookie.
//
// Most services do not call it: the packages sessionhttp and sessiongrpc protect HTTP handlers and gRPC methods, and
// give them the session.
//
// Every call has a time limit for all its attempts together: 1 second for validations, 2 seconds for other calls and 35
// seconds for calls of [Admin]. A context with an earlier deadline shortens it, and [OverrideTimeout] replaces it. Calls
// that fail with UNAVAILABLE are retried within that limit if they are idempotent: all except [Client.Update],
// [Client.ReportAuthEvent] and [Admin.RevokeWhere].
package sessionauthority

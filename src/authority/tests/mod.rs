//! Tests of the use cases on the embedded store, with a clock and random bytes that the test controls.

mod acknowledge_alert;
mod activity;
mod audit_queries;
mod create;
mod denylist;
mod fixture;
mod forget_user;
mod list;
mod redaction;
mod rejected_tokens;
mod revoke;
mod revoke_all;
mod revoke_where;
mod rotate;
mod session_watch;
mod sweep;
mod update;
mod validate;

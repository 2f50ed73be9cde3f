//! A session authority: the one place that decides who is signed in.
//!
//! | module | contents |
//! |---|---|
//! | [`domain`] | sessions; no I/O, no `async` |
//! | [`store`] | active sessions: the [`store::SessionStore`] contract, on Redis and SQLite |
//! | [`near_cache`] | the sessions that a node keeps in memory, and the proof that they are current |
//! | [`audit`] | the record of changes: the [`audit::EventLog`] contract, on PostgreSQL and SQLite, and its relay |
//! | [`detection`] | rules for suspicious logins, one per file |
//! | [`alerts`] | the alert stream: forwarded to all nodes, archived, and delivered to subscribers |
//! | [`notifications`] | notifications to users: which findings they are about, and their texts |
//! | [`device`] | device descriptions from user agents |
//! | [`gateway`] | decisions about the requests of gateways |
//! | [`geo`] | locations and networks of IP addresses, from files |
//! | [`callers`] | callers: API keys, SPIFFE IDs, and the file that lists them |
//! | [`config`] | settings: their sources and their checks |
//! | [`telemetry`] | logs, traces, metrics |
//! | [`authority`] | the use cases, one type per file |
//! | [`transport`] | gRPC and HTTP: translation only |
//! | [`cli`] | the program: server, keys, and client commands |
//! | [`app`], [`lifecycle`] | the composition root; tasks, signals, shutdown |
//! | [`private_file`] | files that only their owner may read |
//! | [`file_stamp`] | detection of changes to files |
//! | [`certificates`] | validity of certificates, the identity in them, and the check of a key against one |
//! | [`tls`] | TLS of the listeners, and the reload of its files |
//! | [`loopback`] | the addresses of this machine, the only ones that plaintext is sent to by default |
//! | [`clock`], [`entropy`] | time and randomness, injected |
//! | [`backoff`] | delays between retries |
//! | `web` | the pages of the console and of users, as HTML |
//! | `ocsf` | events and alerts in the Open Cybersecurity Schema Framework |
//! | [`webhooks`] | delivery of events and alerts to other systems |
//! | `time_text`, `untrusted_text` | durations and untrusted text for people |
//! | `sqlite` | helpers for SQLite that the session store and the audit share |
//! | [`sync`] | synchronisation primitives of model-checked code |
//!
//! `domain` imports no other module of this crate, `authority` only `domain` and traits, `transport` only `authority`
//! and `domain`. [`app`] is the only place that names concrete types together. `tests/architecture` reads the `use`
//! lines and fails on a violation.

pub mod alerts;
pub mod api;
pub mod app;
pub mod audit;
pub mod authority;
pub mod backoff;
pub mod callers;
pub mod certificates;
pub mod cli;
pub mod clock;
pub mod config;
pub mod detection;
pub mod device;
pub mod domain;
pub mod entropy;
pub mod file_stamp;
pub mod gateway;
pub mod geo;
pub mod lifecycle;
pub mod loopback;
pub mod near_cache;
pub mod notifications;
mod ocsf;
pub mod private_file;
mod sqlite;
pub mod store;
pub mod sync;
pub mod telemetry;
mod time_text;
pub mod tls;
pub mod transport;
mod untrusted_text;
mod web;
pub mod webhooks;

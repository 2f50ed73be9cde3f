//! A session authority: the one place that says who is signed in.
//!
//! | module | what it holds |
//! |---|---|
//! | [`domain`] | what a session is; no I/O, no `async` |
//! | [`store`] | where live sessions are kept: the [`store::SessionStore`] contract, on Redis and on SQLite |
//! | [`cache`] | what a node keeps of sessions in memory, and how it knows that it is still so |
//! | [`audit`] | what happened, kept: the [`audit::EventLog`] contract, on PostgreSQL and on SQLite, and its relay |
//! | [`detection`] | what looks wrong about a login: rules, one a file |
//! | [`alerts`] | the stream of alerts: forwarded to all nodes, kept, and handed to whoever subscribes |
//! | [`device`] | what a user agent says of its device |
//! | [`geo`] | where an address is, from files |
//! | [`callers`] | who may call: API keys and the file that lists them |
//! | [`config`] | settings: where they come from and what they must be |
//! | [`telemetry`] | logs, traces, metrics |
//! | [`authority`] | what each call means, one use case a file |
//! | [`transport`] | gRPC and HTTP: translate and nothing else |
//! | [`cli`] | the program: servers, keys, and an operator's calls |
//! | [`app`], [`lifecycle`] | the composition root; tasks, signals, shutdown |
//! | [`private_file`] | files that nobody else is to read |
//! | [`file_stamp`] | reading files again when they change |
//! | [`certificates`] | validity of certificates, and whether a key belongs to one |
//! | [`clock`], [`entropy`] | time and randomness, handed in |
//! | [`backoff`] | pauses between attempts that fail |
//! | [`sync`] | the primitives of what is model-checked |
//!
//! `domain` imports nothing of ours; `authority` only `domain` and traits; `transport` only `authority`
//! and `domain`; [`app`] is the only place that names concrete types together.
//! `tests/architecture.rs` reads the `use` lines and holds the tree to it.

pub mod alerts;
pub mod api;
pub mod app;
pub mod audit;
pub mod authority;
pub mod backoff;
pub mod cache;
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
pub mod geo;
pub mod lifecycle;
pub mod private_file;
pub mod store;
pub mod sync;
pub mod telemetry;
pub mod transport;

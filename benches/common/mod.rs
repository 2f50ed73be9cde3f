//! What benches of a running server share: the server, the load, and what it costs whom.

pub mod authority;
pub mod call_batch;
pub mod check;
pub mod closed_loop;
pub mod connection;
pub mod cores;
pub mod cpu;
pub mod full_load;
pub mod grpc_logins;
pub mod open_loop;
#[path = "../../tests/cli/program.rs"]
pub mod program;
pub mod seeded_store;
pub mod session;
pub mod statistics;
pub mod stream;
#[path = "../../tests/support/mod.rs"]
pub mod support;

/// Whether this is to be a run of seconds, which shows that everything works and says little.
pub fn is_quick() -> bool {
    std::env::args().any(|arg| arg == "--quick")
}

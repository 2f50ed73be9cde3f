//! Shared parts of benches of a running server: the server, the load, and the measurement of its cost.

pub mod authority;
pub mod call_batch;
pub mod check;
pub mod closed_loop;
pub mod connection;
pub mod cores;
pub mod cpu;
pub mod full_load;
pub mod grpc_logins;
pub mod http_load;
pub mod open_loop;
#[path = "../../tests/cli/program.rs"]
pub mod program;
pub mod reference_process;
pub mod seeded_store;
pub mod session;
pub mod statistics;
pub mod stream;

/// Returns true for a run of seconds, which shows that everything works and whose figures mean nothing.
pub fn is_quick() -> bool {
    std::env::args().any(|arg| arg == "--quick")
}

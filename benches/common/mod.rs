//! What benches of a running server share: the server, the load, and what it costs whom.

pub mod authority;
pub mod check;
pub mod closed;
pub mod connection;
pub mod cores;
pub mod cpu;
pub mod each_once;
pub mod figures;
pub mod filled;
pub mod full_load;
pub mod open;
pub mod people;
#[path = "../../tests/cli/program.rs"]
pub mod program;
pub mod session;
pub mod stream;
#[path = "../../tests/support/mod.rs"]
pub mod support;

/// Whether this is to be a run of seconds, which shows that everything works and says little.
pub fn is_quick() -> bool {
    std::env::args().any(|arg| arg == "--quick")
}

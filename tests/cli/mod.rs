//! The program as its users see it: the real binary, against real servers.

mod alerts;
mod clocks;
mod crash;
mod denylist;
mod dev;
pub mod fleet;
mod full_disk;
mod health;
mod history;
pub mod keys;
mod lost_output;
pub mod program;
pub mod server;
mod sessions;
mod simulate;
mod start;
mod tls;
mod token_search;
mod traces;
mod two_servers;
mod usage;

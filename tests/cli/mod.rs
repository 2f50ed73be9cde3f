//! The program as those see it who run it: the real binary, against real servers.

mod alerts;
mod crash;
mod dev;
mod health;
mod keys;
pub mod program;
mod server;
mod sessions;
mod simulate;
mod tls;
mod traces;
mod usage;

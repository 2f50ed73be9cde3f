//! Invalidations from Redis to a node.

mod cluster;
pub mod delayed_listener;
mod delayed_mutant;
mod denylist;
pub mod node;
mod pause;
mod roles;
mod server;
mod strong;
mod tampering_proxy;
mod unsupported_servers;

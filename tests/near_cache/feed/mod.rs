//! What Redis tells a node of changes.

mod cluster;
pub mod later;
mod meddler;
pub mod node;
mod pause;
mod roles;
mod server;
mod strong;
mod twin;
mod unfit;

//! What Redis tells a node of changes.

mod cluster;
mod meddler;
pub mod node;
mod server;
mod twin;
mod unfit;

//! What breaks.

mod cluster;
mod connection;
mod floods;
mod none;
mod process;
mod server;
mod twins;

//! The gRPC server.
//!
//! A request passes [`call`] (who calls, under which request id, within which budget and time) and then
//! the method of its service, which checks the message (`request`), asks the authority and answers
//! (`answer`, [`status`]). Validations are most of the calls and have a way of their own (`validation`).

mod admin;
pub mod admission;
mod alert;
mod alert_filter;
pub mod alert_stream;
mod answer;
pub mod call;
mod connection_layer;
mod denylist_service;
mod health;
mod incoming;
mod not_grpc;
mod one_message;
mod request;
pub mod response_stream;
mod server;
mod session_service;
mod standing;
pub mod status;
mod throttle;
mod trace_context;
mod validate_codec;
mod validate_stream;
mod validation;
mod verdict;

pub use answer::present;
pub use health::Health;
pub use server::{Limits, Server, Tls};

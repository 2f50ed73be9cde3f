//! The gRPC server.
//!
//! A request passes [`call`] (who calls, under which request id, within which time) and `receiving`, which reads its
//! message and gives it a place in a budget ([`admission`]). Then comes the method of its service, which checks the message (`request`), asks the authority and answers
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
mod held_body;
mod incoming;
mod not_grpc;
mod one_message;
mod receiving;
mod refused_callers;
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

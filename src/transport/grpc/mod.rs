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
pub mod call;
mod connection_layer;
mod denylist_service;
mod health;
mod incoming;
mod not_grpc;
mod permit_body;
mod receive_layer;
mod refused_caller_log;
mod request;
mod response;
pub mod response_stream;
mod server;
mod session_service;
pub mod status;
mod stream_authorization;
mod throttle;
mod trace_context;
mod unary;
mod validate_answer;
mod validate_codec;
mod validate_stream;
mod validation;

pub use health::HealthReporter;
pub use response::encode_cached_session;
pub use server::{GrpcServer, ServerLimits, ServerTls};

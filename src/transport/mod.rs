//! Transport: gRPC for callers, HTTP for the operators of the service.
//!
//! This layer only translates. [`crate::authority`] decides the meaning of a call.

mod bearer;
pub mod connections;
mod gateway;
pub mod grpc;
pub mod http;
mod throttle;

pub use gateway::RequestChecker;

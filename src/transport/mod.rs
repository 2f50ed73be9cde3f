//! How the use cases are reached: gRPC for callers, HTTP for whoever runs the service.
//!
//! Translates and nothing else: what a call means is decided in [`crate::authority`].

mod bearer;
pub mod connections;
pub mod grpc;
pub mod http;

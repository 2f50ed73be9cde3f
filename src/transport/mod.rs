//! Transport: gRPC for callers, HTTP for gateways, browsers and the operators of the service.
//!
//! This layer only translates. [`crate::authority`] decides the meaning of a call.

mod bearer;
pub mod connections;
mod gateway;
mod gateway_decisions;
pub mod grpc;
pub mod http;
mod throttle;

pub use gateway::RequestChecker;
pub use gateway_decisions::{DecisionObserver, DecisionOutcome, GatewayProtocol};

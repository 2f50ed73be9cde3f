//! HTTP: forward-auth for gateways; liveness, readiness and metrics for the operators of the service.

mod bounded_listener;
mod call;
mod forward_auth;
mod management;
mod problem;
mod readiness_report;
mod server;

pub use bounded_listener::ConnectionLimits;
pub use management::{ManagementAccess, ManagementSource, serve};
pub use readiness_report::{CheckReport, CheckState, ReadinessReport};
pub use server::HttpServer;

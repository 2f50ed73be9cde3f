//! HTTP for the operators of the service: liveness, readiness and metrics.

mod bounded_listener;
mod management;
mod readiness_report;

pub use bounded_listener::ConnectionLimits;
pub use management::{ManagementAccess, ManagementSource, serve};
pub use readiness_report::{CheckReport, CheckState, ReadinessReport};

//! HTTP for whoever runs the service.

mod bounded_listener;
mod management;
mod report;

pub use bounded_listener::ConnectionLimits;
pub use management::{Management, ManagementAccess, serve};
pub use report::{Check, CheckState, Report};

//! HTTP for whoever runs the service.

mod management;
mod report;

pub use management::{Management, serve};
pub use report::{Check, CheckState, Report};

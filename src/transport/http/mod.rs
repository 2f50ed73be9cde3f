//! HTTP for whoever runs the service.

mod bounded_listener;
mod management;

pub use bounded_listener::ConnectionLimits;
pub use management::{Check, Management, Report, serve};

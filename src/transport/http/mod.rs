//! HTTP for whoever runs the service.

mod management;

pub use management::{Check, Management, Report, serve};

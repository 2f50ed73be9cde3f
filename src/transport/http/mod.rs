//! HTTP: forward-auth for gateways; REST; gRPC-Web for browsers; liveness, readiness and metrics for the operators of the
//! service.

mod bounded_listener;
mod call;
mod connection;
mod cross_site;
mod forward_auth;
mod grpc_web;
mod jwks;
mod management;
mod pages;
mod problem;
mod readiness_report;
mod rest;
mod server;
mod user_sessions;

pub use bounded_listener::ConnectionLimits;
pub use management::{ManagementAccess, ManagementSource, serve};
pub use pages::{AccountSettings, ConsoleSettings, PageSettings};
pub use readiness_report::{CheckReport, CheckState, ReadinessReport};
pub use rest::openapi_document;
pub use server::{HttpServer, HttpSettings};
pub use user_sessions::UserSessionSettings;

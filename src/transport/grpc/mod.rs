//! The gRPC server.
//!
//! A request first passes [`call`], which determines the caller, the request ID and the time limit. `receive_layer`
//! then receives the message and takes a permit from a budget ([`admission`]). The method of the service checks the
//! message (`request`), calls the authority and responds (`response`, [`status`]). Validations are most of the calls
//! and take a path of their own (`validate`). Those of Envoy (`ext_authz`) are as frequent and take the same path.

mod ack_alert;
mod admin;
pub mod admission;
mod alert;
mod alert_filter;
pub mod alert_stream;
mod authorized_body;
pub mod call;
mod connection;
mod contract_client;
mod denylist_service;
mod ext_authz;
mod failed_call;
mod fast_path;
mod grpc_web;
mod health;
mod in_process;
mod local_caller;
pub mod methods;
mod middleware;
mod not_grpc;
mod notification_service;
mod permit_body;
mod receive_layer;
mod refused_caller_log;
mod request;
mod response;
pub mod response_stream;
mod rpc_error;
mod server;
mod session_service;
pub mod status;
mod stream_authorization;
mod trace_context;
mod unary;
mod validate;
mod webhook_service;
mod wire;

pub use admin::AdminDirectories;
pub(crate) use admin::audit_event_message;
pub(crate) use alert::alert as alert_message;
pub(super) use contract_client::{AlertReceiver, ContractClient, LocalServices};
pub(super) use failed_call::FailedCall;
pub(super) use grpc_web::GrpcWebServices;
pub use health::HealthReporter;
pub(super) use in_process::{CompletedCall, InProcessCalls};
pub(super) use local_caller::LocalCaller;
pub use response::encode_cached_session;
pub(super) use response::{session as session_message, timestamp};
pub(super) use rpc_error::RpcError;
pub use server::{GrpcServer, ServerLimits};

/// A call before tonic decodes it, as the layers of the server see it, and its response.
type HttpRequest = http::Request<tonic::body::Body>;
type HttpResponse = http::Response<tonic::body::Body>;

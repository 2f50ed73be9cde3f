//! `session.v1.DenylistService`.

use tonic::{Request, Response, Status};

use super::status;
use crate::api::{self, denylist_service_server::DenylistService};

/// The handler of `DenylistService`, which is not implemented yet.
pub struct DenylistServiceHandler;

#[tonic::async_trait]
impl DenylistService for DenylistServiceHandler {
    async fn deny(&self, request: Request<api::DenyRequest>) -> Result<Response<api::DenyResponse>, Status> {
        status::unimplemented(&request)
    }

    async fn check(&self, request: Request<api::CheckRequest>) -> Result<Response<api::CheckResponse>, Status> {
        status::unimplemented(&request)
    }
}

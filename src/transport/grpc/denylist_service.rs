//! `session.v1.DenylistService`.

use tonic::{Request, Response, Status};

use super::status;
use crate::{
    api::{self, denylist_service_server::DenylistService},
    authority::permissions::Method,
};

/// The service.
pub struct Denylist;

#[tonic::async_trait]
impl DenylistService for Denylist {
    async fn deny(&self, request: Request<api::DenyRequest>) -> Result<Response<api::DenyResponse>, Status> {
        status::not_served(&request, Method::Deny)
    }

    async fn check(&self, request: Request<api::CheckRequest>) -> Result<Response<api::CheckResponse>, Status> {
        status::not_served(&request, Method::Check)
    }
}

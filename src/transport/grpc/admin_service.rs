//! `session.v1.AdminService`.

use std::{pin::Pin, sync::Arc, time::Duration};

use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::{call::Call, status};
use crate::{
    api::{self, admin_service_server::AdminService},
    authority::{
        Authority,
        permissions::{Method, permit_everywhere},
    },
    domain::Error,
};

/// How long one Purge works: well within what a call may take by default.
const PURGE_TIME: Duration = Duration::from_millis(500);

/// The service over an authority.
pub struct Administration {
    authority: Arc<Authority>,
}

impl Administration {
    #[must_use]
    pub const fn new(authority: Arc<Authority>) -> Self {
        Self { authority }
    }

    async fn purge(&self, request: Request<api::PurgeRequest>) -> Result<api::PurgeResponse, Error> {
        permit_everywhere(&Call::of(&request)?.caller, Method::Purge)?;
        Ok(api::PurgeResponse { purged_count: self.authority.purge(PURGE_TIME).await? })
    }
}

#[tonic::async_trait]
impl AdminService for Administration {
    type RevokeWhereStream = Pin<Box<dyn Stream<Item = Result<api::RevokeWhereResponse, Status>> + Send>>;

    async fn search_sessions(
        &self,
        request: Request<api::SearchSessionsRequest>,
    ) -> Result<Response<api::SearchSessionsResponse>, Status> {
        status::not_served(&request, Method::SearchSessions)
    }

    async fn list_events(
        &self,
        request: Request<api::ListEventsRequest>,
    ) -> Result<Response<api::ListEventsResponse>, Status> {
        status::not_served(&request, Method::ListEvents)
    }

    async fn get_stats(
        &self,
        request: Request<api::GetStatsRequest>,
    ) -> Result<Response<api::GetStatsResponse>, Status> {
        status::not_served(&request, Method::GetStats)
    }

    async fn purge(&self, request: Request<api::PurgeRequest>) -> Result<Response<api::PurgeResponse>, Status> {
        status::answer(self.purge(request).await)
    }

    async fn revoke_where(
        &self,
        request: Request<api::RevokeWhereRequest>,
    ) -> Result<Response<Self::RevokeWhereStream>, Status> {
        status::not_served(&request, Method::RevokeWhere)
    }

    async fn forget_user(
        &self,
        request: Request<api::ForgetUserRequest>,
    ) -> Result<Response<api::ForgetUserResponse>, Status> {
        status::not_served(&request, Method::ForgetUser)
    }
}

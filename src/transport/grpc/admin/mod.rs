//! `session.v1.AdminService`, with one method per file.

mod entry;
mod event;
mod filter;
mod forget_user;
mod list_alerts;
mod list_credentials;
mod list_events;
mod list_nodes;
mod list_tenants;
mod page;
mod revoke_where;
mod search_sessions;
mod stats;

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use tonic::{Request, Response, Status, codegen::BoxStream};

pub(crate) use event::event as audit_event_message;
pub(super) use filter::parse_window;

use super::{admission::AdmissionControl, call::CallContext, response_stream::ResponseStreamSpawner, status};
use crate::{
    api::{self, admin_service_server::AdminService},
    authority::{
        AuditQueries, Authenticator, BucketSweeper, CredentialList, FilterRevoker, NodeDirectory, UseCases, UserEraser,
        permissions::permit_all_tenants,
    },
    domain::CallError,
};

/// The time limit of one Purge, well within the default time limit of a call.
const PURGE_TIME: Duration = Duration::from_millis(500);

/// The directories of this node that administrators may read.
pub struct AdminDirectories {
    pub credentials: CredentialList,
    pub nodes: Arc<dyn NodeDirectory>,
}

/// The handler of `AdminService`.
pub struct AdminServiceHandler {
    audit_queries: Arc<AuditQueries>,
    filter_revoker: Arc<FilterRevoker>,
    eraser: Arc<UserEraser>,
    sweeper: Arc<BucketSweeper>,
    directories: AdminDirectories,
    /// Authenticates the caller again while a stream is open.
    authenticator: Arc<dyn Authenticator>,
    /// Provides the permits for the batches of a revocation.
    admission: AdmissionControl,
    streams: ResponseStreamSpawner,
}

impl AdminServiceHandler {
    pub(super) fn new(
        use_cases: &UseCases,
        directories: AdminDirectories,
        authenticator: Arc<dyn Authenticator>,
        admission: AdmissionControl,
        streams: ResponseStreamSpawner,
    ) -> Self {
        Self {
            audit_queries: Arc::clone(&use_cases.audit_queries),
            filter_revoker: Arc::clone(&use_cases.filter_revoker),
            eraser: Arc::clone(&use_cases.eraser),
            sweeper: Arc::clone(&use_cases.sweeper),
            directories,
            authenticator,
            admission,
            streams,
        }
    }

    async fn purge(&self, request: Request<api::PurgeRequest>) -> Result<api::PurgeResponse, CallError> {
        permit_all_tenants(&CallContext::from_request(&request)?.caller)?;
        Ok(api::PurgeResponse { purged_count: self.sweeper.purge(PURGE_TIME).await? })
    }
}

#[tonic::async_trait]
impl AdminService for AdminServiceHandler {
    async fn search_sessions(
        &self,
        request: Request<api::SearchSessionsRequest>,
    ) -> Result<Response<api::SearchSessionsResponse>, Status> {
        status::into_grpc_result(search_sessions::handle(&self.audit_queries, request).await)
    }

    async fn list_events(
        &self,
        request: Request<api::ListEventsRequest>,
    ) -> Result<Response<api::ListEventsResponse>, Status> {
        status::into_grpc_result(list_events::handle(&self.audit_queries, request).await)
    }

    async fn list_credentials(
        &self,
        request: Request<api::ListCredentialsRequest>,
    ) -> Result<Response<api::ListCredentialsResponse>, Status> {
        status::into_grpc_result(list_credentials::handle(&self.directories.credentials, request).await)
    }

    async fn list_alerts(
        &self,
        request: Request<api::ListAlertsRequest>,
    ) -> Result<Response<api::ListAlertsResponse>, Status> {
        status::into_grpc_result(list_alerts::handle(&self.audit_queries, request).await)
    }

    async fn list_tenants(
        &self,
        request: Request<api::ListTenantsRequest>,
    ) -> Result<Response<api::ListTenantsResponse>, Status> {
        status::into_grpc_result(list_tenants::handle(&self.audit_queries, request).await)
    }

    async fn list_nodes(
        &self,
        request: Request<api::ListNodesRequest>,
    ) -> Result<Response<api::ListNodesResponse>, Status> {
        status::into_grpc_result(list_nodes::handle(self.directories.nodes.as_ref(), &request))
    }

    async fn get_stats(
        &self,
        request: Request<api::GetStatsRequest>,
    ) -> Result<Response<api::GetStatsResponse>, Status> {
        status::into_grpc_result(stats::handle(&self.audit_queries, request).await)
    }

    async fn purge(&self, request: Request<api::PurgeRequest>) -> Result<Response<api::PurgeResponse>, Status> {
        status::into_grpc_result(self.purge(request).await)
    }

    async fn revoke_where(
        &self,
        request: Request<api::RevokeWhereRequest>,
    ) -> Result<Response<BoxStream<api::RevokeWhereResponse>>, Status> {
        status::into_grpc_result(revoke_where::open(self, request).await.map(StreamExt::boxed))
    }

    async fn forget_user(
        &self,
        request: Request<api::ForgetUserRequest>,
    ) -> Result<Response<api::ForgetUserResponse>, Status> {
        status::into_grpc_result(forget_user::handle(&self.eraser, request).await)
    }
}

//! Reference servers: tonic's own server with the session service, which implements only Validate.

use std::net::Ipv4Addr;

use session_authority::api::{
    ValidateRequest, ValidateResponse,
    session_service_server::{SessionService, SessionServiceServer},
};
use tonic::{Request, Response, Status, transport::Server};

use crate::{common::reference_process::ReferenceArguments, constant::ConstantHandler, get_setex::GetSetexHandler};

/// A handler of Validate for a reference server.
#[tonic::async_trait]
pub trait ValidateHandler: Send + Sync + 'static {
    async fn validate(&self, token: &str) -> Result<ValidateResponse, Status>;
}

/// Runs a reference server until it is killed, if the arguments say so. Otherwise returns false.
pub fn run_if_reference() -> bool {
    let Some(ReferenceArguments { name, port, argument }) = ReferenceArguments::from_args() else { return false };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        match name.as_str() {
            "constant" => serve(ConstantHandler::new(&argument), port).await,
            "get-setex" => serve(GetSetexHandler::new(&argument), port).await,
            other => panic!("unknown reference server {other}"),
        }
    });
    true
}

async fn serve(answer: impl ValidateHandler, port: u16) {
    let address = (Ipv4Addr::LOCALHOST, port).into();
    Server::builder()
        .add_service(SessionServiceServer::new(ReferenceService(answer)))
        .serve(address)
        .await
        .expect("a server");
}

struct ReferenceService<A>(A);

#[tonic::async_trait]
impl<A: ValidateHandler> SessionService for ReferenceService<A> {
    async fn validate(&self, request: Request<ValidateRequest>) -> Result<Response<ValidateResponse>, Status> {
        self.0.validate(&request.get_ref().token).await.map(Response::new)
    }
}

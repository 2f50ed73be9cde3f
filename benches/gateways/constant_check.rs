//! The upper bound for checks: tonic's own server of Envoy's protocol, which lets every request pass with the same
//! message.

use std::{fs, net::Ipv4Addr};

use prost::Message;
use session_authority::api::ext_authz::{
    CheckRequest, CheckResponse,
    authorization_server::{Authorization, AuthorizationServer},
};
use tonic::{Request, Response, Status, transport::Server};

use crate::common::reference_process::ReferenceArguments;

/// Runs the server until it is killed, if the arguments say so. Otherwise returns false.
pub fn run_if_reference() -> bool {
    let Some(ReferenceArguments { port, argument, .. }) = ReferenceArguments::from_args() else { return false };
    let encoded = fs::read(argument).expect("a message");
    let service = ConstantCheck(CheckResponse::decode(&*encoded).expect("a message of Check"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let server = Server::builder().add_service(AuthorizationServer::new(service));
    runtime.block_on(server.serve((Ipv4Addr::LOCALHOST, port).into())).expect("a server");
    true
}

struct ConstantCheck(CheckResponse);

#[tonic::async_trait]
impl Authorization for ConstantCheck {
    async fn check(&self, _: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        Ok(Response::new(self.0.clone()))
    }
}

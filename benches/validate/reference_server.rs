//! Reference servers: tonic's own server with the session service, which implements only Validate. Each is this program
//! in a separate process, configured by its arguments.

use std::{net::Ipv4Addr, process::Command};

use session_authority::api::{
    ValidateRequest, ValidateResponse,
    session_service_server::{SessionService, SessionServiceServer},
};
use test_support::{
    directory::{EndSignal, ServerDirectory},
    ports,
    process::ServerProcess,
};
use tonic::{Request, Response, Status, transport::Server};

use crate::{common::cores::CorePinning, constant::ConstantHandler, get_setex::GetSetexHandler};

/// The argument that makes this program a reference server.
const ARGUMENT: &str = "--reference";

/// A handler of Validate for a reference server.
#[tonic::async_trait]
pub trait ValidateHandler: Send + Sync + 'static {
    async fn validate(&self, token: &str) -> Result<ValidateResponse, Status>;
}

/// A running reference server. It is stopped on drop.
pub struct ReferenceServer {
    pub port: u16,
    pub process: ServerProcess,
    _directory: ServerDirectory,
}

impl ReferenceServer {
    /// Starts the reference server `name` with its argument.
    pub async fn start(name: &str, argument: &str, cores: &CorePinning) -> Self {
        let directory = ServerDirectory::new("session-authority-reference", EndSignal::Kill);
        let port = ports::free();
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args([ARGUMENT, name, &port.to_string(), argument]);
        let listens = async || std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        let process =
            directory.spawn(cores.pin_server_command(&command)).wait_until_ready(listens).await.expect("a server");
        Self { port, process, _directory: directory }
    }
}

/// Runs a reference server until it is killed, if the arguments say so. Otherwise returns false.
pub fn run_if_reference() -> bool {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [first, name, port, argument] = &*args else { return false };
    if first != ARGUMENT {
        return false;
    }
    let port = port.parse().expect("a port");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        match name.as_str() {
            "constant" => serve(ConstantHandler::new(argument), port).await,
            "get-setex" => serve(GetSetexHandler::new(argument), port).await,
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

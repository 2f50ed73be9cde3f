//! A trace collector that keeps what is exported to it.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use prost::Message;
use tokio::{net::TcpListener, task::JoinSet};
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

/// A running collector. It ends on drop.
pub struct RecordingCollector {
    pub endpoint: String,
    exported: Arc<Mutex<Vec<u8>>>,
    _serving: JoinSet<()>,
}

struct Recorder(Arc<Mutex<Vec<u8>>>);

#[tonic::async_trait]
impl TraceService for Recorder {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().expect("the exports").extend(request.into_inner().encode_to_vec());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl RecordingCollector {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let exported = Arc::<Mutex<Vec<u8>>>::default();
        let service = TraceServiceServer::new(Recorder(Arc::clone(&exported)));
        let mut serving = JoinSet::new();
        serving.spawn(async {
            let server = tonic::transport::Server::builder().add_service(service);
            server.serve_with_incoming(TcpIncoming::from(listener)).await.expect("a collector");
        });
        Self { endpoint, exported, _serving: serving }
    }

    /// Returns all exports, encoded one after the other.
    pub fn exported(&self) -> Vec<u8> {
        self.exported.lock().expect("the exports").clone()
    }
}

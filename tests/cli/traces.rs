//! Traces reach a collector as part of the caller's own trace.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use session_authority::api::CreateRequest;
use session_authority::api::session_service_client::SessionServiceClient;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Sender, channel};
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use super::program::program;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// A collector that passes on the exported traces.
struct TraceCollector(Sender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for TraceCollector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.send(request.into_inner()).await.expect("a receiver");
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_a_span_of_its_callers_trace() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, mut exported) = channel(16);
    let collector = tonic::transport::Server::builder().add_service(TraceServiceServer::new(TraceCollector(sender)));
    let collecting = collector.serve_with_incoming(TcpIncoming::from(listener));
    let test = async {
        let mut command = program();
        command.args(["dev", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0"]);
        command.env("SESSION_AUTHORITY__TELEMETRY__OTLP_ENDPOINT", &endpoint);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a server");
        let lines = BufReader::new(server.stdout.take().expect("its output")).lines();
        let mut lines = lines.map(|line| line.expect("a line"));
        let url = lines.find_map(|line| line.strip_prefix("gRPC").map(|rest| rest.trim().to_owned()));
        let mut client = SessionServiceClient::connect(url.expect("its address")).await.expect("a connection");

        let mut request = Request::new(CreateRequest { user_id: "ann".into(), ..CreateRequest::default() });
        let parent = format!("00-{TRACE}-{CALLER}-01").parse().expect("a header");
        request.metadata_mut().insert("traceparent", parent);
        let answer = client.create(request).await.expect("a session");
        let trace_parent = answer.metadata().get("traceparent").expect("a header").to_str().expect("text").to_owned();

        let spans = exported.recv().await.expect("an export");
        server.kill().expect("a kill");
        server.wait().expect("its end");
        (spans, trace_parent)
    };
    let (spans, trace_parent) = tokio::select! {
        ended = collecting => panic!("the collector ended: {ended:?}"),
        done = test => done,
    };
    let spans = spans.resource_spans.iter().flat_map(|of| &of.scope_spans).flat_map(|of| &of.spans);
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let call = spans.into_iter().find(|span| span.name == "grpc.call").expect("the call");
    assert_eq!((hex(&call.trace_id), hex(&call.parent_span_id)), (TRACE.to_owned(), CALLER.to_owned()));
    assert_eq!(trace_parent, format!("00-{TRACE}-{}-01", hex(&call.span_id)), "the caller gets the id of this span");
}

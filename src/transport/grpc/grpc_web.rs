//! gRPC-Web: the calls of gRPC over HTTP/1.1, with their trailers in the body, as browsers need them.

use std::{error::Error, fmt::Display, sync::Arc};

use http::Request;
use prost::bytes::Bytes;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{Layer, ServiceExt};

use super::{HttpResponse, in_process::LayeredServices};
use crate::transport::connections::InboundConnection;

/// The services of gRPC behind their layers, as gRPC-Web.
pub(in crate::transport) struct GrpcWebServices(GrpcWebService<LayeredServices>);

impl GrpcWebServices {
    pub(super) fn new(services: LayeredServices) -> Self {
        Self(GrpcWebLayer::new().layer(services))
    }

    /// Executes a call that arrived on `connection`. It is counted there until its response begins.
    pub(in crate::transport) async fn call<B>(
        &self,
        mut request: Request<B>,
        connection: &Arc<InboundConnection>,
    ) -> HttpResponse
    where
        B: http_body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>> + Display> + Send + 'static,
    {
        let _guard = connection.begin_call();
        request.extensions_mut().insert(Arc::clone(connection));
        match self.0.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

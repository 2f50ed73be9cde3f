//! The context of an HTTP call: the caller, the request ID, the permit, the measurement.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};

use super::bounded_listener::RequestConnection;
use crate::{
    domain::Caller,
    transport::{
        connections::CallGuard,
        grpc::{
            RpcError,
            admission::BudgetPermit,
            call::{CallGate, CallObservation, Code},
            methods::MethodSpec,
            status,
        },
    },
};

pub(super) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The part of all HTTP calls that precedes their handlers.
pub(super) struct HttpCalls {
    pub(super) gate: Arc<CallGate>,
}

/// An HTTP call in progress.
pub(super) struct HttpCall<'a> {
    calls: &'a HttpCalls,
    connection: &'a RequestConnection,
    method: &'static MethodSpec,
    observed: CallObservation<'a>,
    request_id: String,
    /// Held until the response begins.
    permit: Option<BudgetPermit>,
    _guard: CallGuard,
}

impl HttpCalls {
    /// Begins a call of `method`, before its caller is known.
    pub(super) fn begin<'a>(
        &'a self,
        method: &'static MethodSpec,
        headers: &HeaderMap,
        connection: &'a RequestConnection,
    ) -> HttpCall<'a> {
        HttpCall {
            calls: self,
            connection,
            method,
            observed: self.gate.observe(method),
            request_id: self.gate.request_id(headers),
            permit: None,
            _guard: connection.connection.begin_call(),
        }
    }
}

impl HttpCall<'_> {
    /// Authenticates the caller, checks its role, and takes the permit of the call, which has arrived whole.
    pub(super) fn authorize(&mut self, key: Option<&str>) -> Result<Arc<Caller>, RpcError> {
        let (gate, connection) = (&self.calls.gate, &self.connection.connection);
        let caller = gate.authenticate_caller(key, Some(connection), self.method, &self.request_id)?;
        gate.permit_caller(&caller, connection, self.method, &self.request_id)?;
        self.permit = self.method.work.map(|work| gate.admission().admit_work(work, &caller)).transpose()?;
        Ok(caller)
    }

    /// Takes the permit of a call that this server makes as `caller` on behalf of a user.
    pub(super) fn admit(&mut self, caller: &Caller) -> Result<(), RpcError> {
        let admission = self.calls.gate.admission();
        self.permit = self.method.work.map(|work| admission.admit_work(work, caller)).transpose()?;
        Ok(())
    }

    /// Accounts for the credential of a user, which was accepted, on the connection.
    pub(super) fn mark_authenticated(&self, caller: &Caller) {
        self.connection.connection.mark_authenticated(caller);
    }

    /// Sets the code with which the call is measured.
    pub(super) const fn set_code(&mut self, code: Code) {
        self.observed.code = code;
    }

    pub(super) fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Sets the code with which the call is measured: that of `failure`, whose details it logs, or OK.
    pub(super) fn set_failure(&mut self, failure: Option<&RpcError>) {
        self.observed.code = failure.inspect(|failure| status::log_error(failure)).map_or(Code::Ok, status::code);
    }

    /// Returns `response` with the ID of the request.
    pub(super) fn finish(self, mut response: Response) -> Response {
        insert_request_id(response.headers_mut(), self.request_id);
        drop(self.permit);
        response
    }
}

/// Adds the ID of a request to its response.
pub(super) fn insert_request_id(headers: &mut HeaderMap, request_id: String) {
    if let Ok(id) = HeaderValue::try_from(request_id) {
        headers.insert(&REQUEST_ID, id);
    }
}

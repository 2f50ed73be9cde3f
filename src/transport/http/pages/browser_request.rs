//! Requests of browsers.

use std::{net::IpAddr, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderName, Method, header, request::Parts},
};
use tokio::time::timeout;

use super::PageFailure;
use crate::{
    api,
    gateway::{ClientAddressSource, GatewayRequest, client_address},
    transport::http::{
        bounded_listener::RequestConnection,
        cross_site::{RequestCredential, is_cross_site},
    },
    web::PageArea,
};

/// The maximum size of a form, in bytes.
const FORM_BYTES: usize = 16 * 1024;

/// A request of a browser, with its form.
#[derive(Clone)]
pub(super) struct BrowserRequest {
    /// GET stands for HEAD, too.
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) query: FormFields,
    pub(super) form: FormFields,
    pub(super) connection: RequestConnection,
    pub(super) request_id: String,
    /// The address of the browser, if it is known.
    pub(super) client: Option<IpAddr>,
    /// The query as it was sent.
    raw_query: String,
}

/// The fields of a form or a query, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct FormFields(Vec<(String, String)>);

impl FormFields {
    fn parse(encoded: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// Returns the first value of a field without the spaces around it, or an empty text.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// Returns all values of a field.
    pub(super) fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.trim())
    }
}

impl BrowserRequest {
    pub(super) fn new(
        head: &Parts,
        connection: RequestConnection,
        request_id: String,
        client_source: ClientAddressSource,
    ) -> Self {
        let raw_query = head.uri.query().unwrap_or_default().to_owned();
        let mut forwarded = GatewayRequest {
            peer: Some(connection.connection.remote().ip().to_canonical()),
            ..GatewayRequest::default()
        };
        for value in head.headers.get_all("x-forwarded-for") {
            forwarded.add_header("x-forwarded-for", value.as_bytes());
        }
        Self {
            method: if head.method == Method::HEAD { Method::GET } else { head.method.clone() },
            path: head.uri.path().to_owned(),
            headers: head.headers.clone(),
            query: FormFields::parse(raw_query.as_bytes()),
            form: FormFields::default(),
            connection,
            request_id,
            client: client_address(&forwarded, client_source),
            raw_query,
        }
    }

    /// Receives the form, within this time.
    pub(super) async fn receive_form(&mut self, body: Body, time: Duration) -> Result<(), PageFailure> {
        if self.method != Method::POST {
            return Ok(());
        }
        if !self.header(header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded") {
            return Err(PageFailure::Invalid("The request is not a form.".to_owned()));
        }
        let received = timeout(time, to_bytes(body, FORM_BYTES)).await;
        let invalid = || PageFailure::Invalid("The form is too large or did not arrive in time.".to_owned());
        self.form = FormFields::parse(&received.ok().and_then(Result::ok).ok_or_else(invalid)?);
        Ok(())
    }

    /// Requires that no page of another site sent the request, which changes something.
    pub(super) fn require_same_site(&self) -> Result<(), PageFailure> {
        if is_cross_site(&self.method, &self.headers, RequestCredential::Cookie, &[]) {
            return Err(PageFailure::CrossSite);
        }
        Ok(())
    }

    pub(super) fn area(&self) -> PageArea {
        if self.path.starts_with("/account") { PageArea::Account } else { PageArea::Console }
    }

    /// Returns the path with the query.
    pub(super) fn address(&self) -> String {
        if self.raw_query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.raw_query) }
    }

    /// Returns a header, or an empty text.
    pub(super) fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the headers with credentials and cookies, in the form in which gateways have them.
    pub(super) fn credentials(&self) -> GatewayRequest<'_> {
        let mut request = GatewayRequest::default();
        for (name, value) in &self.headers {
            request.add_header(name.as_str(), value.as_bytes());
        }
        request
    }

    /// Returns the description of the browser for calls.
    pub(super) fn client_context(&self) -> api::ClientContext {
        let text = |name| {
            let value = self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            value.unwrap_or_default()
        };
        api::ClientContext {
            ip: self.client.map(|address| address.to_string()).unwrap_or_default(),
            user_agent: text(header::USER_AGENT),
            accept_language: text(header::ACCEPT_LANGUAGE),
            accept_encoding: text(header::ACCEPT_ENCODING),
            ..api::ClientContext::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_the_first_of_a_name_counts() {
        let fields = FormFields::parse(b"user= a%26b+&user=c&empty=");
        assert_eq!((fields.get("user"), fields.get("empty"), fields.get("other")), ("a&b", "", ""));
    }
}

//! The pages for browsers, requested as a browser does.

mod account;
mod console;
mod live_alerts;
mod protection;

use std::net::SocketAddr;

use session_authority::domain::CallerRole;

use super::{
    callers::{KeyRing, directory, guarded_on},
    fixture::TestService,
};
use crate::{
    gateways::client::{ClientResponse, http1_request, send},
    support::redis::RedisServer,
};

const LISTEN: (&str, &str) = ("HTTP__LISTEN", "127.0.0.1:0");

/// The cookie of the console under a host name.
pub const CONSOLE_COOKIE: &str = "__Host-session-authority-console";

/// A browser with the cookies of one person.
pub struct Browser<'a> {
    service: &'a TestService,
    pub cookie: String,
}

impl<'a> Browser<'a> {
    pub fn new(service: &'a TestService) -> Self {
        Self { service, cookie: String::new() }
    }

    /// Returns a browser with the cookie of the application.
    pub fn of_user(service: &'a TestService, token: &str) -> Self {
        Self { service, cookie: format!("__Host-session={token}") }
    }

    /// Returns a browser that is signed in to the console.
    pub async fn of_admin(service: &'a TestService, key: &str, name: &str) -> Self {
        let mut browser = Self::new(service);
        let response = browser.sign_in(key, name).await;
        assert_eq!((response.status, response.header("location")), (303, "/console"), "{response:?}");
        browser
    }

    /// Signs in to the console, and keeps the cookie.
    pub async fn sign_in(&mut self, key: &str, name: &str) -> ClientResponse {
        let response = self.post("/console/sign-in", &[("key", key), ("name", name)]).await;
        if let Some((pair, _)) = response.header("set-cookie").split_once(';') {
            pair.clone_into(&mut self.cookie);
        }
        response
    }

    pub async fn get(&self, path: &str) -> ClientResponse {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> ClientResponse {
        let headers = [&[("cookie", self.cookie.as_str())], headers].concat();
        send(http(self.service), &http1_request("GET", path, &headers)).await
    }

    /// Sends a form from a page of the same site.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> ClientResponse {
        self.post_with(path, fields, &[("sec-fetch-site", "same-origin")]).await
    }

    pub async fn post_with(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> ClientResponse {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let length = body.len().to_string();
        let form = [
            ("cookie", self.cookie.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-length", &length),
        ];
        let request = http1_request("POST", path, &[&form, headers].concat()) + &body;
        send(http(self.service), &request).await
    }
}

pub fn http(service: &TestService) -> SocketAddr {
    service.node.http.expect("an HTTP listener")
}

/// A node with callers, and the API key of an administrator of every tenant.
pub async fn with_admin(settings: &[(&str, &str)]) -> (TestService, String) {
    with_admin_on(None, settings).await
}

/// Does the same with the sessions in Redis, if there is one.
pub async fn with_admin_on(redis: Option<RedisServer>, settings: &[(&str, &str)]) -> (TestService, String) {
    let directory = directory();
    let key = KeyRing::open(&directory).add("ops", CallerRole::Admin, &[]);
    let settings = [&[LISTEN, ("CALLERS__ANONYMOUS", "true")], settings].concat();
    (guarded_on(redis, directory, &settings).await, key)
}

//! The stream of alerts of an open page.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{Browser, http, with_admin};
use crate::{
    gateways::client::http1_request,
    service::fixture::{TestService, eventually},
};

/// An open stream of server-sent events.
struct EventSource {
    connection: TcpStream,
    received: String,
}

impl EventSource {
    async fn open(service: &TestService, browser: &Browser<'_>, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut connection = TcpStream::connect(http(service)).await.expect("a connection");
        let headers = [&[("cookie", browser.cookie.as_str())], headers].concat();
        connection.write_all(http1_request("GET", path, &headers).as_bytes()).await.expect("a request");
        let mut source = Self { connection, received: String::new() };
        source.wait_for(": connected").await;
        source
    }

    /// Waits until `text` has arrived. Returns false at the end of the stream.
    async fn wait_for(&mut self, text: &str) -> bool {
        let reading = async {
            let mut bytes = [0; 4096];
            while !self.received.contains(text) {
                match self.connection.read(&mut bytes).await {
                    Ok(read @ 1..) => self.received.push_str(&String::from_utf8_lossy(&bytes[..read])),
                    _ => return false,
                }
            }
            true
        };
        let ended = timeout(Duration::from_mins(1), reading).await;
        ended.unwrap_or_else(|_| panic!("{text:?} did not arrive: {}", self.received))
    }

    /// Returns the latest ID.
    fn cursor(&self) -> &str {
        self.received.lines().rev().find_map(|line| line.strip_prefix("id: ")).expect("an ID")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_page_is_notified_of_an_alert_and_resumes_after_it() {
    let (service, key) = with_admin(&[]).await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    let mut source = EventSource::open(&service, &browser, "/console/alerts/stream", &[]).await;
    assert!(source.received.contains("content-type: text/event-stream"), "{}", source.received);
    service.raise_alert("", "ann").await;
    assert!(source.wait_for("event: alert\ndata: ").await, "{}", source.received);
    assert!(!source.received.contains("ann"), "the event has no text of clients");
    eventually("the page has the alert", || async {
        let page = browser.get("/console/alerts").await.body;
        page.contains("new country") && page.contains("/console/user?tenant=default&#38;user=ann")
    })
    .await;
    let cursor = source.cursor().to_owned();
    drop(source);
    service.raise_alert("", "bob").await;
    let resumed = [("last-event-id", cursor.as_str())];
    let mut source = EventSource::open(&service, &browser, "/console/alerts/stream", &resumed).await;
    assert!(source.wait_for("event: alert").await, "{}", source.received);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_the_session_of_the_administrator() {
    let (service, key) = with_admin(&[]).await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    let mut source = EventSource::open(&service, &browser, "/console/alerts/stream", &[]).await;
    service.revoke_all_of("console", "Grace").await;
    assert!(source.wait_for("event: signed-out").await, "{}", source.received);
    assert!(!source.wait_for("event: alert").await, "the stream has ended");
}

#[tokio::test]
async fn a_stream_needs_a_session_and_a_valid_cursor() {
    let (service, key) = with_admin(&[]).await;
    assert_eq!(Browser::new(&service).get("/console/alerts/stream").await.status, 303);
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    assert_eq!(browser.get("/console/alerts/stream?cursor=invented").await.status, 400);
}

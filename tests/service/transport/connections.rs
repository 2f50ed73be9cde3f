//! Connections beyond the limit, and connections that are not HTTP/2.

use std::pin::pin;

use futures_util::future::{Either, select};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{validate, wait_until_closed};
use crate::service::fixture::{TestService, channel_to};

#[tokio::test]
async fn one_connection_too_many_waits_until_another_closes() {
    let TestService { node, channel, directory, .. } =
        TestService::start(None, &[("SERVER__MAX_CONNECTIONS", "1")]).await;
    validate(&channel, "nonsense").await.expect("the first connection is served");
    let second = pin!(async { validate(&channel_to(&node).await, "nonsense").await });
    // The connection is closed when it is done.
    let first = Box::pin(async move {
        for _ in 0..100 {
            validate(&channel, "nonsense").await.expect("the first connection is served");
        }
    });
    let Either::Right(((), second)) = select(second, first).await else { panic!("the second one was accepted") };
    second.await.expect("the second connection is served");
    drop(directory);
}

#[tokio::test]
async fn what_is_not_http2_is_closed_and_disturbs_nobody() {
    let service = TestService::on_sqlite().await;
    let mut garbage: Vec<u8> = (0..=u8::MAX).rev().cycle().take(4096).collect();
    for bytes in [garbage.as_slice(), b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", b"\r\n\r\n"] {
        let mut stream = TcpStream::connect(service.node.grpc).await.expect("a connection");
        stream.write_all(bytes).await.expect("meaningless bytes");
        wait_until_closed(stream).await;
        service.login("ann").await;
    }
    // The same bytes after a valid preface.
    garbage.splice(..0, *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let mut stream = TcpStream::connect(service.node.grpc).await.expect("a connection");
    stream.write_all(&garbage).await.expect("meaningless bytes");
    wait_until_closed(stream).await;
    service.login("ann").await;
}

#[tokio::test]
async fn a_silent_connection_has_to_give_up_its_place() {
    let settings = [("SERVER__MAX_CONNECTIONS", "2"), ("SERVER__UNAUTHENTICATED_TIMEOUT", "1s")];
    let service = TestService::start(None, &settings).await;
    service.login("ann").await;
    let mute = TcpStream::connect(service.node.grpc).await.expect("a connection");
    let mut hesitant = TcpStream::connect(service.node.grpc).await.expect("a connection that waits");
    hesitant.write_all(b"PRI * HT").await.expect("a beginning");
    service.login("ann").await;
    wait_until_closed(mute).await;
    wait_until_closed(hesitant).await;
    service.login("ann").await;
    validate(&channel_to(&service.node).await, "nonsense").await.expect("a free connection");
}

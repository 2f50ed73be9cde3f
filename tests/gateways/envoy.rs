//! Envoy, with `deploy/envoy/envoy.yaml`.

use std::{fs, path::Path, process::Command};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use super::{
    application::{Application, WEBSOCKET_KEY},
    attacks::{assert_nothing_is_smuggled, assert_paths_have_one_meaning},
    client::{Protocol, http1_request, read_response, send},
    stack::{Authority, Stack, adapt, cookie, deployed, gateway_binary},
};
use crate::service::fixture::eventually;

const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// Makes each case a test with the newest Envoy and with the oldest that is supported.
macro_rules! on_every_envoy {
    ($($case:ident),+ $(,)?) => {
        mod newest {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs Envoy: make test-gateways"]
            async fn $case() {
                super::$case("envoy").await;
            })+
        }

        mod oldest {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs Envoy: make test-gateways"]
            async fn $case() {
                super::$case("envoy-oldest").await;
            })+
        }
    };
}

on_every_envoy![
    a_session_passes_with_its_identity_over_every_protocol,
    without_a_session_nothing_passes_but_what_is_public,
    routes_have_demands_of_their_own,
    identity_headers_of_a_client_never_pass,
    a_path_has_one_meaning,
    a_request_cannot_be_smuggled,
    a_websocket_is_checked_when_it_is_opened,
    a_client_of_grpc_gets_a_status,
    large_headers_pass_and_too_large_ones_do_not,
    without_the_authority_nothing_passes_and_with_it_again_everything_does,
];

async fn start(envoy: &str) -> Stack {
    start_before(envoy, Protocol::Http1).await
}

/// Starts Envoy before an application that speaks `protocol`.
async fn start_before(envoy: &str, protocol: Protocol) -> Stack {
    let write = |directory: &Path, port: u16, authority: &Authority, application: &Application| {
        let text = deployed("envoy/envoy.yaml");
        let text = adapt(&text, "address: 127.0.0.1, port_value: 9901", "address: 127.0.0.1, port_value: 0");
        let text =
            adapt(&text, "address: 0.0.0.0, port_value: 10000", &format!("address: 127.0.0.1, port_value: {port}"));
        let grpc = format!("address: 127.0.0.1, port_value: {}", authority.grpc_port());
        let text = adapt(&text, "address: session-authority, port_value: 50051", &grpc);
        let to = format!("address: 127.0.0.1, port_value: {}", application.address.port());
        let text = adapt(&text, "address: application, port_value: 8000", &to);
        // The machine may be busy with other tests.
        let mut text = adapt(&text, "timeout: 0.5s", "timeout: 5s");
        if protocol == Protocol::Http2 {
            text = adapt(&text, " http_protocol_options: {}", " http2_protocol_options: {}");
        }
        fs::write(directory.join("envoy.yaml"), text).expect("the configuration");
        let mut command = Command::new(gateway_binary(envoy));
        command.args(["--config-path", "envoy.yaml", "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]);
        command.args(["--file-flush-interval-msec", "50"]);
        command.env("SESSION_AUTHORITY_API_KEY", format!("Bearer {}", authority.gateway_key));
        command
    };
    Stack::start(Authority::start("").await, write).await
}

async fn a_session_passes_with_its_identity_over_every_protocol(envoy: &str) {
    for behind in PROTOCOLS {
        let stack = start_before(envoy, behind).await;
        let created = stack.login("ann smith", &["user", "a,b"]).await;
        let bearer = format!("Bearer {}", created.token);
        for protocol in PROTOCOLS {
            for (name, value) in [("cookie", cookie(&created)), ("authorization", bearer.clone())] {
                let response = stack.get(protocol, "/orders?page=2", &[(name, &value)]).await;
                assert_eq!(response.status, 200, "{protocol:?} {response:?} {}", stack.log());
                assert_eq!(response.upstream("x-session-user"), ["ann%20smith"]);
                assert_eq!(response.upstream("x-session-roles"), ["user,a%2Cb"]);
                assert_eq!(response.upstream("x-session-tenant"), ["default"]);
                assert_eq!(response.upstream("x-session-id").len(), 1);
            }
        }
        eventually("the access log names the user", || async { stack.log().contains("\"user_id\":\"ann smith\"") })
            .await;
        stack.revoke(&created).await;
        let response = stack.get(Protocol::Http1, "/orders", &[("cookie", &cookie(&created))]).await;
        assert_eq!((response.status, response.header("x-session-reason")), (401, "REVOKED"));
    }
}

async fn without_a_session_nothing_passes_but_what_is_public(envoy: &str) {
    let stack = start(envoy).await;
    for protocol in PROTOCOLS {
        let response = stack.get(protocol, "/orders", &[]).await;
        assert_eq!((response.status, response.header("x-session-reason")), (401, "TOKEN_MISSING"));
        assert_eq!(response.header("www-authenticate"), "Bearer");
        assert_eq!(response.header("content-type"), "application/problem+json");
        assert!(response.body.contains("\"reason\":\"TOKEN_MISSING\""), "{response:?}");
        let response = stack.get(protocol, "/orders", &[("cookie", "__Host-session=x")]).await;
        assert_eq!((response.status, response.header("x-session-reason")), (401, "MALFORMED"));
        assert_eq!(stack.get(protocol, "/public/logo", &[]).await.status, 200);
    }
    let head = send(stack.address, &http1_request("HEAD", "/orders", &[])).await;
    assert_eq!((head.status, head.body.as_str()), (401, ""));
}

async fn routes_have_demands_of_their_own(envoy: &str) {
    let stack = start(envoy).await;
    let (user, admin) = (stack.login("ann", &["user"]).await, stack.login("root", &["admin"]).await);
    for protocol in PROTOCOLS {
        let response = stack.get(protocol, "/admin/users", &[("cookie", &cookie(&user))]).await;
        assert_eq!((response.status, response.header("x-session-reason")), (403, "ROLE_MISSING"));
        let response = stack.get(protocol, "/admin/users", &[("cookie", &cookie(&admin))]).await;
        assert_eq!((response.status, response.upstream("x-session-user")), (200, vec!["root"]));
        let nobody = stack.get(protocol, "/pages/home", &[("cookie", "__Host-session=x")]).await;
        assert_eq!((nobody.status, nobody.upstream("x-session-user")), (200, vec![]));
        let somebody = stack.get(protocol, "/pages/home", &[("cookie", &cookie(&user))]).await;
        assert_eq!((somebody.status, somebody.upstream("x-session-user")), (200, vec!["ann"]));
    }
}

async fn identity_headers_of_a_client_never_pass(envoy: &str) {
    let stack = start(envoy).await;
    let created = stack.login("ann", &["user"]).await;
    let cookie = cookie(&created);
    let names = ["x-session-user", "x-session-roles", "x-session-anything", "x-envoy-auth-failure-mode-allowed"];
    for protocol in PROTOCOLS {
        for path in ["/orders", "/public/x", "/pages/x"] {
            let mut headers = vec![("cookie", cookie.as_str())];
            headers.extend(names.map(|name| (name, "root")));
            let response = stack.get(protocol, path, &headers).await;
            assert_eq!(response.status, 200, "{path} {response:?}");
            for name in names {
                assert!(!response.upstream(name).contains(&"root"), "{protocol:?} {path} {name} {response:?}");
            }
        }
        let response = stack.get(protocol, "/public/x", &[("x_session_user", "root")]).await;
        // Over HTTP/2, Envoy resets the stream.
        assert!([0, 400].contains(&response.status), "a header with underscores is refused: {response:?}");
    }
    let hop_by_hop = [("cookie", cookie.as_str()), ("Connection", "close, x-session-user"), ("X-SESSION-USER", "root")];
    let response = stack.get(Protocol::Http1, "/orders", &hop_by_hop).await;
    assert_eq!((response.status, response.upstream("x-session-user")), (200, vec!["ann"]));
    for address in ["9.9.9.9", "9.9.9.9, 127.0.0.1"] {
        let spoofed = [("x-forwarded-for", address), ("x-envoy-external-address", "9.9.9.9"), ("cookie", &cookie)];
        let response = stack.get(Protocol::Http1, "/orders", &spoofed).await;
        assert!(!response.upstream("x-envoy-external-address").contains(&"9.9.9.9"), "{response:?}");
    }
}

async fn a_path_has_one_meaning(envoy: &str) {
    let stack = start(envoy).await;
    for protocol in PROTOCOLS {
        assert_paths_have_one_meaning(&stack, protocol).await;
    }
}

async fn a_request_cannot_be_smuggled(envoy: &str) {
    let stack = start(envoy).await;
    assert_nothing_is_smuggled(&stack).await;
    let created = stack.login("ann", &["user"]).await;
    let cookie = cookie(&created);
    // Two tokens in one request, over each protocol.
    for protocol in PROTOCOLS {
        let twice = [("cookie", cookie.as_str()), ("cookie", "__Host-session=sa_other")];
        let response = stack.get(protocol, "/orders", &twice).await;
        assert_eq!((response.status, response.header("x-session-reason")), (401, "MALFORMED"), "{protocol:?}");
    }
    let upgrade =
        [("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAoAAA")];
    let response = stack.get(Protocol::Http1, "/admin/users", &upgrade).await;
    assert_ne!(response.status, 101, "HTTP/2 would be unchecked");
    assert!(stack.application.take_received().iter().all(|head| !head.contains("/admin")));
}

async fn a_websocket_is_checked_when_it_is_opened(envoy: &str) {
    let stack = start(envoy).await;
    let created = stack.login("ann", &["user"]).await;
    let upgrade = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", WEBSOCKET_KEY),
    ];
    let refused = send(stack.address, &http1_request("GET", "/socket", &upgrade)).await;
    assert_eq!((refused.status, refused.header("x-session-reason")), (401, "TOKEN_MISSING"));
    let cookie = cookie(&created);
    let headers = [&upgrade[..], &[("cookie", cookie.as_str()), ("x-session-user", "root")]].concat();
    let mut socket = TcpStream::connect(stack.address).await.expect("a connection");
    socket.write_all(http1_request("GET", "/socket", &headers).as_bytes()).await.expect("a request");
    assert_eq!(read_response(&mut socket).await.status, 101);
    let head = stack.application.take_received().pop().expect("a request");
    assert!(head.contains("x-session-user: ann") && !head.contains("root"), "{head}");
    // Envoy checks a connection once. The application must ask again as long as the connection lasts.
    stack.revoke(&created).await;
    socket.write_all(b"ping").await.expect("sent");
    let mut echo = [0; 4];
    socket.read_exact(&mut echo).await.expect("the connection outlives the session");
    assert_eq!(&echo, b"ping");
    let refused = send(stack.address, &http1_request("GET", "/socket", &headers)).await;
    assert_eq!((refused.status, refused.header("x-session-reason")), (401, "REVOKED"));
}

async fn a_client_of_grpc_gets_a_status(envoy: &str) {
    let stack = start(envoy).await;
    let grpc = [("content-type", "application/grpc"), ("te", "trailers")];
    let response = stack.get(Protocol::Http2, "/orders.Orders/List", &grpc).await;
    assert_eq!((response.status, response.header("grpc-status")), (200, "16"));
    assert!(
        response.header("grpc-message").contains("no%20session%20token")
            || response.header("grpc-message").contains("no session token"),
        "{response:?}"
    );
}

async fn large_headers_pass_and_too_large_ones_do_not(envoy: &str) {
    let stack = start(envoy).await;
    let created = stack.login("ann", &["user"]).await;
    let (cookie, large) = (cookie(&created), "x".repeat(50 * 1024));
    for protocol in PROTOCOLS {
        let headers = [("cookie", cookie.as_str()), ("user-agent", large.as_str())];
        let response = stack.get(protocol, "/orders", &headers).await;
        assert_eq!((response.status, response.upstream("x-session-user")), (200, vec!["ann"]), "{protocol:?}");
    }
    let too_large = "x".repeat(70 * 1024);
    let response = stack.get(Protocol::Http1, "/orders", &[("cookie", &cookie), ("user-agent", &too_large)]).await;
    assert_eq!(response.status, 431);
}

async fn without_the_authority_nothing_passes_and_with_it_again_everything_does(envoy: &str) {
    let mut stack = start(envoy).await;
    let created = stack.login("ann", &["user"]).await;
    let cookie = cookie(&created);
    let (address, good) = (stack.address, http1_request("GET", "/orders", &[("cookie", &cookie)]));
    let bad = http1_request("GET", "/orders", &[("cookie", "__Host-session=x"), ("x-session-user", "root")]);
    let load = async |requests: usize| {
        let mut sending = JoinSet::new();
        for number in 0..requests {
            let request = if number % 2 == 0 { good.clone() } else { bad.clone() };
            sending.spawn(async move { (number % 2 == 0, send(address, &request).await) });
        }
        let mut unavailable = 0;
        for (is_good, response) in sending.join_all().await {
            match response.status {
                200 => assert!(is_good && response.upstream("x-session-user") == ["ann"], "{response:?}"),
                401 => assert!(!is_good, "{response:?}"),
                503 => unavailable += 1,
                other => panic!("{other} {response:?}"),
            }
        }
        unavailable
    };
    assert_eq!(load(50).await, 0);
    stack.authority.pause();
    assert_eq!(load(10).await, 10, "an authority that does not respond");
    assert_eq!(send(address, &http1_request("GET", "/public/x", &[])).await.status, 200);
    stack.authority.resume();
    eventually("it responds again", || async { load(2).await == 0 }).await;
    stack.authority.kill();
    assert_eq!(load(10).await, 10, "no authority");
    stack.authority.start_again().await;
    eventually("it responds again", || async { load(2).await == 0 }).await;
    assert_eq!(load(50).await, 0);
}

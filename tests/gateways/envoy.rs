//! Envoy, with `deploy/envoy/envoy.yaml`.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    application::WEBSOCKET_KEY,
    attacks::{
        address_of_a_client_that_states_another, ambiguous_paths_that_pass,
        assert_bytes_that_are_not_text_are_harmless, assert_malformed_frames_do_not_pass, assert_nothing_is_smuggled,
    },
    client::{Protocol, http1_request, read_response, send},
    deployed::Gateway,
    stack::{Authority, Stack, cookie},
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
                super::$case(super::Gateway::Envoy).await;
            })+
        }

        mod oldest {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs Envoy: make test-gateways"]
            async fn $case() {
                super::$case(super::Gateway::EnvoyOldest).await;
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
    malformed_frames_of_http2_do_not_pass,
    bytes_that_are_not_text_are_harmless,
    a_client_cannot_state_its_address,
    a_websocket_is_checked_when_it_is_opened,
    a_client_of_grpc_gets_a_status,
    without_a_verdict_nothing_passes_even_if_envoy_fails_open,
    a_fault_of_the_configuration_lets_nothing_pass,
    a_request_is_read_alike_in_every_form_of_a_check,
    large_headers_pass_and_too_large_ones_do_not,
    without_the_authority_nothing_passes_and_with_it_again_everything_does,
];

async fn start(envoy: Gateway) -> Stack {
    start_with(envoy, &[]).await
}

/// Starts Envoy with changes of its file.
async fn start_with(envoy: Gateway, changes: &[(&str, &str)]) -> Stack {
    Stack::start(envoy, Authority::start("").await, changes).await
}

async fn a_session_passes_with_its_identity_over_every_protocol(envoy: Gateway) {
    let http2 = [(" http_protocol_options: {}", " http2_protocol_options: {}")];
    for changes in [&[][..], &http2] {
        let stack = start_with(envoy, changes).await;
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

async fn without_a_session_nothing_passes_but_what_is_public(envoy: Gateway) {
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

async fn routes_have_demands_of_their_own(envoy: Gateway) {
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

async fn identity_headers_of_a_client_never_pass(envoy: Gateway) {
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
    let unprotected = [("key_matcher: {prefix: x-session-, ignore_case: true}", "key_matcher: {prefix: x-other-}")];
    let open = start_with(envoy, &unprotected).await;
    let response = open.get(Protocol::Http1, "/public/x", &[("x-session-user", "root")]).await;
    assert_eq!(response.upstream("x-session-user"), ["root"], "without their removal they do");
    for address in ["9.9.9.9", "9.9.9.9, 127.0.0.1"] {
        let spoofed = [("x-forwarded-for", address), ("x-envoy-external-address", "9.9.9.9"), ("cookie", &cookie)];
        let response = stack.get(Protocol::Http1, "/orders", &spoofed).await;
        assert!(!response.upstream("x-envoy-external-address").contains(&"9.9.9.9"), "{response:?}");
    }
}

async fn a_path_has_one_meaning(envoy: Gateway) {
    let stack = start(envoy).await;
    for protocol in PROTOCOLS {
        assert_eq!(ambiguous_paths_that_pass(&stack, protocol).await, [""; 0], "{protocol:?}");
    }
    let unprotected = [
        ("normalize_path: true", "normalize_path: false"),
        ("path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT", "path_with_escaped_slashes_action: KEEP_UNCHANGED"),
    ];
    let stack = start_with(envoy, &unprotected).await;
    assert_ne!(ambiguous_paths_that_pass(&stack, Protocol::Http1).await, [""; 0], "without the settings they do");
}

async fn a_request_cannot_be_smuggled(envoy: Gateway) {
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

async fn malformed_frames_of_http2_do_not_pass(envoy: Gateway) {
    let http2 = [(" http_protocol_options: {}", " http2_protocol_options: {}")];
    for changes in [&[][..], &http2] {
        assert_malformed_frames_do_not_pass(&start_with(envoy, changes).await).await;
    }
}

async fn bytes_that_are_not_text_are_harmless(envoy: Gateway) {
    let filter = "transport_api_version: V3";
    let raw = format!("{filter}\n                      encode_raw_headers: true");
    for changes in [&[][..], &[(filter, raw.as_str())]] {
        assert_bytes_that_are_not_text_are_harmless(&start_with(envoy, changes).await).await;
    }
}

async fn a_client_cannot_state_its_address(envoy: Gateway) {
    let stack = start(envoy).await;
    assert_eq!(address_of_a_client_that_states_another(&stack).await, "127.0.0.1");
    // Position 2 is that of an entry of the client, if no trusted proxy is in front.
    let open = Authority::start("[gateway]\next_authz_client_position = 2").await;
    let open = Stack::start(envoy, open, &[]).await;
    assert_eq!(address_of_a_client_that_states_another(&open).await, "203.0.113.9", "with that setting it can");
}

async fn a_websocket_is_checked_when_it_is_opened(envoy: Gateway) {
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
    eventually("the access log states the reason", || async { stack.log().contains("\"reason\":\"REVOKED\"") }).await;
}

async fn a_client_of_grpc_gets_a_status(envoy: Gateway) {
    let stack = start(envoy).await;
    let grpc = [("content-type", "application/grpc"), ("te", "trailers")];
    for protocol in PROTOCOLS {
        let response = stack.get(protocol, "/orders.Orders/List", &grpc).await;
        assert_eq!((response.status, response.header("grpc-status")), (200, "16"), "{protocol:?}");
        let message = response.header("grpc-message").replace("%20", " ");
        assert!(message.contains("no session token"), "{response:?}");
        let web = [("content-type", "application/grpc-web+proto")];
        let response = stack.get(protocol, "/orders.Orders/List", &web).await;
        assert_eq!((response.status, response.header("grpc-status")), (401, ""), "gRPC-Web has no such form");
    }
}

async fn large_headers_pass_and_too_large_ones_do_not(envoy: Gateway) {
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

async fn without_the_authority_nothing_passes_and_with_it_again_everything_does(envoy: Gateway) {
    let mut stack = start(envoy).await;
    let created = stack.login("ann", &["user"]).await;
    let cookie = cookie(&created);
    assert_eq!(stack.load(50, &cookie, &[]).await, 0);
    stack.authority.pause();
    assert_eq!(stack.load(10, &cookie, &[503]).await, 10, "an authority that does not respond");
    assert_eq!(stack.get(Protocol::Http1, "/public/x", &[]).await.status, 200);
    stack.authority.resume();
    eventually("it responds again", || async { stack.load(2, &cookie, &[503]).await == 0 }).await;
    stack.authority.kill();
    assert_eq!(stack.load(10, &cookie, &[503]).await, 10, "no authority");
    stack.authority.start_again().await;
    eventually("it responds again", || async { stack.load(2, &cookie, &[503]).await == 0 }).await;
    assert_eq!(stack.load(50, &cookie, &[]).await, 0);
}

async fn without_a_verdict_nothing_passes_even_if_envoy_fails_open(envoy: Gateway) {
    let open = [("failure_mode_allow: false", "failure_mode_allow: true")];
    let mut stack = Stack::start(envoy, Authority::start_on_redis("").await, &open).await;
    let created = stack.login("ann", &["user"]).await;
    let cookie = cookie(&created);
    assert_eq!(stack.get(Protocol::Http1, "/orders", &[("cookie", &cookie)]).await.status, 200);
    stack.redis.as_ref().expect("a store").kill();
    for protocol in PROTOCOLS {
        for path in ["/orders", "/pages/x", "/admin/x"] {
            // A token that this node does not hold in memory needs the store, and so does every one once leases end.
            eventually("the leases end", || async {
                stack.get(protocol, path, &[("cookie", &cookie)]).await.status == 503
            })
            .await;
        }
        let grpc = [("content-type", "application/grpc"), ("te", "trailers"), ("cookie", cookie.as_str())];
        let response = stack.get(protocol, "/orders.Orders/List", &grpc).await;
        assert_eq!((response.status, response.header("grpc-status")), (200, "14"), "UNAVAILABLE {response:?}");
    }
    stack.application.take_received();
    stack.authority.kill();
    let response = stack.get(Protocol::Http1, "/orders", &[("x-session-user", "root")]).await;
    assert_eq!(
        (response.status, response.upstream("x-session-user")),
        (200, vec![]),
        "the operator's choice, as nobody"
    );
}

async fn a_fault_of_the_configuration_lets_nothing_pass(envoy: Gateway) {
    for fault in [
        // A misspelt demand, an unknown profile, and a key that is not valid.
        ("{roles: admin, consistency: strong}", "{role: admin}"),
        ("{roles: admin, consistency: strong}", "{profile: unknown}"),
        ("\"%ENVIRONMENT(SESSION_AUTHORITY_API_KEY)%\"", "\"Bearer sak_x\""),
    ] {
        let stack = start_with(envoy, &[fault]).await;
        let created = stack.login("root", &["admin"]).await;
        let response = stack.get(Protocol::Http1, "/admin/users", &[("cookie", &cookie(&created))]).await;
        assert_eq!(response.status, 503, "{fault:?} {response:?}");
        assert!(stack.application.take_received().is_empty());
    }
}

async fn a_request_is_read_alike_in_every_form_of_a_check(envoy: Gateway) {
    let filter = "transport_api_version: V3";
    let raw = format!("{filter}\n                      encode_raw_headers: true");
    let every_header = ("{exact: cookie}", "{safe_regex: {regex: '.*'}}");
    for changes in [vec![(filter, raw.as_str())], vec![every_header], vec![(filter, raw.as_str()), every_header]] {
        let stack = start_with(envoy, &changes).await;
        let created = stack.login("Zoë 50%", &["user"]).await;
        let (cookie, large) = (cookie(&created), "x".repeat(50 * 1024));
        for protocol in PROTOCOLS {
            let headers = [("cookie", cookie.as_str()), ("x-large", large.as_str())];
            let response = stack.get(protocol, "/orders", &headers).await;
            assert_eq!((response.status, response.upstream("x-session-user")), (200, vec!["Zo%C3%AB%2050%25"]));
            let twice = [("cookie", cookie.as_str()), ("cookie", "__Host-session=sa_other")];
            let response = stack.get(protocol, "/orders", &twice).await;
            assert_eq!((response.status, response.header("x-session-reason")), (401, "MALFORMED"), "{protocol:?}");
            // Browsers may send each cookie of HTTP/2 as a header of its own (RFC 9113 §8.2.3).
            if protocol == Protocol::Http2 {
                let (first, second) = cookie.split_once("; ").expect("two cookies");
                let response = stack.get(protocol, "/orders", &[("cookie", first), ("cookie", second)]).await;
                assert_eq!(response.status, 200, "{response:?}");
            }
        }
    }
}

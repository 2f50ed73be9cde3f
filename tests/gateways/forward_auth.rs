//! The gateways that ask over HTTP, with the files of `deploy/`.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    application::WEBSOCKET_KEY,
    attacks::{
        address_of_a_client_that_states_another, ambiguous_paths_that_pass,
        assert_bytes_that_are_not_text_are_harmless, assert_nothing_is_smuggled,
    },
    client::{Protocol, http1_request, read_response, send},
    deployed::{Gateway, PROFILES},
    stack::{Authority, Stack, cookie},
};
use crate::service::fixture::eventually;

/// A login page for browsers.
const LOGIN_PAGE: &str = r#"
[gateway.profiles.default]
login_url = "https://login.example/?to={return_to}"
"#;

/// The changes with which a gateway passes spoofed identity headers on routes without a check.
const fn without_removal_of_headers(gateway: Gateway) -> (&'static str, &'static str) {
    match gateway {
        Gateway::Caddy => ("request_header -X-Session-*", "request_header -X-Other-*"),
        Gateway::Traefik => ("          X-Session-User: \"\"\n", ""),
        Gateway::Haproxy => ("http-request del-header x[-_]session[-_] -m reg", "http-request del-header x-other"),
        _ => ("proxy_set_header X-Session-User $session_user;", ""),
    }
}

/// The changes with which a gateway passes ambiguous paths.
const fn without_refusal_of_paths(gateway: Gateway) -> (&'static str, &'static str) {
    match gateway {
        Gateway::Caddy => ("respond @ambiguous 400", ""),
        Gateway::Traefik => ("rule: PathRegexp(`/\\.\\.?;`)", "rule: PathRegexp(`/none`)"),
        Gateway::Haproxy => ("if { path,url_dec -m reg -i /\\.\\.?(;|/|$) } or", "if"),
        _ => ("return 400;", "break;"),
    }
}

/// The change with which nginx passes on the address that a client states. The others append that of their own client,
/// or need a list of trusted proxies.
const WITH_STATED_ADDRESS: (&str, &str) = (
    "X-Forwarded-For $remote_addr;\n            proxy_set_header X-Forwarded-Method",
    "X-Forwarded-For $http_x_forwarded_for;\n            proxy_set_header X-Forwarded-Method",
);

/// Returns the statuses of a request while the authority does not respond.
const fn statuses_without_authority(gateway: Gateway) -> &'static [u16] {
    match gateway {
        Gateway::Caddy => &[502, 504],
        Gateway::Traefik => &[500],
        _ => &[503, 504],
    }
}

/// Makes each case a test with each gateway.
macro_rules! on_every_gateway {
    ($($gateway:ident $variant:ident),+; $cases:tt) => {
        $(mod $gateway {
            on_every_gateway!(@cases $variant $cases);
        })+
    };
    (@cases $variant:ident [$($case:ident),+ $(,)?]) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "needs gateways: make test-gateways"]
        async fn $case() {
            super::$case(super::Gateway::$variant).await;
        })+
    };
}

on_every_gateway![
    nginx Nginx, nginx_newest NginxNewest, caddy Caddy, traefik Traefik, haproxy Haproxy;
    [
        a_session_passes_with_its_identity,
        without_a_session_nothing_passes_but_what_is_public,
        routes_have_profiles,
        a_browser_is_sent_to_the_login_page,
        identity_headers_of_a_client_never_pass,
        a_path_has_one_meaning,
        a_request_cannot_be_smuggled,
        bytes_that_are_not_text_are_harmless,
        a_client_cannot_state_its_address,
        a_client_of_http_1_0_is_checked_as_well,
        a_body_reaches_the_application,
        a_websocket_is_checked_when_it_is_opened,
        without_the_authority_nothing_passes_and_with_it_again_everything_does,
    ]
];

async fn start(gateway: Gateway) -> Stack {
    start_with(gateway, &[]).await
}

async fn start_with(gateway: Gateway, changes: &[(&str, &str)]) -> Stack {
    let authority = Authority::start(&format!("{LOGIN_PAGE}{PROFILES}")).await;
    Stack::start(gateway, authority, changes).await
}

async fn a_session_passes_with_its_identity(gateway: Gateway) {
    let stack = start(gateway).await;
    let created = stack.login("ann smith", &["user", "a,b"]).await;
    let bearer = format!("Bearer {}", created.token);
    for (name, value) in [("cookie", cookie(&created)), ("authorization", bearer)] {
        let response = stack.get(Protocol::Http1, "/orders?page=2", &[(name, &value)]).await;
        assert_eq!(response.status, 200, "{response:?} {}", stack.log());
        assert!(response.body.starts_with("GET /orders?page=2"), "{response:?}");
        assert_eq!(response.upstream("x-session-user"), ["ann%20smith"]);
        assert_eq!(response.upstream("x-session-roles"), ["user,a%2Cb"]);
        assert_eq!(response.upstream("x-session-tenant"), ["default"]);
        assert!(response.upstream("x-session-authority-key").is_empty(), "the key stays with the gateway");
    }
    stack.revoke(&created).await;
    let response = stack.get(Protocol::Http1, "/orders", &[("cookie", &cookie(&created))]).await;
    assert_eq!((response.status, response.header("x-session-reason")), (401, "REVOKED"));
}

async fn without_a_session_nothing_passes_but_what_is_public(gateway: Gateway) {
    let stack = start(gateway).await;
    for (headers, reason) in [(&[][..], "TOKEN_MISSING"), (&[("cookie", "__Host-session=x")], "MALFORMED")] {
        let response = stack.get(Protocol::Http1, "/orders", headers).await;
        assert_eq!((response.status, response.header("x-session-reason")), (401, reason), "{}", stack.log());
        assert!(response.header("www-authenticate").starts_with("Bearer"), "{response:?}");
    }
    assert_eq!(stack.get(Protocol::Http1, "/public/logo", &[]).await.status, 200);
    for method in ["POST", "HEAD", "PUT", "DELETE"] {
        let response = send(stack.address, &http1_request(method, "/orders", &[("content-length", "0")])).await;
        assert_eq!(response.status, 401, "{method}");
    }
    assert_eq!(stack.application.take_received().len(), 1);
}

async fn routes_have_profiles(gateway: Gateway) {
    let stack = start(gateway).await;
    let (user, admin) = (stack.login("ann", &["user"]).await, stack.login("root", &["admin"]).await);
    // The query is the client's and decides nothing.
    for path in ["/admin/users", "/admin/users?profile=pages", "/admin/users?/../pages"] {
        let response = stack.get(Protocol::Http1, path, &[("cookie", &cookie(&user))]).await;
        assert_eq!((response.status, response.header("x-session-reason")), (403, "ROLE_MISSING"), "{path}");
    }
    let response = stack.get(Protocol::Http1, "/admin/users", &[("cookie", &cookie(&admin))]).await;
    assert_eq!((response.status, response.upstream("x-session-user")), (200, vec!["root"]));
    let nobody = stack.get(Protocol::Http1, "/pages/home", &[("cookie", "__Host-session=x")]).await;
    assert_eq!(nobody.status, 200);
    assert!(nobody.upstream("x-session-user").concat().is_empty(), "{nobody:?}");
    let somebody = stack.get(Protocol::Http1, "/pages/home", &[("cookie", &cookie(&user))]).await;
    assert_eq!((somebody.status, somebody.upstream("x-session-user")), (200, vec!["ann"]));
}

async fn a_browser_is_sent_to_the_login_page(gateway: Gateway) {
    let stack = start(gateway).await;
    let response = stack.get(Protocol::Http1, "/orders?page=2", &[("sec-fetch-mode", "navigate")]).await;
    assert_eq!((response.status, response.header("location")), (302, "https://login.example/?to=/orders%3Fpage%3D2"));
    let response = send(stack.address, &http1_request("POST", "/orders", &[("sec-fetch-mode", "navigate")])).await;
    assert_eq!(response.status, 401, "a form is not repeated after the login");
    // The client's own statements about its request count for nothing.
    let stated = [("sec-fetch-mode", "navigate"), ("x-forwarded-uri", "/evil"), ("x-forwarded-method", "POST")];
    let response = stack.get(Protocol::Http1, "/orders", &stated).await;
    assert_eq!((response.status, response.header("location")), (302, "https://login.example/?to=/orders"));
}

async fn identity_headers_of_a_client_never_pass(gateway: Gateway) {
    let stack = start(gateway).await;
    let created = stack.login("ann", &[]).await;
    let cookie = cookie(&created);
    let names = [
        "x-session-user",
        "X-SESSION-ROLES",
        "x-session-id",
        "x-session-tenant",
        "x-session-assurance-level",
        "x-session-authority-key",
        "x_session_user",
        "X_Session_Roles",
    ];
    for (path, cookie) in
        [("/orders", cookie.as_str()), ("/public/x", &cookie), ("/pages/x", &cookie), ("/pages/x", "a=1")]
    {
        let mut headers = vec![("cookie", cookie)];
        headers.extend(names.map(|name| (name, "spoofed")));
        let response = stack.get(Protocol::Http1, path, &headers).await;
        assert_eq!(response.status, 200, "{path} {response:?}");
        assert!(!response.body.contains("spoofed"), "{gateway:?} {path} {response:?}");
    }
    let nominated = [("cookie", cookie.as_str()), ("connection", "close, x-session-user"), ("x-session-user", "root")];
    let response = stack.get(Protocol::Http1, "/orders", &nominated).await;
    let user = response.upstream("x-session-user").concat();
    assert!(user == "ann" || (gateway == Gateway::Caddy && user.is_empty()), "{response:?}");
    let open = start_with(gateway, &[without_removal_of_headers(gateway)]).await;
    let response = open.get(Protocol::Http1, "/public/x", &[("x-session-user", "root")]).await;
    assert_eq!(response.upstream("x-session-user"), ["root"], "without their removal they do");
}

async fn a_path_has_one_meaning(gateway: Gateway) {
    assert_eq!(ambiguous_paths_that_pass(&start(gateway).await, Protocol::Http1).await, [""; 0]);
    let open = start_with(gateway, &[without_refusal_of_paths(gateway)]).await;
    assert_ne!(ambiguous_paths_that_pass(&open, Protocol::Http1).await, [""; 0], "without the refusal they pass");
}

async fn a_request_cannot_be_smuggled(gateway: Gateway) {
    let stack = start(gateway).await;
    assert_nothing_is_smuggled(&stack).await;
    let created = stack.login("ann", &[]).await;
    let twice = format!("__Host-session={}; __Host-session=sa_other", created.token);
    let response = stack.get(Protocol::Http1, "/orders", &[("cookie", &twice)]).await;
    assert_eq!((response.status, response.header("x-session-reason")), (401, "MALFORMED"));
}

async fn bytes_that_are_not_text_are_harmless(gateway: Gateway) {
    assert_bytes_that_are_not_text_are_harmless(&start(gateway).await).await;
}

async fn a_client_cannot_state_its_address(gateway: Gateway) {
    let stack = start(gateway).await;
    assert_eq!(address_of_a_client_that_states_another(&stack).await, "127.0.0.1");
    if matches!(gateway, Gateway::Nginx | Gateway::NginxNewest) {
        let open = start_with(gateway, &[WITH_STATED_ADDRESS]).await;
        assert_eq!(address_of_a_client_that_states_another(&open).await, "203.0.113.9", "with that setting it can");
    }
}

async fn a_client_of_http_1_0_is_checked_as_well(gateway: Gateway) {
    let stack = start(gateway).await;
    let created = stack.login("ann", &[]).await;
    let request = |headers: &str| format!("GET /orders HTTP/1.0\r\nhost: app.example\r\n{headers}\r\n");
    assert_eq!(send(stack.address, &request("x-session-user: root\r\n")).await.status, 401);
    let response = send(stack.address, &request(&format!("cookie: {}\r\n", cookie(&created)))).await;
    assert_eq!((response.status, response.upstream("x-session-user")), (200, vec!["ann"]), "{response:?}");
}

async fn a_body_reaches_the_application(gateway: Gateway) {
    let stack = start(gateway).await;
    let created = stack.login("ann", &[]).await;
    let cookie = cookie(&created);
    let body = "item=1".repeat(5_000);
    let length = body.len().to_string();
    for framing in [("content-length", length.as_str()), ("transfer-encoding", "chunked")] {
        let head = http1_request("POST", "/orders", &[("cookie", &cookie), framing]);
        let body =
            if framing.1 == "chunked" { format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()) } else { body.clone() };
        let response = send(stack.address, &(head + &body)).await;
        assert_eq!((response.status, response.upstream("x-session-user")), (200, vec!["ann"]), "{framing:?}");
        assert!(response.body.starts_with("POST /orders"), "{response:?}");
    }
}

async fn a_websocket_is_checked_when_it_is_opened(gateway: Gateway) {
    let stack = start(gateway).await;
    let created = stack.login("ann", &[]).await;
    let upgrade = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", WEBSOCKET_KEY),
    ];
    let refused = send(stack.address, &http1_request("GET", "/socket", &upgrade)).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    let cookie = cookie(&created);
    let headers = [&upgrade[..], &[("cookie", cookie.as_str()), ("x-session-user", "root")]].concat();
    let mut socket = TcpStream::connect(stack.address).await.expect("a connection");
    socket.write_all(http1_request("GET", "/socket", &headers).as_bytes()).await.expect("a request");
    let response = read_response(&mut socket).await;
    assert_eq!(response.status, 101, "{response:?} {}", stack.log());
    let head = stack.application.take_received().pop().expect("a request").to_ascii_lowercase();
    assert!(head.contains("x-session-user: ann") && !head.contains("root"), "{head}");
    // A gateway checks a connection once. The application must ask again as long as the connection lasts.
    stack.revoke(&created).await;
    socket.write_all(b"ping").await.expect("sent");
    let mut echo = [0; 4];
    socket.read_exact(&mut echo).await.expect("the connection outlives the session");
    assert_eq!(&echo, b"ping");
    assert_eq!(send(stack.address, &http1_request("GET", "/socket", &headers)).await.status, 401);
}

async fn without_the_authority_nothing_passes_and_with_it_again_everything_does(gateway: Gateway) {
    let mut stack = start(gateway).await;
    let created = stack.login("ann", &[]).await;
    let (cookie, unavailable) = (cookie(&created), statuses_without_authority(gateway));
    assert_eq!(stack.load(50, &cookie, &[]).await, 0);
    // Traefik waits for half a minute.
    if gateway != Gateway::Traefik {
        stack.authority.pause();
        assert_eq!(stack.load(10, &cookie, unavailable).await, 10, "an authority that does not respond");
        stack.authority.resume();
        eventually("it responds again", || async { stack.load(2, &cookie, unavailable).await == 0 }).await;
    }
    stack.authority.kill();
    assert_eq!(stack.load(10, &cookie, unavailable).await, 10, "no authority");
    for path in ["/pages/x", "/admin/x"] {
        let response = stack.get(Protocol::Http1, path, &[("cookie", &cookie), ("x-session-user", "root")]).await;
        assert!(unavailable.contains(&response.status), "{path} {response:?}");
    }
    assert_eq!(stack.get(Protocol::Http1, "/public/x", &[]).await.status, 200);
    stack.authority.start_again().await;
    eventually("it responds again", || async { stack.load(2, &cookie, unavailable).await == 0 }).await;
    assert_eq!(stack.load(50, &cookie, &[]).await, 0);
}

//! The guards, with a development server: `SESSION_AUTHORITY_PROGRAM`, or the build of this workspace.

#![cfg(test)]

use std::{
    convert::Infallible,
    env,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use http::{Method, Request, Response, StatusCode};
use session_authority_client::{
    SessionAuthority, SessionToken, api,
    guard::{
        CurrentSession, RequireSession, RequireSessionForGrpc, Requirements, SessionCookie, SignInError, sign_in,
        sign_out,
    },
};
use tower::{Layer, ServiceExt as _, service_fn};

/// Time limits for a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A development server, which ends with the test.
struct TestServer {
    process: Child,
    address: String,
    _data: tempfile::TempDir,
}

impl TestServer {
    async fn start() -> Self {
        let program = env::var_os("SESSION_AUTHORITY_PROGRAM").map_or_else(built_program, PathBuf::from);
        let (address, management) = (free_address(), free_address());
        let data = tempfile::tempdir().expect("a directory");
        let process = Command::new(&program)
            .args(["dev", "--listen", &address, "--management", &management, "--data"])
            .arg(data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("run `cargo build` first: {}: {error}", program.display()));
        let server = Self { process, address, _data: data };
        let authority = server.connect();
        let ready = tokio::time::timeout(PATIENCE, async {
            while authority.list(api::ListRequest { user_id: "ready".to_owned(), ..Default::default() }).await.is_err()
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        ready.await.expect("the server gets ready");
        server
    }

    fn connect(&self) -> SessionAuthority {
        let builder = SessionAuthority::builder(&self.address).validate_deadline(PATIENCE).call_deadline(PATIENCE);
        builder.build().expect("a client")
    }

    fn stop(&mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("ended");
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Returns the program beside the directory of this test.
fn built_program() -> PathBuf {
    let test = env::current_exe().expect("a path");
    test.parent().and_then(Path::parent).expect("a directory").join("session-authority")
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

fn sign_in_of_ann() -> api::CreateRequest {
    api::CreateRequest {
        user_id: "ann".to_owned(),
        roles: vec!["user".to_owned()],
        assurance_level: 1,
        ..Default::default()
    }
}

async fn create(authority: &SessionAuthority) -> SessionToken {
    authority.create(sign_in_of_ann()).await.expect("created").token
}

/// Sends a request to a service behind the guard, which greets the user of the session.
async fn send(guard: &RequireSession, method: Method, path: &str, headers: &[(&str, &str)]) -> Response<String> {
    let service = guard.layer(service_fn(async |request: Request<()>| {
        let session = request.extensions().get::<CurrentSession>();
        Ok::<_, Infallible>(Response::new(
            session.map_or_else(|| "public".to_owned(), |session| session.user_id.clone()),
        ))
    }));
    let builder = Request::builder().method(method).uri(path).header("host", "shop.example");
    let request = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    service.oneshot(request.body(()).expect("a request")).await.expect("a response")
}

fn cookie(token: &SessionToken) -> String {
    format!("__Host-session={}", token.reveal())
}

#[tokio::test]
async fn everything_but_public_paths_needs_a_session() {
    let server = TestServer::start().await;
    let guard = RequireSession::new(server.connect()).public(Method::GET, "/");
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(send(&guard, method, "/", &[]).await.body(), "public");
    }
    for path in ["/account", "//", "/x", "/.", "/../", "/%2e", "/;", "/%2F"] {
        assert_eq!(send(&guard, Method::GET, path, &[]).await.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    for method in [Method::POST, Method::OPTIONS, Method::TRACE] {
        assert_eq!(send(&guard, method.clone(), "/", &[]).await.status(), StatusCode::UNAUTHORIZED, "{method}");
    }
    let token = create(&server.connect()).await;
    let response = send(&guard, Method::GET, "/account", &[("cookie", &cookie(&token))]).await;
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, "ann"));
    let bearer = format!("Bearer {}", token.reveal());
    assert_eq!(send(&guard, Method::GET, "/account", &[("authorization", &bearer)]).await.body(), "ann");
}

#[tokio::test]
async fn a_sign_out_ends_the_session_and_the_cookie_of_an_ended_session_is_deleted() {
    let server = TestServer::start().await;
    let authority = server.connect();
    let guard = RequireSession::new(authority.clone());
    let token = create(&authority).await;
    let request = Request::builder().header("cookie", cookie(&token)).body(()).expect("a request");
    let deletion = sign_out(&authority, request.headers(), &SessionCookie::default()).await.expect("signed out");
    assert!(deletion.contains("Max-Age=0"));
    let response = send(&guard, Method::GET, "/account", &[("cookie", &cookie(&token))]).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers().get("set-cookie").expect("a cookie"), deletion.as_str());
}

#[tokio::test]
async fn a_change_from_another_site_is_refused() {
    let server = TestServer::start().await;
    let guard = RequireSession::new(server.connect());
    let session = cookie(&create(&server.connect()).await);
    let trusting = guard.clone().trusted_origins(["https://app.example"]);
    let headers = [("sec-fetch-site", "cross-site"), ("origin", "https://app.example"), ("cookie", session.as_str())];
    assert_eq!(send(&guard, Method::POST, "/transfer", &headers).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(send(&trusting, Method::POST, "/transfer", &headers).await.status(), StatusCode::OK);
    for (headers, status) in [
        (("sec-fetch-site", "cross-site"), StatusCode::FORBIDDEN),
        (("origin", "https://evil.example"), StatusCode::FORBIDDEN),
        (("sec-fetch-site", "same-origin"), StatusCode::OK),
        (("origin", "https://shop.example"), StatusCode::OK),
    ] {
        let response = send(&guard, Method::POST, "/transfer", &[headers, ("cookie", &session)]).await;
        assert_eq!(response.status(), status, "{headers:?}");
        let upgrade = [headers, ("cookie", &session), ("upgrade", "websocket")];
        assert_eq!(send(&guard, Method::GET, "/feed", &upgrade).await.status(), status, "a WebSocket: {headers:?}");
    }
}

#[tokio::test]
async fn a_step_up_is_demanded_by_path() {
    let server = TestServer::start().await;
    let required = Requirements::default().min_assurance_level(2);
    let guard = RequireSession::new(server.connect()).require("/transfer", required);
    let session = cookie(&create(&server.connect()).await);
    let response = send(&guard, Method::GET, "/transfer", &[("cookie", &session)]).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(response.body().contains("step_up_required"));
    assert_eq!(send(&guard, Method::GET, "/account", &[("cookie", &session)]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_path_can_require_a_role() {
    let server = TestServer::start().await;
    let guard = RequireSession::new(server.connect())
        .public(Method::GET, "/admin")
        .require("/admin", Requirements::default().any_role(["admin"]))
        .require("/orders", Requirements::default().any_role(["admin", "user"]));
    let session = cookie(&create(&server.connect()).await);
    for path in ["/admin", "/admin/", "/%61dmin"] {
        let response = send(&guard, Method::GET, path, &[("cookie", &session)]).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(response.body().contains("missing_role"));
        assert_eq!(send(&guard, Method::GET, path, &[]).await.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(send(&guard, Method::GET, "/orders", &[("cookie", &session)]).await.body(), "ann");
}

#[tokio::test]
async fn an_optional_session_is_found_and_not_required_but_no_verdict_is_503() {
    let mut server = TestServer::start().await;
    let authority = server.connect().with_deadline(Duration::from_secs(5));
    let guard = RequireSession::new(authority).optional(Method::GET, "/");
    let session = cookie(&create(&server.connect()).await);
    let planted = format!("{session}; __Host-session=sa_planted");
    for (headers, body, deletes) in [
        (&[][..], "public", false),
        (&[("cookie", "__Host-session=x")], "public", true),
        (&[("cookie", planted.as_str())], "public", true),
        (&[("authorization", "Bearer x")], "public", false),
        (&[("cookie", session.as_str())], "ann", false),
    ] {
        let response = send(&guard, Method::GET, "/", headers).await;
        assert_eq!((response.body().as_str(), response.headers().contains_key("set-cookie")), (body, deletes));
    }
    assert_eq!(send(&guard, Method::POST, "/", &[]).await.status(), StatusCode::UNAUTHORIZED);
    server.stop();
    let response = send(&guard, Method::GET, "/", &[("cookie", &session)]).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_sign_in_sets_the_cookies_and_ends_the_session_that_the_browser_had() {
    let server = TestServer::start().await;
    let authority = server.connect();
    let guard = RequireSession::new(authority.clone());
    let of_browser = |cookies: &str| {
        Request::builder().header("cookie", cookies).body(()).expect("a request").into_parts().0.headers
    };
    let cookie = SessionCookie::default();
    let first = sign_in(&authority, &of_browser("a=1"), &cookie, sign_in_of_ann()).await.expect("signed in");
    let cookies: Vec<_> = first.cookies.iter().filter_map(|cookie| cookie.split(';').next()).collect();
    assert!(cookies[0].starts_with("__Host-session=sa_") && cookies[1].starts_with("__Host-device="), "{cookies:?}");
    let second = sign_in(&authority, &of_browser(&cookies.join("; ")), &cookie, sign_in_of_ann()).await;
    let second = second.expect("signed in");
    assert_eq!(second.cookies.len(), 1, "the device is known");
    let device = |created: &api::Session| created.device.as_ref().expect("a device").device_id.clone();
    assert_eq!(device(&first.created.session), device(&second.created.session));
    let response = send(&guard, Method::GET, "/account", &[("cookie", cookies[0])]).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "the session before has ended");
    let session = second.cookies[0].split(';').next().expect("a cookie");
    assert_eq!(send(&guard, Method::GET, "/account", &[("cookie", session)]).await.body(), "ann");
}

#[tokio::test]
async fn another_site_cannot_sign_a_user_in() {
    let server = TestServer::start().await;
    for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = Request::builder().header("host", "shop.example").header(header.0, header.1);
        let headers = request.body(()).expect("a request").into_parts().0.headers;
        let refused = sign_in(&server.connect(), &headers, &SessionCookie::default(), sign_in_of_ann()).await;
        assert!(matches!(refused, Err(SignInError::CrossSite)), "{header:?}");
    }
}

#[tokio::test]
async fn without_a_verdict_the_response_is_503_and_the_cookie_remains() {
    let mut server = TestServer::start().await;
    let token = create(&server.connect()).await;
    let authority = server.connect().with_deadline(Duration::from_millis(500));
    let guard = RequireSession::new(authority).public(Method::GET, "/");
    server.stop();
    let response = send(&guard, Method::GET, "/account", &[("cookie", &cookie(&token))]).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after") && !response.headers().contains_key("set-cookie"));
    assert_eq!(send(&guard, Method::GET, "/", &[]).await.body(), "public");
}

#[tokio::test]
async fn a_token_that_was_rotated_is_replaced_in_the_cookie_if_the_guard_rotates() {
    let server = TestServer::start().await;
    let authority = server.connect();
    let old = create(&authority).await;
    let successor = authority.rotate(old.clone(), None).await.expect("rotated").token;
    let guard = RequireSession::new(authority);
    for (guard, header, expected) in [
        (guard.clone(), ("cookie", cookie(&old)), None),
        (guard.clone().rotate(), ("authorization", format!("Bearer {}", old.reveal())), None),
        (guard.rotate(), ("cookie", cookie(&old)), Some(cookie(&successor))),
    ] {
        let response = send(&guard, Method::GET, "/account", &[(header.0, &header.1)]).await;
        assert_eq!(response.body(), "ann");
        let set = response.headers().get("set-cookie").map(|value| value.to_str().expect("text"));
        assert_eq!(set.and_then(|set| set.split(';').next()), expected.as_deref());
    }
}

/// Calls a gRPC method behind the guard, and returns its status.
async fn call(guard: &RequireSessionForGrpc, method: &str, token: Option<&SessionToken>) -> tonic::Code {
    let service =
        guard.layer(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(tonic::body::Body::empty()))));
    let builder = Request::builder().uri(method);
    let builder = match token {
        Some(token) => builder.header("authorization", format!("Bearer {}", token.reveal())),
        None => builder,
    };
    let response = service.oneshot(builder.body(()).expect("a request")).await.expect("a response");
    tonic::Status::from_header_map(response.headers()).map_or(tonic::Code::Ok, |status| status.code())
}

#[tokio::test]
async fn a_grpc_method_needs_a_session_unless_it_is_public() {
    let mut server = TestServer::start().await;
    let authority = server.connect();
    let guard =
        RequireSessionForGrpc::new(authority.with_deadline(Duration::from_secs(5))).public("/bank.v1.Bank/Rates");
    let token = create(&authority).await;
    assert_eq!(call(&guard, "/bank.v1.Bank/Rates", None).await, tonic::Code::Ok);
    assert_eq!(call(&guard, "/bank.v1.Bank/Transfer", None).await, tonic::Code::Unauthenticated);
    assert_eq!(call(&guard, "/bank.v1.Bank/Transfer", Some(&token)).await, tonic::Code::Ok);
    let strict = guard.clone().require("/bank.v1.Bank/Transfer", Requirements::default().min_assurance_level(2));
    assert_eq!(call(&strict, "/bank.v1.Bank/Transfer", Some(&token)).await, tonic::Code::PermissionDenied);
    for method in ["/bank.v1.Bank/Transfer", "bank.v1.Bank/Transfer", "/bank.v1.Bank/Rates"] {
        let admins = guard.clone().require(method, Requirements::default().any_role(["admin"]));
        let called = format!("/{}", method.trim_start_matches('/'));
        assert_eq!(call(&admins, &called, Some(&token)).await, tonic::Code::PermissionDenied);
        assert_eq!(call(&admins, &called, None).await, tonic::Code::Unauthenticated);
    }
    authority.sign_out(token.clone()).await.expect("signed out");
    assert_eq!(call(&guard, "/bank.v1.Bank/Transfer", Some(&token)).await, tonic::Code::Unauthenticated);
    server.stop();
    assert_eq!(call(&guard, "/bank.v1.Bank/Transfer", Some(&token)).await, tonic::Code::Unavailable);
}

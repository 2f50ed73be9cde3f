//! The gateways that ask over HTTP, with the files of `deploy/`.

use std::{fs, path::Path, process::Command};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    application::{Application, WEBSOCKET_KEY},
    attacks::{assert_nothing_is_smuggled, assert_paths_have_one_meaning},
    client::{Protocol, http1_request, read_response, send},
    stack::{Authority, Stack, adapt, cookie, deployed, gateway_binary},
};
use crate::service::fixture::eventually;

/// The profiles that the files of `deploy/` name, as docs/gateways/forward-auth.md defines them, and a login page.
const PROFILES: &str = r#"
[gateway.profiles.default]
login_url = "https://login.example/?to={return_to}"

[gateway.profiles.pages]
session = "optional"

[gateway.profiles.admin]
roles = ["admin"]
consistency = "strong"
"#;

/// A gateway, and how it differs from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gateway {
    Nginx,
    Caddy,
    Traefik,
    Haproxy,
}

impl Gateway {
    /// Writes the configuration to `directory`, and returns the command. Time limits for the authority are longer than
    /// in production, because the machine may be busy with other tests.
    fn configure(self, directory: &Path, port: u16, authority: &Authority, application: &Application) -> Command {
        let http = format!("127.0.0.1:{}", authority.http_port);
        let behind = application.address.to_string();
        let put = |name: &str, text: String| fs::write(directory.join(name), text).expect("the configuration");
        let key = &authority.gateway_key;
        let mut command = Command::new(gateway_binary(self.name()));
        match self {
            Self::Nginx => {
                let text = adapt(&deployed("nginx/nginx.conf"), "listen 80;", &format!("listen 127.0.0.1:{port};"));
                let text = adapt(&text, "server session-authority:8080;", &format!("server {http};"));
                let text = adapt(&text, "server application:8000;", &format!("server {behind};"));
                let text = adapt(&text, "proxy_read_timeout 1s;", "proxy_read_timeout 5s;");
                // The directories of an nginx that is not installed.
                let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
                let temporary: String = temporary.map(|kind| format!("{kind}_temp_path {kind};")).concat();
                put("nginx.conf", adapt(&text, "\nhttp {", &format!("\nhttp {{ access_log off; {temporary}")));
                put("session-authority-key.conf", format!("proxy_set_header X-Session-Authority-Key \"{key}\";"));
                let globals = "daemon off; master_process off; pid nginx.pid;";
                command.arg("-p").arg(directory).arg("-c").arg(directory.join("nginx.conf"));
                command.args(["-e", "stderr", "-g", globals]);
            }
            Self::Caddy => {
                let text = adapt(&deployed("caddy/Caddyfile"), "http://:80 {", &format!("http://:{port} {{"));
                let text = adapt(&text, "session-authority:8080", &http);
                let text = adapt(&text, "response_header_timeout 1s", "response_header_timeout 5s");
                put("Caddyfile", adapt(&text, "application:8000", &behind));
                command.args(["run", "--config", "Caddyfile"]).env("HOME", directory);
                command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
            }
            Self::Traefik => {
                let text = adapt(&deployed("traefik/traefik.yaml"), "\":80\"", &format!("\"127.0.0.1:{port}\""));
                put("traefik.yaml", text);
                let text = deployed("traefik/routes.yaml").replace("session-authority:8080", &http);
                put("routes.yaml", adapt(&text, "application:8000", &behind));
                command.arg("--configFile=traefik.yaml");
            }
            Self::Haproxy => {
                let text = adapt(&deployed("haproxy/haproxy.cfg"), "bind :80", &format!("bind 127.0.0.1:{port}"));
                put("haproxy.cfg", adapt(&text, "application:8000", &behind));
                let script = deployed("haproxy/session-authority.lua");
                put("session-authority.lua", adapt(&script, "local timeout = 500", "local timeout = 5000"));
                command.args(["-f", "haproxy.cfg"]).env("SESSION_AUTHORITY_URL", format!("http://{http}"));
            }
        }
        command.env("SESSION_AUTHORITY_API_KEY", key);
        command
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Traefik => "traefik",
            Self::Haproxy => "haproxy",
        }
    }

    /// Returns the status of a request while the authority does not respond.
    const fn status_without_authority(self) -> u16 {
        match self {
            Self::Nginx | Self::Haproxy => 503,
            Self::Caddy => 502,
            Self::Traefik => 500,
        }
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
    nginx Nginx, caddy Caddy, traefik Traefik, haproxy Haproxy;
    [
        a_session_passes_with_its_identity,
        without_a_session_nothing_passes_but_what_is_public,
        routes_have_profiles,
        a_browser_is_sent_to_the_login_page,
        identity_headers_of_a_client_never_pass,
        a_path_has_one_meaning,
        a_request_cannot_be_smuggled,
        a_websocket_is_checked_when_it_is_opened,
        without_the_authority_nothing_passes_and_with_it_again_everything_does,
    ]
];

async fn start(gateway: Gateway) -> Stack {
    let authority = Authority::start(PROFILES).await;
    Stack::start(authority, |directory, port, authority, application| {
        gateway.configure(directory, port, authority, application)
    })
    .await
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
    for path in ["/orders", "/public/x", "/pages/x"] {
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(names.map(|name| (name, "spoofed")));
        let response = stack.get(Protocol::Http1, path, &headers).await;
        assert_eq!(response.status, 200, "{path} {response:?}");
        assert!(!response.body.contains("spoofed"), "{gateway:?} {path} {response:?}");
    }
    let nominated = [("cookie", cookie.as_str()), ("connection", "close, x-session-user"), ("x-session-user", "root")];
    let response = stack.get(Protocol::Http1, "/orders", &nominated).await;
    let user = response.upstream("x-session-user").concat();
    assert!(user == "ann" || (gateway == Gateway::Caddy && user.is_empty()), "{response:?}");
}

async fn a_path_has_one_meaning(gateway: Gateway) {
    assert_paths_have_one_meaning(&start(gateway).await, Protocol::Http1).await;
}

async fn a_request_cannot_be_smuggled(gateway: Gateway) {
    let stack = start(gateway).await;
    assert_nothing_is_smuggled(&stack).await;
    let created = stack.login("ann", &[]).await;
    let twice = format!("__Host-session={}; __Host-session=sa_other", created.token);
    let response = stack.get(Protocol::Http1, "/orders", &[("cookie", &twice)]).await;
    assert_eq!((response.status, response.header("x-session-reason")), (401, "MALFORMED"));
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
    socket.write_all(b"ping").await.expect("sent");
    let mut echo = [0; 4];
    socket.read_exact(&mut echo).await.expect("an echo");
    assert_eq!(&echo, b"ping");
}

async fn without_the_authority_nothing_passes_and_with_it_again_everything_does(gateway: Gateway) {
    let mut stack = start(gateway).await;
    let created = stack.login("ann", &[]).await;
    let address = stack.address;
    let request = http1_request("GET", "/orders", &[("cookie", &cookie(&created)), ("x-session-user", "root")]);
    assert_eq!(send(address, &request).await.status, 200);
    // Traefik waits for half a minute.
    if gateway != Gateway::Traefik {
        stack.authority.pause();
        let response = send(address, &request).await;
        let expected = [gateway.status_without_authority(), 504];
        assert!(expected.contains(&response.status), "{gateway:?} {response:?}");
        stack.authority.resume();
        eventually("it responds again", || async { send(address, &request).await.status == 200 }).await;
    }
    stack.authority.kill();
    for path in ["/orders", "/pages/x", "/admin/x"] {
        let request = http1_request("GET", path, &[("cookie", &cookie(&created)), ("x-session-user", "root")]);
        let response = send(address, &request).await;
        assert_eq!(response.status, gateway.status_without_authority(), "{path} {response:?}");
    }
    assert_eq!(send(address, &http1_request("GET", "/public/x", &[])).await.status, 200);
    stack.authority.start_again().await;
    eventually("it responds again", || async { send(address, &request).await.status == 200 }).await;
}

//! The table of docs/gateways/responses.md: what a client receives through each gateway.

use std::{fs, path::Path};

use session_authority::api::CreateRequest;

use super::{
    client::{ClientResponse, Protocol},
    deployed::Gateway,
    stack::{Authority, Stack, cookie},
};
use crate::service::fixture::{eventually, login_of};

/// Profiles with every kind of decision. The cookies of a session that has ended are deleted.
const SETTINGS: &str = r#"
[gateway]
cookies = ["__Host-session", "session"]

[gateway.profiles.default]
delete_rejected_cookies = true

[gateway.profiles.pages]
login_url = "https://login.example/"

[gateway.profiles.admin]
roles = ["admin"]
min_assurance_level = 2
"#;

/// Has the routes of Envoy name the profiles. Those of the other files do.
const ENVOY_PROFILES: [(&str, &str); 2] =
    [("{session: optional}", "{profile: pages}"), ("{roles: admin, consistency: strong}", "{profile: admin}")];

/// The column of each gateway in the table.
const COLUMNS: [&str; 5] = ["Envoy", "nginx", "Caddy", "Traefik", "HAProxy"];

/// Makes the case a test with each gateway.
macro_rules! responses_of_every_gateway {
    ($($name:ident $gateway:ident $column:literal),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "needs gateways: make test-gateways"]
        async fn $name() {
            assert_column(Gateway::$gateway, $column).await;
        })+
    };
}

responses_of_every_gateway![
    clients_of_envoy_receive_what_the_table_states Envoy 0,
    clients_of_an_older_envoy_receive_what_the_table_states EnvoyOldest 0,
    clients_of_nginx_receive_what_the_table_states Nginx 1,
    clients_of_the_newest_nginx_receive_what_the_table_states NginxNewest 1,
    clients_of_caddy_receive_what_the_table_states Caddy 2,
    clients_of_traefik_receive_what_the_table_states Traefik 3,
    clients_of_haproxy_receive_what_the_table_states Haproxy 4,
];

async fn assert_column(gateway: Gateway, column: usize) {
    let observed = observe(gateway).await;
    let documented = documented_rows();
    assert_eq!(documented.len(), observed.len(), "{observed:?}");
    let differing: Vec<_> = observed
        .iter()
        .zip(&documented)
        .filter(|((name, cell), row)| row[0] != *name || row[1 + column] != *cell)
        .map(|((name, cell), row)| format!("{name}: {cell}; the table has {}: {}", row[0], row[1 + column]))
        .collect();
    assert!(differing.is_empty(), "{}: {differing:#?}", COLUMNS[column]);
}

/// Returns the cells of each row of the table.
fn documented_rows() -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/gateways/responses.md");
    let text = fs::read_to_string(path).expect("the table");
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
    };
    let mut rows =
        text.lines().skip_while(|line| !line.starts_with("| request |")).take_while(|line| line.starts_with('|'));
    assert_eq!(cells(rows.next().expect("a head"))[1..], COLUMNS);
    rows.skip(1).map(cells).collect()
}

/// Returns what a client of a gateway receives, by the kind of its request.
async fn observe(gateway: Gateway) -> Vec<(&'static str, String)> {
    let changes = if matches!(gateway, Gateway::Envoy | Gateway::EnvoyOldest) { &ENVOY_PROFILES[..] } else { &[] };
    let mut stack = Stack::start(gateway, Authority::start_on_redis(SETTINGS).await, changes).await;
    let mut rows = Vec::new();
    let ann = stack.login("ann", &["admin"]).await;
    let strong =
        CreateRequest { assurance_level: 2, auth_methods: vec!["pwd".to_owned(), "otp".to_owned()], ..login_of("bob") };
    let (weak, strong) = (cookie(&ann), cookie(&stack.create(strong).await));
    let large = "x".repeat(50 * 1024);
    for (name, path, headers) in [
        ("an active session", "/orders", vec![("cookie", weak.as_str())]),
        ("no token", "/orders", vec![]),
        ("a browser that loads a page, no token, login_url is set", "/pages/x", vec![("sec-fetch-mode", "navigate")]),
        ("a sign-in that is too weak or too old", "/admin/x", vec![("cookie", weak.as_str())]),
        ("a session without the roles", "/admin/x", vec![("cookie", strong.as_str())]),
        ("an active session and 50 KiB of headers", "/orders", vec![("cookie", weak.as_str()), ("x-large", &large)]),
    ] {
        let response = stack.get(Protocol::Http1, path, &headers).await;
        rows.push((name, describe(&response)));
    }
    stack.revoke(&ann).await;
    let ended = stack.get(Protocol::Http1, "/orders", &[("cookie", &weak)]).await;
    rows.push(("a session that has ended, delete_rejected_cookies is set", describe(&ended)));
    stack.redis.as_ref().expect("a store").kill();
    let without_verdict = async || stack.get(Protocol::Http1, "/orders", &[("cookie", &strong)]).await;
    eventually("the leases end", || async { without_verdict().await.status >= 500 }).await;
    rows.push(("no verdict", describe(&without_verdict().await)));
    stack.authority.kill();
    let down = stack.get(Protocol::Http1, "/orders", &[("cookie", &strong)]).await;
    rows.push(("the authority does not run", describe(&down)));
    let mut authority = Authority::start(SETTINGS).await;
    "sak_x".clone_into(&mut authority.gateway_key);
    let unknown = Stack::start(gateway, authority, changes).await;
    let response = unknown.get(Protocol::Http1, "/orders", &[("cookie", &strong)]).await;
    rows.push(("the key of the gateway is not valid", describe(&response)));
    rows
}

/// Describes a response as the table does.
fn describe(response: &ClientResponse) -> String {
    if response.status == 200 {
        return format!("200 as {}", response.upstream("x-session-user").concat());
    }
    let mut parts = Vec::new();
    let mut add = |is_present: bool, part: &str| parts.extend(is_present.then(|| part.to_owned()));
    add(!response.header("x-session-reason").is_empty(), "reason");
    add(!response.header("www-authenticate").is_empty(), "challenge");
    add(!response.header("location").is_empty(), "location");
    add(!response.header("retry-after").is_empty(), "retry-after");
    add(response.header("content-type") == "application/problem+json" && response.body.starts_with('{'), "problem");
    let cookies = response.headers("set-cookie");
    add(!cookies.is_empty(), &format!("{} cookies", cookies.len()));
    if parts.is_empty() { response.status.to_string() } else { format!("{}: {}", response.status, parts.join(", ")) }
}

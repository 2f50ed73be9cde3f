//! The files of `deploy/`, with the addresses of one machine. The tests and a bench run the gateways on them.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

/// A gateway, in a release that the tests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    Envoy,
    EnvoyOldest,
    Nginx,
    NginxNewest,
    Caddy,
    Traefik,
    Haproxy,
}

/// The profiles that the files of `deploy/` name, as docs/gateways/forward-auth.md defines them.
pub const PROFILES: &str = r#"
[gateway.profiles.pages]
session = "optional"

[gateway.profiles.admin]
roles = ["admin"]
consistency = "strong"
"#;

/// The parts of the files that an operator adapts.
pub struct GatewaySetup<'a> {
    pub port: u16,
    /// The ports of the authority.
    pub grpc_port: u16,
    pub http_port: u16,
    pub application: SocketAddr,
    /// The key of the gateway.
    pub key: &'a str,
    /// Longer time limits for the authority than in production, because the machine may be busy with other tests.
    pub is_patient: bool,
    /// Further changes of the main file: what is replaced, and by what.
    pub changes: &'a [(&'a str, &'a str)],
}

impl Gateway {
    /// The name of the executable of `make test-gateways`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Envoy => "envoy",
            Self::EnvoyOldest => "envoy-oldest",
            Self::Nginx => "nginx",
            Self::NginxNewest => "nginx-newest",
            Self::Caddy => "caddy",
            Self::Traefik => "traefik",
            Self::Haproxy => "haproxy",
        }
    }

    /// Returns the executable, which need not exist.
    pub fn binary(self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        Path::new(env!("CARGO_MANIFEST_DIR")).join(target).join("gateways/bin").join(self.name())
    }

    /// Writes the configuration to `directory`, and returns the command that starts the gateway there.
    pub fn configure(self, directory: &Path, setup: &GatewaySetup<'_>) -> Command {
        let binary = self.binary();
        assert!(binary.exists(), "{} is missing; scripts/fetch-gateways.sh downloads it", binary.display());
        let mut command = Command::new(binary);
        match self {
            Self::Envoy | Self::EnvoyOldest => configure_envoy(directory, setup, &mut command),
            Self::Nginx | Self::NginxNewest => configure_nginx(directory, setup, &mut command),
            Self::Caddy => configure_caddy(directory, setup, &mut command),
            Self::Traefik => configure_traefik(directory, setup, &mut command),
            Self::Haproxy => configure_haproxy(directory, setup, &mut command),
        }
        command
    }
}

impl GatewaySetup<'_> {
    /// Changes the main file of a gateway, and writes it.
    fn write(&self, directory: &Path, name: &str, mut text: String) {
        for (from, to) in self.changes {
            text = adapt(&text, from, to);
        }
        put(directory, name, &text);
    }

    fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.http_port)
    }
}

fn configure_envoy(directory: &Path, setup: &GatewaySetup<'_>, command: &mut Command) {
    let local = |port: u16| format!("address: 127.0.0.1, port_value: {port}");
    let mut text = deployed("envoy/envoy.yaml");
    for (from, port) in [
        ("address: 127.0.0.1, port_value: 9901", 0),
        ("address: 0.0.0.0, port_value: 10000", setup.port),
        ("address: session-authority, port_value: 50051", setup.grpc_port),
        ("address: application, port_value: 8000", setup.application.port()),
    ] {
        text = adapt(&text, from, &local(port));
    }
    if setup.is_patient {
        text = adapt(&text, "timeout: 0.5s", "timeout: 5s");
    }
    setup.write(directory, "envoy.yaml", text);
    command.args(["--config-path", "envoy.yaml", "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]);
    command.args(["--file-flush-interval-msec", "50"]);
    command.env("SESSION_AUTHORITY_API_KEY", format!("Bearer {}", setup.key));
}

fn configure_nginx(directory: &Path, setup: &GatewaySetup<'_>, command: &mut Command) {
    let mut text = deployed("nginx/nginx.conf");
    // The directories of an nginx that is not installed.
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = temporary.map(|kind| format!("{kind}_temp_path {kind};")).concat();
    for (from, to) in [
        ("listen 80;", format!("listen 127.0.0.1:{};", setup.port)),
        ("server session-authority:8080;", format!("server {};", setup.authority())),
        ("server application:8000;", format!("server {};", setup.application)),
        ("\nhttp {", format!("\nhttp {{ access_log off; {temporary}")),
    ] {
        text = adapt(&text, from, &to);
    }
    if setup.is_patient {
        text = adapt(&text, "proxy_read_timeout 1s;", "proxy_read_timeout 5s;");
    }
    setup.write(directory, "nginx.conf", text);
    let key = format!("proxy_set_header X-Session-Authority-Key \"{}\";", setup.key);
    put(directory, "session-authority-key.conf", &key);
    command.arg("-p").arg(directory).arg("-c").arg(directory.join("nginx.conf"));
    command.args(["-e", "stderr", "-g", "daemon off; master_process off; pid nginx.pid;"]);
}

fn configure_caddy(directory: &Path, setup: &GatewaySetup<'_>, command: &mut Command) {
    let mut text = deployed("caddy/Caddyfile");
    for (from, to) in [
        ("http://:80 {", format!("http://:{} {{", setup.port)),
        ("session-authority:8080", setup.authority()),
        ("application:8000", setup.application.to_string()),
    ] {
        text = adapt(&text, from, &to);
    }
    if setup.is_patient {
        text = adapt(&text, "response_header_timeout 1s", "response_header_timeout 5s");
    }
    setup.write(directory, "Caddyfile", text);
    command.args(["run", "--config", "Caddyfile"]).env("HOME", directory);
    command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
    command.env("SESSION_AUTHORITY_API_KEY", setup.key);
}

fn configure_traefik(directory: &Path, setup: &GatewaySetup<'_>, command: &mut Command) {
    let text = deployed("traefik/traefik.yaml");
    put(directory, "traefik.yaml", &adapt(&text, "\":80\"", &format!("\"127.0.0.1:{}\"", setup.port)));
    let text = deployed("traefik/routes.yaml").replace("session-authority:8080", &setup.authority());
    setup.write(directory, "routes.yaml", adapt(&text, "application:8000", &setup.application.to_string()));
    command.arg("--configFile=traefik.yaml").env("SESSION_AUTHORITY_API_KEY", setup.key);
}

fn configure_haproxy(directory: &Path, setup: &GatewaySetup<'_>, command: &mut Command) {
    let text = adapt(&deployed("haproxy/haproxy.cfg"), "bind :80", &format!("bind 127.0.0.1:{}", setup.port));
    setup.write(directory, "haproxy.cfg", adapt(&text, "application:8000", &setup.application.to_string()));
    let mut script = deployed("haproxy/session-authority.lua");
    if setup.is_patient {
        script = adapt(&script, "local timeout = 500", "local timeout = 5000");
    }
    put(directory, "session-authority.lua", &script);
    command.args(["-f", "haproxy.cfg"]).env("SESSION_AUTHORITY_API_KEY", setup.key);
    command.env("SESSION_AUTHORITY_URL", format!("http://{}", setup.authority()));
}

/// Returns a file of `deploy/`.
fn deployed(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn put(directory: &Path, name: &str, text: &str) {
    fs::write(directory.join(name), text).expect("the configuration");
}

/// Replaces `from`, which must occur once.
#[track_caller]
fn adapt(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} occurs once");
    text.replace(from, to)
}

//! `session-authority dev`.

use std::{
    fmt::Write as _,
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{
    app,
    callers::{CallerFile, NewCaller},
    clock::{Clock, SystemClock},
    config::{Config, ConfigSources, DevelopmentError},
    domain::CallerRole,
    entropy::SystemEntropy,
    private_file,
};

use super::{
    command_error::{CommandError, ExitStatus},
    geoip, runtime,
    scratch_directory::ScratchDirectory,
    serve::{ClockFlags, config_error, with_addresses},
    terminal,
};

/// The address at which a development server serves HTTP by default.
const DEFAULT_HTTP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Run a development server: embedded stores, no API keys, anonymous access
#[derive(Args)]
pub struct DevCommand {
    /// gRPC address and port [default: 127.0.0.1:50051]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// Management address and port (probes and metrics) [default: 127.0.0.1:9090]
    #[arg(long, value_name = "ADDRESS")]
    management: Option<SocketAddr>,

    /// HTTP address and port for gateways [default: 127.0.0.1:8080, none if --listen is given]
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,

    /// Data directory, created if missing [default: a temporary directory]
    #[arg(long, value_name = "DIRECTORY")]
    data: Option<PathBuf>,

    /// GeoIP database (.mmdb), or a directory of databases; may be repeated
    #[arg(long, value_name = "PATH")]
    geoip: Vec<PathBuf>,

    #[command(flatten)]
    clock: ClockFlags,
}

impl DevCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let data = match self.data {
            Some(path) => DataDirectory::Persistent(path),
            None => DataDirectory::Temporary(ScratchDirectory::create(&SystemEntropy).map_err(CommandError::failed)?),
        };
        let http = self.http.or_else(|| default_http(self.listen));
        let sources = with_addresses(ConfigSources::from_process(None), self.listen, self.management, http);
        let sources = sources.with_flag("--geoip", "geo.databases", geoip::database_setting(&self.geoip)?);
        let config = Config::development(sources, data.path(), &SystemEntropy).map_err(|error| setup_error(&error))?;
        let lets_everybody_in = config.callers.anonymous;
        let console_key = match (config.console.enabled, config.http.listen) {
            (true, Some(_)) => Some(console_key(&config, data.path())?),
            _ => None,
        };
        let served = runtime::block_on_multi_thread(app::run(config, self.clock.accept_clock, |node| {
            let welcome = WelcomeMessage {
                grpc: node.grpc,
                http: node.http,
                management: node.management,
                data: &data,
                allows_anonymous: lets_everybody_in,
                console_key: console_key.as_deref(),
            };
            // A closed standard output does not stop a development server.
            let _ = terminal::print(&welcome.render(&program_name()));
        }))?;
        drop(data);
        served.map(|()| ExitStatus::Success).map_err(CommandError::failed)
    }
}

/// Returns the address of HTTP if no flag gives one. A server with a gRPC address of its own may run beside others, so
/// it has no default.
fn default_http(listen: Option<SocketAddr>) -> Option<SocketAddr> {
    let is_configured = std::env::var_os("SESSION_AUTHORITY__HTTP__LISTEN").is_some();
    (listen.is_none() && !is_configured).then_some(DEFAULT_HTTP)
}

/// Returns the API key with which a developer signs in to the console. It is created once and kept in `data`.
fn console_key(config: &Config, data: &Path) -> Result<String, CommandError> {
    let path = data.join("console.key");
    if let Ok(key) = fs::read_to_string(&path) {
        return Ok(key);
    }
    let new =
        NewCaller { name: "console-dev".to_owned(), role: CallerRole::Admin, tenants: Vec::new(), expires_at: None };
    let file = CallerFile::new(&config.callers.file);
    let created = file.create(new, &config.keys.installation, SystemClock.now(), &SystemEntropy);
    let (key, _) = created.map_err(CommandError::failed)?;
    let key = key.reveal();
    private_file::replace(&path, &key).map_err(CommandError::failed)?;
    Ok(key)
}

fn setup_error(error: &DevelopmentError) -> CommandError {
    match error {
        DevelopmentError::Config(error) => config_error(error),
        DevelopmentError::Directory { .. } | DevelopmentError::Entropy(_) => CommandError::failed(error),
    }
}

/// The directory of the embedded stores.
enum DataDirectory {
    Persistent(PathBuf),
    /// Removed when the server exits.
    Temporary(ScratchDirectory),
}

impl DataDirectory {
    fn path(&self) -> &Path {
        match self {
            Self::Persistent(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}

/// Returns the name by which this program was called, so that the commands it prints can be copied. Returns
/// `session-authority` if that name is unknown or has spaces.
fn program_name() -> String {
    let name = std::env::args_os().next().and_then(|name| name.into_string().ok());
    name.filter(|name| !name.contains(char::is_whitespace)).unwrap_or_else(|| "session-authority".to_owned())
}

/// The message of a development server that is ready: its addresses, its data, and commands to try.
struct WelcomeMessage<'a> {
    grpc: SocketAddr,
    http: Option<SocketAddr>,
    management: SocketAddr,
    data: &'a DataDirectory,
    allows_anonymous: bool,
    /// The API key with which to sign in to the console, if it is served.
    console_key: Option<&'a str>,
}

impl WelcomeMessage<'_> {
    fn render(&self, program: &str) -> String {
        let Self { grpc, http, management, data, allows_anonymous: lets_everybody_in, console_key } = self;
        let path = data.path().display();
        let fate = match data {
            DataDirectory::Persistent(_) => "persistent",
            DataDirectory::Temporary(_) => "temporary, removed on exit; use --data DIRECTORY to keep it",
        };
        let console = http.zip(*console_key).map(|(address, key)| {
            format!("console     http://{address}/console\n            sign in with any name and the API key {key}\n            \
                 to see it in use, run `simulate` (below)\n")
        });
        let console = console.unwrap_or_default();
        let http = http
            .map(|address| format!("HTTP        http://{address} (/api/v1, /admin/api, /v1/forward-auth)\n"))
            .unwrap_or_default();
        let mut text = format!(
            "gRPC        http://{grpc}\n\
             {http}\
             {console}\
             management  http://{management} (/livez, /readyz, /metrics)\n\
             data        {path} ({fate})\n"
        );
        if *lets_everybody_in {
            text.push_str("access      anonymous, with every role: for development only\n");
        }
        let server = match grpc.to_string().as_str() {
            "127.0.0.1:50051" => String::new(),
            address => format!(" --server http://{address}"),
        };
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "\nTry these commands in another terminal:\n  \
             {program} create ann --device-id laptop{server}\n  \
             {program} list ann{server}\n  \
             {program} simulate{server}\n  \
             {program} revoke-all --user ann{server}\n"
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn a_server_says_where_it_is_whom_it_lets_in_and_what_to_try() {
        let data = DataDirectory::Persistent(PathBuf::from("data"));
        let welcome = WelcomeMessage {
            grpc: address(7000),
            http: Some(address(7002)),
            management: address(7001),
            data: &data,
            allows_anonymous: true,
            console_key: Some("sak_key"),
        };
        let expected = "\
gRPC        http://127.0.0.1:7000
HTTP        http://127.0.0.1:7002 (/api/v1, /admin/api, /v1/forward-auth)
console     http://127.0.0.1:7002/console
            sign in with any name and the API key sak_key
            to see it in use, run `simulate` (below)
management  http://127.0.0.1:7001 (/livez, /readyz, /metrics)
data        data (persistent)
access      anonymous, with every role: for development only

Try these commands in another terminal:
  sa create ann --device-id laptop --server http://127.0.0.1:7000
  sa list ann --server http://127.0.0.1:7000
  sa simulate --server http://127.0.0.1:7000
  sa revoke-all --user ann --server http://127.0.0.1:7000
";
        assert_eq!(welcome.render("sa"), expected);
    }

    #[test]
    fn the_server_is_not_named_where_clients_look_for_it_anyway() {
        let data = DataDirectory::Persistent(PathBuf::from("data"));
        let welcome = WelcomeMessage {
            grpc: address(50051),
            http: None,
            management: address(9090),
            data: &data,
            allows_anonymous: false,
            console_key: None,
        };
        let text = welcome.render("sa");
        assert!(text.contains("  sa list ann\n"), "{text}");
        assert!(!text.contains("access"), "{text}");
    }
}

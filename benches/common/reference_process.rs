//! Reference servers. Each is the bench itself in a separate process, configured by its arguments.

use std::{net::Ipv4Addr, process::Command};

use test_support::{
    directory::{EndSignal, ServerDirectory},
    ports,
    process::ServerProcess,
};

use super::cores::CorePinning;

/// The argument that makes a bench a reference server.
const ARGUMENT: &str = "--reference";

/// A running reference server. It is stopped on drop.
pub struct ReferenceServer {
    pub port: u16,
    pub process: ServerProcess,
    _directory: ServerDirectory,
}

impl ReferenceServer {
    /// Starts the reference server `name` with its argument.
    pub async fn start(name: &str, argument: &str, cores: &CorePinning) -> Self {
        let directory = ServerDirectory::new("session-authority-reference", EndSignal::Kill);
        let port = ports::free();
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args([ARGUMENT, name, &port.to_string(), argument]);
        let listens = async || std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        let process =
            directory.spawn(cores.pin_server_command(&command)).wait_until_ready(listens).await.expect("a server");
        Self { port, process, _directory: directory }
    }
}

/// What the arguments of this process ask for.
pub struct ReferenceArguments {
    pub name: String,
    pub port: u16,
    pub argument: String,
}

impl ReferenceArguments {
    /// Returns the arguments of a reference server, or `None` if this process is a bench.
    pub fn from_args() -> Option<Self> {
        let args: Vec<_> = std::env::args().skip(1).collect();
        match &*args {
            [first, name, port, argument] if first == ARGUMENT => {
                let port = port.parse().expect("a port");
                Some(Self { name: name.clone(), port, argument: argument.clone() })
            }
            _ => None,
        }
    }
}

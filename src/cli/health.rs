//! `session-authority health`.

use std::{fs, io, path::PathBuf, time::Duration};

use clap::Args;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use crate::{loopback::is_loopback_address, tls};

use super::{
    command_error::{CommandError, ExitStatus},
    option_values, runtime, terminal,
};

/// Marks an address as one with TLS.
const HTTPS: &str = "https://";

/// Maximum number of bytes of a response that are read. `/readyz` has a line for each readiness check.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;

/// Check whether a server is ready (`/readyz`)
///
/// Exits with 0 if ready, 1 if not ready or unreachable; usable as the health check of a container without a shell.
#[derive(Args)]
pub struct HealthCommand {
    /// Management host and port of the server (`management.listen`), with https:// if it has TLS (`management.tls`)
    #[arg(long, value_name = "HOST:PORT", env = "SESSION_AUTHORITY_MANAGEMENT", default_value = "127.0.0.1:9090")]
    management: String,

    /// CA bundle (PEM) that has issued the certificate of the server; required with https://
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// API key of role metrics or admin; a server whose port is open beyond loopback gives reasons only to these roles.
    /// Without TLS it is sent only to this machine
    #[arg(long, value_name = "KEY", env = "SESSION_AUTHORITY_API_KEY", hide_env_values = true)]
    api_key: Option<String>,

    /// Timeout
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "10s",
        value_parser = option_values::parse_positive_duration_arg,
    )]
    timeout: Duration,
}

impl HealthCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let Self { management, ca, api_key, timeout } = self;
        let api_key = api_key.as_deref().map(str::trim).filter(|key| !key.is_empty());
        if api_key.is_some_and(|key| key.contains(|c: char| !c.is_ascii_graphic())) {
            return Err(CommandError::usage("the API key contains invalid characters"));
        }
        let authorities = match (management.strip_prefix(HTTPS), ca) {
            (Some(_), None) => return Err(CommandError::usage("--management with https:// requires --ca")),
            (None, Some(_)) => return Err(CommandError::usage("--ca requires --management with https://")),
            (Some(_), Some(file)) => Some(
                fs::read_to_string(&file)
                    .map_err(|error| CommandError::usage(format!("--ca {}: {error}", file.display())))?,
            ),
            (None, None) => None,
        };
        let unreachable =
            |why: &dyn std::fmt::Display| CommandError::failed(format!("cannot reach {management}: {why}"));
        let asking = async {
            tokio::time::timeout(timeout, fetch_readiness(&management, authorities.as_deref(), api_key)).await
        };
        let answer = runtime::block_on_current_thread(asking)?
            .map_err(|_| unreachable(&format!("timed out after {}", terminal::format_duration(timeout))))?
            .map_err(|error| unreachable(&error))?;
        match parse_response(&answer) {
            Some((200, checks)) => {
                terminal::print(&terminal::escape_lines(checks)).map_err(CommandError::failed)?;
                Ok(ExitStatus::Success)
            }
            Some((503, checks)) => {
                let heading = CommandError::failed(format!("{management} is not ready"));
                Err(checks.lines().fold(heading, CommandError::with_detail))
            }
            Some((status, _)) => Err(CommandError::failed(format!(
                "{management} returned HTTP {status}; is this the management address (`management.listen`)?"
            ))),
            None => Err(CommandError::failed(format!(
                "{management} did not return HTTP; is this the gRPC port, or does it have TLS (https://)?"
            ))),
        }
    }
}

/// Returns the whole response of `management`, over TLS if there are `authorities`.
async fn fetch_readiness(management: &str, authorities: Option<&str>, api_key: Option<&str>) -> io::Result<Vec<u8>> {
    let address = management.strip_prefix(HTTPS).unwrap_or(management).trim_end_matches('/');
    let stream = TcpStream::connect(address).await?;
    let Some(authorities) = authorities else {
        // Without TLS, the key must not leave this machine.
        let is_local = is_loopback_address(stream.peer_addr()?.ip());
        return request_readiness(stream, address, api_key.filter(|_| is_local)).await;
    };
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    request_readiness(tls::connect(stream, host, authorities).await?, address, api_key).await
}

/// Sends the request in HTTP/1.0: the response ends with the connection and has no chunks.
async fn request_readiness(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    address: &str,
    api_key: Option<&str>,
) -> io::Result<Vec<u8>> {
    let credential = api_key.map(|key| format!("authorization: Bearer {key}\r\n")).unwrap_or_default();
    let request = format!("GET /readyz HTTP/1.0\r\nhost: {address}\r\n{credential}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    match stream.take(MAX_RESPONSE_BYTES).read_to_end(&mut answer).await {
        // A server that closes the connection need not announce it; the response has a length.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(answer),
        read => read.map(|_| answer),
    }
}

/// Returns the status and the body, or `None` if `answer` is not an HTTP/1 response.
fn parse_response(answer: &[u8]) -> Option<(u16, &str)> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    Some((status.parse().ok()?, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_status_and_a_body() {
        assert_eq!(parse_response(b"HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nok\n"), Some((200, "ok\n")));
        assert_eq!(parse_response(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"), Some((503, "")));
        for answer in [&b"HTTP/1.0 200 OK\r\ncut"[..], b"\0\0\x12\x04\0\0\0\0\0", b""] {
            assert_eq!(parse_response(answer), None, "{answer:?}");
        }
    }
}

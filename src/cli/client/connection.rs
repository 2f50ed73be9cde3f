//! The connection to a server.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, builder::FalseyValueParser};
use tokio::time::timeout;
use tonic::{
    GrpcMethod, Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

use crate::{
    api::{
        admin_service_client::AdminServiceClient, denylist_service_client::DenylistServiceClient,
        notification_service_client::NotificationServiceClient, session_service_client::SessionServiceClient,
        webhook_service_client::WebhookServiceClient,
    },
    certificates::{CertificateError, check_key},
    cli::{command_error::CommandError, option_values, terminal::format_duration},
    transport::grpc::methods::METHODS,
};

use super::{
    server_url::ServerUrl,
    status_error::{self, ConnectionTarget, error_chain, root_cause},
};

// The address of the server and the options of the connection.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionOptions {
    /// Server URL
    #[arg(long, value_name = "URL", env = "SESSION_AUTHORITY_SERVER", default_value = "http://127.0.0.1:50051")]
    server: ServerUrl,

    /// API key of the caller; the environment variable keeps it out of process lists and shell histories
    #[arg(long, value_name = "KEY", env = "SESSION_AUTHORITY_API_KEY", hide_env_values = true)]
    api_key: Option<String>,

    /// Allow plaintext connections to remote servers. API keys and tokens then cross the network in the clear, unless
    /// it is encrypted otherwise
    #[arg(long, env = "SESSION_AUTHORITY_ALLOW_PLAINTEXT", value_parser = FalseyValueParser::new())]
    allow_plaintext: bool,

    /// CA bundle (PEM) to trust instead of the public CAs
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Client certificate (PEM, leaf first) that identifies the caller, instead of an API key or in addition to one
    #[arg(long, value_name = "FILE", env = "SESSION_AUTHORITY_CLIENT_CERT", requires = "client_key")]
    client_cert: Option<PathBuf>,

    /// Private key (PEM) of the client certificate
    #[arg(long, value_name = "FILE", env = "SESSION_AUTHORITY_CLIENT_KEY", requires = "client_cert")]
    client_key: Option<PathBuf>,

    /// Timeout
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "10s",
        value_parser = option_values::parse_positive_duration_arg,
    )]
    timeout: Duration,
}

/// The interval of keepalive pings while a call is in progress.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// A connection to a server.
pub struct ServerConnection {
    pub target: ConnectionTarget,
    channel: InterceptedService<Channel, ClientInterceptor>,
}

impl ServerConnection {
    pub fn sessions(&self) -> SessionServiceClient<InterceptedService<Channel, ClientInterceptor>> {
        SessionServiceClient::new(self.channel.clone())
    }

    pub fn admin(&self) -> AdminServiceClient<InterceptedService<Channel, ClientInterceptor>> {
        AdminServiceClient::new(self.channel.clone())
    }

    pub fn notifications(&self) -> NotificationServiceClient<InterceptedService<Channel, ClientInterceptor>> {
        NotificationServiceClient::new(self.channel.clone())
    }

    pub fn denylist(&self) -> DenylistServiceClient<InterceptedService<Channel, ClientInterceptor>> {
        DenylistServiceClient::new(self.channel.clone())
    }

    pub fn webhooks(&self) -> WebhookServiceClient<InterceptedService<Channel, ClientInterceptor>> {
        WebhookServiceClient::new(self.channel.clone())
    }

    /// Waits for the next response of a call that may be long. Returns an error if none arrives within the timeout.
    pub async fn with_timeout<T>(&self, next: impl Future<Output = Result<T, Status>>) -> Result<T, CommandError> {
        let answer = timeout(self.target.timeout, next).await;
        let answer = answer.unwrap_or_else(|_| Err(Status::cancelled("timed out")));
        answer.map_err(|status| status_error::status_error(&status, &self.target))
    }
}

impl ConnectionOptions {
    pub const fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// Connects to the server. Errors: invalid options are usage errors; all others are failures with advice.
    pub async fn connect(&self) -> Result<ServerConnection, CommandError> {
        if !self.server.is_tls() && !self.server.is_loopback() && !self.allow_plaintext {
            let problem = format!("{} is a remote server without TLS", self.server);
            return Err(CommandError::usage(problem)
                .with_detail("use https://, or --allow-plaintext if the network is encrypted otherwise"));
        }
        let credential = ClientInterceptor { bearer: self.bearer()?, timeout: self.timeout };
        let has_credential = credential.bearer.is_some() || self.client_cert.is_some();
        let destination = ConnectionTarget {
            url: self.server.clone(),
            timeout: self.timeout,
            has_credential,
            has_certificate: self.client_cert.is_some(),
        };
        let endpoint = self.endpoint()?;
        let channel = timeout(self.timeout, endpoint.connect())
            .await
            .map_err(|_| {
                let cause = format!("connection timed out after {}", format_duration(self.timeout));
                unreachable_error(&self.server, &cause)
            })?
            .map_err(|error| self.connect_error(&error))?;
        let channel = InterceptedService::new(channel, credential);
        Ok(ServerConnection { target: destination, channel })
    }

    fn endpoint(&self) -> Result<Endpoint, CommandError> {
        // A stream may be silent for long; only pings reveal that its server is gone.
        let endpoint = Endpoint::from(self.server.uri())
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(self.timeout);
        if !self.server.is_tls() {
            let unusable = [("--ca", &self.ca), ("--client-cert", &self.client_cert)];
            return match unusable.into_iter().find(|(_, file)| file.is_some()) {
                Some((flag, _)) => Err(CommandError::usage(format!("{flag} requires an https:// server"))),
                None => Ok(endpoint),
            };
        }
        let mut tls = ClientTlsConfig::new();
        tls = match &self.ca {
            Some(file) => tls.ca_certificate(Certificate::from_pem(read_pem("--ca", file)?)),
            None => tls.with_webpki_roots(),
        };
        if let (Some(certificate), Some(key)) = (&self.client_cert, &self.client_key) {
            let [certificate, key] = [read_pem("--client-cert", certificate)?, read_pem("--client-key", key)?];
            check_key(&certificate, &key).map_err(|error| match error {
                error @ (CertificateError::NoCertificate | CertificateError::Unreadable { .. }) => {
                    CommandError::usage(format!("--client-cert {error}"))
                }
                error => CommandError::usage(format!("--client-key {error}")),
            })?;
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        endpoint.tls_config(tls).map_err(|error| CommandError::usage(format!("--ca: {}", root_cause(&error))))
    }

    fn bearer(&self) -> Result<Option<MetadataValue<Ascii>>, CommandError> {
        let Some(key) = self.api_key.as_deref().map(str::trim).filter(|key| !key.is_empty()) else { return Ok(None) };
        let mut bearer: MetadataValue<Ascii> = format!("Bearer {key}")
            .parse()
            .map_err(|_| CommandError::usage("the API key contains invalid characters"))?;
        bearer.set_sensitive(true);
        Ok(Some(bearer))
    }

    fn connect_error(&self, error: &tonic::transport::Error) -> CommandError {
        let cause = root_cause(error);
        let failure = unreachable_error(&self.server, &cause);
        if is_connection_refused(error) {
            failure.with_detail("is the server running? start one with `session-authority dev`")
        } else if cause.contains("certificate") {
            failure.with_detail("is the certificate valid for this host and signed by the CA given with --ca?")
        } else if self.server.is_tls() && cause.contains("CertificateRequired") {
            failure.with_detail("it requires a client certificate: pass --client-cert and --client-key")
        } else if self.server.is_tls() {
            failure.with_detail("does it speak TLS? use http:// for a server without TLS")
        } else {
            failure
        }
    }
}

fn read_pem(flag: &str, file: &Path) -> Result<String, CommandError> {
    fs::read_to_string(file).map_err(|error| CommandError::usage(format!("{flag} {}: {error}", file.display())))
}

fn unreachable_error(server: &ServerUrl, why: &str) -> CommandError {
    CommandError::failed(format!("cannot reach {server}: {why}"))
}

fn is_connection_refused(error: &(dyn Error + 'static)) -> bool {
    let kinds = error_chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    kinds.into_iter().any(|kind| kind == io::ErrorKind::ConnectionRefused)
}

/// Adds the API key to every call, and the timeout to every call but streams.
#[derive(Clone)]
pub struct ClientInterceptor {
    bearer: Option<MetadataValue<Ascii>>,
    timeout: Duration,
}

impl Interceptor for ClientInterceptor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(bearer) = &self.bearer {
            request.metadata_mut().insert("authorization", bearer.clone());
        }
        // A deadline covers the whole call, but a stream continues for as long as it is read.
        let is_stream = |called: &GrpcMethod<'_>| {
            let path = (called.service(), called.method());
            METHODS.iter().any(|method| method.is_streaming() && method.path.split_once('/') == Some(path))
        };
        if !request.extensions().get::<GrpcMethod<'_>>().is_some_and(is_stream) {
            request.set_timeout(self.timeout);
        }
        Ok(request)
    }
}

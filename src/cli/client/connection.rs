//! The way to a server.

use std::{error::Error, fs, io, path::PathBuf, time::Duration};

use clap::{Args, builder::FalseyValueParser};
use tokio::time::timeout;
use tonic::{
    GrpcMethod, Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use crate::{
    api::{admin_service_client::AdminServiceClient, session_service_client::SessionServiceClient},
    cli::{failure::Failure, terminal::coarse, values},
};

use super::{refusal, server_url::ServerUrl};

// Where the server is and how to reach it.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Server to ask
    #[arg(long, value_name = "URL", env = "SESSION_AUTHORITY_SERVER", default_value = "http://127.0.0.1:50051")]
    server: ServerUrl,

    /// API key of the caller; the environment keeps it out of process lists and histories
    #[arg(long, value_name = "KEY", env = "SESSION_AUTHORITY_API_KEY", hide_env_values = true)]
    api_key: Option<String>,

    /// Use an http server that is not on this machine. API keys and tokens then cross the network in the clear unless
    /// something else encrypts it
    #[arg(long, env = "SESSION_AUTHORITY_ALLOW_PLAINTEXT", value_parser = FalseyValueParser::new())]
    allow_plaintext: bool,

    /// PEM file of the authorities that an https server is trusted by, instead of the public ones
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Give up after so long
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = values::positive_span)]
    timeout: Duration,
}

/// How often the server is asked for a sign of life while a call is under way.
const ALIVE: Duration = Duration::from_secs(5);

/// What is asked, and how.
pub struct Destination {
    pub url: ServerUrl,
    pub timeout: Duration,
    /// Whether calls present an API key.
    pub has_key: bool,
}

/// A server that can be asked.
pub struct Server {
    pub destination: Destination,
    channel: InterceptedService<Channel, Credential>,
}

impl Server {
    pub fn sessions(&self) -> SessionServiceClient<InterceptedService<Channel, Credential>> {
        SessionServiceClient::new(self.channel.clone())
    }

    pub fn administration(&self) -> AdminServiceClient<InterceptedService<Channel, Credential>> {
        AdminServiceClient::new(self.channel.clone())
    }

    /// The next answer of a call that may go on for long, if it comes in time.
    pub async fn answered<T>(&self, next: impl Future<Output = Result<T, Status>>) -> Result<T, Failure> {
        let answer = timeout(self.destination.timeout, next).await;
        let answer = answer.unwrap_or_else(|_| Err(Status::cancelled("no answer in time")));
        answer.map_err(|status| refusal::failure(&status, &self.destination))
    }
}

impl Connection {
    pub const fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// Connects. What is wrong with the options is a wrong usage, all else a failure that says what to
    /// look at.
    pub async fn open(&self) -> Result<Server, Failure> {
        if !self.server.is_tls() && !self.server.is_loopback() && !self.allow_plaintext {
            let problem = format!("{} is beyond this machine and without TLS", self.server);
            return Err(Failure::usage(problem)
                .and("use https://, or --allow-plaintext where something else encrypts what is sent"));
        }
        let credential = Credential { bearer: self.bearer()?, timeout: self.timeout };
        let has_key = credential.bearer.is_some();
        let destination = Destination { url: self.server.clone(), timeout: self.timeout, has_key };
        let endpoint = self.endpoint()?;
        let channel = timeout(self.timeout, endpoint.connect())
            .await
            .map_err(|_| unreachable_server(&self.server, &format!("no connection within {}", coarse(self.timeout))))?
            .map_err(|error| self.not_connected(&error))?;
        let channel = InterceptedService::new(channel, credential);
        Ok(Server { destination, channel })
    }

    fn endpoint(&self) -> Result<Endpoint, Failure> {
        // A stream says nothing while it has nothing to say; a server that is gone does not answer this either.
        let endpoint =
            Endpoint::from(self.server.uri()).http2_keep_alive_interval(ALIVE).keep_alive_timeout(self.timeout);
        match &self.ca {
            Some(_) if !self.server.is_tls() => Err(Failure::usage("--ca is for servers at https://")),
            _ if !self.server.is_tls() => Ok(endpoint),
            ca => {
                let tls = ClientTlsConfig::new();
                let tls = match ca {
                    Some(file) => {
                        let pem = fs::read(file)
                            .map_err(|error| Failure::usage(format!("--ca {}: {error}", file.display())))?;
                        tls.ca_certificate(Certificate::from_pem(pem))
                    }
                    None => tls.with_webpki_roots(),
                };
                endpoint.tls_config(tls).map_err(|error| Failure::usage(format!("--ca: {}", innermost(&error))))
            }
        }
    }

    fn bearer(&self) -> Result<Option<MetadataValue<Ascii>>, Failure> {
        let Some(key) = self.api_key.as_deref().map(str::trim).filter(|key| !key.is_empty()) else { return Ok(None) };
        let mut bearer: MetadataValue<Ascii> = format!("Bearer {key}")
            .parse()
            .map_err(|_| Failure::usage("the API key has characters that no API key has"))?;
        bearer.set_sensitive(true);
        Ok(Some(bearer))
    }

    fn not_connected(&self, error: &tonic::transport::Error) -> Failure {
        let cause = innermost(error);
        let failure = unreachable_server(&self.server, &cause);
        if is_refused(error) {
            failure.and("is the server running? start one with `session-authority dev`")
        } else if cause.contains("certificate") {
            failure.and("is it signed by an authority that --ca FILE names, and for this host?")
        } else if self.server.is_tls() {
            failure.and("does it speak TLS? a server that does not is named by http://")
        } else {
            failure
        }
    }
}

fn unreachable_server(server: &ServerUrl, why: &str) -> Failure {
    Failure::failed(format!("cannot reach {server}: {why}"))
}

/// What a chain of errors goes back to.
pub fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let kinds = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    kinds.into_iter().any(|kind| kind == io::ErrorKind::ConnectionRefused)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// Puts the API key on every call, and on all but streams how long it may take.
#[derive(Clone)]
pub struct Credential {
    bearer: Option<MetadataValue<Ascii>>,
    timeout: Duration,
}

impl Interceptor for Credential {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(bearer) = &self.bearer {
            request.metadata_mut().insert("authorization", bearer.clone());
        }
        // A deadline is one of the whole call, and a stream goes on for as long as it is read.
        let is_stream =
            |called: &GrpcMethod<'_>| matches!(called.method(), "StreamAlerts" | "ValidateStream" | "RevokeWhere");
        if !request.extensions().get::<GrpcMethod<'_>>().is_some_and(is_stream) {
            request.set_timeout(self.timeout);
        }
        Ok(request)
    }
}

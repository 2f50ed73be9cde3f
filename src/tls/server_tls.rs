//! The TLS of a node, which is replaced when its files change.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    ServerConfig,
    crypto::ring,
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::{
    authorities::{ClientAuthorities, new_verifier},
    credentials::{ClientCertificateRule, ServerCredentials, TlsFiles},
    file_reload::{FileReload, TlsReloadOutcome},
    pem_files::{FileContents, TlsFileError},
};
use crate::{
    certificates::{CertificateError, CertificateValidity, read_certified_key, read_validity},
    domain::{TrustDomain, UnixMillis},
};

/// A listener of the node. The listeners share the certificate and differ in their protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerKind {
    Grpc,
    /// HTTP for gateways, which authenticate as callers of gRPC do.
    Http,
    /// Probes have no certificate, so the management port never requires one.
    Management,
}

/// The certificates in effect, and the reason if they are not those of the files.
#[derive(Clone, Debug)]
pub struct TlsStatus {
    /// The validity of each certificate of the server's chain, leaf first.
    pub certificate: Vec<CertificateValidity>,
    /// The validity of each authority of client certificates.
    pub client_authorities: Vec<CertificateValidity>,
    /// The reason why the files are not in effect.
    pub failure: Option<TlsFileError>,
}

/// The TLS of a node.
pub struct ServerTls {
    files: TlsFiles,
    rule: ClientCertificateRule,
    /// The trust domain of client certificates. `None`: clients are not asked for one.
    pub(super) trust_domain: Option<TrustDomain>,
    pub(super) handshake_timeout: Duration,
    pub(super) authorities: Arc<ClientAuthorities>,
    current: RwLock<Arc<ServerConfigs>>,
    reload: FileReload,
}

/// The configurations for new connections.
pub(super) struct ServerConfigs {
    grpc: Arc<ServerConfig>,
    http: Arc<ServerConfig>,
    management: Arc<ServerConfig>,
    /// The generation of the authorities that these configurations verify with.
    pub(super) generation: u64,
    certificate: Vec<CertificateValidity>,
    client_authorities: Vec<CertificateValidity>,
}

impl ServerConfigs {
    pub(super) fn for_listener(&self, listener: ListenerKind) -> Arc<ServerConfig> {
        Arc::clone(match listener {
            ListenerKind::Grpc => &self.grpc,
            ListenerKind::Http => &self.http,
            ListenerKind::Management => &self.management,
        })
    }
}

/// Credentials that were checked, before they are in effect.
struct CheckedCredentials {
    certified: Arc<CertifiedKey>,
    certificate: Vec<CertificateValidity>,
    verifiers: Option<ClientVerifiers>,
    client_authorities: Vec<CertificateValidity>,
}

struct ClientVerifiers {
    grpc: Arc<dyn ClientCertVerifier>,
    management: Arc<dyn ClientCertVerifier>,
}

impl ServerTls {
    /// Returns the TLS of a node with these credentials. `trust_domain` must be set if there are authorities of client
    /// certificates. Fails if the credentials cannot be used.
    pub fn new(
        files: TlsFiles,
        credentials: &ServerCredentials,
        trust_domain: Option<TrustDomain>,
        rule: ClientCertificateRule,
        handshake_timeout: Duration,
    ) -> Result<Self, TlsFileError> {
        let checked = files.check(credentials, rule)?;
        let authorities = Arc::<ClientAuthorities>::default();
        let configs = checked.into_configs(&files, &authorities)?;
        let reload = FileReload::new(files.to_pem_files(), credentials.contents());
        Ok(Self {
            files,
            rule,
            trust_domain,
            handshake_timeout,
            authorities,
            current: RwLock::new(Arc::new(configs)),
            reload,
        })
    }

    /// Puts the content of the files into effect if it has changed, and retries files that failed. Files that cannot be
    /// used change nothing, and neither does a server certificate that is not valid at `now` in place of one that is.
    /// Blocks on the file system.
    pub fn reload_if_changed(&self, now: UnixMillis) -> TlsReloadOutcome {
        self.reload.reload_if_changed(|contents| self.apply(contents, now))
    }

    /// Returns the state in effect.
    #[must_use]
    pub fn status(&self) -> TlsStatus {
        let current = self.current();
        TlsStatus {
            certificate: current.certificate.clone(),
            client_authorities: current.client_authorities.clone(),
            failure: self.reload.failure(),
        }
    }

    #[must_use]
    pub fn files(&self) -> &TlsFiles {
        &self.files
    }

    pub(super) fn current(&self) -> Arc<ServerConfigs> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn apply(&self, contents: FileContents, now: UnixMillis) -> Result<(), TlsFileError> {
        let checked = self.files.check(&ServerCredentials::from_contents(contents), self.rule)?;
        let is_valid = |chain: &[CertificateValidity]| chain.first().is_some_and(|leaf| leaf.contains(now));
        if is_valid(&self.current().certificate) && !is_valid(&checked.certificate) {
            let reason = "contains a certificate that has expired or is not valid yet";
            return Err(self.files.certificate_error(reason));
        }
        // Connections that are accepted in between are verified again on their first call.
        let configs = checked.into_configs(&self.files, &self.authorities)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(configs);
        Ok(())
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl TlsFiles {
    fn certificate_error(&self, reason: impl Into<String>) -> TlsFileError {
        TlsFileError::new("tls.certificate_file", &self.certificate, reason)
    }

    /// Checks everything that a server needs of its credentials, but not their validity now.
    fn check(
        &self,
        credentials: &ServerCredentials,
        rule: ClientCertificateRule,
    ) -> Result<CheckedCredentials, TlsFileError> {
        let certificate =
            read_validity(&credentials.certificate).map_err(|error| self.certificate_error(error.to_string()))?;
        let certified = read_certified_key(&credentials.certificate, &credentials.key)
            .map_err(|error| TlsFileError::new("tls.key_file", &self.key, error.to_string()))?;
        let (mut verifiers, mut client_authorities) = (None, Vec::new());
        if let (Some(pem), Some(path)) = (&credentials.client_authorities, &self.client_authorities) {
            let wrong = |error: CertificateError| TlsFileError::new("tls.client_ca_file", path, error.to_string());
            client_authorities = read_validity(pem).map_err(wrong)?;
            verifiers = Some(ClientVerifiers {
                grpc: new_verifier(pem, rule).map_err(wrong)?,
                management: new_verifier(pem, ClientCertificateRule::Optional).map_err(wrong)?,
            });
        }
        Ok(CheckedCredentials { certified: Arc::new(certified), certificate, verifiers, client_authorities })
    }
}

impl CheckedCredentials {
    /// Puts the authorities into effect, and returns the configurations for new connections.
    fn into_configs(self, files: &TlsFiles, authorities: &ClientAuthorities) -> Result<ServerConfigs, TlsFileError> {
        let [grpc_verifier, management_verifier] = match &self.verifiers {
            Some(verifiers) => [Arc::clone(&verifiers.grpc), Arc::clone(&verifiers.management)],
            None => [WebPkiClientVerifier::no_client_auth(), WebPkiClientVerifier::no_client_auth()],
        };
        let new_config = |verifier, protocol: &[u8]| {
            let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
            let builder = builder
                .with_safe_default_protocol_versions()
                .map_err(|error| files.certificate_error(error.to_string()))?;
            let resolver = Arc::new(SingleCertAndKey::from(Arc::clone(&self.certified)));
            let mut config = builder.with_client_cert_verifier(verifier).with_cert_resolver(resolver);
            config.alpn_protocols.push(protocol.to_vec());
            Ok(Arc::new(config))
        };
        let grpc = new_config(Arc::clone(&grpc_verifier), b"h2")?;
        let http = new_config(grpc_verifier, b"http/1.1")?;
        let management = new_config(management_verifier, b"http/1.1")?;
        let generation = authorities.replace(self.verifiers.map(|verifiers| verifiers.grpc));
        let (certificate, client_authorities) = (self.certificate, self.client_authorities);
        Ok(ServerConfigs { grpc, http, management, generation, certificate, client_authorities })
    }
}

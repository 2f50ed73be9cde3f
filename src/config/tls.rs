//! TLS of the listeners: the server's certificate, and the authorities of client certificates.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
};
use crate::{
    certificates::{CertificateError, CertificateValidity, check_key, read_validity},
    domain::TrustDomain,
    tls::{ClientCertificateRule, ServerCredentials, TlsFiles},
};

/// The files of the listeners' TLS, and their content at startup. The private key is known to belong to the first
/// certificate. The validity at the current time is checked elsewhere, because it needs a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    pub files: TlsFiles,
    pub credentials: ServerCredentials,
    /// The trust domain of client certificates. It is set if, and only if, there are authorities for them.
    pub trust_domain: Option<TrustDomain>,
    pub client_certificates: ClientCertificateRule,
    pub reload_interval: Duration,
    pub handshake_timeout: Duration,
}

impl TlsConfig {
    /// Reads the section. Returns `None` if TLS is not configured.
    pub(super) fn read(r: &mut SettingsReader) -> Option<Self> {
        let handshake_timeout = r.get_in_range("tls.handshake_timeout", millis(100)..=secs(60));
        let reload_interval = r.get_in_range("tls.reload_interval", millis(100)..=secs(3600));
        let clients = ClientCertificateSettings::read(r);
        let certificate_file = r.get_path("tls.certificate_file");
        let key_file = r.get_path("tls.key_file");
        let (certificate_file, key_file) = match (certificate_file, key_file) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) => {
                if clients.is_some_and(|clients| clients.authorities.is_some()) {
                    r.add_problem("tls.client_ca_file", "requires `tls.certificate_file` and `tls.key_file`");
                }
                return None;
            }
            (Some(_), None) => {
                r.add_problem("tls.key_file", "is required when `tls.certificate_file` is set");
                return None;
            }
            (None, Some(_)) => {
                r.add_problem("tls.certificate_file", "is required when `tls.key_file` is set");
                return None;
            }
        };
        r.add_secret_file("tls.key_file", &key_file);
        let chain = read_certificates(r, "tls.certificate_file", &certificate_file);
        let key = Zeroizing::new(r.read_file("tls.key_file", &key_file)?);
        // The key is also checked if the certificates are unusable, so that all problems are reported together.
        let leaf = chain.as_ref().map(|(pem, _)| pem.as_str());
        match leaf.map_or_else(|| check_key_pem(&key), |certificates| check_key(certificates, &key)) {
            Ok(()) => {}
            Err(error @ CertificateError::KeyMismatch) => {
                let reason = format!("{error}: {} and {}", key_file.display(), certificate_file.display());
                r.add_problem("tls.key_file", reason);
            }
            Err(error) => r.add_problem("tls.key_file", format!("{error}: {}", key_file.display())),
        }
        let (certificate, _) = chain?;
        let ClientCertificateSettings { authorities, trust_domain, rule } = clients?;
        let (client_file, client_authorities) = authorities.unzip();
        Some(Self {
            files: TlsFiles { certificate: certificate_file, key: key_file, client_authorities: client_file },
            credentials: ServerCredentials { certificate, key, client_authorities },
            trust_domain,
            client_certificates: rule,
            reload_interval,
            handshake_timeout,
        })
    }
}

/// The settings of client certificates.
struct ClientCertificateSettings {
    /// The file of the authorities, and its content.
    authorities: Option<(PathBuf, String)>,
    trust_domain: Option<TrustDomain>,
    rule: ClientCertificateRule,
}

impl ClientCertificateSettings {
    /// Reads the settings. Returns `None` if one of them is a problem.
    fn read(r: &mut SettingsReader) -> Option<Self> {
        let file = r.get_path("tls.client_ca_file");
        let trust_domain = r.get_text("tls.trust_domain");
        let rule = match r.get_text("tls.client_certificates").as_deref() {
            Some("optional") => ClientCertificateRule::Optional,
            Some("required") => ClientCertificateRule::Required,
            Some(_) | None => {
                r.add_problem("tls.client_certificates", "is not `optional` or `required`");
                return None;
            }
        };
        let Some(file) = file else {
            if trust_domain.is_some() {
                r.add_problem("tls.trust_domain", "requires `tls.client_ca_file`");
                return None;
            }
            if rule == ClientCertificateRule::Required {
                r.add_problem("tls.client_certificates", "requires `tls.client_ca_file`");
                return None;
            }
            return Some(Self { authorities: None, trust_domain: None, rule });
        };
        let Some(trust_domain) = trust_domain else {
            r.add_problem("tls.trust_domain", "is required when `tls.client_ca_file` is set");
            return None;
        };
        let trust_domain = trust_domain.parse().map_err(|error: &str| r.add_problem("tls.trust_domain", error)).ok();
        let (pem, _) = read_certificates(r, "tls.client_ca_file", &file)?;
        Some(Self { authorities: Some((file, pem)), trust_domain: Some(trust_domain?), rule })
    }
}

/// Reads a PEM file with at least one certificate, and the validity of each. Records a problem if the file is unusable.
pub(super) fn read_certificates(
    r: &mut SettingsReader,
    key: &str,
    file: &Path,
) -> Option<(String, Vec<CertificateValidity>)> {
    let pem = r.read_file(key, file)?;
    match read_validity(&pem) {
        Ok(validity) => Some((pem, validity)),
        Err(error) => {
            r.add_problem(key, format!("{error}: {}", file.display()));
            None
        }
    }
}

fn check_key_pem(key: &str) -> Result<(), CertificateError> {
    if key.contains("PRIVATE KEY-----") { Ok(()) } else { Err(CertificateError::NoKey) }
}

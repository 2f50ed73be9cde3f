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
    certificates::{CertificateError, KeyedCertificate, check_key, read_validity},
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
        let Some((certificate_file, key_file)) = read_pair(r, ["tls.certificate_file", "tls.key_file"]).ok()? else {
            if clients.is_some_and(|clients| clients.authorities.is_some()) {
                r.add_problem("tls.client_ca_file", "requires `tls.certificate_file` and `tls.key_file`");
            }
            return None;
        };
        let files = [("tls.certificate_file", certificate_file.as_path()), ("tls.key_file", key_file.as_path())];
        let KeyedCertificate { chain: certificate, key } = read_keyed_certificate(r, files)?;
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
        let pem = read_certificates(r, "tls.client_ca_file", &file)?;
        Some(Self { authorities: Some((file, pem)), trust_domain: Some(trust_domain?), rule })
    }
}

/// Returns the two files of a certificate and its key, or `None` if neither is set. One without the other is a problem.
pub(super) fn read_pair(
    r: &mut SettingsReader,
    [certificate_setting, key_setting]: [&str; 2],
) -> Result<Option<(PathBuf, PathBuf)>, ()> {
    match (r.get_path(certificate_setting), r.get_path(key_setting)) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) => {
            r.add_problem(key_setting, format!("is required when `{certificate_setting}` is set"));
            Err(())
        }
        (None, Some(_)) => {
            r.add_problem(certificate_setting, format!("is required when `{key_setting}` is set"));
            Err(())
        }
    }
}

/// Reads a certificate chain and its key, each with its setting. Records a problem for each file that is unusable.
pub(super) fn read_keyed_certificate(
    r: &mut SettingsReader,
    [(chain_setting, chain_file), (key_setting, key_file)]: [(&'static str, &Path); 2],
) -> Option<KeyedCertificate> {
    r.add_secret_file(key_setting, key_file);
    let chain = read_certificates(r, chain_setting, chain_file);
    let key = Zeroizing::new(r.read_file(key_setting, key_file)?);
    // The key is also checked if the certificates are unusable, so that all problems are reported together.
    match chain.as_deref().map_or_else(|| check_key_pem(&key), |chain| check_key(chain, &key)) {
        Ok(()) => {}
        Err(error @ CertificateError::KeyMismatch) => {
            let reason = format!("{error}: {} and {}", key_file.display(), chain_file.display());
            r.add_problem(key_setting, reason);
        }
        Err(error) => r.add_problem(key_setting, format!("{error}: {}", key_file.display())),
    }
    Some(KeyedCertificate { chain: chain?, key })
}

/// Reads a PEM file with at least one certificate. Records a problem if the file is unusable.
pub(super) fn read_certificates(r: &mut SettingsReader, key: &str, file: &Path) -> Option<String> {
    let pem = r.read_file(key, file)?;
    match read_validity(&pem) {
        Ok(_) => Some(pem),
        Err(error) => {
            r.add_problem(key, format!("{error}: {}", file.display()));
            None
        }
    }
}

fn check_key_pem(key: &str) -> Result<(), CertificateError> {
    if key.contains("PRIVATE KEY-----") { Ok(()) } else { Err(CertificateError::NoKey) }
}

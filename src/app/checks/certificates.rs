//! The validity of the certificates in use.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    app::{readiness::CheckResult, tls_reload::NodeTls},
    certificates::CertificateValidity,
    clock::Clock,
    domain::UnixMillis,
    telemetry::{Metrics, metrics::CertificateFile},
    transport::http::CheckState,
    webhooks::WebhookFiles,
};

/// The time before its expiry from which on a certificate causes a warning.
const EXPIRY_WARNING: Duration = Duration::from_hours(14 * 24);

/// The certificates of a node.
pub(in crate::app) struct CertificateWatch {
    tls: NodeTls,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    logged: Mutex<HashMap<CertificateFile, CertificatePhase>>,
}

/// A file of certificates, as it is in use.
struct CertificatesInUse {
    file: CertificateFile,
    setting: &'static str,
    path: PathBuf,
    /// The validity of each certificate in the order of the file. There is at least one.
    validity: Vec<CertificateValidity>,
}

/// The phase of the validity of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CertificatePhase {
    NotYetValid,
    Valid,
    ExpiresSoon,
    Expired,
}

impl CertificateWatch {
    pub(in crate::app) fn new(tls: NodeTls, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        Self { tls, clock, metrics, logged: Mutex::default() }
    }

    /// Compares all certificates with the time, logs changes, and returns the worst state with the details of each
    /// file.
    ///
    /// An invalid server certificate is a failure, because clients refuse it. Any other invalid certificate degrades,
    /// and so do files that could not be reloaded.
    pub(super) fn check(&self) -> CheckResult {
        let now = self.clock.now();
        let mut worst = CheckState::Ok;
        let mut details = Vec::new();
        for file in self.in_use() {
            let (from, until) = file.span();
            self.metrics.record_certificate_expiry(file.file, until);
            let phase = phase(from, until, now);
            self.log(&file, phase, from, until);
            worst = worst.max(file.state(now));
            details.push(file.detail(phase, from, until));
        }
        let listeners = self.tls.listeners.as_ref().and_then(|tls| tls.status().failure);
        let store = self.tls.store.as_ref().and_then(|tls| tls.status().failure);
        let webhooks = self.tls.webhooks.iter().flat_map(WebhookFiles::failures);
        let failures: Vec<_> = listeners.into_iter().chain(store).chain(webhooks).collect();
        self.metrics.tls_files_usable(failures.is_empty());
        for failure in failures {
            worst = worst.max(CheckState::Degraded);
            details.push(format!("{failure}; the previous files stay in effect"));
        }
        let detail = if details.is_empty() { "none are configured".to_owned() } else { details.join("; ") };
        CheckResult::new(worst, detail)
    }

    fn in_use(&self) -> Vec<CertificatesInUse> {
        let mut files = Vec::new();
        let mut add = |file, setting, path: &Path, validity| {
            files.push(CertificatesInUse { file, setting, path: path.to_owned(), validity });
        };
        if let Some(tls) = &self.tls.listeners {
            let (files, status) = (tls.files(), tls.status());
            add(CertificateFile::Server, "tls.certificate_file", &files.certificate, status.certificate);
            if let Some(path) = &files.client_authorities {
                add(CertificateFile::ClientAuthorities, "tls.client_ca_file", path, status.client_authorities);
            }
        }
        if let Some(tls) = &self.tls.store {
            let (files, status) = (tls.files(), tls.status());
            if let Some(path) = &files.authorities {
                add(CertificateFile::StoreAuthorities, "store.ca_file", path, status.authorities);
            }
            if let Some((path, _)) = &files.certificate {
                add(CertificateFile::StoreClient, "store.client_certificate_file", path, status.certificate);
            }
        }
        files
    }

    /// Logs each change of the phase once.
    fn log(&self, file: &CertificatesInUse, phase: CertificatePhase, from: UnixMillis, until: UnixMillis) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.insert(file.file, phase) == Some(phase) {
            return;
        }
        let (setting, path) = (file.setting, file.path.display());
        match phase {
            CertificatePhase::Valid => {}
            CertificatePhase::ExpiresSoon => {
                tracing::warn!(setting, %path, %until, "a certificate expires soon; replace the file before then");
            }
            CertificatePhase::Expired => tracing::error!(
                setting, %path, %until,
                "a certificate has expired, and its peers refuse it; replace the file"
            ),
            CertificatePhase::NotYetValid => tracing::error!(
                setting, %path, %from,
                "a certificate is not valid yet, and its peers refuse it; check the clock and the file"
            ),
        }
    }
}

impl CertificatesInUse {
    /// Returns the time span in which the file is usable. A whole chain must be valid, but only one of the authorities.
    fn span(&self) -> (UnixMillis, UnixMillis) {
        let (from, until) = (self.validity.iter().map(|v| v.not_before), self.validity.iter().map(|v| v.not_after));
        let span = match self.file {
            CertificateFile::Server | CertificateFile::StoreClient => (from.max(), until.min()),
            CertificateFile::ClientAuthorities | CertificateFile::StoreAuthorities => (from.min(), until.max()),
        };
        (span.0.unwrap_or_default(), span.1.unwrap_or_default())
    }

    fn state(&self, now: UnixMillis) -> CheckState {
        let is_valid =
            |from, until| matches!(phase(from, until, now), CertificatePhase::Valid | CertificatePhase::ExpiresSoon);
        let leaf = self.validity.first().filter(|_| self.file == CertificateFile::Server);
        let (from, until) = self.span();
        match leaf {
            Some(leaf) if !is_valid(leaf.not_before, leaf.not_after) => CheckState::Failed,
            _ if is_valid(from, until) => CheckState::Ok,
            _ => CheckState::Degraded,
        }
    }

    fn detail(&self, phase: CertificatePhase, from: UnixMillis, until: UnixMillis) -> String {
        let (setting, path) = (self.setting, self.path.display());
        match phase {
            CertificatePhase::Valid | CertificatePhase::ExpiresSoon => format!("`{setting}` is valid until {until}"),
            CertificatePhase::NotYetValid => {
                format!("`{setting}` is not valid before {from}: check this machine's clock and {path}")
            }
            CertificatePhase::Expired => format!("`{setting}` expired at {until}: replace {path}"),
        }
    }
}

fn phase(from: UnixMillis, until: UnixMillis, now: UnixMillis) -> CertificatePhase {
    if now > until {
        CertificatePhase::Expired
    } else if now < from {
        CertificatePhase::NotYetValid
    } else if until.since(now) < EXPIRY_WARNING {
        CertificatePhase::ExpiresSoon
    } else {
        CertificatePhase::Valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_valid_from_its_first_moment_to_its_last() {
        let at = UnixMillis::new;
        let (from, until) = (at(1_000_000), at(1_000_000).plus(EXPIRY_WARNING * 2));
        for (now, expected) in [
            (at(999_999), CertificatePhase::NotYetValid),
            (from, CertificatePhase::Valid),
            (until.minus(EXPIRY_WARNING), CertificatePhase::Valid),
            (until.minus(EXPIRY_WARNING).plus(Duration::from_millis(1)), CertificatePhase::ExpiresSoon),
            (until, CertificatePhase::ExpiresSoon),
            (until.plus(Duration::from_millis(1)), CertificatePhase::Expired),
        ] {
            assert_eq!(phase(from, until, now), expected, "{now}");
        }
    }

    #[test]
    fn only_the_certificate_of_the_server_itself_fails_a_node() {
        let at = |days: u64| UnixMillis::new(0).plus(Duration::from_hours(24 * days));
        let span = |from, until| CertificateValidity { not_before: at(from), not_after: at(until) };
        let state = |file, validity: &[CertificateValidity]| {
            let validity = validity.to_vec();
            CertificatesInUse { file, setting: "", path: PathBuf::new(), validity }.state(at(100))
        };
        let (good, old, new) = (span(0, 200), span(0, 99), span(101, 200));
        for (file, validity, expected) in [
            (CertificateFile::Server, &[good, good][..], CheckState::Ok),
            (CertificateFile::Server, &[old, good], CheckState::Failed),
            (CertificateFile::Server, &[new], CheckState::Failed),
            (CertificateFile::Server, &[good, old], CheckState::Degraded),
            (CertificateFile::StoreAuthorities, &[old, good], CheckState::Ok),
            (CertificateFile::StoreAuthorities, &[old, old], CheckState::Degraded),
            (CertificateFile::StoreClient, &[good, good], CheckState::Ok),
            (CertificateFile::StoreClient, &[old, good], CheckState::Degraded),
        ] {
            assert_eq!(state(file, validity), expected, "{file:?} {validity:?}");
        }
    }
}

//! The files of webhooks, which are reloaded when they change.

use std::{path::PathBuf, sync::Arc};

use crate::{
    certificates::TokenSigner,
    tls::{ReloadedPem, TlsClient, TlsFileError, TlsReloadOutcome},
};

const AUTHORITIES: &str = "webhooks.ca_file";
const KEY: &str = "webhooks.set_key_file";

/// The authorities of endpoints, and the key that signs security event tokens.
#[derive(Clone)]
pub struct WebhookFiles {
    /// The client for endpoints with certificates of public authorities.
    public: TlsClient,
    /// The client for endpoints with certificates of the authorities of the file.
    authorities: Option<Arc<ReloadedPem<TlsClient>>>,
    signer: Option<Arc<ReloadedPem<Arc<TokenSigner>>>>,
}

impl WebhookFiles {
    /// Reads the files that are set. Fails if one of them cannot be used.
    pub fn open(authorities: Option<PathBuf>, key: Option<PathBuf>) -> Result<Self, TlsFileError> {
        let public = TlsClient::new(None).map_err(|error| TlsFileError {
            setting: AUTHORITIES,
            path: PathBuf::new(),
            reason: error.to_string(),
        })?;
        let authorities = authorities.map(|path| ReloadedPem::open(AUTHORITIES, path, |pem| TlsClient::new(Some(pem))));
        let signer = key.map(|path| ReloadedPem::open(KEY, path, |pem| TokenSigner::from_pem(pem).map(Arc::new)));
        let (authorities, signer) = (authorities.transpose()?.map(Arc::new), signer.transpose()?.map(Arc::new));
        Ok(Self { public, authorities, signer })
    }

    /// Returns the client for connections to endpoints.
    pub(super) fn tls(&self) -> TlsClient {
        self.authorities.as_ref().map_or_else(|| self.public.clone(), |authorities| authorities.current())
    }

    /// Returns the key that signs security event tokens, if there is one.
    #[must_use]
    pub fn signer(&self) -> Option<Arc<TokenSigner>> {
        self.signer.as_ref().map(|signer| signer.current())
    }

    /// Reloads the files that have changed. Returns the outcome for each, with its setting. Blocks on the file system.
    #[must_use]
    pub fn reload_if_changed(&self) -> Vec<(&'static str, TlsReloadOutcome)> {
        let authorities = self.authorities.iter().map(|file| (file.setting(), file.reload_if_changed()));
        let signer = self.signer.iter().map(|file| (file.setting(), file.reload_if_changed()));
        authorities.chain(signer).collect()
    }

    /// Returns the reasons why files are not in effect.
    #[must_use]
    pub fn failures(&self) -> Vec<TlsFileError> {
        let authorities = self.authorities.as_ref().and_then(|file| file.failure());
        let signer = self.signer.as_ref().and_then(|file| file.failure());
        authorities.into_iter().chain(signer).collect()
    }
}

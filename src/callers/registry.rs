//! The check of presented credentials against the known callers.

use std::{collections::HashMap, sync::Arc};

use super::{
    CallerEntry,
    credential::{CallerCredential, CredentialId},
    key::{ApiKey, KeyHash, KeyHasher, KeyId},
    last_use::{LastUse, LastUses},
};
use crate::{
    authority::{PresentedCredentials, PresentedIdentity},
    domain::{Caller, CertificateRefusal, InstallationSecret, SpiffeId, UnixMillis},
};

/// The reason why a caller is rejected. Only the holder of a credential learns that it has expired or was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AuthError {
    #[error("no credential was provided")]
    Missing,
    /// The credential does not have the format of an API key, or is mistyped.
    #[error("the credential is not a valid API key")]
    Malformed,
    #[error("the API key is unknown")]
    Unknown,
    #[error("the API key has expired")]
    Expired,
    #[error("the API key was revoked")]
    Revoked,
    /// The client certificate identifies no workload of the trust domain.
    #[error("the client certificate identifies no caller: {0:?}")]
    Certificate(CertificateRefusal),
    #[error("no caller has the SPIFFE ID of the client certificate")]
    UnknownSpiffeId,
    #[error("the access of the SPIFFE ID has expired")]
    ExpiredSpiffeId,
    #[error("the SPIFFE ID was revoked")]
    RevokedSpiffeId,
    #[error("the API key and the client certificate belong to different callers")]
    CallerMismatch,
}

/// The callers and their credentials at one moment.
#[derive(Debug)]
pub struct CallerRegistry {
    hasher: KeyHasher,
    keys: HashMap<KeyId, (KeyHash, KnownCredential)>,
    certificates: HashMap<SpiffeId, KnownCredential>,
    /// The caller of requests without a credential, if these are allowed.
    anonymous: Option<Arc<Caller>>,
}

#[derive(Debug)]
struct KnownCredential {
    caller: Arc<Caller>,
    expires_at: Option<UnixMillis>,
    revoked: bool,
    last_use: Arc<LastUse>,
}

impl KnownCredential {
    fn new(entry: &CallerEntry, last_uses: &LastUses) -> Self {
        Self {
            caller: Arc::new(entry.caller()),
            expires_at: entry.expires_at,
            revoked: entry.revoked_at.is_some(),
            last_use: last_uses.track(&entry.credential.id()),
        }
    }

    /// Returns the credential if it is an API key that can be used at `now`.
    const fn usable_at(&self, now: UnixMillis) -> Result<&Self, AuthError> {
        match self {
            Self { revoked: true, .. } => Err(AuthError::Revoked),
            _ if self.has_expired(now) => Err(AuthError::Expired),
            _ => Ok(self),
        }
    }

    const fn has_expired(&self, now: UnixMillis) -> bool {
        matches!(self.expires_at, Some(expires_at) if expires_at.get() <= now.get())
    }
}

impl CallerRegistry {
    /// Creates a registry of `entries`. If several have the same credential, the first one that is not revoked counts.
    /// With `anonymous`, callers without a credential are accepted with every role.
    #[must_use]
    pub fn new(secret: &InstallationSecret, entries: &[CallerEntry], anonymous: bool) -> Self {
        Self::with_last_uses(secret, entries, anonymous, &LastUses::default())
    }

    /// Does the same as [`CallerRegistry::new`], and marks each use of a credential in `last_uses`.
    pub(super) fn with_last_uses(
        secret: &InstallationSecret,
        entries: &[CallerEntry],
        anonymous: bool,
        last_uses: &LastUses,
    ) -> Self {
        let (mut keys, mut certificates) = (HashMap::with_capacity(entries.len()), HashMap::new());
        for entry in entries {
            match &entry.credential {
                CallerCredential::Key { id, hash } => {
                    keys.entry(*id).or_insert_with(|| (*hash, KnownCredential::new(entry, last_uses)));
                }
                CallerCredential::Certificate(id) => {
                    let known =
                        certificates.entry(id.clone()).or_insert_with(|| KnownCredential::new(entry, last_uses));
                    if known.revoked && entry.revoked_at.is_none() {
                        *known = KnownCredential::new(entry, last_uses);
                    }
                }
            }
        }
        let anonymous = anonymous.then(|| Arc::new(Caller::anonymous()));
        Self { hasher: KeyHasher::new(secret), keys, certificates, anonymous }
    }

    /// Returns the caller that presents `credentials`. If there are several, each must be valid, and all must belong to
    /// the caller of the same name. Only the holder of a key learns that it was revoked or has expired. The time that a
    /// rejection takes reveals nothing about the existing keys.
    pub fn authenticate(
        &self,
        credentials: PresentedCredentials<'_>,
        now: UnixMillis,
    ) -> Result<Arc<Caller>, AuthError> {
        let by_key = credentials.key.map(|key| self.authenticate_key(key, now)).transpose()?;
        let by_certificate = match credentials.certificate {
            Some(certificate) => {
                let id = certificate.spiffe_id(now).map_err(AuthError::Certificate)?;
                Some(self.authenticate_spiffe_id(id, now)?)
            }
            None => None,
        };
        let caller = match (by_key, by_certificate) {
            (None, None) => return self.anonymous.clone().ok_or(AuthError::Missing),
            (Some(key), Some(certificate)) if key.caller.name != certificate.caller.name => {
                return Err(AuthError::CallerMismatch);
            }
            (_, Some(known)) | (Some(known), None) => &known.caller,
        };
        for known in by_key.into_iter().chain(by_certificate) {
            known.last_use.mark(now);
        }
        Ok(Arc::clone(caller))
    }

    /// Returns the caller that has the API key with this ID, without proof that the key is known. The use counts as one of
    /// the key.
    pub fn authenticate_key_id(&self, id: &str, now: UnixMillis) -> Result<Arc<Caller>, AuthError> {
        let id = id.parse().map_err(|_| AuthError::Malformed)?;
        let known = self.keys.get(&id).ok_or(AuthError::Unknown).and_then(|(_, known)| known.usable_at(now))?;
        known.last_use.mark(now);
        Ok(Arc::clone(&known.caller))
    }

    /// Returns the public part of presented credentials. The caller is named if it has proven the credential, usable or
    /// not.
    #[must_use]
    pub fn identify(&self, credentials: PresentedCredentials<'_>) -> PresentedIdentity {
        if let Some(key) = credentials.key.and_then(ApiKey::parse) {
            let hash = self.hasher.hash(&key);
            let known = self.keys.get(&key.id()).filter(|(known, _)| *known == hash);
            let caller = known.map(|(_, known)| known.caller.name.clone());
            return PresentedIdentity { credential: Some(CredentialId::Key(key.id()).to_string()), caller };
        }
        let Some(id) = credentials.certificate.and_then(|certificate| certificate.stated_id()) else {
            return PresentedIdentity::default();
        };
        let caller = self.certificates.get(id).map(|known| known.caller.name.clone());
        PresentedIdentity { credential: Some(id.to_string()), caller }
    }

    /// Returns the number of listed credentials, usable or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len() + self.certificates.len()
    }

    /// Returns whether no credential is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn authenticate_key(&self, presented: &str, now: UnixMillis) -> Result<&KnownCredential, AuthError> {
        let key = ApiKey::parse(presented).ok_or(AuthError::Malformed)?;
        let hash = self.hasher.hash(&key);
        match self.keys.get(&key.id()).filter(|(known, _)| *known == hash) {
            None => Err(AuthError::Unknown),
            Some((_, known)) => known.usable_at(now),
        }
    }

    fn authenticate_spiffe_id(&self, id: &SpiffeId, now: UnixMillis) -> Result<&KnownCredential, AuthError> {
        match self.certificates.get(id) {
            None => Err(AuthError::UnknownSpiffeId),
            Some(known) if known.revoked => Err(AuthError::RevokedSpiffeId),
            Some(known) if known.has_expired(now) => Err(AuthError::ExpiredSpiffeId),
            Some(known) => Ok(known),
        }
    }
}

//! The secrets of the installation.

use std::fmt::Write as _;

use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::{
    domain::{InstallationSecret, TokenKey, TokenKeys},
    entropy::{Entropy, EntropyError, random_bytes},
};

use super::{reader::SettingsReader, sources::SettingOrigin};

/// The secrets behind tokens, user handles and API keys. Its `Debug` output is redacted.
#[derive(Clone, Debug)]
pub struct InstallationKeys {
    pub installation: InstallationSecret,
    pub token: TokenKeys,
}

impl InstallationKeys {
    pub(super) fn read(r: &mut SettingsReader) -> Option<Self> {
        let installation = read_installation(r);
        let token = read_token_keys(r);
        Some(Self { installation: installation?, token: token? })
    }
}

/// Reads only the installation secret, with which API keys are created and checked.
pub(super) fn read_installation(r: &mut SettingsReader) -> Option<InstallationSecret> {
    let (key, text) = value_or_file(r, "keys.installation", "keys.installation_file")?;
    let secret = decode(text.trim());
    if secret.is_none() {
        r.add_problem(key, "is not base64 of 32 bytes");
    }
    Some(InstallationSecret::new(&*secret?))
}

fn read_token_keys(r: &mut SettingsReader) -> Option<TokenKeys> {
    let (key, text) = value_or_file(r, "keys.token", "keys.token_file")?;
    token_keys(&text).map_err(|reason| r.add_problem(key, reason)).ok()
}

fn token_keys(text: &str) -> Result<TokenKeys, String> {
    let entries = text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
    let read = |(i, entry)| token_key(entry).map_err(|reason| format!("entry {} {reason}", i + 1));
    let token_keys = entries.enumerate().map(read).collect::<Result<_, _>>()?;
    TokenKeys::new(token_keys).map_err(|error| format!("is invalid: {error}"))
}

/// Parses `id:base64`.
fn token_key(text: &str) -> Result<TokenKey, &'static str> {
    let (id, key) = text.split_once(':').ok_or("is not \"id:base64\"")?;
    let id = id.trim().parse().map_err(|_| "has an id that is not between 0 and 255")?;
    let key = decode(key.trim()).ok_or("has a key that is not base64 of 32 bytes")?;
    Ok(TokenKey::new(id, &key))
}

/// Returns a secret and the setting that it comes from. If both the value and the file are set, the one of the higher
/// layer counts; both in the same layer are a problem.
fn value_or_file(
    r: &mut SettingsReader,
    value_key: &'static str,
    file_key: &'static str,
) -> Option<(&'static str, String)> {
    let value = r.get_text(value_key);
    let file = r.get_path(file_key);
    let rank = |r: &SettingsReader, key| r.origin(key).map_or(0, |origin| origin.rank());
    let (value_rank, file_rank) = (rank(r, value_key), rank(r, file_key));
    let by_value = value.is_some() && (file.is_none() || value_rank > file_rank);
    match (by_value, r.origin(value_key), &file) {
        (true, Some(SettingOrigin::File(configuration)), _) => r.add_secret_file(value_key, &configuration),
        (false, _, Some(file)) => r.add_secret_file(file_key, file),
        _ => {}
    }
    match (value, file) {
        (Some(_), Some(_)) if value_rank == file_rank => {
            r.add_problem(file_key, format!("is set together with `{value_key}`; set only one"));
            None
        }
        (Some(value), None) => Some((value_key, value)),
        (Some(value), Some(_)) if value_rank > file_rank => Some((value_key, value)),
        (_, Some(file)) => r.read_file(file_key, &file).map(|text| (file_key, text)),
        (None, None) => {
            let reason = format!("is required, or `{file_key}`; `session-authority keys init` generates the keys");
            r.add_problem(value_key, reason);
            None
        }
    }
}

fn decode(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(BASE64.decode(text.as_bytes()).ok()?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

/// Newly generated secrets, which the caller must store. The type has no `Debug`.
pub struct GeneratedKeys {
    installation: Zeroizing<[u8; 32]>,
    token: Zeroizing<[u8; 32]>,
}

impl GeneratedKeys {
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self { installation: Zeroizing::new(random_bytes(entropy)?), token: Zeroizing::new(random_bytes(entropy)?) })
    }

    /// Returns the value of `keys.installation`.
    #[must_use]
    pub fn installation(&self) -> String {
        BASE64.encode(&*self.installation)
    }

    /// Returns the value of `keys.token`: one key, with id 1.
    #[must_use]
    pub fn token(&self) -> String {
        format!("1:{}", BASE64.encode(&*self.token))
    }

    /// Returns the section of a configuration file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        format!("[keys]\ninstallation = \"{}\"\ntoken = \"{}\"\n", self.installation(), self.token())
    }

    /// Returns assignments for an environment file.
    #[must_use]
    pub fn to_environment(&self) -> String {
        let mut text = String::new();
        for (name, value) in [("INSTALLATION", self.installation()), ("TOKEN", self.token())] {
            // Writing to a String does not fail.
            let _ = writeln!(text, "SESSION_AUTHORITY__KEYS__{name}={value}");
        }
        text
    }
}

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

use super::DeviceDescription;

/// Separates these digests from any other use of SHA-256. Changing it changes every derived ID.
const DIGEST_LABEL: &str = "session-authority device id 1";

/// Bytes of the digest in an ID: 26 characters of base32.
const ID_BYTES: usize = 16;

/// Derives an ID for a device whose caller supplied none: `d_` and 26 lower-case base32 characters, a function of the
/// arguments alone.
///
/// It is derived from attributes that stay the same when a browser is updated: browser and system families, form,
/// model, preferred language, and the long-established content codings that are accepted. It therefore distinguishes a
/// user's phone from the same user's laptop, but not two phones of the same make. This is good enough for "seen
/// before", but not for letting one device's session replace another's. IDs of different users never coincide, so they
/// cannot be used to link accounts.
#[must_use]
pub fn derive_id(
    tenant: &str,
    user: &str,
    device: &DeviceDescription,
    accept_language: &str,
    accept_encoding: &str,
) -> String {
    let mut digest = Sha256::new();
    for part in [
        DIGEST_LABEL,
        tenant,
        user,
        &device.browser,
        &device.os,
        device.form_factor.as_str(),
        &device.model,
        &preferred_language(accept_language),
        &established_codings(accept_encoding),
    ] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let encoded = BASE32_NOPAD.encode(&digest.finalize()[..ID_BYTES]);
    format!("d_{}", encoded.to_ascii_lowercase())
}

/// Returns the first language tag alone: browsers have begun to omit the others.
fn preferred_language(accept_language: &str) -> String {
    tokens(accept_language).next().unwrap_or_default()
}

/// Returns gzip, deflate and br if accepted, regardless of their order and weight. Newer codings arrive with browser
/// updates, and dictionary codings come and go with the page.
fn established_codings(accept_encoding: &str) -> String {
    let mut accepted: Vec<String> =
        tokens(accept_encoding).filter(|coding| matches!(coding.as_str(), "gzip" | "deflate" | "br")).collect();
    accepted.sort_unstable();
    accepted.dedup();
    accepted.join(",")
}

/// Returns the elements of a header's list in lower case, without their parameters.
fn tokens(header: &str) -> impl Iterator<Item = String> {
    header
        .split(',')
        .map(|element| element.split(';').next().unwrap_or_default().trim())
        .filter(|token| !token.is_empty())
        .map(str::to_ascii_lowercase)
}

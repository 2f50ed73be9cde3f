//! SPIFFE IDs: the names of workloads in their certificates (SPIFFE-ID §2, X509-SVID §2).

use std::{fmt, str::FromStr};

/// Maximum length of a SPIFFE ID (SPIFFE-ID §2.3).
const ID_BYTES: usize = 2048;
/// Maximum length of the name of a trust domain (SPIFFE-ID §2.1).
const TRUST_DOMAIN_BYTES: usize = 255;
const SCHEME: &str = "spiffe://";

/// The name of a trust domain, whose authority issues the certificates of its workloads.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustDomain(String);

impl TrustDomain {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrustDomain {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name_byte = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
        if text.is_empty() || text.len() > TRUST_DOMAIN_BYTES || !text.bytes().all(is_name_byte) {
            return Err("is not a trust domain: 1 to 255 lower-case letters, digits, dots, dashes and underscores");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustDomain({})", self.0)
    }
}

/// The SPIFFE ID of a workload: a trust domain and a path that is not empty. It is public.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId(String);

impl SpiffeId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the ID belongs to `domain`.
    #[must_use]
    pub fn is_in(&self, domain: &TrustDomain) -> bool {
        self.0.strip_prefix(SCHEME).and_then(|rest| rest.split('/').next()) == Some(domain.as_str())
    }
}

impl FromStr for SpiffeId {
    type Err = &'static str;

    /// Parses the canonical form. Two texts are the same ID only if they are equal, so nothing is normalized.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "is not a SPIFFE ID such as spiffe://example.org/login";
        let is_segment_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_segment_byte);
        let (domain, path) = text.strip_prefix(SCHEME).and_then(|rest| rest.split_once('/')).ok_or(FORM)?;
        let is_valid =
            text.len() <= ID_BYTES && domain.parse::<TrustDomain>().is_ok() && path.split('/').all(is_segment);
        if is_valid { Ok(Self(text.to_owned())) } else { Err(FORM) }
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpiffeId({})", self.0)
    }
}

/// The reason why a client certificate identifies no caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateRefusal {
    /// The certificate has no URI among its subject alternative names.
    NoSpiffeId,
    /// The certificate has more than one URI among them, so its identity is ambiguous.
    SeveralSpiffeIds,
    /// The URI is not a SPIFFE ID of a workload.
    InvalidSpiffeId,
    /// The SPIFFE ID belongs to another trust domain.
    ForeignTrustDomain,
    /// The certificate may sign others. Such a certificate does not identify a workload.
    SigningCertificate,
    /// The certificate, or an intermediate one presented with it, has expired.
    Expired,
    /// The authorities in use now do not vouch for the certificate.
    Untrusted,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_is_a_trust_domain_and_a_path() {
        let domain: TrustDomain = "prod.example.org".parse().expect("a trust domain");
        for text in ["spiffe://prod.example.org/login", "spiffe://prod.example.org/ns/web/sa/Gate_way-1.2"] {
            let id: SpiffeId = text.parse().expect(text);
            assert!(id.is_in(&domain) && id.as_str() == text);
        }
        for foreign in
            ["spiffe://example.org/login", "spiffe://prod.example.org.evil/login", "spiffe://x/prod.example.org"]
        {
            assert!(!foreign.parse::<SpiffeId>().expect(foreign).is_in(&domain), "{foreign}");
        }
    }

    #[test]
    fn what_is_not_the_canonical_id_of_a_workload_is_refused() {
        let long = format!("spiffe://example.org/{}", "a".repeat(2048));
        for text in [
            "",
            "spiffe://example.org",
            "spiffe://example.org/",
            "spiffe:///login",
            "spiffe://example.org//login",
            "spiffe://example.org/login/",
            "spiffe://example.org/a/../b",
            "spiffe://example.org/./b",
            "spiffe://Example.org/login",
            "spiffe://user@example.org/login",
            "spiffe://example.org:443/login",
            "spiffe://example.org/login?x=1",
            "spiffe://example.org/login#x",
            "spiffe://example.org/log%69n",
            "SPIFFE://example.org/login",
            "https://example.org/login",
            &long,
        ] {
            assert!(text.parse::<SpiffeId>().is_err(), "{text}");
        }
        for text in ["", "Example.org", "example.org:443", "example.org/x", &"a".repeat(256)] {
            assert!(text.parse::<TrustDomain>().is_err(), "{text}");
        }
    }

    const DOMAIN: &str = "[a-z0-9._-]{1,30}";
    const PATH: &str = "(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,10}){1,4}";

    proptest! {
        #[test]
        fn every_id_reads_back_and_is_in_its_own_domain_only(domain in DOMAIN, other in DOMAIN, path in PATH) {
            let text = format!("spiffe://{domain}{path}");
            let id: SpiffeId = text.parse().expect("an ID");
            prop_assert_eq!(id.to_string(), text);
            for name in [&domain, &other] {
                prop_assert_eq!(id.is_in(&name.parse().expect("a trust domain")), *name == domain);
            }
        }

        #[test]
        fn an_id_with_a_foreign_character_is_refused(
            domain in DOMAIN, path in PATH, at: prop::sample::Index, character in "[^A-Za-z0-9._/-]",
        ) {
            let mut text = format!("spiffe://{domain}{path}");
            text.insert_str(at.index(text.len() + 1), &character);
            prop_assert!(text.parse::<SpiffeId>().is_err(), "{}", text);
            prop_assert!([domain, character].concat().parse::<TrustDomain>().is_err());
        }

        #[test]
        fn any_text_is_refused_or_accepted_as_it_is(
            text in prop_oneof!["\\PC{0,60}", "(spiffe|SPIFFE|http)://[a-zA-Z0-9:@.]{0,10}[a-zA-Z0-9./%-]{0,30}"],
        ) {
            if let Ok(id) = text.parse::<SpiffeId>() {
                let segments: Vec<_> = text.strip_prefix("spiffe://").expect("the scheme").split('/').collect();
                prop_assert!(segments.len() > 1 && segments[1..].iter().all(|part| !["", ".", ".."].contains(part)));
                prop_assert_eq!(id.as_str(), text);
            }
        }
    }
}

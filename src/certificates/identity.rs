//! The identity of a workload in its certificate (X509-SVID).

use rustls::pki_types::CertificateDer;
use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer, X509Certificate},
};

use super::CertificateValidity;
use crate::domain::{CertificateRefusal, SpiffeId, TrustDomain, UnixMillis};

/// The tag of a URI among the subject alternative names (RFC 5280 §4.2.1.6).
const URI_TAG: u32 = 6;

/// Returns the SPIFFE ID in the certificate of a workload of `domain`: its only URI among the subject alternative
/// names. The certificate itself is verified elsewhere.
pub fn read_spiffe_id(certificate: &CertificateDer<'_>, domain: &TrustDomain) -> Result<SpiffeId, CertificateRefusal> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertificateRefusal::InvalidSpiffeId)?;
    if may_sign(&parsed)? {
        return Err(CertificateRefusal::SigningCertificate);
    }
    let names = parsed.subject_alternative_name().map_err(|_| CertificateRefusal::SeveralSpiffeIds)?;
    let names = names.map(|names| names.value.general_names.as_slice()).unwrap_or_default();
    let mut uris = names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        // A URI that is not a text is still one, and it is not a SPIFFE ID.
        GeneralName::Invalid(tag, _) if tag.0 == URI_TAG => Some(""),
        _ => None,
    });
    match (uris.next(), uris.next()) {
        (None, _) => Err(CertificateRefusal::NoSpiffeId),
        (Some(_), Some(_)) => Err(CertificateRefusal::SeveralSpiffeIds),
        (Some(uri), None) => {
            let id: SpiffeId = uri.parse().map_err(|_| CertificateRefusal::InvalidSpiffeId)?;
            if id.is_in(domain) { Ok(id) } else { Err(CertificateRefusal::ForeignTrustDomain) }
        }
    }
}

/// Returns the time at which the first of these certificates expires. A certificate that cannot be read has expired.
#[must_use]
pub fn expires_at(chain: &[CertificateDer<'_>]) -> UnixMillis {
    let read = chain.iter().map(|certificate| {
        X509Certificate::from_der(certificate).map_or_else(
            |_| UnixMillis::default(),
            |(_, parsed)| CertificateValidity::from_certificate(&parsed).not_after,
        )
    });
    read.min().unwrap_or_default()
}

/// Returns whether the certificate may sign other certificates or revocation lists (X509-SVID §4.1, §4.3).
fn may_sign(certificate: &X509Certificate<'_>) -> Result<bool, CertificateRefusal> {
    let usage = certificate.key_usage().map_err(|_| CertificateRefusal::SigningCertificate)?;
    let signs = usage.is_some_and(|usage| usage.value.key_cert_sign() || usage.value.crl_sign());
    Ok(certificate.is_ca() || signs)
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, KeyUsagePurpose, SanType, date_time_ymd};

    use super::*;

    fn certificate(names: &[SanType], change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names.to_vec();
        change(&mut params);
        params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate").der().clone()
    }

    fn uri(text: &str) -> SanType {
        SanType::URI(text.try_into().expect("ASCII"))
    }

    fn read(names: &[SanType]) -> Result<SpiffeId, CertificateRefusal> {
        read_spiffe_id(&certificate(names, |_| ()), &"example.org".parse().expect("a trust domain"))
    }

    #[test]
    fn a_workload_has_exactly_one_spiffe_id_of_its_trust_domain() {
        let login = "spiffe://example.org/login";
        let host = SanType::DnsName("login.example.org".try_into().expect("ASCII"));
        assert_eq!(read(&[uri(login)]).expect("an identity").as_str(), login);
        assert_eq!(read(&[host.clone(), uri(login)]).expect("an identity").as_str(), login);
        for (names, refusal) in [
            (vec![], CertificateRefusal::NoSpiffeId),
            (vec![host], CertificateRefusal::NoSpiffeId),
            (vec![uri(login), uri(login)], CertificateRefusal::SeveralSpiffeIds),
            (vec![uri(login), uri("https://example.org/login")], CertificateRefusal::SeveralSpiffeIds),
            (vec![uri("https://example.org/login")], CertificateRefusal::InvalidSpiffeId),
            (vec![uri("spiffe://example.org")], CertificateRefusal::InvalidSpiffeId),
            (vec![uri("spiffe://example.com/login")], CertificateRefusal::ForeignTrustDomain),
        ] {
            assert_eq!(read(&names), Err(refusal), "{names:?}");
        }
    }

    #[test]
    fn a_certificate_that_may_sign_others_identifies_nobody() {
        let domain = "example.org".parse().expect("a trust domain");
        let names = [uri("spiffe://example.org/login")];
        let with = |change: fn(&mut CertificateParams)| read_spiffe_id(&certificate(&names, change), &domain);
        assert!(with(|params| params.key_usages = vec![KeyUsagePurpose::DigitalSignature]).is_ok());
        for change in [
            (|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)) as fn(&mut CertificateParams),
            |params| params.key_usages = vec![KeyUsagePurpose::KeyCertSign],
            |params| params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::CrlSign],
        ] {
            assert_eq!(with(change), Err(CertificateRefusal::SigningCertificate));
        }
    }

    #[test]
    fn a_chain_expires_with_its_first_certificate() {
        let until = |year| certificate(&[], |params| params.not_after = date_time_ymd(year, 1, 1));
        let year = |chain: &[_]| expires_at(chain).to_offset_date_time().year();
        assert_eq!(year(&[until(2030), until(2029), until(2031)]), 2029);
        assert_eq!(expires_at(&[]), UnixMillis::default());
        assert_eq!(expires_at(&[until(2030), CertificateDer::from(vec![1, 2, 3])]), UnixMillis::default());
    }
}

use std::fs;

use super::*;
use crate::{
    config::effective::render_effective_config,
    domain::webhook::{WebhookEventType, WebhookFormat},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Returns the settings of a valid endpoint, and these.
fn with_endpoint<'a>(settings: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let endpoint = [
        ("audit.url", "sqlite://audit.db"),
        ("webhooks.endpoints.siem.url", "https://siem.example.com/path-secret"),
        ("webhooks.endpoints.siem.secret", SECRET),
    ];
    endpoint.into_iter().chain(settings.iter().copied()).collect()
}

#[test]
fn endpoints_are_read_with_their_names_and_never_printed_with_secrets() {
    assert_eq!(load(&[]).expect("a configuration").webhooks.endpoints, []);
    let settings = with_endpoint(&[
        ("webhooks.endpoints.siem.format", "ocsf"),
        ("webhooks.endpoints.siem.events", "[\"alert.raised\"]"),
        ("webhooks.endpoints.siem.tenants", "[\"acme\"]"),
    ]);
    let config = load(&settings).expect("a configuration");
    let [configured] = config.webhooks.endpoints.as_slice() else { panic!("one endpoint") };
    assert_eq!(configured.endpoint.name.as_str(), "siem");
    assert_eq!(configured.endpoint.format, WebhookFormat::Ocsf);
    assert_eq!(configured.endpoint.event_types, [WebhookEventType::AlertRaised]);
    assert!(!configured.endpoint.allow_private_addresses && !configured.endpoint.include_ip);
    let sources = complete().with_environment(environment(settings));
    let shown = format!("{config:?}{}", render_effective_config(&sources).expect("a text"));
    assert!(!shown.contains(&SECRET[6..]) && !shown.contains("path-secret"));
}

#[test]
fn secrets_can_be_mounted_as_a_file_with_several_of_them() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), format!("{SECRET}\nwhsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")).expect("written");
    let path = file.path().display().to_string();
    let mut settings = with_endpoint(&[("webhooks.endpoints.siem.secret_file", &path)]);
    assert!(refusal(&settings).contains("`webhooks.endpoints.siem.secret_file`"), "both are set");
    settings.retain(|(key, _)| !key.ends_with(".secret"));
    assert_eq!(load(&settings).expect("a configuration").webhooks.endpoints[0].secrets.len(), 2);
}

#[test]
fn wrong_endpoints_are_refused_without_their_secrets() {
    for (key, value) in [
        ("webhooks.endpoints.siem.url", "http://siem.example.com/"),
        ("webhooks.endpoints.siem.url", "http://127.0.0.1:1/"),
        ("webhooks.endpoints.siem.secret", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("webhooks.endpoints.siem.format", "xml"),
        ("webhooks.endpoints.siem.events", "[\"session.unknown\"]"),
        ("webhooks.endpoints.siem.tenants", "[\"\"]"),
        ("webhooks.timeout", "31s"),
        ("webhooks.max_concurrency", "0"),
    ] {
        let refusal = refusal(&with_endpoint(&[(key, value)]));
        assert!(refusal.contains(key) && !refusal.contains("MfKQ9r8"), "{key}: {refusal}");
    }
    assert!(refusal(&with_endpoint(&[("audit.url", "none")])).contains("webhooks.endpoints"));
    assert!(refusal(&[("webhooks.endpoints.a.url", "https://example.com/")]).contains("webhooks.endpoints.a.secret"));
    let caep = with_endpoint(&[("webhooks.endpoints.siem.format", "caep-set")]);
    assert!(refusal(&caep).contains("webhooks.set_key_file"));
}

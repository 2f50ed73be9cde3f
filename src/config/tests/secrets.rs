use std::fs;

use super::*;
use crate::{
    config::{GeneratedKeys, effective::render_effective_config},
    entropy::SystemEntropy,
};

#[test]
fn a_generated_set_of_keys_is_accepted_in_every_form() {
    let keys = GeneratedKeys::generate(&SystemEntropy).expect("keys");
    let file = tempfile::NamedTempFile::new().expect("file");
    fs::write(file.path(), keys.to_toml()).expect("written");
    let mut others = required();
    others.retain(|(key, _)| !key.starts_with("keys."));
    let others = environment(others.iter().map(|(key, value)| (*key, value.as_str())));
    let sources = ConfigSources::default().with_environment(others);
    let by_file = Config::load(&sources.clone().with_file(Some(file.path()))).expect("by file");
    let text = keys.to_environment();
    let variables = text.lines().filter_map(|line| line.split_once('='));
    let by_environment = Config::load(&sources.with_environment(variables)).expect("by environment");
    assert_eq!(by_file.keys.installation.derive_key("x"), by_environment.keys.installation.derive_key("x"));
    assert_eq!(by_file.keys.token.minting_key().id(), 1);
}

#[test]
fn keys_can_be_mounted_as_files_and_the_higher_layer_counts() {
    let directory = tempfile::tempdir().expect("directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (installation, token) = (path("installation"), path("token"));
    fs::write(&installation, format!("{}\n", BASE64.encode(&[1; 32]))).expect("written");
    let two = format!("2:{}\n1:{}\n", BASE64.encode(&[2; 32]), BASE64.encode(&[1; 32]));
    fs::write(&token, two).expect("written");
    let files = [("keys.installation_file", installation.as_str()), ("keys.token_file", token.as_str())];
    assert!(refusal(&files).contains("`keys.token_file`: is set together with `keys.token`"));
    let empty = [files[0], files[1], ("keys.installation", ""), ("keys.token", "")];
    let config = load(&empty).expect("files");
    assert_eq!(config.keys.token.minting_key().id(), 2);
    assert!(config.keys.token.by_id(1).is_some());
    let sources = complete().with_flag("--token-file", "keys.token_file", Some(&token)).with_flag(
        "--installation-file",
        "keys.installation_file",
        Some(&installation),
    );
    assert_eq!(Config::load(&sources).expect("flags").keys.token.minting_key().id(), 2);
}

#[test]
fn keys_that_are_none_are_refused_without_being_repeated() {
    let good = BASE64.encode(&[1; 32]);
    let short = BASE64.encode(&[1; 31]);
    let cases = [
        ("keys.installation", short.clone(), "base64 of 32 bytes"),
        ("keys.token", good.clone(), "\"id:base64\""),
        ("keys.token", format!("256:{good}"), "between 0 and 255"),
        ("keys.token", format!("1:{good},2:{short}"), "entry 2 has a key"),
        ("keys.token", format!("1:{good},1:{good}"), "duplicate token key id"),
    ];
    for (key, value, expected) in cases {
        let refusal = refusal(&[(key, &value)]);
        assert!(refusal.starts_with(&format!("`{key}`: ")) && refusal.contains(expected), "{refusal}");
        assert!(!refusal.contains(&short[..20]), "{refusal}");
    }
}

#[test]
fn no_secret_is_shown_anywhere() {
    let entry = "[{name = 'a', role = 'admin', key_id = '0102030405060708', \
                 key_hash = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=', created_at = '2026-01-01T00:00:00Z'}]";
    let settings = environment([
        ("store.url", "redis://me:hunter2@redis:6379/0"),
        ("audit.url", "postgres://me:hunter2@db/audit?sslpassword=hunter2"),
        ("callers.list", entry),
        ("store.allow_plaintext", "true"),
        ("audit.allow_plaintext", "true"),
    ]);
    let sources = complete().with_environment(settings);
    let config = Config::load(&sources).expect("configuration");
    let shown = render_effective_config(&sources).expect("shown");
    let secrets = [
        "hunter2".to_owned(),
        BASE64.encode(&[7; 32]),
        BASE64.encode(&[8; 32]),
        "7, 7, 7".to_owned(),
        "AQEBAQEB".to_owned(),
    ];
    for secret in secrets {
        assert!(!shown.contains(&secret), "{shown}");
        assert!(!format!("{config:?} {sources:?}").contains(&secret), "{secret}");
    }
    assert!(shown.contains("redis://me:redacted@redis:6379/0"), "{shown}");
    let wrong = refusal(&[("store.url", "redis://me:hun#ter2@redis"), ("audit.url", "hunter2://x:hunter2@y")]);
    assert!(!wrong.contains("hun"), "{wrong}");
}

#[test]
fn what_is_shown_is_a_configuration_file() {
    let settings = environment([
        ("store.pool_size", "5"),
        ("telemetry.sample_ratio", "0.5"),
        ("policies.desk.max_sessions", "2"),
        ("policies.desk.strict_activity", "true"),
    ]);
    let shown = render_effective_config(&complete().with_environment(settings)).expect("shown");
    let file = tempfile::NamedTempFile::new().expect("file");
    fs::write(file.path(), &shown).expect("written");
    let secrets = required();
    let secrets = environment(secrets.iter().map(|(key, value)| (*key, value.as_str())));
    let sources = ConfigSources::default().with_file(Some(file.path())).with_environment(secrets);
    let config = Config::load(&sources).expect("the shown configuration");
    assert_eq!(config.store.pool_size, 5);
    assert!(config.policies.get("desk").expect("policy").1.strict_activity);
    assert!(shown.starts_with("listen = "), "{shown}");
}

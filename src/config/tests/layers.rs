use std::{fs, path::Path};

use super::*;
use crate::entropy::SystemEntropy;

#[test]
fn a_higher_layer_overrides_a_lower_one_setting_by_setting() {
    let file = tempfile::NamedTempFile::new().expect("file");
    let text = "listen = '127.0.0.1:1'\n[management]\nlisten = '127.0.0.1:2'\n[store]\npool_size = 3\n";
    fs::write(file.path(), text).expect("written");
    let sources = complete()
        .with_file(Some(file.path()))
        .with_environment(environment([("listen", "127.0.0.1:4"), ("management.listen", "127.0.0.1:5")]))
        .with_flag("--listen", "listen", Some("127.0.0.1:6"))
        .with_flag("--management", "management.listen", None::<String>);
    let config = Config::load(&sources).expect("configuration");
    assert_eq!(config.server.listen.port(), 6);
    assert_eq!(config.management.listen.port(), 5);
    assert_eq!(config.store.pool_size, 3);
    assert_eq!(config.sessions.sweep_batch, 20);
}

#[test]
fn all_problems_are_reported_at_once_with_their_origin() {
    let file = tempfile::NamedTempFile::new().expect("file");
    fs::write(file.path(), "[server]\nrequest_timeout = '1 hour'\nrequest_timout = '1s'\n").expect("written");
    let sources = ConfigSources::default()
        .with_file(Some(file.path()))
        .with_environment(environment([("log.format", "xml")]))
        .with_flag("--listen", "listen", Some("here"));
    let error = Config::load(&sources).expect_err("wrong");
    let keys: Vec<_> = error.problems().iter().map(|problem| problem.key.as_str()).collect();
    let expected = [
        "server.request_timout",
        "listen",
        "server.request_timeout",
        "store.url",
        "audit.url",
        "keys.installation",
        "keys.token",
        "callers.file",
        "log.format",
    ];
    assert_eq!(keys, expected);
    let text = error.to_string();
    assert!(text.contains("did you mean `server.request_timeout`?"), "{text}");
    assert!(text.contains("(flag --listen)"), "{text}");
    assert!(text.contains("(environment variable SESSION_AUTHORITY__LOG__FORMAT)"), "{text}");
    assert!(text.contains(&format!("({})", file.path().display())), "{text}");
    assert!(text.contains("session-authority keys init"), "{text}");
    assert!(text.contains("session-authority keys create"), "{text}");
}

#[test]
fn what_is_no_setting_is_refused_in_every_layer() {
    assert!(refusal(&[("store.ur", "x")]).starts_with("`store.ur`: is not a known setting; did you mean `store.url`?"));
    assert!(refusal(&[("server", "x")]).starts_with("`server`: is a section, not a setting"));
    assert!(refusal(&[("policies.gold.lifetim", "1h")]).contains("did you mean `policies.gold.lifetime`?"));
    assert!(refusal(&[("nothing.like.it", "x")]).starts_with("`nothing.like.it`: is not a known setting ("));
}

#[test]
fn variables_of_other_programs_and_of_the_client_are_left_alone() {
    let others = [("SESSION_AUTHORITY_SERVER", "x"), ("SESSION_AUTHORITY_PORT", "tcp://x"), ("PATH", "x")];
    Config::load(&complete().with_environment(others)).expect("configuration");
}

#[test]
fn an_unusable_file_is_reported_by_name_and_line_without_its_text() {
    let missing = Config::load(&complete().with_file(Some(Path::new("/no/such.toml")))).expect_err("missing");
    assert!(missing.to_string().starts_with("`/no/such.toml`: cannot be read"), "{missing}");
    let file = tempfile::NamedTempFile::new().expect("file");
    fs::write(file.path(), "listen = '127.0.0.1:1'\n[keys]\ninstallation = 'hunter2\n").expect("written");
    let broken = Config::load(&complete().with_file(Some(file.path()))).expect_err("broken").to_string();
    assert!(broken.contains("line 3"), "{broken}");
    assert!(!broken.contains("hunter2"), "{broken}");
}

#[test]
fn files_named_in_the_configuration_file_lie_beside_it() {
    let directory = tempfile::tempdir().expect("directory");
    let file = directory.path().join("session-authority.toml");
    fs::write(&file, "geo.databases = ['city.mmdb', '/asn.mmdb']").expect("written");
    let config = Config::load(&complete().with_file(Some(&file))).expect("configuration");
    assert_eq!(config.callers.file, directory.path().join("callers.toml"));
    assert_eq!(config.geo.databases, [directory.path().join("city.mmdb"), "/asn.mmdb".into()]);
    let from_environment =
        complete().with_file(Some(&file)).with_environment(environment([("callers.file", "other.toml")]));
    let config = Config::load(&from_environment).expect("configuration");
    assert_eq!(config.callers.file, Path::new("other.toml"));
}

#[test]
fn a_development_server_needs_nothing_and_keeps_its_keys() {
    let data = tempfile::tempdir().expect("directory");
    let make = || Config::development(ConfigSources::default(), data.path(), &SystemEntropy);
    let (first, second) = (make().expect("made"), make().expect("made again"));
    assert!(first.callers.anonymous);
    assert_eq!(first.keys.installation.derive_key("x"), second.keys.installation.derive_key("x"));
    let database = data.path().join("sessions.db");
    assert_eq!(first.store.url, super::super::StoreUrl::Sqlite(database));
}

#[test]
fn a_development_server_is_for_loopback_whatever_overrides_it() {
    let data = tempfile::tempdir().expect("directory");
    let everywhere = ConfigSources::default()
        .with_environment(environment([("server.allow_plaintext", "true")]))
        .with_flag("--listen", "listen", Some("0.0.0.0:50051"));
    let error = Config::development(everywhere, data.path(), &SystemEntropy).expect_err("beyond loopback");
    assert!(error.to_string().contains("`callers.anonymous`"), "{error}");
}

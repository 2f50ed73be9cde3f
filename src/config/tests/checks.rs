use std::fs;

use super::*;
use crate::{
    config::{AuditUrl, DatabasesConfig, KeysCommandConfig, LogFormat, StoreUrl},
    domain::TrustDomain,
    tls::ClientCertificateRule,
};

#[test]
fn the_engine_is_chosen_by_the_scheme() {
    let url = |url| load(&[("store.url", url), ("store.allow_plaintext", "true")]).expect(url).store.url;
    assert!(matches!(url("redis://user:secret@redis:6379/1"), StoreUrl::Redis(_)));
    assert!(matches!(url("rediss://[::1]"), StoreUrl::Redis(_)));
    for cluster in ["redis+cluster://u:p@a:7000,b:7001,[::1]:7002", "rediss+cluster://a", "redis+cluster://a,b/0"] {
        let StoreUrl::Redis(read) = url(cluster) else { panic!("{cluster}") };
        assert_eq!(read.expose(), cluster);
    }
    assert_eq!(url("sqlite://data/s.db"), StoreUrl::Sqlite("data/s.db".into()));
    assert_eq!(url("sqlite:///var/s.db"), StoreUrl::Sqlite("/var/s.db".into()));
    let audit = |url| load(&[("audit.url", url), ("audit.allow_plaintext", "true")]).expect(url).audit.url;
    assert!(matches!(audit("postgres://u:p@db/audit"), AuditUrl::Postgres(_)));
    assert!(matches!(audit("postgres:///audit?host=/run/postgresql"), AuditUrl::Postgres(_)));
    assert_eq!(audit("sqlite://a.db"), AuditUrl::Sqlite("a.db".into()));
    assert_eq!(audit("none"), AuditUrl::None);
}

#[test]
fn a_url_that_leads_nowhere_is_refused_with_what_is_wrong() {
    let cases = [
        ("redis+sentinel://a:1", "Redis Sentinel is not supported"),
        ("postgres://db/x", "`audit.url`"),
        ("mysql://db/x", "must begin with redis://"),
        ("redis:///1", "has no host"),
        ("redis+cluster://", "has no host"),
        ("redis+cluster://a:1,,c:3", "host 2: has no host"),
        ("redis+cluster://a:1,b:x", "host 2: is not a URL"),
        ("redis+cluster://u:p@a:1,u:p@b:2", "more than one @"),
        ("redis+cluster://a,u:hun/ter2@b", "an @ after the hosts"),
        ("redis+cluster://a,u:hunter2@b", "a comma in the user name"),
        ("redis+cluster://a:1,b:2/1", "selects a database"),
        ("redis+cluster://a:1,b:2?x=y", "has parameters"),
        ("redis://host/sessions", "not a database number"),
        ("rediss://host/#insecure", "always verified"),
        ("redis://:pa#ss@host:1", "is not a URL"),
        ("sqlite://", "has no file"),
        ("sqlite::memory:", "in-memory"),
        ("sqlite://s.db?mode=ro", "parameters"),
        ("", "is required"),
    ];
    for (url, expected) in cases {
        let refusal = refusal(&[("store.url", url)]);
        assert!(refusal.starts_with("`store.url`: ") && refusal.contains(expected), "{url}: {refusal}");
        assert!(!refusal.contains("hun"), "a part of a password: {refusal}");
    }
    for (url, expected) in [("redis://host", "`store.url`"), ("nothing", "must begin with"), ("", "is required")] {
        let refusal = refusal(&[("audit.url", url)]);
        assert!(refusal.starts_with("`audit.url`: ") && refusal.contains(expected), "{url}: {refusal}");
    }
    let one_file = [("store.url", "sqlite://one.db"), ("audit.url", "sqlite://one.db")];
    assert!(refusal(&one_file).contains("use a different file"));
}

#[test]
fn values_out_of_bounds_are_refused_with_the_bounds() {
    let cases = [
        ("server.request_timeout", "1ms", "between 10ms and 1m"),
        ("server.max_message_size", "1GiB", "between 16KiB and 4MiB"),
        ("server.max_connections", "0", "between 1 and 1000000"),
        ("server.max_concurrent_streams", "-1", "an integer"),
        ("sessions.flush_interval", "1m", "between 100ms and 2s"),
        ("telemetry.sample_ratio", "1.5", "between 0 and 1"),
        ("telemetry.otlp_endpoint", "https://x:4317", "https"),
        ("log.filter", "info,a=verbose", "log directives"),
        ("log.format", "xml", "`text` or `json`"),
        ("server.allow_plaintext", "yes", "true or false"),
        ("listen", "localhost:1", "an address and port"),
        ("shutdown.deadline", "5s", "must be longer than `shutdown.delay`"),
        ("store.ca_file", "/no/such.pem", "cannot be read"),
        ("geo.databases", "city.mmdb", "a list of strings"),
        ("geo.databases", "['']", "an empty entry"),
        ("geo.databases", "['a.mmdb', 'a.mmdb']", "lists a.mmdb twice"),
        ("geo.databases", "['1', '2', '3', '4', '5', '6', '7', '8', '9']", "the limit is 8"),
        ("geo.reload_interval", "10ms", "between 100ms and 1d"),
        ("geo.max_age", "1h", "between 1d and 3650d"),
        ("detection.rules.new_country", "on", "true or false"),
        ("detection.dedup_window", "31d", "between 0s and 30d"),
        ("detection.learning_min_logins", "0", "between 1 and 1000"),
        ("detection.travel_max_speed_kmh", "nan", "between 100 and 10000"),
        ("detection.concurrent_countries", "1", "between 2 and 20"),
    ];
    for (key, value, expected) in cases {
        let refusal = refusal(&[(key, value)]);
        assert!(refusal.starts_with(&format!("`{key}`: ")) && refusal.contains(expected), "{refusal}");
    }
    assert_eq!(load(&[("log.format", "json")]).expect("json").log.format, LogFormat::Json);
}

#[test]
fn plain_text_beyond_loopback_must_be_asked_for() {
    let beyond = ("listen", "0.0.0.0:50051");
    let without_anonymous = ("callers.anonymous", "false");
    let message = refusal(&[beyond, without_anonymous]);
    assert!(message.contains("`listen`: is not on loopback") && message.contains("allow_plaintext"), "{message}");
    let asked = ("server.allow_plaintext", "true");
    assert!(!refusal(&[beyond, without_anonymous, asked]).contains("`listen`"));
    load(&[("listen", "[::ffff:127.0.0.1]:50051")]).expect("a mapped loopback address");
}

#[test]
fn a_database_beyond_loopback_without_tls_must_be_asked_for() {
    for (key, allow, plain, encrypted) in [
        ("store.url", "store.allow_plaintext", "redis://u:hunter2@cache:6379", "rediss://u:hunter2@cache:6379"),
        ("store.url", "store.allow_plaintext", "redis+cluster://127.0.0.1:1,b:2", "rediss+cluster://127.0.0.1:1,b:2"),
        (
            "audit.url",
            "audit.allow_plaintext",
            "postgres://u:hunter2@db/a",
            "postgres://u:hunter2@db/a?sslmode=require",
        ),
        (
            "audit.url",
            "audit.allow_plaintext",
            "postgres://u:hunter2@db/a?sslmode=prefer",
            "postgres://u:hunter2@db/a?sslmode=verify-full",
        ),
    ] {
        let message = refusal(&[(key, plain)]);
        assert!(message.starts_with(&format!("`{key}`: is not on loopback")) && message.contains(allow), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
        load(&[(key, plain), (allow, "true")]).expect("it was asked for");
        load(&[(key, encrypted)]).expect("TLS");
    }
    load(&[("store.url", "redis://localhost"), ("audit.url", "postgres:///a?host=/run/postgresql")]).expect("local");
}

#[test]
fn metrics_and_traces_beyond_loopback_without_tls_must_be_asked_for() {
    for (key, value, allow) in [
        ("management.listen", "0.0.0.0:9090", "management.allow_plaintext"),
        ("telemetry.otlp_endpoint", "http://collector:4317", "telemetry.allow_plaintext"),
    ] {
        let message = refusal(&[(key, value)]);
        assert!(message.starts_with(&format!("`{key}`: is not on loopback")) && message.contains(allow), "{message}");
        load(&[(key, value), (allow, "true")]).expect("it was asked for");
    }
    load(&[("telemetry.otlp_endpoint", "http://localhost:4317")]).expect("a collector on this machine");
    assert!(refusal(&[("management.tls", "true")]).contains("`management.tls`: requires `tls.certificate_file`"));
}

#[test]
fn client_certificates_need_authorities_and_a_trust_domain() {
    let directory = tempfile::tempdir().expect("directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (certificate, key) = (path("c.pem"), path("k.pem"));
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(&certificate, own.cert.pem()).expect("written");
    fs::write(&key, own.signing_key.serialize_pem()).expect("written");
    let server = [("tls.certificate_file", certificate.as_str()), ("tls.key_file", key.as_str())];
    let authorities = ("tls.client_ca_file", certificate.as_str());
    let domain = ("tls.trust_domain", "example.org");
    let with = |more: &[(&'static str, &'static str)]| {
        let more: Vec<_> = more.iter().map(|(key, value)| (*key, *value)).collect();
        [&server[..], &[authorities], &more].concat()
    };
    let tls = load(&with(&[domain])).expect("both").tls.expect("TLS");
    assert_eq!(tls.client_certificates, ClientCertificateRule::Optional);
    assert_eq!(tls.trust_domain.as_ref().map(TrustDomain::as_str), Some("example.org"));
    let required = load(&with(&[domain, ("tls.client_certificates", "required")])).expect("required").tls;
    assert_eq!(required.map(|tls| tls.client_certificates), Some(ClientCertificateRule::Required));

    assert!(refusal(&with(&[])).contains("`tls.trust_domain`: is required when"));
    assert!(
        refusal(&with(&[("tls.trust_domain", "Example.org")])).contains("`tls.trust_domain`: is not a trust domain")
    );
    assert!(refusal(&[authorities, domain]).contains("`tls.client_ca_file`: requires `tls.certificate_file`"));
    assert!(refusal(&[domain]).contains("`tls.trust_domain`: requires `tls.client_ca_file`"));
    let required = ("tls.client_certificates", "required");
    assert!(refusal(&[required]).contains("`tls.client_certificates`: requires `tls.client_ca_file`"));
    assert!(refusal(&[("tls.client_certificates", "no")]).contains("is not `optional` or `required`"));
    let entry =
        "[{name = 'a', role = 'admin', spiffe_id = 'spiffe://example.org/a', created_at = '2026-01-01T00:00:00Z'}]";
    let listed = ("callers.list", entry);
    assert!(refusal(&[listed]).contains("`tls.client_ca_file`: is required, because caller `a` has spiffe://"));
    load(&[&with(&[domain])[..], &[listed]].concat()).expect("a caller with a SPIFFE ID");
}

#[test]
fn everybody_is_let_in_on_loopback_only() {
    let message = refusal(&[("listen", "0.0.0.0:50051"), ("server.allow_plaintext", "true")]);
    assert!(message.starts_with("`callers.anonymous`: is true"), "{message}");
}

#[test]
fn serving_nobody_is_refused() {
    let message = refusal(&[("callers.anonymous", "false")]);
    assert!(message.starts_with("`callers.file`: contains no active credential"), "{message}");
    let entry = "[{name = 'a', role = 'admin', key_id = '0102030405060708', \
                 key_hash = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=', created_at = '2026-01-01T00:00:00Z'}]";
    let config = load(&[("callers.anonymous", "false"), ("callers.list", entry)]).expect("one caller");
    assert_eq!(config.callers.configured[0].name, "a");
    let message = refusal(&[("callers.list", &entry.replace("admin", "king"))]);
    assert!(message.starts_with("`callers.list`: ") && message.contains(": entry 1: "), "{message}");
    assert!(refusal(&[("callers.list", "gateway")]).contains("is not a list of tables"));
}

#[test]
fn metrics_need_a_key_beyond_loopback_unless_said_otherwise() {
    let needed = |settings: &[_]| load(settings).expect("configuration").management.metrics_require_key;
    assert!(!needed(&[]));
    let beyond = [("management.listen", "0.0.0.0:9090"), ("management.allow_plaintext", "true")];
    assert!(needed(&beyond));
    assert!(!needed(&[&beyond[..], &[("management.anonymous", "true")]].concat()));
    assert!(refusal(&[("management.listen", "127.0.0.1:50051")]).contains("use a different port"));
}

#[test]
fn a_certificate_needs_its_key_and_both_are_looked_at() {
    let directory = tempfile::tempdir().expect("directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (certificate, key) = (path("c.pem"), path("k.pem"));
    let pair = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (own, stranger) = (pair(), pair());
    fs::write(&certificate, own.cert.pem()).expect("written");
    fs::write(&key, own.signing_key.serialize_pem()).expect("written");
    let tls = [("tls.certificate_file", certificate.as_str()), ("tls.key_file", key.as_str())];
    assert!(load(&tls).expect("both").tls.is_some());
    assert!(refusal(&tls[..1]).contains("`tls.key_file`: is required when"));
    assert!(refusal(&tls[1..]).contains("`tls.certificate_file`: is required when"));
    let swapped = [("tls.certificate_file", key.as_str()), ("tls.key_file", certificate.as_str())];
    let message = refusal(&swapped);
    assert!(message.contains("no PEM certificate") && message.contains("no PEM private key"), "{message}");
    assert!(message.contains("c.pem") && message.contains("k.pem"), "{message}");

    fs::write(&key, stranger.signing_key.serialize_pem()).expect("written");
    let message = refusal(&tls);
    assert!(
        message.starts_with("`tls.key_file`: contains a private key that does not match the certificate"),
        "{message}"
    );
    assert!(message.contains("c.pem") && message.contains("k.pem"), "{message}");
    fs::write(&certificate, &own.cert.pem()[..200]).expect("cut short");
    let message = refusal(&tls);
    assert!(message.starts_with("`tls.certificate_file`: is not valid PEM"), "{message}");
    let over_tls = [("store.url", "rediss://h"), ("store.ca_file", certificate.as_str())];
    assert!(refusal(&over_tls).starts_with("`store.ca_file`: is not valid PEM"));
}

#[test]
fn a_client_certificate_for_the_store_needs_its_key_and_tls() {
    let directory = tempfile::tempdir().expect("directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (certificate, key) = (path("c.pem"), path("k.pem"));
    let pair = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (own, stranger) = (pair(), pair());
    fs::write(&certificate, own.cert.pem()).expect("written");
    fs::write(&key, own.signing_key.serialize_pem()).expect("written");
    let files = [("store.client_certificate_file", certificate.as_str()), ("store.client_key_file", key.as_str())];
    let on = |url, files: &[_]| [&[("store.url", url)], files].concat();
    let config = load(&on("rediss://h", &files)).expect("both");
    assert!(config.store.tls.is_some_and(|tls| tls.credentials.certificate.is_some()));
    assert!(config.secret_files.iter().any(|file| file.setting == "store.client_key_file"));
    assert!(load(&on("rediss://h", &[])).expect("none").store.tls.is_none());
    assert!(refusal(&on("rediss://h", &files[..1])).contains("`store.client_key_file`: is required when"));
    assert!(refusal(&on("rediss://h", &files[1..])).contains("`store.client_certificate_file`: is required when"));
    let message = refusal(&on("redis://127.0.0.1", &files));
    assert!(message.starts_with("`store.client_certificate_file`: requires a `store.url` with rediss://"), "{message}");

    fs::write(&key, stranger.signing_key.serialize_pem()).expect("written");
    let message = refusal(&on("rediss://h", &files));
    assert!(message.starts_with("`store.client_key_file`: contains a private key that does not match"), "{message}");
}

#[test]
fn files_that_hold_secrets_are_known() {
    let directory = tempfile::tempdir().expect("directory");
    let path = |name: &str| directory.path().join(name);
    let (installation, configuration) = (path("installation"), path("sa.toml"));
    let secret = BASE64.encode(&[1; 32]);
    fs::write(&installation, &secret).expect("written");
    fs::write(&configuration, format!("[keys]\ntoken = \"1:{secret}\"\n")).expect("written");
    let mut others = required();
    others.retain(|(key, _)| !key.starts_with("keys."));
    let others = environment(others.iter().map(|(key, value)| (*key, value.as_str())));
    let file = installation.display().to_string();
    let sources = ConfigSources::default()
        .with_file(Some(&configuration))
        .with_environment(others)
        .with_environment(environment([("keys.installation_file", file.as_str())]));
    let files: Vec<_> = Config::load(&sources).expect("a configuration").secret_files.into_iter().collect();
    let files: Vec<_> = files.iter().map(|file| (file.setting, &file.path)).collect();
    let callers = path("callers.toml");
    let expected =
        [("keys.installation_file", &installation), ("keys.token", &configuration), ("callers.file", &callers)];
    assert_eq!(files, expected);
}

#[test]
fn the_databases_and_the_list_of_callers_need_no_more_than_themselves() {
    let urls = environment([("store.url", "rediss://h"), ("audit.url", "sqlite://a.db")]);
    DatabasesConfig::load(&ConfigSources::default().with_environment(urls)).expect("databases");
    let (_, secret) = required().swap_remove(2);
    let keys = environment([("keys.installation", secret.as_str())]);
    let callers = KeysCommandConfig::load(&ConfigSources::default().with_environment(keys)).expect("callers");
    assert_eq!(callers.file, std::path::Path::new("callers.toml"));
    assert!(KeysCommandConfig::load(&ConfigSources::default()).is_err());
}

#[test]
fn rules_are_on_with_their_own_defaults_and_can_be_off() {
    use crate::detection::{DetectionSettings, Rule, RuleSet};
    assert_eq!(load(&[]).expect("the defaults").detection, DetectionSettings::default());
    for rule in Rule::all() {
        let key = rule.setting();
        let rules: RuleSet = Rule::all().filter(|other| *other != rule).collect();
        assert_eq!(load(&[(&key, "false")]).expect(&key).detection.rules, rules);
    }
}

//! Import rules between modules. These tests read the sources, so that no shortcut through the layers stays unnoticed.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A part of `src/` and the modules of this crate that it may import. The longest matching prefix applies. `app`,
/// `lifecycle`, `main` and `cli` compose the program and may import everything.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain/", &["domain"]),
    ("clock.rs", &["domain"]),
    ("backoff.rs", &["clock", "domain"]),
    ("entropy.rs", &["domain"]),
    // Only the form of a finding is used of the store.
    ("detection/", &["detection", "domain", "store"]),
    ("device/", &["device"]),
    ("file_stamp.rs", &[]),
    ("private_file.rs", &[]),
    ("certificates.rs", &["domain"]),
    ("geo/", &["domain", "file_stamp", "geo"]),
    ("api", &["api"]),
    ("cache/", &["cache", "clock", "domain", "store", "sync"]),
    (
        "authority/",
        &["audit", "authority", "cache", "clock", "detection", "device", "domain", "entropy", "geo", "store", "sync"],
    ),
    ("alerts/", &["alerts", "audit", "backoff", "clock", "domain", "store"]),
    ("store/", &["domain", "private_file", "store", "sync"]),
    ("store/redis/", &["backoff", "clock", "domain", "store", "sync"]),
    ("store/sqlite/", &["clock", "domain", "private_file", "store", "sync"]),
    ("audit/", &["audit", "clock", "domain", "private_file", "store"]),
    ("callers/", &["authority", "callers", "clock", "domain", "entropy", "file_stamp", "private_file"]),
    ("config/", &["callers", "certificates", "config", "detection", "domain", "entropy", "private_file"]),
    (
        "telemetry/",
        &[
            "alerts",
            "audit",
            "authority",
            "cache",
            "callers",
            "clock",
            "config",
            "detection",
            "domain",
            "geo",
            "store",
            "telemetry",
            "transport",
        ],
    ),
    ("transport/", &["alerts", "api", "authority", "clock", "domain", "entropy", "transport"]),
];

/// A crate and the only places that may name it.
const CRATES: &[(&str, &[&str])] = &[
    ("redis", &["store/redis/"]),
    ("deadpool_redis", &["store/redis/"]),
    ("sqlx", &["store/sqlite/", "audit/"]),
    ("tonic", &["transport/grpc/", "api", "cli/", "store/record/stored.rs"]),
    ("http_body", &["transport/grpc/"]),
    ("axum", &["transport/http/"]),
    ("clap", &["cli/", "main.rs"]),
    ("prometheus_client", &["telemetry/"]),
    ("prost_reflect", &["cli/json/message.rs"]),
    ("maxminddb", &["geo/"]),
    ("rustls", &["certificates.rs"]),
    ("x509_parser", &["certificates.rs"]),
];

/// Names that belong to one engine. Only the composition root may choose an engine.
const ENGINES: &[&str] = &["store::redis", "store::sqlite", "RedisSessionStore", "SqliteSessionStore", "geo::mmdb"];

#[test]
fn layers_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for (file, source) in sources() {
        let layer = LAYERS.iter().filter(|(prefix, _)| file.starts_with(prefix)).max_by_key(|(prefix, _)| prefix.len());
        let Some((_, allowed)) = layer else { continue };
        for module in imported(&source, "crate") {
            if !allowed.contains(&module.as_str()) {
                wrong.push(format!("{file} imports crate::{module}; it may import {allowed:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let mut wrong = Vec::new();
    for (file, source) in sources() {
        for (name, places) in CRATES {
            let named = mentions_module(&source, &format!("{name}::"));
            if named && !places.iter().any(|place| file.starts_with(place)) {
                wrong.push(format!("{file} names the crate {name}; only {places:?} may"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn use_cases_and_transports_know_no_engine() {
    let mut wrong = Vec::new();
    for (file, source) in sources() {
        let above = file.starts_with("authority/") || file.starts_with("transport/");
        for engine in ENGINES.iter().filter(|_| above) {
            if source.contains(engine) {
                wrong.push(format!("{file} names {engine}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Code that runs a statement on a bare connection or begins its own transaction. See `audit/postgres/transaction.rs`.
const OUTSIDE_AUDIT_TRANSACTION: &[&str] =
    &["(&mut *connection)", "begin_with(", ".begin()", "Transaction<'_, Postgres>", "fetch_all(connection)"];

#[test]
fn statements_for_postgres_run_in_transactions_that_a_pooler_can_carry() {
    let mut wrong = Vec::new();
    for (file, source) in sources() {
        let concerned = file.starts_with("audit/postgres/") && file != "audit/postgres/transaction.rs";
        for code in OUTSIDE_AUDIT_TRANSACTION.iter().filter(|code| concerned && source.contains(**code)) {
            wrong.push(format!("{file} has {code}; an AuditTransaction must carry the statement"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reading_of_imports_has_eyes() {
    let source = "use crate::{clock::Clock, domain::{Error, id::Owner}};\nuse crate::store;\nlet x = crate::api::X;";
    let expected: BTreeSet<_> = ["clock", "domain", "store", "api"].map(str::to_owned).into();
    assert_eq!(imported(source, "crate"), expected);
    assert!(mentions_module("use sqlx::Row;", "sqlx::"));
    assert!(!mentions_module("use crate::store::redis::keys;", "redis::"));
    assert!(!mentions_module("use crate::{\n    store::{\n        redis::{A, B},\n    },\n};", "redis::"));
}

/// The top-level modules of `root` that a source names, in `use` groups and in paths.
fn imported(source: &str, root: &str) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    let start = format!("{root}::");
    for (at, _) in source.match_indices(&start) {
        let rest = &source[at + start.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for c in group.chars() {
                match c {
                    '}' if depth == 0 => break,
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => modules.extend(first_name(&std::mem::take(&mut item))),
                    _ if depth == 0 => item.push(c),
                    _ => (),
                }
            }
            modules.extend(first_name(&item));
        } else {
            modules.extend(first_name(rest));
        }
    }
    modules
}

fn first_name(path: &str) -> Option<String> {
    let name: String = path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Returns true if `source` names a path that begins with `start`, as opposed to one that contains it in the middle.
/// Imports from this crate are ignored: in their groups a module may have the name of a crate.
fn mentions_module(source: &str, start: &str) -> bool {
    let own = ["use crate::", "use super::", "use self::"];
    let statements = source.split(';').filter(|statement| {
        let statement = statement.trim_start();
        !own.iter().any(|own| statement.strip_prefix("pub ").unwrap_or(statement).starts_with(own))
    });
    let begins =
        |(at, _): (usize, _), text: &str| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    statements.into_iter().any(|text| text.match_indices(start).any(|found| begins(found, text)))
}

/// Returns every source file with its path below `src/`, without comments.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut directories: Vec<PathBuf> = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).expect("a source file");
                let code: Vec<_> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                let name = path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
                found.push((name, code.join("\n")));
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found
}

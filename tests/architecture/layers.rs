//! The modules that each part of `src/` may import, and the crates that belong to one part.

use std::fmt::Write;

use super::{
    cycles::cycles,
    sources::{Modules, inline_paths, read_all_sources, read_sources, use_declarations},
    tables::check_table,
};

/// A part of `src/` and what it may import of this crate besides itself. The longest matching path applies.
pub(super) struct Layer {
    /// A file or a directory.
    path: &'static str,
    /// Modules, or parts of modules that [`PARTS`] lists.
    imports: &'static [&'static str],
    note: &'static str,
}

/// The parts of `src/` with restricted imports. `app`, `lifecycle`, `main` and `cli` combine them and may import
/// everything.
const LAYERS: &[Layer] = &[
    layer("domain", &[], "no I/O, no `async`, no clock"),
    layer("api", &[], "generated from `proto`, with the codec of its messages"),
    layer("detection", &["domain", "store"], "only the form of a finding is used of the store"),
    layer("device", &[], ""),
    layer("gateway", &["domain"], "no I/O, no `async`, no clock; neither gRPC nor HTTP"),
    layer("geo", &["domain", "file_stamp"], ""),
    layer(
        "near_cache/source",
        &["domain", "store", "sync"],
        "what the near cache needs of an engine, and all of it that engines know",
    ),
    layer("near_cache", &["clock", "domain", "store", "sync"], ""),
    layer(
        "authority",
        &[
            "audit",
            "clock",
            "detection",
            "device",
            "domain",
            "entropy",
            "geo",
            "near_cache",
            "notifications",
            "store",
            "sync",
        ],
        "only the traits of the stores and the audit",
    ),
    layer(
        "authority/tests",
        &[
            "audit",
            "audit::sqlite",
            "authority",
            "clock",
            "detection",
            "device",
            "domain",
            "entropy",
            "geo",
            "near_cache",
            "near_cache::source",
            "store",
            "store::sqlite",
        ],
        "the use cases on the embedded store",
    ),
    layer("alerts", &["audit", "backoff", "clock", "domain", "notifications", "store"], ""),
    layer(
        "notifications",
        &["audit", "detection", "domain", "store", "untrusted_text"],
        "only the queue is used of the audit; a test compares the texts with the rules of detection",
    ),
    layer(
        "webhooks",
        &["audit", "authority", "backoff", "certificates", "clock", "domain", "entropy", "store", "tls"],
        "only the trait of test messages is used of the authority",
    ),
    layer("store", &["domain", "private_file", "sync"], ""),
    layer(
        "store/redis",
        &["backoff", "certificates", "clock", "domain", "loopback", "near_cache::source", "store", "sync"],
        "",
    ),
    layer("store/sqlite", &["clock", "domain", "near_cache::source", "private_file", "sqlite", "store", "sync"], ""),
    layer("audit", &["backoff", "clock", "domain", "private_file", "store"], ""),
    layer("audit/postgres", &["audit", "clock", "domain", "private_file", "store"], ""),
    layer("audit/sqlite", &["audit", "clock", "domain", "private_file", "sqlite", "store"], ""),
    layer("sqlite", &["domain"], "shared by the two engines on SQLite"),
    layer("callers", &["authority", "clock", "domain", "entropy", "file_stamp", "private_file"], ""),
    layer(
        "config",
        &[
            "callers",
            "certificates",
            "detection",
            "domain",
            "entropy",
            "gateway",
            "loopback",
            "notifications",
            "private_file",
            "tls",
        ],
        "",
    ),
    layer(
        "telemetry",
        &[
            "alerts",
            "audit",
            "authority",
            "callers",
            "clock",
            "config",
            "detection",
            "domain",
            "geo",
            "geo::mmdb",
            "near_cache",
            "near_cache::source",
            "notifications",
            "store",
            "tls",
            "transport",
            "transport::grpc",
            "transport::http",
            "webhooks",
        ],
        "",
    ),
    layer(
        "transport",
        &["alerts", "api", "authority", "clock", "domain", "entropy", "gateway", "loopback", "tls", "web"],
        "translation only",
    ),
    layer(
        "tls",
        &["authority", "certificates", "domain", "file_stamp"],
        "only the trait of identities is used of the authority",
    ),
    layer("web", &["api", "domain", "time_text", "untrusted_text"], "messages of the contract in, HTML out; no I/O"),
    layer("ocsf", &["api"], ""),
    layer("time_text.rs", &["domain"], ""),
    layer("untrusted_text.rs", &[], ""),
    layer("certificates", &["domain"], ""),
    layer("clock.rs", &["domain"], ""),
    layer("entropy.rs", &["domain"], ""),
    layer("backoff.rs", &["clock", "domain"], ""),
    layer("file_stamp.rs", &[], ""),
    layer("loopback.rs", &[], ""),
    layer("private_file.rs", &[], ""),
    layer("sync.rs", &[], ""),
];

/// Parts of modules that are not imported with their module: an importer names them in its layer.
const PARTS: &[&str] = &[
    "near_cache::source",
    "store::redis",
    "store::sqlite",
    "audit::postgres",
    "audit::sqlite",
    "geo::mmdb",
    "transport::grpc",
    "transport::http",
];

/// Crates, and the only places that may name them: parts of `src/`, and other packages.
const CRATES: &[(&str, &[&str])] = &[
    ("session_authority", &["main.rs"]),
    ("redis_cluster", &["store/redis/"]),
    ("redis", &["store/redis/", "crates/redis-cluster/", "crates/test-support/"]),
    ("deadpool", &["crates/redis-cluster/"]),
    ("deadpool_redis", &["crates/redis-cluster/"]),
    ("sqlx", &["store/sqlite/", "audit/", "sqlite/", "crates/test-support/"]),
    ("tonic", &["transport/grpc/", "api", "cli/", "store/record/stored.rs", "crates/client/"]),
    ("http_body", &["transport/grpc/"]),
    ("axum", &["transport/http/"]),
    ("askama", &["web/"]),
    ("clap", &["cli/", "main.rs"]),
    ("prometheus_client", &["telemetry/"]),
    ("prost_reflect", &["api/json/", "transport/http/rest/"]),
    ("maxminddb", &["geo/"]),
    ("rustls", &["certificates/", "tls/"]),
    ("tokio_rustls", &["tls/"]),
    ("x509_parser", &["certificates/"]),
];

const fn layer(path: &'static str, imports: &'static [&'static str], note: &'static str) -> Layer {
    Layer { path, imports, note }
}

impl Layer {
    fn contains(&self, file: &str) -> bool {
        file.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
    }

    fn module(&self) -> String {
        self.path.trim_end_matches(".rs").replace('/', "::")
    }

    fn may_import(&self, path: &[String]) -> bool {
        let required = part(path).unwrap_or_else(|| path.first().map(String::as_str).unwrap_or_default());
        is_within(path, &self.module()) || self.imports.contains(&required)
    }
}

/// Returns the entry of [`PARTS`] that `path` leads into.
fn part(path: &[String]) -> Option<&'static str> {
    PARTS.iter().copied().find(|part| is_within(path, part))
}

fn is_within(path: &[String], module: &str) -> bool {
    let mut names = path.iter();
    module.split("::").all(|name| names.next().is_some_and(|own| own == name))
}

#[test]
fn layers_import_only_what_they_may() {
    let sources = read_sources();
    let modules = Modules::new(&sources);
    let mut wrong = Vec::new();
    for source in &sources {
        let layers = LAYERS.iter().filter(|layer| layer.contains(&source.name));
        let Some(layer) = layers.max_by_key(|layer| layer.path.len()) else { continue };
        let declared = use_declarations(&source.code).into_iter().map(|(path, _)| path);
        for path in declared.chain(inline_paths(&source.code)) {
            let Some(path) = modules.absolute(&source.module(), &path) else { continue };
            if !path.first().is_some_and(|first| modules.is_module(first)) {
                continue;
            }
            // A name that a module exports from another one belongs to both, except that a part stays what it is.
            let exported =
                modules.defining_file(&path).map(|(module, _)| module).filter(|module| part(module).is_some());
            if !layer.may_import(&path) || exported.is_some_and(|module| !layer.may_import(module)) {
                wrong.push(format!("{} imports {}; it may import {:?}", source.name, path.join("::"), layer.imports));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_layer_imports_upward() {
    let modules: Vec<_> = LAYERS.iter().map(|layer| (layer.module(), layer.imports)).collect();
    let imports = modules.iter().map(|(module, imports)| (module.as_str(), imports.iter().copied().collect()));
    assert_eq!(cycles(&imports.collect()), Vec::<Vec<&str>>::new(), "layers that import each other");
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let mut wrong = Vec::new();
    for source in read_all_sources() {
        let place = source.path.strip_prefix("src/").unwrap_or(&source.path);
        for (name, places) in CRATES {
            let is_named = mentions_crate(&source.code, &format!("{name}::"));
            if is_named && !places.iter().any(|allowed| place.starts_with(allowed)) {
                wrong.push(format!("{} names the crate {name}; only {places:?} may", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_documented_layers_are_those_of_this_table() {
    let code = |name: &str| format!("`{}`", name.trim_end_matches(".rs").trim_end_matches('/'));
    let list = |names: &[&str]| names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ");
    let mut layers = String::from("| module | may import from this crate, besides itself | note |\n|---|---|---|\n");
    for layer in LAYERS {
        let imports = if layer.imports.is_empty() { "nothing".to_owned() } else { list(layer.imports) };
        let _ = writeln!(layers, "| {} | {imports} | {} |", code(layer.path), layer.note);
    }
    layers.push_str("| `app`, `cli`, `lifecycle` | everything | they combine concrete types |\n");
    check_table("CONTRIBUTING.md", "layers", &layers);

    let mut crates = String::from("| crate | named only in |\n|---|---|\n");
    for (name, places) in CRATES {
        let _ = writeln!(crates, "| `{name}` | {} |", list(places));
    }
    check_table("ARCHITECTURE.md", "crates", &crates);
}

/// Returns whether `code` names a path that begins with `start`, as opposed to one that contains it in the middle.
/// Imports from this crate are ignored: in their groups a module may have the name of a crate.
fn mentions_crate(code: &str, start: &str) -> bool {
    let own = ["use crate::", "use super::", "use self::"];
    let statements = code.split(';').filter(|statement| {
        let statement = statement.trim_start();
        !own.iter().any(|own| statement.strip_prefix("pub ").unwrap_or(statement).starts_with(own))
    });
    let begins =
        |(at, _): (usize, _), text: &str| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    statements.into_iter().any(|text| text.match_indices(start).any(|found| begins(found, text)))
}

#[test]
fn imports_of_a_part_differ_from_those_of_its_module() {
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    let audit = layer("audit/sqlite", &["audit", "store"], "");
    for allowed in ["store::StoreError", "store::outbox::OutboxEntry", "audit::rows", "audit::sqlite::column"] {
        assert!(audit.may_import(&path(allowed)), "{allowed}");
    }
    for forbidden in ["store::sqlite::column", "audit::postgres", "transport::grpc", "near_cache"] {
        assert!(!audit.may_import(&path(forbidden)), "{forbidden}");
    }
    assert!(layer("store", &[], "").may_import(&path("store::redis")));
    let engine = layer("store/redis", &["near_cache::source"], "");
    assert!(engine.may_import(&path("near_cache::source::Lease")));
    assert!(!engine.may_import(&path("near_cache::NearCache")));
    assert!(mentions_crate("use sqlx::Row;", "sqlx::"));
    assert!(!mentions_crate("use crate::store::redis::keys;", "redis::"));
    assert!(!mentions_crate("use crate::{\n    store::{\n        redis::{A, B},\n    },\n};", "redis::"));
}

//! Rules about names and prose. These tests read the sources, the contract and the documentation.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::architecture::sources::read_all_sources;

/// Files and directories with names and texts that users or contributors read.
const PLACES: &[&str] = &[
    "src",
    "crates",
    "proto",
    "docs",
    "deploy",
    "scripts",
    "benches",
    "data/user-agents/README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "build",
    "build.rs",
    "clients/README.md",
    "clients/conformance/README.md",
    "clients/elements/README.md",
    "clients/elements/elements/src",
    "clients/elements/react/src",
    "clients/elements/tests",
    "clients/go",
    "clients/java/README.md",
    "clients/java/client/src/main",
    "clients/java/servlet/src",
    "clients/java/spring/src",
    "clients/python",
    "clients/typescript/README.md",
    "clients/typescript/src",
    "clients/typescript/tests",
    "clippy.toml",
    "deny.toml",
    "examples/README.md",
    "examples/go",
    "examples/java/README.md",
    "examples/java/src",
    "examples/python",
    "examples/rust",
    "examples/typescript/README.md",
    "examples/typescript/app.ts",
    "tests/README.md",
];

/// Words that were replaced by the terms of the field; docs/glossary.md lists the terms.
const RETIRED_WORDS: &[&str] = &[
    "acquaint",
    "acquaintance",
    "acquainted",
    "acquaints",
    "anew",
    "meddler",
    "mend",
    "mended",
    "mends",
    "misfit",
    "misfits",
    "reborn",
    "tell",
    "telling",
    "tells",
    "told",
    "twin",
    "twins",
    "untold",
    "upkeep",
    "whoever",
];

/// Retired names of several words, and openings of doc comments.
const RETIRED_PHRASES: &[&str] = &[
    "at_hand",
    "fn of(",
    "keep_house",
    "passed_by",
    "proven_at",
    "quiet_for",
    "set_aside",
    "/// Answers",
    "//! Answers",
];

/// A word or phrase, the end of the path of the file that may use it, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Words with which no doc comment begins: it begins with a noun phrase or a verb.
const RELATIVE_WORDS: &[&str] = &[
    "what",
    "whether",
    "whoever",
    "who",
    "how",
    "why",
    "where",
    "as",
    "so",
    "of",
    "it",
    "that",
    "those",
    "which",
    "whose",
    "nothing",
    "everything",
    "nobody",
    "all",
    "each",
    "one",
];

/// A type name that has more than one definition, and the reason.
const SHARED_TYPE_NAMES: &[(&str, &str)] = &[(
    "Stopwatch",
    "the clock of the service is not a part of the Redis client, which measures time only for retries",
)];

/// Words of the session store. The Redis client that it uses knows nothing of them.
const SESSION_WORDS: &[&str] = &[
    "bucket",
    "buckets",
    "generation",
    "generations",
    "installation",
    "revocation",
    "revocations",
    "session",
    "sessions",
    "tenant",
    "tenants",
];

#[test]
fn the_redis_client_does_not_speak_of_sessions() {
    let mut wrong = Vec::new();
    for source in read_all_sources().into_iter().filter(|source| source.path.starts_with("crates/redis-cluster/")) {
        for (line, number) in source.text.lines().zip(1..) {
            if words(line).iter().any(|word| SESSION_WORDS.contains(&word.as_str())) {
                wrong.push(format!("{}:{number} {}", source.path, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn retired_words_stay_away() {
    let mut wrong = Vec::new();
    for (file, text) in read_texts(PLACES) {
        let is_excepted =
            |word: &str| EXCEPTIONS.iter().any(|(allowed, place, _)| *allowed == word && file.ends_with(place));
        for (line, number) in text.lines().zip(1..) {
            let words = words(line);
            let retired = RETIRED_WORDS.iter().filter(|word| words.iter().any(|used| used == *word));
            let phrases = RETIRED_PHRASES.iter().filter(|phrase| line.contains(**phrase));
            for found in retired.chain(phrases).filter(|found| !is_excepted(found)) {
                wrong.push(format!("{file}:{number} has `{found}`: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_type_name_has_one_definition() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // A client of the service has the same words for the same things.
    for source in read_all_sources().into_iter().filter(|source| !source.path.starts_with("crates/client/")) {
        for name in source.text.lines().filter_map(defined_type) {
            places.entry(name.to_owned()).or_default().push(source.path.clone());
        }
    }
    let is_excepted = |name: &str| SHARED_TYPE_NAMES.iter().any(|(shared, _)| *shared == name);
    let wrong: Vec<_> = places.iter().filter(|(name, places)| places.len() > 1 && !is_excepted(name)).collect();
    assert!(wrong.is_empty(), "types with the same name: {wrong:?}");
}

#[test]
fn a_macro_name_has_one_definition() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in read_texts(&["src", "crates", "tests", "benches"]) {
        for name in text.lines().filter_map(|line| line.trim_start().strip_prefix("macro_rules! ")) {
            places.entry(name.trim_end_matches(" {").to_owned()).or_default().push(file.clone());
        }
    }
    let wrong: Vec<_> = places.iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(wrong.is_empty(), "macros with the same name: {wrong:?}");
}

#[test]
fn doc_comments_begin_with_a_noun_phrase_or_a_verb() {
    let mut wrong = Vec::new();
    for source in read_all_sources() {
        let mut is_in_comment = false;
        for (line, number) in source.text.lines().zip(1..) {
            let comment = doc_comment(line);
            let first = comment.filter(|_| !is_in_comment).and_then(|comment| words(comment).into_iter().next());
            if first.is_some_and(|word| RELATIVE_WORDS.contains(&word.as_str())) {
                wrong.push(format!("{}:{number} {}", source.path, line.trim()));
            }
            is_in_comment = comment.is_some();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_are_found_in_names_and_prose() {
    assert_eq!(words("UntoldReason"), ["untold", "reason"]);
    assert_eq!(words("let at_once = \"told\";"), ["let", "at", "once", "told"]);
    assert_eq!(defined_type("    pub(super) struct CacheShard<K> {"), Some("CacheShard"));
    assert_eq!(defined_type("structure of a file"), None);
    assert_eq!(doc_comment("  /// A lease."), Some(" A lease."));
    assert_eq!(doc_comment("// A lease."), None);
}

/// Returns the words of `text` in lower case. A capital letter after a small one begins a word.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in text.chars() {
        if !c.is_alphabetic() || (was_small && c.is_uppercase()) {
            words.push(String::new());
        }
        was_small = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns the name of the type that `line` defines.
fn defined_type(line: &str) -> Option<&str> {
    let mut tokens = line.split_whitespace().skip_while(|token| token.starts_with("pub"));
    let keyword = tokens.next()?;
    let name = tokens.next().filter(|_| matches!(keyword, "struct" | "enum" | "trait"))?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    Some(&name[..end]).filter(|name| name.starts_with(|c: char| c.is_uppercase()))
}

fn doc_comment(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))
}

/// Returns the text files in `places` with their paths.
fn read_texts(places: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open: Vec<PathBuf> = places.iter().map(|place| root.join(place)).collect();
    let mut texts = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).expect("a directory").map(|entry| entry.expect("an entry").path()));
        } else if let Ok(text) = fs::read_to_string(&path) {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            texts.push((name, text));
        }
    }
    assert!(texts.len() > 500, "the texts were not found");
    texts
}

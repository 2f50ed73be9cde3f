//! Cycles between source files.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{Modules, read_sources};

/// The ceiling of the number of groups of files that use each other. It may only be lowered.
const MAX_CYCLES: usize = 5;

#[test]
fn files_do_not_use_each_other() {
    let sources = read_sources();
    let modules = Modules::new(&sources);
    let cycles = cycles(&modules.dependencies(&sources));
    let described: Vec<_> = cycles.iter().map(|files| files.join(" ")).collect();
    assert!(cycles.len() <= MAX_CYCLES, "too many groups of files use each other:\n{}", described.join("\n"));
}

/// Returns the groups of files, or layers, each of which can be reached from each other one.
pub(super) fn cycles<'a>(dependencies: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<Vec<&'a str>> {
    let reachable: BTreeMap<&str, BTreeSet<&str>> =
        dependencies.keys().map(|file| (*file, reachable(file, dependencies))).collect();
    let mut grouped = BTreeSet::new();
    let mut groups = Vec::new();
    for (file, others) in &reachable {
        if !others.contains(file) || grouped.contains(file) {
            continue;
        }
        let is_mutual = |other: &&&str| reachable.get(**other).is_some_and(|back| back.contains(file));
        let group: Vec<&str> = others.iter().filter(is_mutual).copied().collect();
        grouped.extend(group.iter().copied());
        groups.push(group);
    }
    groups
}

fn reachable<'a>(file: &str, dependencies: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = dependencies.get(file).into_iter().flatten().copied().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(dependencies.get(next).into_iter().flatten().copied());
        }
    }
    found
}

#[test]
fn groups_of_files_that_use_each_other_are_found() {
    let dependencies = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("e", "f"), ("f", "e")];
    let dependencies = dependencies.map(|(file, used)| (file, BTreeSet::from([used]))).into();
    assert_eq!(cycles(&dependencies), [vec!["a", "b", "c"], vec!["e", "f"]]);
}

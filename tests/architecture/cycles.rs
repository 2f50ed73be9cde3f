//! Cycles between source files.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{Modules, SourceFile, other_packages, read_package, read_sources};

/// The ceiling of the number of groups of files that use each other in the package at the root. It may only be lowered.
const MAX_CYCLES: usize = 3;

#[test]
fn files_do_not_use_each_other() {
    check_cycles(&read_sources(), MAX_CYCLES);
    for package in other_packages() {
        check_cycles(&read_package(&package), 0);
    }
}

fn check_cycles(sources: &[SourceFile], ceiling: usize) {
    let modules = Modules::new(sources);
    let cycles = cycles(&modules.dependencies(sources));
    let described: Vec<_> = cycles.iter().map(|files| files.join(" ")).collect();
    assert!(cycles.len() <= ceiling, "too many groups of files use each other:\n{}", described.join("\n"));
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

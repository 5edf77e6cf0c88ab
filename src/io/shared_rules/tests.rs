//! Folders as a `ConfigMap` is mounted, looked at.

use super::*;
use crate::io::metrics::Metrics;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

fn rules(id: &str, limit: u32) -> String {
    format!(
        "version: 1\nrules:\n  - {{id: {id}, title: t, count: events, of: {{type: query}}, by: actor, over: 1h, \
         limit: {{warn: {limit}}}, hold: 1h}}\n"
    )
}

/// A folder as a `ConfigMap` is mounted: files are links through `..data`, which is swapped by a rename.
fn mount(folder: &Path, life: &str, files: &[(&str, String)]) {
    let data = folder.join(format!("..{life}"));
    fs::create_dir(&data).expect("a folder");
    for (name, yaml) in files {
        fs::write(data.join(name), yaml).expect("written");
        if !folder.join(name).is_symlink() {
            symlink(format!("..data/{name}"), folder.join(name)).expect("a link");
        }
    }
    symlink(format!("..{life}"), folder.join("..data_tmp")).expect("a link");
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).expect("swapped");
}

struct Bench {
    folder: tempfile::TempDir,
    watch: RulesWatch,
    metrics: Metrics,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        mount(folder.path(), "first", &[("a.yaml", rules("first", 10))]);
        let patterns = vec![format!("{}/*.yaml", folder.path().display())];
        let files = rule_files::read(&patterns).expect("files");
        let shared = Arc::new(SharedRules::new(CheckedRules::of(&files).expect("right")));
        let metrics = Metrics::new().expect("metrics");
        let watch = RulesWatch::new(shared, patterns, metrics.rules.clone());
        Self { folder, watch, metrics }
    }

    /// What is in force after two looks: ids, refusals so far, and whether the newest files are refused.
    fn looked(&mut self) -> (Vec<String>, u64, i64) {
        self.watch.look();
        self.watch.look();
        let ids = self.watch.shared.get().set.rules.iter().map(|rule| rule.id.clone()).collect();
        (ids, self.metrics.rules.reload_failures.get(), self.metrics.rules.files_refused.get())
    }

    fn mount(&self, life: &str, files: &[(&str, String)]) {
        mount(self.folder.path(), life, files);
    }
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[test]
fn a_swapped_mount_is_taken_up_and_a_broken_one_refused_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.looked(), (ids(&["first"]), 0, 0), "nothing has changed");
    bench.mount("second", &[("a.yaml", rules("first", 5)), ("b.yaml", rules("second", 5))]);
    assert_eq!(bench.looked(), (ids(&["first", "second"]), 0, 0));
    bench.mount("third", &[("a.yaml", rules("first", 5)), ("b.yaml", "version: 1\nrules: 7\n".into())]);
    assert_eq!(bench.looked(), (ids(&["first", "second"]), 1, 1));
    assert_eq!(bench.looked(), (ids(&["first", "second"]), 1, 1), "the same fault is told once");
    bench.mount("fourth", &[("a.yaml", rules("first", 5)), ("b.yaml", rules("second", 5))]);
    assert_eq!(bench.looked(), (ids(&["first", "second"]), 1, 0), "what is in force is right");
}

#[test]
fn files_that_are_gone_or_too_large_change_nothing() {
    let mut bench = Bench::new();
    let gone = bench.folder.path().join("a.yaml");
    fs::remove_file(&gone).expect("removed");
    assert_eq!(bench.looked(), (ids(&["first"]), 1, 1));
    let comment = format!("{}# {}\n", rules("first", 5), "x".repeat(MAX_BYTES));
    fs::write(&gone, comment).expect("written");
    assert_eq!(bench.looked(), (ids(&["first"]), 2, 1));
}

#[test]
fn a_file_that_is_still_being_written_is_no_fault() {
    let mut bench = Bench::new();
    let file = bench.folder.path().join("a.yaml");
    fs::write(&file, "version: 1\nrules:\n  - {id: fir").expect("written");
    bench.watch.look();
    fs::write(&file, rules("other", 3)).expect("written");
    assert_eq!(bench.looked(), (ids(&["other"]), 0, 0));
}

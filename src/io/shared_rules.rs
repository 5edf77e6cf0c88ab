//! The configured rules while the process runs: read again when their files change, checked, and replaced whole.

use super::kafka::stages::RuleSet as PublishedRules;
use super::lifecycle::{Lifecycle, chain};
use super::metrics::RulesMetrics;
use super::rule_files::{self, RuleFile};
use crate::core::rule_tests::check_files;
use crate::core::rules::{RuleError, RuleSet, RuleText};
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Rule files are looked at this often. What has changed is judged once two looks have seen the same: a file that is
/// still being written is not a wrong file.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);
/// All rule files together, in bytes: the log carries them in one message, and the broker takes a megabyte.
const MAX_BYTES: usize = 900_000;
/// Faults of one set that are logged; the rest is counted.
const MAX_TOLD: usize = 20;

/// Why rule files cannot be put in force.
#[derive(Debug, Error)]
pub enum RulesRefused {
    /// Something is wrong in them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong(Vec<RuleError>),
    /// They are too large.
    #[error("rules.files: expected at most {MAX_BYTES} bytes in all, found {0}")]
    TooLarge(usize),
}

/// A rule set that has passed the check.
#[derive(Clone, Debug)]
pub struct CheckedRules {
    /// As the activity log carries it.
    pub published: PublishedRules,
    /// As it is read.
    pub set: RuleSet,
}

impl CheckedRules {
    /// Checks `files` as `rules check` does, their tests' form included.
    ///
    /// # Errors
    /// [`RulesRefused`]
    pub fn of(files: &[RuleFile]) -> Result<Self, RulesRefused> {
        let bytes = files.iter().map(|file| file.yaml.len()).sum();
        if bytes > MAX_BYTES {
            return Err(RulesRefused::TooLarge(bytes));
        }
        let texts: Vec<RuleText<'_>> =
            files.iter().map(|file| RuleText { name: &file.name, yaml: &file.yaml }).collect();
        let (set, _) = check_files(&texts).map_err(RulesRefused::Wrong)?;
        let yaml = files.iter().map(|file| file.yaml.clone()).collect();
        Ok(Self { published: PublishedRules { version: set.version.clone(), yaml }, set })
    }
}

/// The rules that are configured now.
#[derive(Debug)]
pub struct SharedRules(ArcSwap<CheckedRules>);

impl SharedRules {
    /// Begins with `rules`.
    pub fn new(rules: CheckedRules) -> Self {
        Self(ArcSwap::from_pointee(rules))
    }

    /// What is configured now.
    pub fn get(&self) -> Arc<CheckedRules> {
        self.0.load_full()
    }

    /// Replaces them.
    pub fn replace(&self, rules: CheckedRules) {
        self.0.store(Arc::new(rules));
    }
}

/// What one look at the files gave: them, or why they cannot be read.
type Look = Result<Vec<RuleFile>, String>;

/// Looks for changed rule files.
pub struct RulesWatch {
    shared: Arc<SharedRules>,
    patterns: Vec<String>,
    metrics: RulesMetrics,
    /// What was judged last; nothing yet, where the files are those that the process began with.
    judged: Option<Look>,
    /// What is judged if the next look sees it again.
    waiting: Option<Look>,
}

impl RulesWatch {
    /// Watches the files that `patterns` name, of which `shared` was made.
    pub fn new(shared: Arc<SharedRules>, patterns: Vec<String>, metrics: RulesMetrics) -> Self {
        Self { shared, patterns, metrics, judged: None, waiting: None }
    }

    /// Looks until the process is asked to stop. What is refused is said once, and the old rules stay.
    pub fn run(mut self, lifecycle: &Lifecycle) {
        while !lifecycle.sleep(LOOK_EVERY) {
            self.look();
        }
    }

    /// Looks once.
    pub fn look(&mut self) {
        let look = rule_files::read(&self.patterns).map_err(|error| chain(&error));
        if self.is_judged(&look) {
            self.waiting = None;
        } else if self.waiting.as_ref() == Some(&look) {
            self.judge(&look);
            (self.judged, self.waiting) = (Some(look), None);
        } else {
            self.waiting = Some(look);
        }
    }

    fn is_judged(&self, look: &Look) -> bool {
        match (&self.judged, look) {
            (Some(judged), look) => judged == look,
            (None, Ok(files)) => files.iter().map(|file| &file.yaml).eq(&self.shared.get().published.yaml),
            (None, Err(_)) => false,
        }
    }

    fn judge(&self, look: &Look) {
        let checked = match look {
            Ok(files) => CheckedRules::of(files).map_err(|refused| refused.to_string()),
            Err(why) => Err(why.clone()),
        };
        match checked {
            Ok(rules) => self.accept(rules),
            Err(why) => self.refuse(&why),
        }
    }

    fn accept(&self, rules: CheckedRules) {
        self.metrics.files_refused.set(0);
        let (version, count) = (&rules.set.version, rules.set.rules.len());
        if *version == self.shared.get().set.version {
            tracing::info!(version, "the rule files are again those in force");
        } else {
            tracing::info!(version, rules = count, "changed rule files were read");
            self.shared.replace(rules);
        }
    }

    fn refuse(&self, why: &str) {
        self.metrics.reload_failures.inc();
        self.metrics.files_refused.set(1);
        for fault in why.lines().take(MAX_TOLD) {
            tracing::error!(fault, "changed rule files are refused; the rules in force stay");
        }
        let untold = why.lines().count().saturating_sub(MAX_TOLD);
        if untold > 0 {
            tracing::error!(untold, "further faults; `leakwatch rules check` lists them all");
        }
    }
}

#[cfg(test)]
mod tests;

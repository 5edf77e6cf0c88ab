//! What the engine is told, in the service as in file commands.

use super::checker::Checker;
use super::sources::{self, SourceSettings};
use crate::config::document::At;
use crate::config::raw::{Clock, Config, Directory, Filters};
use crate::core::identity::Zones;
use crate::core::objects::ObjectPatterns;
use crate::core::time::Millis;
use std::path::PathBuf;

/// What the engine is told. [`Default`] is what applies without `--config`.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// Which objects hold customers.
    pub customer_objects: ObjectPatterns,
    /// The customer filters; without any, every egress identifier counts.
    pub filters: Option<FilterSettings>,
    /// Who is who.
    pub directory: DirectorySettings,
    /// How far events may be off the clock.
    pub clock: ClockSettings,
    /// The rules.
    pub rules: RuleSettings,
    /// What is kept of rejected records.
    pub rejected: RejectedSettings,
    /// The bounds of what is kept in memory.
    pub limits: Limits,
    /// The topics that events come from.
    pub sources: Vec<SourceSettings>,
}

/// The customer filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterSettings {
    /// The directory that `filter build` wrote.
    pub dir: PathBuf,
    /// Files that hold keys.
    pub key_files: Vec<PathBuf>,
    /// A filter older than this is an incident; `None` where the configuration does not set it.
    pub stale_after: Option<Millis>,
}

/// Who is who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectorySettings {
    /// The directory file; without one, every actor is unknown and every destination external.
    pub file: Option<PathBuf>,
    /// The time zone of actors that have none of their own.
    pub timezone: String,
    /// A new file that loses more of its lines than this, in percent, is refused.
    pub max_loss_percent: u8,
}

/// How far events may be off the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSettings {
    /// An event further ahead of its arrival counts at its arrival.
    pub max_future: Millis,
    /// An event this late still finds every window that it belongs to.
    pub lateness: Millis,
}

/// The rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSettings {
    /// Files, or patterns with `*` in the file name; empty for the shipped rules.
    pub files: Vec<String>,
}

/// What is kept of rejected records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RejectedSettings {
    /// The record itself rather than a keyed digest.
    pub keep_value: bool,
}

/// The bounds of what is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entities with state of their own beside the directory's actors.
    pub max_entities: u64,
}

/// The most that an event may claim to be ahead.
pub const MAX_FUTURE_MAX: Millis = Millis::from_hours(24);
/// The least lateness: below it, ordinary batching of sources would lose windows.
pub const LATENESS_MIN: Millis = Millis::from_mins(1);
/// The most lateness: every window's ring covers it.
pub const LATENESS_MAX: Millis = crate::core::window::RETAINED_LATENESS;
const STALE_MIN: Millis = Millis::from_mins(1);
const STALE_MAX: Millis = Millis::from_days(366);
const MIN_ENTITIES: u64 = 1_000;
const MAX_ENTITIES: u64 = 100_000_000;

impl Default for EngineSettings {
    fn default() -> Self {
        let raw = Config::default();
        Self {
            customer_objects: ObjectPatterns::new(&raw.customer_objects),
            filters: None,
            directory: directory(&raw.directory),
            clock: ClockSettings { max_future: raw.clock.max_future.0, lateness: raw.clock.lateness.0 },
            rules: RuleSettings::default(),
            rejected: RejectedSettings::default(),
            limits: Limits { max_entities: raw.state.max_entities },
            sources: Vec::new(),
        }
    }
}

pub(super) fn check(raw: &Config, checker: &mut Checker<'_>) -> EngineSettings {
    check_objects(&raw.customer_objects, checker);
    check_directory(&raw.directory, checker);
    check_rules(&raw.rules.files, checker);
    let max_entities = At::ROOT.key("state");
    checker.number(&max_entities.key("max_entities"), raw.state.max_entities, MIN_ENTITIES..=MAX_ENTITIES);
    EngineSettings {
        customer_objects: ObjectPatterns::new(&raw.customer_objects),
        filters: raw.filters.as_ref().map(|filters| check_filters(filters, checker)),
        directory: directory(&raw.directory),
        clock: check_clock(raw.clock, checker),
        rules: RuleSettings { files: raw.rules.files.clone() },
        rejected: RejectedSettings { keep_value: raw.rejected.keep_value },
        limits: Limits { max_entities: raw.state.max_entities },
        sources: sources::check(&raw.sources, checker),
    }
}

fn directory(raw: &Directory) -> DirectorySettings {
    DirectorySettings { file: raw.file.clone(), timezone: raw.timezone.clone(), max_loss_percent: raw.max_loss_percent }
}

fn check_objects(patterns: &[String], checker: &mut Checker<'_>) {
    let at = At::ROOT.key("customer_objects");
    if patterns.len() > ObjectPatterns::MAX {
        checker.fail(&at, format!("expected at most {} patterns", ObjectPatterns::MAX));
    }
    for (index, pattern) in patterns.iter().enumerate() {
        checker.text(&at.item(index), pattern);
    }
}

fn check_filters(raw: &Filters, checker: &mut Checker<'_>) -> FilterSettings {
    let at = At::ROOT.key("filters");
    if raw.key_files.is_empty() {
        checker.fail(&at.key("key_files"), "expected at least one file");
    }
    let stale_after = checker.span(&at.key("stale_after"), raw.stale_after, STALE_MIN..=STALE_MAX);
    FilterSettings { dir: raw.dir.clone(), key_files: raw.key_files.clone(), stale_after: Some(stale_after) }
}

fn check_directory(raw: &Directory, checker: &mut Checker<'_>) {
    let at = At::ROOT.key("directory");
    if !Zones::known(&raw.timezone) {
        checker.fail(&at.key("timezone"), "expected a time zone of the IANA database, such as Asia/Shanghai");
    }
    checker.number(&at.key("max_loss_percent"), raw.max_loss_percent, 0..=100);
}

fn check_clock(raw: Clock, checker: &mut Checker<'_>) -> ClockSettings {
    let at = At::ROOT.key("clock");
    ClockSettings {
        max_future: checker.span(&at.key("max_future"), raw.max_future, Millis::ZERO..=MAX_FUTURE_MAX),
        lateness: checker.span(&at.key("lateness"), raw.lateness, LATENESS_MIN..=LATENESS_MAX),
    }
}

fn check_rules(files: &[String], checker: &mut Checker<'_>) {
    let at = At::ROOT.key("rules");
    let files_at = at.key("files");
    for (index, file) in files.iter().enumerate() {
        let item = files_at.item(index);
        checker.text(&item, file);
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        if folder.contains('*') {
            checker.fail(&item, "expected `*` in the file name only");
        }
    }
}

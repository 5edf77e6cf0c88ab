//! Control records, and what they say that somebody has to know.

use super::builtin::{Builtin, Notice};
use super::figures::exact;
use super::plan::Plan;
use super::{Detector, Output, tell};
use crate::core::activity::{Control, SkippedSnapshots};
use crate::core::incident::EntityKind;
use crate::core::rules::{RuleSet, check_documents};
use crate::core::time::{EventTime, Millis};
use crate::core::units::Partition;

/// What incidents about the customer filter are about.
const FILTERS: &str = "filters";
/// What incidents about the directory are about.
const DIRECTORY: &str = "directory";
const HOUR_MS: i64 = 3_600_000;

impl Detector {
    pub(super) fn control(&mut self, control: &Control<'_>, out: &mut Vec<Output>) {
        match control {
            Control::Rules { yaml, .. } => self.change_rules(yaml, out),
            Control::Filter(figures) => self.figures.replace(figures),
            Control::Source(note) => self.sources.name(note, self.watermark),
            Control::FilterStaleAfter { millis } => self.stale_after = Some(*millis),
            Control::DirectoryRefused { lines, lost, noticed } => self.directory_refused(*lines, *lost, *noticed, out),
            Control::Gap { source, partition, from, to, noticed } => {
                let (id, lost) = (format!("{source}/{partition}"), to.saturating_sub(*from));
                let summary =
                    format!("{lost} records of {id} were gone before they were read: what they told is not known.");
                self.gap(&id, lost, summary, *noticed, out);
            }
            Control::StateIncomplete { noticed } => {
                self.stats.blind_spots += 1;
                self.state_incomplete(*noticed, out);
            }
            Control::SetAside { source, partition, offset, noticed } => {
                self.set_aside((source, *partition, *offset), *noticed, out);
            }
            Control::LeftOut { topic, partition, position, noticed } => {
                self.set_aside((topic, *partition, position.offset.0), *noticed, out);
            }
            Control::SnapshotsSkipped { skipped, older, noticed } => {
                self.snapshots_skipped(*skipped, *older, *noticed, out);
            }
            Control::Heartbeat { time } => out.push(Output::Heartbeat { time: *time }),
        }
    }

    fn change_rules(&mut self, yaml: &[&str], out: &mut Vec<Output>) {
        // Only checked rules are published; what this version cannot read leaves the rules in force as they are.
        let Ok(set) = check_documents(yaml.iter().copied()) else {
            self.stats.rules_refused += 1;
            return;
        };
        self.rules = yaml.iter().map(ToString::to_string).collect();
        self.relay(Plan::new(set), out);
    }

    /// Puts checked rules in force that no log carries: what tuning tries out. A snapshot does not know them.
    pub fn put_in_force(&mut self, rules: RuleSet, out: &mut Vec<Output>) {
        self.rules.clear();
        self.relay(Plan::new(rules), out);
    }

    fn directory_refused(&mut self, lines: u64, lost: u64, noticed: EventTime, out: &mut Vec<Output>) {
        let summary = format!(
            "A directory was refused: it lacks {lost} of the {lines} lines of the one in force. Until a whole one comes, \
             leavers and newcomers are not known."
        );
        let notice = Notice {
            builtin: Builtin::DirectoryRefused,
            id: DIRECTORY,
            time: noticed,
            observed: exact(lost),
            threshold: exact(lines),
            summary,
        };
        self.raise_if_owner(notice, out);
    }

    /// One record less is a gap of one: a way to be unseen, if it was made on purpose.
    fn set_aside(
        &mut self,
        (topic, partition, offset): (&str, Partition, u64),
        noticed: EventTime,
        out: &mut Vec<Output>,
    ) {
        let id = format!("{topic}/{partition}");
        let summary = format!(
            "Record {offset} of {id} was set aside: it ended the process each time it was handled. What it told is not \
             known."
        );
        self.gap(&id, 1, summary, noticed, out);
    }

    /// The notice of a gap stands in one partition of the log only.
    fn gap(&mut self, id: &str, lost: u64, summary: String, noticed: EventTime, out: &mut Vec<Output>) {
        self.stats.blind_spots += 1;
        let (observed, threshold) = (exact(lost), 1.0);
        self.raise(Notice { builtin: Builtin::Gap, id, time: noticed, observed, threshold, summary }, out);
    }

    /// Each partition's state is its own: the incident names it.
    fn state_incomplete(&mut self, noticed: EventTime, out: &mut Vec<Output>) {
        let id = self.own_id();
        let summary =
            format!("The counts of {id} were rebuilt from less than all events; what went before may be missed.");
        let notice = Notice {
            builtin: Builtin::StateIncomplete,
            id: &id,
            time: noticed,
            observed: 1.0,
            threshold: 1.0,
            summary,
        };
        self.raise(notice, out);
    }

    /// A restart tells it again for as long as no newer snapshot is written: the open incident takes that up.
    fn snapshots_skipped(&mut self, skipped: SkippedSnapshots, older: bool, noticed: EventTime, out: &mut Vec<Output>) {
        let (id, total) = (self.own_id(), skipped.total());
        let from = if older { "an older one and the log" } else { "the log alone" };
        let summary = format!(
            "{total} of the snapshots of {id} could not be used ({skipped}): its counts were rebuilt from {from}."
        );
        let (observed, threshold) = (f64::from(total), 1.0);
        let notice = Notice { builtin: Builtin::SnapshotSkipped, id: &id, time: noticed, observed, threshold, summary };
        self.raise(notice, out);
    }

    /// What incidents about this partition's own state are about.
    fn own_id(&self) -> String {
        format!("partition {}", self.settings.partition)
    }

    /// Looks at the customer filter's age, in the partition that owns the question.
    pub(super) fn look_at_filter(&mut self, now: EventTime, out: &mut Vec<Output>) {
        let (Some(after), Some(built_at)) = (self.stale_after, self.figures.built_at()) else { return };
        let age = now.since(built_at);
        if age < after {
            self.put_right(Builtin::FilterStale, FILTERS, now, out);
            return;
        }
        let hours = |span: Millis| span.as_millis() / HOUR_MS;
        let summary = format!(
            "The customer filter is {} h old; the limit is {} h. Newer customers are not recognised.",
            hours(age),
            hours(after)
        );
        let (observed, threshold) = (exact(hours(age).unsigned_abs()), exact(hours(after).unsigned_abs()));
        self.raise_if_owner(
            Notice { builtin: Builtin::FilterStale, id: FILTERS, time: now, observed, threshold, summary },
            out,
        );
    }

    /// Control records reach every partition; one of them speaks.
    fn raise_if_owner(&mut self, notice: Notice<'_>, out: &mut Vec<Output>) {
        if tell::owner(EntityKind::Source, notice.id, self.settings.partitions) == self.settings.partition {
            self.raise(notice, out);
        }
    }
}

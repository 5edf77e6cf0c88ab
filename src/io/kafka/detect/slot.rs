//! One owned partition on its worker: the stage, and what has left it and not arrived.

use super::super::batch::Generation;
use super::super::deliveries::DeliverySet;
use super::super::stages::DetectStage;
use super::super::topics_table::TopicPartition;
use super::super::trials::Care;
use super::restore::Restored;
use crate::core::detector::{DetectorStats, Output, Walk};
use crate::core::units::Offset;
use crate::io::metrics::DetectMetrics;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A partition and its state.
pub struct Slot {
    /// Which partition.
    pub at: TopicPartition,
    /// Its assignment.
    pub generation: Generation,
    /// Its state.
    pub stage: Box<dyn DetectStage>,
    /// Outputs of the message in hand.
    pub outputs: Vec<Output>,
    /// When the next snapshot is due.
    pub snapshot_due: Instant,
    /// The version of the rules that this owner published last, or found in force.
    pub rules_told: Option<String>,
    /// How its messages are to be handled.
    pub care: Care,
    /// A snapshot of it is being written.
    pub busy: Arc<AtomicBool>,
    end: Offset,
    next: Offset,
    snapshot_at: Option<Offset>,
    current: Arc<DeliverySet>,
    earlier: Vec<Arc<DeliverySet>>,
    shown: DetectorStats,
    walk: Walk,
}

impl Slot {
    /// A partition that was just restored and goes on at `start`.
    pub fn new(
        at: TopicPartition,
        generation: Generation,
        start: Offset,
        restored: Restored,
        snapshot_due: Instant,
    ) -> Self {
        let shown = restored.stage.stats();
        Self {
            at,
            generation,
            stage: restored.stage,
            outputs: Vec::new(),
            snapshot_due,
            rules_told: None,
            care: restored.care,
            busy: Arc::new(AtomicBool::new(false)),
            end: restored.end,
            next: start,
            snapshot_at: None,
            current: DeliverySet::open(),
            earlier: Vec::new(),
            shown,
            walk: Walk::default(),
        }
    }

    /// The set that the next outputs join.
    pub fn set(&self) -> Arc<DeliverySet> {
        Arc::clone(&self.current)
    }

    /// Whether the message at `offset` is not applied yet.
    pub fn is_new(&self, offset: Offset) -> bool {
        offset >= self.next
    }

    /// The message at `offset` is applied, and its outputs are sent.
    pub fn applied(&mut self, offset: Offset) {
        self.next = Offset(offset.0 + 1);
    }

    /// Whether it has read all that was there when it was restored.
    pub fn has_caught_up(&self) -> bool {
        self.next >= self.end
    }

    /// Whether anything was applied since the last snapshot.
    pub fn has_news(&self) -> bool {
        let last = self.next.0.checked_sub(1).map(Offset);
        self.stage.position().is_some() && self.snapshot_at != last
    }

    /// Whether a snapshot should be begun.
    pub fn is_due(&self, now: Instant) -> bool {
        now >= self.snapshot_due && self.has_news() && !self.busy.load(Ordering::SeqCst)
    }

    /// Closes the outputs so far; gives the sets that are not known to be delivered.
    pub fn seal(&mut self) -> Vec<Arc<DeliverySet>> {
        let sealed = std::mem::replace(&mut self.current, DeliverySet::open());
        sealed.seal();
        self.earlier.push(sealed);
        self.earlier.retain(|set| !set.is_delivered());
        self.snapshot_at = self.next.0.checked_sub(1).map(Offset);
        self.earlier.clone()
    }

    /// Shows the stage's sizes, and counts what has come since the last call.
    pub fn show(&mut self, metrics: &DetectMetrics) {
        let (stats, partition) = (self.stage.stats(), self.at.partition.to_string());
        metrics.entities.with_label_values(&[&partition]).set(i64::try_from(stats.entities).unwrap_or(i64::MAX));
        for (counter, now, before) in [
            (&metrics.duplicates, stats.duplicates, self.shown.duplicates),
            (&metrics.repeated, stats.repeated, self.shown.repeated),
            (&metrics.crowded, stats.crowded, self.shown.crowded),
            (&metrics.blind_spots, stats.blind_spots, self.shown.blind_spots),
            (&metrics.rules_refused, stats.rules_refused, self.shown.rules_refused),
            (&metrics.too_late, stats.too_late, self.shown.too_late),
            (&metrics.future, stats.future, self.shown.future),
        ] {
            counter.inc_by(now.saturating_sub(before));
        }
        self.shown = stats;
    }

    /// Looks at a few more entities; once all were looked at, what they keep is shown. Never at all of them at once: that
    /// would hold detection.
    pub fn look(&mut self, metrics: &DetectMetrics) {
        let Some(kept) = self.stage.walk(&mut self.walk) else { return };
        let partition = self.at.partition.to_string();
        for (gauge, value) in [(&metrics.tags, kept.tags), (&metrics.open_incidents, kept.open_incidents)] {
            gauge.with_label_values(&[&partition]).set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    /// Its sizes are no longer shown.
    pub fn hide(&self, metrics: &DetectMetrics) {
        let partition = self.at.partition.to_string();
        for gauge in [&metrics.entities, &metrics.tags, &metrics.open_incidents] {
            let _ = gauge.remove_label_values(&[&partition]);
        }
    }
}

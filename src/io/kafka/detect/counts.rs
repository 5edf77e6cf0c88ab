//! What detect has applied, for the metrics.

use crate::core::activity::Record;
use crate::core::time::EventTime;
use crate::io::metrics::DetectMetrics;
use std::time::Duration;

/// What one message held.
#[derive(Default)]
pub(super) struct Counts {
    activity: u64,
    ticks: u64,
    controls: u64,
    pools: u64,
    figures: u64,
    happened: Option<EventTime>,
    /// When the last activity was received.
    pub received: Option<EventTime>,
}

impl Counts {
    /// Counts one record.
    pub fn add(&mut self, record: &Record<'_>) {
        match record {
            Record::Activity(activity) => {
                self.activity += 1;
                self.happened = Some(activity.time);
                self.received = Some(activity.received);
            }
            Record::Tick(_) => self.ticks += 1,
            Record::Control(_) => self.controls += 1,
            Record::Pool(_) => self.pools += 1,
            Record::Roles(_) | Record::Source(_) | Record::SourceRows(_) => self.figures += 1,
        }
    }

    /// Counts, and samples the message's last activity for the latencies.
    pub fn publish(&self, metrics: &DetectMetrics, written: Option<EventTime>) {
        for (kind, count) in [
            ("activity", self.activity),
            ("tick", self.ticks),
            ("control", self.controls),
            ("pool", self.pools),
            ("figures", self.figures),
        ] {
            if count > 0 {
                metrics.applied.with_label_values(&[kind]).inc_by(count);
            }
        }
        observe(metrics, "received", self.happened, self.received);
        observe(metrics, "activity", self.received, written);
    }
}

/// Adds a latency where both of its ends are known.
pub(super) fn observe(metrics: &DetectMetrics, step: &str, from: Option<EventTime>, to: Option<EventTime>) {
    if let (Some(from), Some(to)) = (from, to) {
        let ms = to.since(from).as_millis().max(0);
        metrics.latency.with_label_values(&[step]).observe(Duration::from_millis(ms.unsigned_abs()).as_secs_f64());
    }
}

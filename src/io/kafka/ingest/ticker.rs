//! What ingest tells detect besides activity: time, the filter's figures, and the first rules of an empty log.

use super::super::consumer::Notes;
use super::super::deliveries::DeliverySet;
use super::super::error::RunError;
use super::super::lookup::Lookup;
use super::super::producer::Destination;
use super::super::services::Services;
use super::super::stages::{IngestFactory, RuleSet};
use super::outbox::OutTopic;
use super::progress::Progress;
use crate::core::activity::{BatchBuilder, Control, FilterFigures, Record, Tick};
use crate::core::units::Partition;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A tick to every partition this often.
pub const TICK_EVERY: Duration = Duration::from_secs(1);
/// The first records of an empty log are waited for this long.
const FIRST_WITHIN: Duration = Duration::from_secs(30);

/// Writes to every partition of the activity log.
pub struct Ticker {
    /// The activity log.
    pub activity: OutTopic,
    /// How far ingest has come.
    pub progress: Arc<Progress>,
    /// The lag by partition.
    pub notes: Arc<Notes>,
    /// Knows the filter's figures.
    pub factory: Arc<dyn IngestFactory>,
    /// The rest.
    pub services: Services,
}

impl Ticker {
    /// Makes the configured rules the first record of every partition that nothing was ever written to.
    ///
    /// # Errors
    /// [`RunError`] if the broker does not take them in time.
    pub fn publish_first_rules(&self, lookup: &Lookup, rules: &RuleSet) -> Result<(), RunError> {
        let (message, set) = (message_of(&[rules.record()])?, DeliverySet::open());
        for partition in (0..self.activity.partitions).map(Partition) {
            if lookup.ends(&self.activity.name, partition)?.is_untouched() {
                let to = Destination { topic: &self.activity.name, partition, key: None };
                self.services.producer.send(to, &message, Some(&set))?;
            }
        }
        set.seal();
        let delivered = self.services.producer.wait_delivered(&[set], Instant::now() + FIRST_WITHIN);
        if delivered { Ok(()) } else { Err(RunError::Stopped) }
    }

    /// Ticks until the process is asked to stop; also tells of new controls, once they are of another version than
    /// `published`.
    ///
    /// # Errors
    /// [`RunError`], which ends the process.
    pub fn run(self, mut published: u64) -> Result<(), RunError> {
        loop {
            let version = self.factory.controls_version();
            if published != version {
                self.publish_controls()?;
                published = version;
            }
            let now = self.services.clock.now();
            if let Some(time) = self.progress.time_by_notes(now, &self.notes) {
                self.publish(&[Record::Tick(Tick { time })])?;
                self.services.metrics.ingest.ticks.inc_by(u64::from(self.activity.partitions));
            }
            if self.services.lifecycle.sleep(TICK_EVERY) {
                return Ok(());
            }
        }
    }

    /// Tells every partition what ingest knows now.
    ///
    /// # Errors
    /// [`RunError`] if it cannot be sent.
    pub fn publish_controls(&self) -> Result<(), RunError> {
        let records = self.factory.controls();
        for record in &records {
            if let Record::Control(Control::Filter(figures)) = record {
                self.show(figures);
            }
        }
        if records.is_empty() { Ok(()) } else { self.publish(&records) }
    }

    fn show(&self, figures: &FilterFigures) {
        let metrics = &self.services.metrics.filter;
        metrics.built_at.set(figures.built_at.map_or(0, |time| time.as_millis() / 1_000));
        for kind in &figures.kinds {
            metrics.false_positive_ratio.with_label_values(&[&kind.kind]).set(kind.false_positive_rate);
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
            metrics.identifiers.with_label_values(&[&kind.kind]).set(kind.count as f64);
        }
    }

    fn publish(&self, records: &[Record<'_>]) -> Result<(), RunError> {
        let message = message_of(records)?;
        for partition in (0..self.activity.partitions).map(Partition) {
            let to = Destination { topic: &self.activity.name, partition, key: None };
            self.services.producer.send(to, &message, None)?;
        }
        Ok(())
    }
}

fn message_of(records: &[Record<'_>]) -> Result<Vec<u8>, RunError> {
    let mut batch = BatchBuilder::default();
    for record in records {
        batch.push(record).map_err(RunError::Encode)?;
    }
    Ok(batch.as_bytes().to_vec())
}

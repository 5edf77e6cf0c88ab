//! What the runtime asks of the engine: the two stages that it feeds, and who makes them.
//!
//! The runtime owns threads, offsets, batches and deliveries. A stage owns what is counted and decided. Each worker
//! thread has ingest stages of its own, and each partition of the activity log one detect stage; so stages need no
//! locks, only [`Send`].

use crate::core::activity::{Control, Record};
use crate::core::detector::{Detector, DetectorSettings, DetectorStats, Kept, Output, StateError, Walk};
use crate::core::time::Millis;
use crate::core::units::{Partition, Position};

pub use crate::core::ingest::{IngestOut, RejectedRecord, SourceIndex, SourceRecord};

/// Ingest on one worker thread: decode, resolve, normalise, tag, route.
pub trait IngestStage: Send {
    /// Handles one source record. What is neither emitted nor rejected is gone.
    fn process(&mut self, record: &SourceRecord<'_>, out: &mut dyn IngestOut);

    /// The worker has nothing more to read just now: the place for housekeeping, such as taking up a new filter.
    fn idle(&mut self) {}
}

/// Makes ingest stages, and knows what ingest has to tell detect.
pub trait IngestFactory: Send + Sync {
    /// A stage for one worker thread; called once a worker, before it reads.
    fn stage(&self) -> Box<dyn IngestStage>;

    /// Records for every partition of the activity log: the filter's figures. Published at the start, and again
    /// whenever [`Self::controls_version`] changes.
    fn controls(&self) -> Vec<Record<'_>>;

    /// Changes when [`Self::controls`] would say something new. Asked once a second.
    fn controls_version(&self) -> u64;

    /// Whether the first filter is loaded, where one is configured: a condition of readiness.
    fn is_ready(&self) -> bool {
        true
    }
}

/// A state as it was at one position: gives its bytes, on whatever thread. Equal states give equal bytes.
pub type FrozenState = Box<dyn FnOnce() -> Vec<u8> + Send>;

/// Detect on one partition of the activity log. The state after a position depends on the records up to it alone.
pub trait DetectStage: Send {
    /// Applies the record at `position`; outputs are appended to `out`, in order.
    fn apply(&mut self, position: Position, record: &Record<'_>, out: &mut Vec<Output>);

    /// Leaves the record at `position` out, also where it comes again at another position.
    fn pass_over(&mut self, position: Position, record: &Record<'_>);

    /// The last position applied.
    fn position(&self) -> Option<Position>;

    /// The state as it is now, to be written as bytes beside the hot path. This must be quick, whatever the state's size.
    fn freeze(&self) -> FrozenState;

    /// Sizes worth watching.
    fn stats(&self) -> DetectorStats;

    /// A short step towards what all entities keep; see [`Detector::walk`].
    fn walk(&self, walk: &mut Walk) -> Option<Kept>;

    /// The version of the rule set that the log has told this state; `None` before the first. Where it differs from the
    /// configured one, the owner of partition 0 publishes that, once it has read the log to its end.
    fn rules_version(&self) -> Option<&str> {
        None
    }
}

/// Makes detect stages.
pub trait DetectFactory: Send + Sync {
    /// A stage that has read nothing of `partition`, one of `partitions`.
    fn fresh(&self, partition: Partition, partitions: u32) -> Box<dyn DetectStage>;

    /// A stage that goes on after a snapshot's position.
    ///
    /// # Errors
    /// [`StateError`] if the bytes are not such a snapshot: the next older one is then tried.
    fn restore(&self, partition: Partition, partitions: u32, state: &[u8]) -> Result<Box<dyn DetectStage>, StateError>;
}

/// The configured rule set, as the log carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// SHA-256 of the documents, in hexadecimal.
    pub version: String,
    /// The rule files, one YAML document each.
    pub yaml: Vec<String>,
}

impl RuleSet {
    /// The control record that puts these rules in force.
    pub fn record(&self) -> Record<'_> {
        let yaml = self.yaml.iter().map(String::as_str).collect();
        Record::Control(Control::Rules { version: &self.version, yaml })
    }
}

impl DetectStage for Detector {
    fn apply(&mut self, position: Position, record: &Record<'_>, out: &mut Vec<Output>) {
        Self::apply(self, position, record, out);
    }

    fn pass_over(&mut self, position: Position, record: &Record<'_>) {
        Self::pass_over(self, position, record);
    }

    fn position(&self) -> Option<Position> {
        Self::position(self)
    }

    fn freeze(&self) -> FrozenState {
        let frozen = Self::freeze(self);
        Box::new(move || frozen.to_bytes())
    }

    fn stats(&self) -> DetectorStats {
        Self::stats(self)
    }

    fn walk(&self, walk: &mut Walk) -> Option<Kept> {
        Self::walk(self, walk)
    }

    fn rules_version(&self) -> Option<&str> {
        Self::rules_version(self)
    }
}

/// Makes [`Detector`]s.
#[derive(Clone, Copy, Debug)]
pub struct Detectors {
    /// How late an event may be and still find every window it belongs to.
    pub lateness: Millis,
    /// Entities beside the directory's actors, at most; all partitions share them.
    pub max_entities: u64,
}

impl Detectors {
    /// What the detector of one partition is told.
    pub fn settings(self, partition: Partition, partitions: u32) -> DetectorSettings {
        DetectorSettings::sharing(self.max_entities, partition, partitions, self.lateness)
    }
}

impl DetectFactory for Detectors {
    fn fresh(&self, partition: Partition, partitions: u32) -> Box<dyn DetectStage> {
        Box::new(Detector::new(self.settings(partition, partitions)))
    }

    fn restore(&self, partition: Partition, partitions: u32, state: &[u8]) -> Result<Box<dyn DetectStage>, StateError> {
        Ok(Box::new(Detector::restore(self.settings(partition, partitions), state)?))
    }
}

//! Ingest: one source record becomes activity records, or a reject. It needs no history and looks nothing up later.

mod bulk;
mod event;
mod partition;
mod places;
mod settings;
mod stage;
mod stranger;
mod tags;
#[cfg(test)]
mod tests;

pub use partition::partition_of;
pub use settings::{IngestSettings, Knowledge, SourceSpec};
pub use stage::{Ingest, IngestOut, RejectedRecord, SourceIndex, SourceRecord};

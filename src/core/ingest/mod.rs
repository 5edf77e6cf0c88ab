//! Ingest: one source record becomes activity records, or a reject. It needs no history and looks nothing up later.

mod bulk;
mod event;
mod paged;
mod partition;
mod places;
mod settings;
mod stage;
mod stranger;
mod tags;

pub use partition::partition_of;
pub use settings::{IngestSettings, Knowledge, Part, Silence, SourceSpec};
pub use stage::{Ingest, IngestOut, RejectedRecord, SourceIndex, SourceRecord};

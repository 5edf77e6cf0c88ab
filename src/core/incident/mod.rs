//! Incidents: what leaves detect.

mod id;
mod line;
mod test_line;

pub use id::{IncidentId, incident_id};
pub use line::{
    Baseline, Customers, Entity, EntityKind, Evidence, Incident, Measure, NamedCount, OwnBaseline, PeerBaseline,
    SCHEMA_VERSION, Severity, Status, Window,
};

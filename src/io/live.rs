//! What HTTP reads while the stream runs. Written by detect workers, never read by them: nothing here decides.

use crate::core::incident::{Entity, Incident, IncidentId, Severity, Status};
use crate::core::time::EventTime;
use crate::core::units::Partition;
use dashmap::DashMap;

/// At most this many open incidents are shown; the topic has them all.
pub const MAX_SHOWN: usize = 10_000;

/// An open incident in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIncident {
    /// The rule.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub entity: Entity,
    /// The case it belongs to.
    pub case: IncidentId,
    /// The last line's number.
    pub revision: u32,
    /// The last line's time.
    pub time: EventTime,
    /// The partition that raised it.
    pub partition: Partition,
}

/// Open incidents by id.
#[derive(Debug, Default)]
pub struct Live {
    /// Open incidents, as far as this process owns their partitions and has seen a line of them.
    pub incidents: DashMap<IncidentId, OpenIncident>,
}

impl Live {
    /// Takes up one line of `partition`.
    pub fn note(&self, partition: Partition, incident: &Incident) {
        if incident.shadow {
            return;
        }
        match incident.status {
            Status::Resolved => {
                self.incidents.remove(&incident.incident);
            }
            Status::Opened | Status::Escalated | Status::Updated => {
                if self.incidents.len() < MAX_SHOWN || self.incidents.contains_key(&incident.incident) {
                    self.incidents.insert(incident.incident.clone(), in_short(partition, incident));
                }
            }
        }
    }

    /// Forgets the incidents of a partition that is no longer owned.
    pub fn forget(&self, partition: Partition) {
        self.incidents.retain(|_, open| open.partition != partition);
    }
}

fn in_short(partition: Partition, incident: &Incident) -> OpenIncident {
    OpenIncident {
        rule: incident.rule.clone(),
        severity: incident.severity,
        entity: incident.entity.clone(),
        case: incident.case.clone(),
        revision: incident.revision,
        time: incident.time,
        partition,
    }
}

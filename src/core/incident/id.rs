//! Incident ids: functions of what happened, so that what is sent twice is recognised.

use super::line::Entity;
use crate::core::time::EventTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// The first 128 bits of a SHA-256, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct IncidentId(pub String);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of the incident that `rule` opens on `entity` at `opened`: equal within one minute of event time.
pub fn incident_id(rule: &str, entity: &Entity, opened: EventTime) -> IncidentId {
    let minute = opened.floor_to_minute().as_millis();
    let mut hash = Sha256::new();
    for part in [rule, entity.kind.name(), &entity.id] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(minute.to_le_bytes());
    let digest = hash.finalize();
    IncidentId(crate::core::hex::lower(&digest[..16]))
}

//! What one process of the service does.

/// A stage of the service; a process may run one or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sources to the activity log.
    Ingest,
    /// The activity log to incidents.
    Detect,
    /// Incidents to wherever people look.
    Sinks,
}

impl Role {
    /// Every role, in the order that records pass them.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Detect, Self::Sinks];

    /// The name on the command line and in group names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Detect => "detect",
            Self::Sinks => "sinks",
        }
    }
}

//! tmp
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct SnapshotError;

//! Adapters: everything that has a clock, a socket or a disk. They know `core`'s types; `core` knows nobody.

pub mod clock;
pub mod kafka;
pub mod lifecycle;
pub mod metrics;
pub mod snapshots;

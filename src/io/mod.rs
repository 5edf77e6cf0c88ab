//! Adapters: everything that has a clock, a socket or a disk. They know `core`'s types; `core` knows nobody.

pub mod clock;
pub mod customer_csv;
pub mod files;
pub mod filter_dir;
pub mod http;
pub mod kafka;
pub mod key_file;
pub mod knowledge;
pub mod lifecycle;
pub mod live;
pub mod metrics;
pub mod rule_files;
pub mod shared_knowledge;
pub mod shared_rules;
pub mod sinks;
pub mod snapshots;
pub mod stores;
pub mod typed_text;
pub mod workbench;

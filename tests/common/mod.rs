//! What integration tests share.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod asking;
pub mod brokers;
pub mod browser;
pub mod gate;
pub mod kafka;
pub mod object_server;
pub mod process;
pub mod secure;
pub mod service;
pub mod stages;
pub mod watch;

/// Shows the runtime's log where `RUST_LOG` asks for it.
pub fn show_log() {
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
}

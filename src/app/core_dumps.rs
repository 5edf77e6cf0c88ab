//! No core dumps: a process's memory holds the key and what was just read.

use rlimit::Resource;

/// Switches them off for this process and what it starts, whatever the machine allows. Where that is refused it is said, and
/// the service goes on.
pub fn switch_off() {
    if let Err(error) = Resource::CORE.set(0, 0) {
        tracing::warn!(%error, "core dumps could not be switched off");
    }
}

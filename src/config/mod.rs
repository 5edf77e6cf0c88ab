//! Configuration: file shapes ([`raw`]) become checked [`Settings`].
//!
//! Nothing outside this room sees a raw shape, except for its JSON Schema.

pub mod document;
mod error;
pub mod raw;
pub mod settings;

pub use error::{ConfigError, Problem};
pub use settings::{EngineSettings, Settings};

use document::Positions;
use serde::de::IgnoredAny;
use std::path::Path;

/// Problems that only the Kafka client sees: settings under `kafka.client` that it does not take. Each gets the line that
/// it has in `file`.
///
/// # Errors
/// [`ConfigError::Invalid`], unless there is none.
pub fn refused_client_settings<'k>(file: &Path, keys: impl Iterator<Item = &'k str>) -> Result<(), ConfigError> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let positions = document::parse::<IgnoredAny>(&text).map_or_else(|_| Positions::default(), |(_, found)| found);
    let client = document::At::ROOT.key("kafka");
    let client = client.key("client");
    let message = "expected a setting of the Kafka client and a value that it takes";
    let problems: Vec<Problem> = keys.map(|key| positions.problem(&client.key(key), message)).collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(ConfigError::Invalid { file: file.display().to_string(), problems })
}

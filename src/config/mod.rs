//! Configuration: file shapes ([`raw`]) become checked [`Settings`].
//!
//! Nothing outside this room sees a raw shape, except for its JSON Schema.

pub mod document;
mod error;
pub mod raw;
pub mod settings;

pub use error::{ConfigError, Problem};
pub use settings::{EngineSettings, Settings};

//! The history that rules are tried out on: files of events, or the activity log of a deployment.

mod files;
mod log;

use super::engine_args::{EngineArgs, EngineParts};
use super::failure::Failure;
use crate::core::history::History;
use crate::core::time::EventTime;
use clap::Args;

/// Where the history comes from.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Tell what happened from here on; what the log holds of the month before it is what baselines learn from
    #[arg(long, value_name = "T", value_parser = super::time_argument, conflicts_with = "files")]
    from: Option<EventTime>,
    /// Read the activity log up to here; by default to its end
    #[arg(long, value_name = "T", value_parser = super::time_argument, conflicts_with = "files")]
    to: Option<EventTime>,
    /// Files of events, as for `replay`; without any, the activity log of --config is read
    #[arg(value_name = "[TOPIC=]FILE")]
    files: Vec<String>,
}

impl HistoryArgs {
    /// Reads it into `history`, for `command`.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn read(
        &self,
        command: &str,
        engine: &EngineArgs,
        parts: &EngineParts,
        history: History,
    ) -> Result<History, Failure> {
        let history = history.counting_from(self.from.unwrap_or(EventTime::MIN));
        if self.files.is_empty() {
            log::read(self, command, engine, parts, history)
        } else {
            files::read(&self.files, parts, history)
        }
    }
}

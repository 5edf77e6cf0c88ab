//! Where incidents go: each sink takes the lines of the incidents topic, in order, at least once.

mod alertmanager;
mod alerts;
mod file;
mod http_client;
mod links;
mod log;
mod payloads;
mod webhook;

pub use alertmanager::{Alertmanager, AlertmanagerSettings};
pub use file::FileSink;
pub use http_client::{HttpAccess, read_text};
pub use links::ConsoleLinks;
pub use log::LogSink;
pub use payloads::Shape;
pub use webhook::{Webhook, WebhookSettings};

use crate::core::incident::Incident;
use crate::core::time::EventTime;
use std::path::PathBuf;
use thiserror::Error;

/// One line of the incidents topic.
#[derive(Clone, Copy, Debug)]
pub struct IncidentLine<'a> {
    /// The line.
    pub incident: &'a Incident,
    /// The same as it was written.
    pub json: &'a [u8],
}

/// Why a sink did not take a line.
#[derive(Debug, Error)]
pub enum SinkError {
    /// The other side says that it never will: the line goes to the dead letters.
    #[error("refused with status {status}")]
    Refused {
        /// Its HTTP status.
        status: u16,
    },
    /// It did not take it within the attempts allowed: the line goes to the dead letters.
    #[error("not delivered in {attempts} attempts: {last}")]
    GaveUp {
        /// How many.
        attempts: usize,
        /// The last answer.
        last: String,
    },
    /// The line could not be written to a file; it is tried again.
    #[error("{}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The process is ending; the line is delivered after the next start.
    #[error("stopped before it was delivered")]
    Stopped,
}

/// Why a sink cannot be made.
#[derive(Debug, Error)]
pub enum SinkSetupError {
    /// A file that it needs cannot be used.
    #[error("{what}: {}: {reason}", file.display())]
    File {
        /// What the file is for.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The HTTP client cannot be made.
    #[error("the http client cannot be made")]
    Client(#[source] reqwest::Error),
}

/// A sink. It runs on a thread of its own and may wait there.
pub trait Sink: Send {
    /// Whether it reads the topic from its beginning at every start, to know what is open.
    fn rebuilds(&self) -> bool {
        false
    }

    /// Takes one line.
    ///
    /// # Errors
    /// [`SinkError`], which says what becomes of the line.
    fn deliver(&mut self, line: IncidentLine<'_>) -> Result<(), SinkError>;

    /// Takes one line now, in one attempt, and says whether the other side took it.
    ///
    /// # Errors
    /// [`SinkError`]
    fn prove(&mut self, line: IncidentLine<'_>) -> Result<(), SinkError> {
        self.deliver(line)
    }

    /// Called after every batch and about once a second. `caught_up` once what was in the topic at the start is read.
    fn tick(&mut self, _now: EventTime, _caught_up: bool) {}
}

//! The book of cases, read from the topics of incidents and of verdicts as they stand.

use super::error::RunError;
use super::log_reader::{LogRange, LogReader};
use super::lookup::Lookup;
use crate::core::cases::{CaseBook, Judgement};
use crate::core::incident::Incident;
use crate::core::units::Partition;
use rdkafka::config::ClientConfig;
use serde::de::DeserializeOwned;
use std::ops::ControlFlow;

/// Reads `incidents` and, where it is given, `verdicts` to their ends, on behalf of `group`.
///
/// # Errors
/// [`RunError`] if a topic is missing or cannot be read.
pub fn read_case_book(
    connection: &ClientConfig,
    group: &str,
    incidents: &str,
    verdicts: Option<&str>,
) -> Result<CaseBook, RunError> {
    let mut lines: Vec<Incident> = read_lines(connection, group, incidents)?;
    lines.sort_by_key(|line| line.time);
    let mut book = CaseBook::default();
    for line in lines {
        book.take(line);
    }
    if let Some(verdicts) = verdicts {
        for judgement in read_lines::<Judgement>(connection, group, verdicts)? {
            book.judge(judgement);
        }
    }
    Ok(book)
}

/// Every line of `topic` that can be read, on behalf of `group`; one of a later version that cannot is passed over.
///
/// # Errors
/// [`RunError`] if the topic is missing or cannot be read.
pub fn read_lines<T: DeserializeOwned>(
    connection: &ClientConfig,
    group: &str,
    topic: &str,
) -> Result<Vec<T>, RunError> {
    let (lookup, reader) = (Lookup::new(connection, group)?, LogReader::new(connection, group, topic)?);
    let mut lines = Vec::new();
    for partition in (0..lookup.partitions(topic)?).map(Partition) {
        let ends = lookup.ends(topic, partition)?;
        reader.messages(LogRange { partition, from: ends.low, to: ends.high }, |message| {
            lines.extend(serde_json::from_slice::<T>(message.payload));
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(lines)
}

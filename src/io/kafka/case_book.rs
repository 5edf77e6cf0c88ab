//! The book of cases, read from the topics of incidents and of verdicts as they stand.

use super::error::RunError;
use super::log_reader::{LogRange, LogReader};
use super::lookup::Lookup;
use crate::core::cases::{CaseBook, Judgement};
use crate::core::incident::Incident;
use crate::core::units::Partition;
use rdkafka::config::ClientConfig;
use serde::de::DeserializeOwned;

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
    let lookup = Lookup::new(connection, group)?;
    let mut lines: Vec<Incident> = lines(connection, group, &lookup, incidents)?;
    lines.sort_by_key(|line| line.time);
    let mut book = CaseBook::default();
    for line in lines {
        book.take(line);
    }
    if let Some(verdicts) = verdicts {
        for judgement in self::lines::<Judgement>(connection, group, &lookup, verdicts)? {
            book.judge(judgement);
        }
    }
    Ok(book)
}

/// A line of a later version that cannot be read is passed over.
fn lines<T: DeserializeOwned>(
    connection: &ClientConfig,
    group: &str,
    lookup: &Lookup,
    topic: &str,
) -> Result<Vec<T>, RunError> {
    let reader = LogReader::new(connection, group, topic)?;
    let mut lines = Vec::new();
    for partition in (0..lookup.partitions(topic)?).map(Partition) {
        let ends = lookup.ends(topic, partition)?;
        reader.messages(LogRange { partition, from: ends.low, to: ends.high }, |message| {
            lines.extend(serde_json::from_slice::<T>(message.payload));
            Ok(())
        })?;
    }
    Ok(lines)
}

//! Reading a directory file, and what is wrong in it.

use super::directory::{ActorRecord, Directory, Lease, UNKNOWN_ROLE, fold};
use super::host::host_of;
use super::line::{DirectoryLine, LineKind};
use crate::core::time::EventTime;
use jiff::tz::TimeZone;
use thiserror::Error;

/// A directory of more lines is refused.
pub const MAX_LINES: usize = 5_000_000;
/// No more errors than this are told of one file.
const MAX_ERRORS: usize = 50;

/// What is wrong in a directory file. Lines count from 1.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DirectoryError {
    /// Not a JSON object of the expected fields.
    #[error("line {line}: expected a JSON object with fields of the directory, column {column} is not")]
    Json {
        /// Where.
        line: usize,
        /// Where in it.
        column: usize,
    },
    /// None of the three kinds of line.
    #[error("line {line}: expected `actor`, `destination`, or `client_ip` with `actor`")]
    Kind {
        /// Where.
        line: usize,
    },
    /// A field that cannot be used.
    #[error("line {line}: {field}: expected {expected}")]
    Field {
        /// Where.
        line: usize,
        /// Which.
        field: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// One spelling, two actors.
    #[error("lines {first} and {second}: the same spelling is claimed by two actors")]
    Claimed {
        /// Who claimed it first.
        first: usize,
        /// Who claimed it too.
        second: usize,
    },
    /// Too long a file.
    #[error("expected at most {MAX_LINES} lines")]
    TooLong,
}

impl Directory {
    /// Reads a directory file; actors without a time zone are in `default_tz`.
    ///
    /// # Errors
    /// Everything that is wrong in it, at most 50 of it.
    pub fn parse(text: &str, default_tz: &TimeZone) -> Result<Self, Vec<DirectoryError>> {
        let mut directory = Self { tz: default_tz.clone(), ..Self::default() };
        let mut errors = Vec::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            directory.lines += 1;
            if directory.lines > MAX_LINES {
                return Err(vec![DirectoryError::TooLong]);
            }
            if let Err(error) = directory.add(at + 1, line) {
                errors.push(error);
            }
            if errors.len() >= MAX_ERRORS {
                break;
            }
        }
        if errors.is_empty() { Ok(directory) } else { Err(errors) }
    }

    fn add(&mut self, number: usize, text: &str) -> Result<(), DirectoryError> {
        let line: DirectoryLine = serde_json::from_str(text)
            .map_err(|error| DirectoryError::Json { line: number, column: error.column() })?;
        match line.line_kind() {
            None => Err(DirectoryError::Kind { line: number }),
            Some(LineKind::Actor) => self.add_actor(number, line),
            Some(LineKind::Destination) => self.add_destination(number, line),
            Some(LineKind::Lease) => self.add_lease(number, line),
        }
    }

    fn add_actor(&mut self, number: usize, line: DirectoryLine) -> Result<(), DirectoryError> {
        let name = line.actor.unwrap_or_default().trim().to_string();
        if name.is_empty() {
            return Err(DirectoryError::Field { line: number, field: "actor", expected: "a name" });
        }
        let record = ActorRecord {
            name,
            aliases: line.aliases,
            role: line.role.unwrap_or_else(|| UNKNOWN_ROLE.into()),
            team: line.team.unwrap_or_default(),
            kind: line.kind.unwrap_or_default(),
            tz: line.tz.as_deref().map(|name| zone(number, name)).transpose()?,
            notice_at: time(number, "notice_at", line.notice_at.as_deref())?,
            left_at: time(number, "left_at", line.left_at.as_deref())?,
            missing_since: None,
            line: number,
        };
        self.insert(record)
    }

    /// Adds an actor under all of its spellings.
    pub(super) fn insert(&mut self, record: ActorRecord) -> Result<(), DirectoryError> {
        let at = self.actors.len();
        for spelling in std::iter::once(&record.name).chain(&record.aliases) {
            let before = self.spellings.insert(fold(spelling).into_owned(), at);
            if let Some(before) = before.filter(|before| *before != at) {
                return Err(DirectoryError::Claimed { first: self.actors[before].line, second: record.line });
            }
        }
        self.actors.push(record);
        Ok(())
    }

    fn add_destination(&mut self, number: usize, line: DirectoryLine) -> Result<(), DirectoryError> {
        let raw = line.destination.unwrap_or_default();
        let (host, _) = host_of(raw.trim().trim_start_matches("*."));
        let class = line.class.ok_or(DirectoryError::Field {
            line: number,
            field: "class",
            expected: "internal, partner or external",
        })?;
        if host.is_empty() {
            return Err(DirectoryError::Field { line: number, field: "destination", expected: "a host or domain" });
        }
        self.destinations.insert(host.into_owned(), class);
        Ok(())
    }

    fn add_lease(&mut self, number: usize, line: DirectoryLine) -> Result<(), DirectoryError> {
        let lease = Lease {
            actor: line.actor.unwrap_or_default(),
            from: time(number, "from", line.from.as_deref())?,
            to: time(number, "to", line.to.as_deref())?,
        };
        let address = line.client_ip.unwrap_or_default().trim().to_string();
        self.leases.entry(address).or_default().push(lease);
        Ok(())
    }
}

fn zone(line: usize, name: &str) -> Result<TimeZone, DirectoryError> {
    TimeZone::get(name).map_err(|_| DirectoryError::Field { line, field: "tz", expected: "an IANA time zone" })
}

fn time(line: usize, field: &'static str, text: Option<&str>) -> Result<Option<EventTime>, DirectoryError> {
    let fault = DirectoryError::Field { line, field, expected: "an RFC 3339 time" };
    text.map(|text| EventTime::parse_rfc3339(text).ok_or(fault)).transpose()
}

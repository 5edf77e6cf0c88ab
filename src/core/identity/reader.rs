//! From the lines of a file to a directory.

use super::actors::ActorRecord;
use super::addresses::write_address;
use super::destinations::{Entry, Subject};
use super::directory::{Directory, UNKNOWN_ROLE};
use super::error::{DirectoryError, DirectoryProblem};
use super::fold::folded;
use super::leases::{Holder, Lease};
use super::lines::{self, ActorLine, DestinationLine, LeaseLine, Line};
use super::zones::Zones;
use siphasher::sip::SipHasher13;
use std::collections::BTreeMap;
use std::hash::Hasher;

/// Reading ends after so many errors.
const MAX_ERRORS: usize = 100;
/// So many different unknown keys are named.
const MAX_NOTICES: usize = 20;

/// Reads `text`; actors without a time zone get `timezone`.
pub(super) fn read(text: &str, timezone: &str) -> Result<Directory, Vec<DirectoryError>> {
    let mut reader = Reader::new(timezone);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        reader.directory.lines += 1;
        if let Err(error) = reader.line(line, number) {
            reader.errors.push(error);
            if reader.errors.len() == MAX_ERRORS {
                reader.errors.push(DirectoryError { line: number, field: "", problem: DirectoryProblem::TooMany });
                break;
            }
        }
    }
    reader.finish(text, timezone)
}

struct Reader {
    directory: Directory,
    leases: Vec<LeaseLine>,
    errors: Vec<DirectoryError>,
    /// Keys that mean nothing here, and the line that each is first on.
    ignored: BTreeMap<String, usize>,
}

impl Reader {
    fn new(timezone: &str) -> Self {
        Self { directory: Directory::empty(timezone), leases: Vec::new(), errors: Vec::new(), ignored: BTreeMap::new() }
    }

    fn line(&mut self, text: &str, number: usize) -> Result<(), DirectoryError> {
        let read = lines::read(text, number)?;
        for key in read.ignored {
            if self.ignored.len() < MAX_NOTICES {
                self.ignored.entry(key).or_insert(number);
            }
        }
        match read.line {
            Line::Actor(line) => self.actor(line, number),
            Line::Destination(line) => self.destination(&line, number),
            Line::Lease(line) => {
                self.leases.push(line);
                Ok(())
            }
        }
    }

    fn actor(&mut self, line: ActorLine, number: usize) -> Result<(), DirectoryError> {
        let error = |field, problem| DirectoryError { line: number, field, problem };
        let name = folded(&line.actor);
        let actors = &mut self.directory.actors;
        let zone = match &line.tz {
            None => Zones::DEFAULT,
            Some(tz) => self.directory.zones.intern(tz).ok_or_else(|| {
                error("tz", DirectoryProblem::Expected { expected: "a time zone of the IANA database" })
            })?,
        };
        if let Some(first) = actors.find(&name) {
            let problem = if folded(&first.name) == name {
                DirectoryProblem::Repeated { first: first.line }
            } else {
                DirectoryProblem::Claimed { first: first.line }
            };
            return Err(error("actor", problem));
        }
        let mut logins = vec![name];
        logins.extend(line.aliases.iter().map(|alias| folded(alias)));
        let record = ActorRecord {
            name: line.actor.into(),
            logins,
            role: line.role.as_deref().unwrap_or(UNKNOWN_ROLE).into(),
            team: line.team.as_deref().unwrap_or_default().into(),
            kind: line.kind,
            zone,
            notice_at: line.notice_at,
            left_at: line.left_at,
            missing_since: None,
            line: number,
        };
        match actors.push(record) {
            None => Ok(()),
            Some(first) => Err(error("aliases", DirectoryProblem::Claimed { first })),
        }
    }

    fn destination(&mut self, line: &DestinationLine, number: usize) -> Result<(), DirectoryError> {
        let error = |problem| DirectoryError { line: number, field: "destination", problem };
        let subject = Subject::new(&line.destination);
        match subject {
            Subject::PublicSuffix => return Err(error(DirectoryProblem::PublicSuffix)),
            Subject::Empty => {
                return Err(error(DirectoryProblem::Expected { expected: "a host, domain, address or bucket" }));
            }
            Subject::Name(_) | Subject::Network(_) => {}
        }
        let destinations = &mut self.directory.destinations;
        if let Some(first) = destinations.line_of(&subject) {
            return Err(error(DirectoryProblem::Repeated { first }));
        }
        let owner = line.owner.as_deref().map(Box::from);
        destinations.insert(subject, Entry { class: line.class, owner, line: number });
        Ok(())
    }

    fn finish(mut self, text: &str, timezone: &str) -> Result<Directory, Vec<DirectoryError>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let mut address = String::new();
        for line in &self.leases {
            let holder = match self.directory.actors.number(&folded(&line.actor)) {
                Some(number) => Holder::Listed(number),
                None => Holder::unlisted(&line.actor),
            };
            write_address(&line.client_ip, &mut address);
            self.directory.leases.push(&address, Lease { holder, from: line.from, to: line.to });
        }
        self.directory.leases.seal();
        let ignored = self.ignored.iter();
        let notice =
            |(key, line): (&String, &usize)| format!("line {line}: key `{}` means nothing here", key.escape_debug());
        self.directory.notices = ignored.map(notice).collect();
        self.directory.version = version(text, timezone);
        Ok(self.directory)
    }
}

fn version(text: &str, timezone: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    for part in [timezone, text] {
        hasher.write_usize(part.len());
        hasher.write(part.as_bytes());
    }
    hasher.finish()
}

//! The directory itself: resolution.

use super::actors::{ActorRecord, Actors};
use super::addresses::{ADDRESS_PREFIX, append_address, write_address};
use super::destinations::Destinations;
use super::error::DirectoryError;
use super::fold::fold_into;
use super::leases::{Holder, Leases};
use super::reader;
use super::zones::{ZoneId, Zones};
use crate::core::activity::ActorKind;
use crate::core::time::EventTime;

/// The role of an actor that the directory lacks, or whose line names none.
pub const UNKNOWN_ROLE: &str = "unknown";

/// Who is who, and which destinations are whose.
#[derive(Clone, Debug)]
pub struct Directory {
    pub(super) actors: Actors,
    pub(super) destinations: Destinations,
    pub(super) leases: Leases,
    pub(super) zones: Zones,
    pub(super) notices: Vec<String>,
    pub(super) lines: usize,
    pub(super) version: u64,
}

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// In the directory's spelling; folded where the directory lacks the actor.
    pub actor: &'a str,
    /// Person or program; a person where unknown.
    pub kind: ActorKind,
    /// The role, or [`UNKNOWN_ROLE`].
    pub role: &'a str,
    /// The team; empty where there is none.
    pub team: &'a str,
    /// Since when the actor's notice is known.
    pub notice_at: Option<EventTime>,
    /// Since when the actor has left.
    pub left_at: Option<EventTime>,
    /// Since when the directory lacks the actor that it once had.
    pub missing_since: Option<EventTime>,
    /// The actor's time zone.
    pub zone: ZoneId,
    /// Whether the directory has, or once had, the actor.
    pub listed: bool,
    /// A client address stands in for it.
    pub nameless: bool,
    /// It is nobody whom the directory has, but looks like somebody whom it has. They are never taken for each other.
    pub look_alike: bool,
}

impl Directory {
    /// A directory without a line: every actor unknown, every destination external. `timezone` is everybody's; UTC
    /// where there is no such zone.
    pub fn empty(timezone: &str) -> Self {
        Self {
            actors: Actors::default(),
            destinations: Destinations::default(),
            leases: Leases::default(),
            zones: Zones::new(timezone),
            notices: Vec::new(),
            lines: 0,
            version: 0,
        }
    }

    /// Reads the lines of a directory file (NDJSON). `timezone` is that of actors that have none of their own.
    ///
    /// # Errors
    /// What is wrong with it, each with line and field, in the order of the file.
    pub fn parse(text: &str, timezone: &str) -> Result<Self, Vec<DirectoryError>> {
        reader::read(text, timezone)
    }

    /// Who acted at `time`: whoever `login` means, else whoever held `client_ip` then, else that address itself as
    /// actor `ip:10.20.1.5`. `None` where there is neither. `buffer` is worked in and may hold the result.
    pub fn resolve_actor<'a>(
        &'a self,
        login: Option<&str>,
        client_ip: Option<&str>,
        time: EventTime,
        buffer: &'a mut String,
    ) -> Option<Resolved<'a>> {
        if let Some(login) = login {
            fold_into(login, buffer);
            if !buffer.is_empty() {
                return Some(match self.actors.find(buffer) {
                    Some(record) => listed(record),
                    None => Resolved { look_alike: self.actors.looks_like_one(buffer), ..unlisted(buffer) },
                });
            }
        }
        let client_ip = client_ip?;
        write_address(client_ip, buffer);
        if buffer.is_empty() {
            return None;
        }
        if let Some(holder) = self.leases.holder(buffer, time) {
            return Some(match holder {
                Holder::Listed(number) => self.actors.get(*number).map_or_else(|| unlisted(""), listed),
                Holder::Unlisted(login) => unlisted(login),
            });
        }
        buffer.clear();
        buffer.push_str(ADDRESS_PREFIX);
        append_address(client_ip, buffer);
        Some(Resolved { nameless: true, ..unlisted(buffer) })
    }

    /// What holds `client_ip` at `time`: a person or a program, where some line says so and lists it.
    pub fn kind_of_holder(&self, client_ip: &str, time: EventTime) -> Option<ActorKind> {
        let mut address = String::new();
        write_address(client_ip, &mut address);
        match self.leases.holder(&address, time)? {
            Holder::Listed(number) => self.actors.get(*number).map(|record| record.kind),
            Holder::Unlisted(_) => None,
        }
    }

    /// How far `zone` is ahead of UTC at `time`, in minutes.
    pub fn utc_offset_minutes(&self, zone: ZoneId, time: EventTime) -> i16 {
        self.zones.utc_offset_minutes(zone, time)
    }

    /// What the actors are called, in the directory's spelling, in the order of the file.
    pub fn actor_names(&self) -> impl Iterator<Item = &str> {
        self.actors.iter().map(|record| &*record.name)
    }

    /// How many lines the file had.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// A hash of the file's content: equal directories have equal versions.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What whoever wrote the file should know, such as keys that mean nothing here.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }
}

fn listed(record: &ActorRecord) -> Resolved<'_> {
    Resolved {
        actor: &record.name,
        kind: record.kind,
        role: &record.role,
        team: &record.team,
        notice_at: record.notice_at,
        left_at: record.left_at,
        missing_since: record.missing_since,
        zone: record.zone,
        listed: true,
        nameless: false,
        look_alike: false,
    }
}

fn unlisted(actor: &str) -> Resolved<'_> {
    Resolved {
        actor,
        kind: ActorKind::Human,
        role: UNKNOWN_ROLE,
        team: "",
        notice_at: None,
        left_at: None,
        missing_since: None,
        zone: Zones::DEFAULT,
        listed: false,
        nameless: false,
        look_alike: false,
    }
}

//! Time zones, by number.
//!
//! The IANA database that is built in decides, not the machine's: the same files must give the same lines everywhere.

use crate::core::time::EventTime;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time zone of a [`Zones`] table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ZoneId(u16);

/// Time zones in use; the first is the default one.
#[derive(Clone, Debug)]
pub struct Zones {
    zones: Vec<(Box<str>, TimeZone)>,
}

impl Zones {
    /// The zone of whoever has none.
    pub const DEFAULT: ZoneId = ZoneId(0);

    /// A table whose default is `timezone`, or UTC if there is no such zone.
    pub(super) fn new(timezone: &str) -> Self {
        Self { zones: vec![(timezone.into(), lookup(timezone).unwrap_or(TimeZone::UTC))] }
    }

    /// Whether the IANA database has a zone called `name`.
    pub fn known(name: &str) -> bool {
        lookup(name).is_some()
    }

    /// The number of the zone called `name`; `None` if there is no such zone.
    pub(super) fn intern(&mut self, name: &str) -> Option<ZoneId> {
        if let Some(at) = self.zones.iter().position(|(known, _)| &**known == name) {
            return u16::try_from(at).ok().map(ZoneId);
        }
        let id = u16::try_from(self.zones.len()).ok().map(ZoneId)?;
        self.zones.push((name.into(), lookup(name)?));
        Some(id)
    }

    /// The name of zone `id`.
    pub(super) fn name(&self, id: ZoneId) -> &str {
        self.zones.get(usize::from(id.0)).map_or("UTC", |(name, _)| name)
    }

    /// How far zone `id` is ahead of UTC at `time`, in minutes (towards zero where the zone counts seconds).
    pub fn utc_offset_minutes(&self, id: ZoneId, time: EventTime) -> i16 {
        let zone = self.zones.get(usize::from(id.0)).or(self.zones.first());
        let timestamp = Timestamp::from_millisecond(time.as_millis());
        let (Some((_, zone)), Ok(timestamp)) = (zone, timestamp) else { return 0 };
        i16::try_from(zone.to_offset(timestamp).seconds() / 60).unwrap_or(0)
    }
}

fn lookup(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

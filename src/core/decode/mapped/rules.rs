//! Rules: how one field of an event is read from a record.
//!
//! Where a rule has several paths they are tried in order, and the first that leads to something usable is taken;
//! `const` stands where none does. A path that leads to a value of a wrong type is passed over, and the field counts as
//! unknown.

use super::path::Path;
use super::shorthand::{Many, Short};
use crate::core::event::EventKind;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A text: a string, or the digits of an integer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextRule {
    /// Where it stands.
    pub path: Option<Path>,
    /// Where else, in order.
    #[serde(default)]
    pub or: Many<Path>,
    /// Where it stands instead when `swap_if` holds.
    #[serde(default)]
    pub swapped: Many<Path>,
    /// What it is where no path leads to a text.
    #[serde(rename = "const")]
    pub fixed: Option<String>,
}

/// A count or a size.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountRule {
    /// Where it stands.
    pub path: Option<Path>,
    /// Where else, in order.
    #[serde(default)]
    pub or: Many<Path>,
    /// Where it stands instead when `swap_if` holds.
    #[serde(default)]
    pub swapped: Many<Path>,
    /// What it is where no path leads to a number.
    #[serde(rename = "const")]
    pub fixed: Option<u64>,
    /// A string may hold the number.
    #[serde(default)]
    pub string: bool,
    /// What the number counts, for sizes; with it a fraction is rounded up, without it the number must be whole.
    pub unit: Option<ByteUnit>,
}

/// A time: RFC 3339, or a number since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeRule {
    /// Where it stands.
    pub path: Path,
    /// Where else, in order.
    #[serde(default)]
    pub or: Many<Path>,
    /// A string may hold the number.
    #[serde(default)]
    pub string: bool,
    /// What a number counts, whole or not; milliseconds, whole, where it is left out.
    pub unit: Option<TimeUnit>,
}

/// What kind of event it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KindRule {
    /// Where the record tells.
    pub path: Option<Path>,
    /// Where else, in order.
    #[serde(default)]
    pub or: Many<Path>,
    /// What the record's values mean; letter case does not matter. `query` and `egress` mean themselves.
    #[serde(default)]
    pub values: BTreeMap<String, KindName>,
    /// What it is where the record does not tell.
    #[serde(rename = "const")]
    pub fixed: Option<KindName>,
}

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KindName {
    /// A database query.
    Query,
    /// Something was sent out.
    Egress,
}

impl From<KindName> for EventKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Query => Self::Query,
            KindName::Egress => Self::Egress,
        }
    }
}

/// Several texts: strings and integers, alone or in arrays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListRule {
    /// Where they stand; with several paths, the texts of all.
    #[serde(default)]
    pub path: Many<Path>,
    /// Where else, in order, if there are none.
    #[serde(default)]
    pub or: Many<Path>,
    /// What they are where no path leads to any.
    #[serde(default, rename = "const")]
    pub fixed: Many<String>,
}

/// Files: an array of objects, or one.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilesRule {
    /// Where they stand.
    pub path: Path,
    /// A file's name, inside its object.
    #[serde(default = "FilesRule::name")]
    pub name: Short<TextRule>,
    /// A file's size, inside its object.
    #[serde(default = "FilesRule::size")]
    pub size: Short<CountRule>,
    /// A file's media type, inside its object.
    #[serde(default = "FilesRule::media_type", rename = "type")]
    pub media_type: Short<TextRule>,
}

/// When source and destination stand the other way round.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwapRule {
    /// Where the record tells.
    pub path: Path,
    /// What it says then; letter case does not matter.
    pub equals: Many<String>,
}

/// What a number of a time counts since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the units")]
pub enum TimeUnit {
    S,
    Ms,
    Us,
    Ns,
}

/// What a number of a size counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the units")]
pub enum ByteUnit {
    B,
    Kb,
    Kib,
    Mb,
    Mib,
    Gb,
    Gib,
    Tb,
    Tib,
}

impl ByteUnit {
    /// Bytes in one of it.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::B => 1,
            Self::Kb => 1_000,
            Self::Kib => 1 << 10,
            Self::Mb => 1_000_000,
            Self::Mib => 1 << 20,
            Self::Gb => 1_000_000_000,
            Self::Gib => 1 << 30,
            Self::Tb => 1_000_000_000_000,
            Self::Tib => 1 << 40,
        }
    }
}

impl From<Path> for TextRule {
    fn from(path: Path) -> Self {
        Self { path: Some(path), ..Self::default() }
    }
}

impl From<Path> for CountRule {
    fn from(path: Path) -> Self {
        Self { path: Some(path), ..Self::default() }
    }
}

impl From<Path> for TimeRule {
    fn from(path: Path) -> Self {
        Self { path, or: Many::default(), string: false, unit: None }
    }
}

impl From<Path> for KindRule {
    fn from(path: Path) -> Self {
        Self { path: Some(path), ..Self::default() }
    }
}

impl From<Path> for ListRule {
    fn from(path: Path) -> Self {
        Self { path: Many(vec![path]), ..Self::default() }
    }
}

impl From<Path> for FilesRule {
    fn from(path: Path) -> Self {
        Self { path, name: Self::name(), size: Self::size(), media_type: Self::media_type() }
    }
}

impl FilesRule {
    fn name() -> Short<TextRule> {
        Short(TextRule { path: Path::parse("name").ok(), ..TextRule::default() })
    }

    fn size() -> Short<CountRule> {
        Short(CountRule { path: Path::parse("size").ok(), ..CountRule::default() })
    }

    fn media_type() -> Short<TextRule> {
        Short(TextRule { path: Path::parse("type").ok(), ..TextRule::default() })
    }
}

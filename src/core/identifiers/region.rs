//! The region that numbers without a country code belong to.

use phonenumber::country::Id;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// An ISO 3166-1 alpha-2 region that has a telephone numbering plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    id: Id,
    calling_code: u16,
}

/// There is no such region.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("unknown region, expected two letters of ISO 3166-1 such as `CN` or `DE`")]
pub struct UnknownRegion;

impl Region {
    /// Mainland China, the default.
    pub const CN: Self = Self { id: Id::CN, calling_code: 86 };

    /// The country calling code (ITU-T E.164), as in `86`.
    pub const fn calling_code(self) -> u16 {
        self.calling_code
    }

    /// The two letters, upper case.
    pub fn as_str(&self) -> &str {
        self.id.as_ref()
    }

    /// The numbering plan library's name for it.
    pub(super) const fn id(self) -> Id {
        self.id
    }
}

impl Default for Region {
    fn default() -> Self {
        Self::CN
    }
}

impl FromStr for Region {
    type Err = UnknownRegion;

    /// Two letters in either case.
    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        let id: Id = text.to_ascii_uppercase().parse().map_err(|_| UnknownRegion)?;
        let metadata = phonenumber::metadata::DATABASE.by_id(id.as_ref()).ok_or(UnknownRegion)?;
        Ok(Self { id, calling_code: metadata.country_code() })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_calling_codes() {
        assert_eq!("cn".parse(), Ok(Region::CN));
        assert_eq!("DE".parse::<Region>().map(Region::calling_code), Ok(49));
        assert_eq!("QQ".parse::<Region>(), Err(UnknownRegion));
        assert_eq!("".parse::<Region>(), Err(UnknownRegion));
        assert_eq!(Region::CN.to_string(), "CN");
    }
}

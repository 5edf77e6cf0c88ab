//! The shapes that nearly all numbers have, read without the plan.
//!
//! The plan can change a number only where a trunk prefix, carrier code or transformation applies, and each country's
//! begin with few digits. A property test holds that these readings equal the plan's.

use crate::core::identifiers::region::Region;

/// How to read digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// They begin with their country code after `prefix` digits, and stay as they are.
    International {
        /// 2 for `00`, else 0.
        prefix: usize,
    },
    /// They are a national number of the region after `prefix` digits, and stay as they are.
    National {
        /// 1 for a trunk zero, else 0.
        prefix: usize,
    },
}

/// Numbers of one country that no rule of its plan changes.
pub struct Country {
    /// Its calling code.
    pub code: &'static str,
    /// Whether a zero is dialled before national numbers inside the country.
    pub trunk_zero: bool,
    /// First digits of trunk prefixes, international prefixes, carrier codes and transformations.
    pub reserved: &'static [u8],
    /// National numbers have at least this many digits.
    pub min_digits: usize,
    /// And at most this many.
    pub max_digits: usize,
}

const fn country(code: &'static str, reserved: &'static [u8], min_digits: usize, max_digits: usize) -> Country {
    Country { code, trunk_zero: false, reserved, min_digits, max_digits }
}

const fn with_trunk_zero(code: &'static str, reserved: &'static [u8], min_digits: usize, max_digits: usize) -> Country {
    Country { code, trunk_zero: true, reserved, min_digits, max_digits }
}

/// China has carrier codes (11…, 12…, 179…) beside its mobile numbers, which [`is_chinese_mobile`] knows.
/// Korea dials carriers as `08x` in front of a national number.
pub const COUNTRIES: [Country; 20] = [
    with_trunk_zero("86", b"01", 10, 11),
    country("1", b"01", 10, 10),
    country("852", b"0", 8, 8),
    country("853", b"0", 8, 8),
    with_trunk_zero("886", b"01", 8, 9),
    country("65", b"0", 8, 8),
    with_trunk_zero("81", b"01", 9, 10),
    with_trunk_zero("82", b"08", 9, 10),
    with_trunk_zero("91", b"0", 10, 10),
    with_trunk_zero("60", b"0", 9, 10),
    with_trunk_zero("66", b"0", 9, 9),
    with_trunk_zero("84", b"0", 9, 10),
    with_trunk_zero("44", b"01", 10, 10),
    with_trunk_zero("49", b"0", 10, 11),
    with_trunk_zero("33", b"0", 9, 9),
    country("34", b"0", 9, 9),
    country("39", b"0", 10, 10),
    with_trunk_zero("31", b"0", 9, 9),
    country("7", b"08", 10, 10),
    with_trunk_zero("61", b"01", 9, 9),
];

/// The reading of `digits`, where one is certain without the plan.
pub fn reading(digits: &str, plus: bool, region: Region) -> Option<Reading> {
    let bytes = digits.as_bytes();
    if plus {
        return begins_with_code(bytes).then_some(Reading::International { prefix: 0 });
    }
    if let Some(rest) = digits.strip_prefix("00") {
        // Some regions' own prefixes also begin with 00.
        return (region == Region::CN && begins_with_code(rest.as_bytes()))
            .then_some(Reading::International { prefix: 2 });
    }
    if region == Region::CN {
        if is_chinese_mobile(bytes) {
            return Some(Reading::National { prefix: 0 });
        }
        if digits.strip_prefix("86").is_some_and(|rest| is_chinese_mobile(rest.as_bytes())) {
            return Some(Reading::International { prefix: 0 });
        }
    }
    let country = COUNTRIES.iter().find(|country| is_code(country.code, region.calling_code()))?;
    if let Some(rest) = digits.strip_prefix('0') {
        return (country.trunk_zero && country.keeps(rest.as_bytes())).then_some(Reading::National { prefix: 1 });
    }
    (country.keeps(bytes) && !digits.starts_with(country.code)).then_some(Reading::National { prefix: 0 })
}

impl Country {
    /// Whether no rule changes the national number `digits`.
    fn keeps(&self, digits: &[u8]) -> bool {
        (self.min_digits..=self.max_digits).contains(&digits.len()) && !self.reserved.contains(&digits[0])
    }
}

fn begins_with_code(digits: &[u8]) -> bool {
    COUNTRIES.iter().any(|country| {
        digits.strip_prefix(country.code.as_bytes()).is_some_and(|national| {
            !national.is_empty() && (country.keeps(national) || (country.code == "86" && is_chinese_mobile(national)))
        })
    })
}

fn is_code(text: &str, code: u16) -> bool {
    text.parse() == Ok(code)
}

/// Eleven digits from 13 to 19, and not the carrier code 179.
pub fn is_chinese_mobile(digits: &[u8]) -> bool {
    digits.len() == 11 && digits[0] == b'1' && matches!(digits[1], b'3'..=b'9') && !digits.starts_with(b"179")
}

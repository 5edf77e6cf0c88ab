//! Numbering plans: which national numbers a calling code has, through the `phonenumber` crate's metadata.

use crate::core::identifiers::region::Region;
use phonenumber::Type;
use phonenumber::metadata::{DATABASE, Descriptor, Metadata};
use std::sync::LazyLock;

/// Longer digit strings are no telephone number to any plan (E.164 has 15; some plans go to 17).
pub const MAX_NATIONAL_DIGITS: usize = 17;

/// Every kind of number that the metadata describes.
const TYPES: [Type; 12] = [
    Type::Mobile,
    Type::FixedLine,
    Type::TollFree,
    Type::PremiumRate,
    Type::SharedCost,
    Type::PersonalNumber,
    Type::Voip,
    Type::Pager,
    Type::Uan,
    Type::Voicemail,
    Type::Emergency,
    Type::StandardRate,
];

/// The plan of one calling code.
pub struct Plan {
    code: u16,
    regions: Vec<&'static Metadata>,
    /// Bit n: some kind of number has n digits.
    lengths: u32,
    /// National (trunk) prefixes: dialled inside the country, no part of the number.
    trunks: Vec<&'static str>,
}

/// Plans by calling code; building them takes no more than reading the metadata once.
static PLANS: LazyLock<Vec<Option<Plan>>> = LazyLock::new(|| (0..1_000).map(Plan::build).collect());

impl Plan {
    /// The plan of `code`, if it is assigned.
    pub fn of(code: u16) -> Option<&'static Self> {
        PLANS.get(usize::from(code))?.as_ref()
    }

    /// The plan whose code `digits` begin with, and the digits after it. Calling codes are prefix-free.
    pub fn split(digits: &str) -> Option<(&'static Self, &str)> {
        (1..=3).find_map(|length| {
            let (code, national) = digits.split_at_checked(length)?;
            Some((Self::of(code.parse().ok().filter(|_| !code.starts_with('0'))?)?, national))
        })
    }

    fn build(code: u16) -> Option<Self> {
        let regions = DATABASE.by_code(&code)?;
        let lengths = regions
            .iter()
            .flat_map(|region| TYPES.into_iter().filter_map(|kind| region.descriptors().get(kind)))
            .flat_map(Descriptor::possible_length)
            .fold(0, |lengths, length| lengths | 1_u32.checked_shl(u32::from(*length)).unwrap_or(0));
        let mut trunks: Vec<_> = regions.iter().filter_map(|region| region.national_prefix()).collect();
        trunks.sort_unstable();
        trunks.dedup();
        Some(Self { code, regions, lengths, trunks })
    }

    /// The calling code.
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// Whether the plan knows `national` as a number that somebody can have.
    pub fn knows(&self, national: &str) -> bool {
        self.has_length(national)
            && self.regions.iter().any(|region| {
                let kinds = region.descriptors();
                kinds.general().is_match(national)
                    && TYPES.into_iter().any(|kind| kinds.get(kind).is_some_and(|kind| kind.is_match(national)))
            })
    }

    /// Whether numbers as long as `national` exist.
    pub const fn has_length(&self, national: &str) -> bool {
        national.len() < 32 && self.lengths & (1 << national.len()) != 0
    }

    /// Whether `digits` are longer than anybody dials inside the country.
    pub fn is_longer_than_dialled(&self, digits: &str) -> bool {
        let longest = 31_usize.saturating_sub(self.lengths.leading_zeros() as usize);
        digits.len() > longest + self.trunks.iter().map(|trunk| trunk.len()).max().unwrap_or(0)
    }

    /// `national` without trunk prefix and carrier code. What the plan knows stays as it is, and so does what it does not
    /// know, save for a trunk prefix in front of as many digits as a number has.
    pub fn without_trunk(&self, national: &str) -> String {
        let mut national = national;
        loop {
            if self.knows(national) {
                return national.to_owned();
            }
            if let Some(parsed) = self.parsed(national).filter(|parsed| self.knows(parsed)) {
                return parsed;
            }
            let stripped = self.trunks.iter().find_map(|trunk| {
                national.strip_prefix(trunk).filter(|rest| !trunk.is_empty() && self.has_length(rest))
            });
            let Some(rest) = stripped else { return national.to_owned() };
            national = rest;
        }
    }

    /// What the library makes of it. The calling code goes in front, because the library would otherwise apply the
    /// default region's trunk rules to other countries' numbers.
    fn parsed(&self, national: &str) -> Option<String> {
        if national.len() > MAX_NATIONAL_DIGITS {
            return None;
        }
        let number = phonenumber::parse(None, format!("+{}{national}", self.code)).ok()?;
        (number.code().value() == self.code).then(|| number.national().to_string())
    }
}

/// The digits after `region`'s own international prefix (`00`, `011`, `810`, …), where `digits` begin with it.
pub fn after_international_prefix(region: Region, digits: &str) -> Option<&str> {
    let prefix = DATABASE.by_id(region.id().as_ref())?.international_prefix()?.find(digits)?;
    (prefix.start() == 0).then(|| &digits[prefix.end()..])
}

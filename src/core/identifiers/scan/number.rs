//! Which groups of a cluster are an identifier.

use super::cluster::{Cluster, Group, is_separator};
use super::{Found, Purpose, Searched, char_at};
use crate::core::identifiers::phone::{common, plan::Plan};
use crate::core::identifiers::region::Region;
use crate::core::identifiers::{card, national_id};
use std::net::Ipv4Addr;
use std::ops::Range;

/// No identifier of digits is longer: a card's 19.
const MAX_DIGITS: usize = 19;
/// The shortest that are looked for: national numbers of small countries.
const MIN_DIGITS: usize = 8;
/// Names separate a number's groups into no smaller ones: `01-05-2012-138` is a date.
const MIN_GROUP_IN_NAMES: usize = 3;

/// Some neighbouring groups.
struct Candidate<'a> {
    digits: &'a [u8],
    groups: &'a [Group],
    range: Range<usize>,
    plus: bool,
}

/// Gives the identifiers among `cluster`'s groups to `found`, the longest first where several begin together.
pub fn find(text: &str, cluster: &Cluster, region: Region, purpose: Purpose, found: &mut impl FnMut(Found)) {
    let mut start = 0;
    while start < cluster.starts() {
        match longest(text, cluster, start, region, purpose) {
            Some((hit, groups)) => {
                found(hit);
                start += groups;
            }
            None => start += 1,
        }
    }
}

fn longest(text: &str, cluster: &Cluster, start: usize, region: Region, purpose: Purpose) -> Option<(Found, usize)> {
    let first = cluster.groups[start].digits.start;
    let reach = cluster.groups[start..].iter().take_while(|group| group.digits.end - first <= MAX_DIGITS).count();
    let plus = plus_before(text, cluster.groups[start].text.start);
    let too_short = cluster.groups[start..].iter().take_while(|group| group.digits.end - first < MIN_DIGITS).count();
    (too_short + 1..=reach).rev().find_map(|count| {
        let groups = &cluster.groups[start..start + count];
        let last = &groups[count - 1];
        let candidate = Candidate {
            digits: &cluster.digits[first..last.digits.end],
            groups,
            range: plus.unwrap_or(groups[0].text.start)..last.text.end,
            plus: plus.is_some(),
        };
        let hit = candidate.recognise(text, region, purpose)?;
        Some((hit, count))
    })
}

/// Where a plus sign before byte `at` is, also as `%2B` and before an opening bracket.
fn plus_before(text: &str, at: usize) -> Option<usize> {
    // The last bytes of what is looked for; nearly all numbers follow something else.
    if !matches!(text.as_bytes()[..at].last()?, b'+' | b'(' | b'B' | b'b' | 0x8B | 0x88) {
        return None;
    }
    let before = text[..at].trim_end_matches(['(', '（']);
    ["+", "＋", "%2B", "%2b"].into_iter().find_map(|plus| before.strip_suffix(plus)).map(str::len)
}

impl Candidate<'_> {
    fn recognise(&self, text: &str, region: Region, purpose: Purpose) -> Option<Found> {
        let found = |what| Some(Found { what, range: self.range.clone() });
        if purpose == Purpose::Name && !self.is_spaced_like_a_number() {
            return None;
        }
        if let Some(end) = self.national_id(text) {
            return Some(Found { what: Searched::NationalId, range: self.groups[0].text.start..end });
        }
        if card::is_card(self.digits) && (!self.plus) {
            return found(Searched::Card);
        }
        if region == Region::CN && common::is_chinese_mobile(self.digits) && !self.is_ipv4(text) {
            // Whoever writes a plus before it left the country code out.
            return Some(Found { what: Searched::Phone, range: self.groups[0].text.start..self.range.end });
        }
        if self.is_phone(region, purpose) && !self.is_ipv4(text) { found(Searched::Phone) } else { None }
    }

    fn is_ipv4(&self, text: &str) -> bool {
        self.groups.len() == 4 && text[self.range.clone()].parse::<Ipv4Addr>().is_ok()
    }

    /// One group, or groups as long as people write them; the last may be short, and a country code too.
    fn is_spaced_like_a_number(&self) -> bool {
        let Some((last, others)) = self.groups.split_last() else { return false };
        let is_short = |group: &Group| group.digits.len() < MIN_GROUP_IN_NAMES;
        match others.split_first() {
            None => true,
            Some((first, middle)) => {
                let first_is_fine = self.plus || !is_short(first) || self.begins_with_code(first);
                first_is_fine && !middle.iter().any(is_short) && !is_short(last)
            }
        }
    }

    /// Whether `first` is China's country code, kept apart from the number: `86 138 0013 8000`.
    fn begins_with_code(&self, first: &Group) -> bool {
        first.digits.len() == 2 && self.digits.strip_prefix(b"86").is_some_and(common::is_chinese_mobile)
    }

    /// The end of a resident number: 18 digits, 17 and an X, or 15 in one group.
    fn national_id(&self, text: &str) -> Option<usize> {
        match self.digits.len() {
            18 => national_id::has_chinese_shape(self.digits).then_some(self.range.end),
            17 if national_id::has_chinese_shape(self.digits) => {
                let (mut c, mut length) = char_at_or_nul(text, self.range.end);
                let mut at = self.range.end;
                if is_separator(c) {
                    at += length;
                    (c, length) = char_at_or_nul(text, at);
                }
                matches!(c, 'x' | 'X' | 'ｘ' | 'Ｘ' | 'х' | 'Х' | '×').then_some(at + length)
            }
            15 if self.groups.len() == 1 && !self.plus => {
                national_id::is_old_chinese(self.digits).then_some(self.range.end)
            }
            _ => None,
        }
    }

    fn is_phone(&self, region: Region, purpose: Purpose) -> bool {
        let digits = self.digits;
        if common::is_chinese_mobile(digits) {
            return true;
        }
        let Ok(text) = std::str::from_utf8(digits) else { return false };
        if self.plus {
            return (9..=15).contains(&digits.len()) && Plan::split(text).is_some();
        }
        if let Some(rest) = text.strip_prefix("00") {
            return !rest.starts_with('0')
                && digits.len() <= 17
                && Plan::split(rest).is_some_and(|(plan, national)| {
                    common::is_chinese_mobile(national.as_bytes()) || plan.knows(national)
                });
        }
        if text.strip_prefix("86").is_some_and(|rest| common::is_chinese_mobile(rest.as_bytes())) {
            return true;
        }
        is_national_phone(text, region, purpose)
    }
}

/// A number as dialled inside a country: with a trunk zero anywhere, without one in its region.
fn is_national_phone(text: &str, region: Region, purpose: Purpose) -> bool {
    let trunk = text.strip_prefix('0').filter(|_| (10..=12).contains(&text.len()));
    if trunk.is_none() && region == Region::CN {
        return false;
    }
    let Some(plan) = Plan::of(region.calling_code()) else { return false };
    if let Some(rest) = trunk {
        return plan.has_length(rest);
    }
    let least = if purpose == Purpose::Name { 10 } else { 8 };
    text.len() >= least && plan.has_length(text) && plan.knows(text)
}

fn char_at_or_nul(text: &str, at: usize) -> (char, usize) {
    if at < text.len() { char_at(text, at) } else { ('\0', 0) }
}

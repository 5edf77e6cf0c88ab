//! Telephone numbers: `+`, country code and national number (ITU-T E.164), leniently.
//!
//! Separators, invisible characters and the script of the digits do not matter. `+`, `00` and the region's own
//! international prefix announce a country code. What the numbering plan does not know is kept all the same: its digits,
//! with the region's country code where it has none.

pub(super) mod common;
pub(super) mod plan;

use super::fold;
use super::region::Region;
use plan::Plan;

/// Longer digit strings are kept as they are: no plan has them.
const MAX_PLAN_DIGITS: usize = 24;
/// After this many digits a letter, comma, semicolon or `#` begins something else: an extension, another number.
const COMPLETE_DIGITS: usize = 7;

/// Writes the normal form of `raw` to `out`; false where there is not one digit.
pub fn normalise(raw: &str, region: Region, out: &mut String) -> bool {
    out.clear();
    out.push('+');
    push_code(region.calling_code(), out);
    let start = out.len();
    let plus = collect_digits(raw, out);
    let digits = &out[start..];
    if digits.is_empty() {
        return false;
    }
    match common::reading(digits, plus, region) {
        Some(common::Reading::International { prefix }) => drop(out.drain(1..start + prefix)),
        Some(common::Reading::National { prefix }) => drop(out.drain(start..start + prefix)),
        None => *out = by_plan(digits, plus, region),
    }
    true
}

fn push_code(code: u16, out: &mut String) {
    for power in [100, 10, 1] {
        if code >= power {
            out.push(char::from(b'0' + u8::try_from(code / power % 10).unwrap_or(0)));
        }
    }
}

/// Appends the digits of `raw` as ASCII; says whether a plus came before them.
fn collect_digits(raw: &str, out: &mut String) -> bool {
    let start = out.len();
    let mut plus = false;
    for (at, c) in raw.char_indices() {
        if let Some(digit) = fold::digit(c) {
            // Spreadsheets write whole numbers as `13800138000.0`.
            let fraction = digit == b'0' && raw.len() == at + 1 && raw.as_bytes()[..at].ends_with(b".");
            if !(fraction && out.len() - start >= COMPLETE_DIGITS) {
                out.push(char::from(digit));
            }
        } else if out.len() - start >= COMPLETE_DIGITS {
            if matches!(c, '+' | '＋' | ',' | ';' | '#' | '，' | '；') || c.is_alphabetic() {
                break;
            }
        } else if matches!(c, '+' | '＋' | '﹢') && out.len() == start {
            plus = true;
        }
    }
    plus
}

/// The normal form, with all that the plan knows: the slow and complete way.
fn by_plan(digits: &str, plus: bool, region: Region) -> String {
    if digits.len() > MAX_PLAN_DIGITS {
        return if plus { format!("+{digits}") } else { format!("+{}{digits}", region.calling_code()) };
    }
    if plus && !digits.starts_with('0') {
        return international(digits).map_or_else(|| format!("+{digits}"), |number| number.text);
    }
    if let Some(number) = after_prefix(digits, region) {
        return number;
    }
    let significant = digits.trim_start_matches('0');
    if plus && !significant.is_empty() {
        return international(significant).map_or_else(|| format!("+{significant}"), |number| number.text);
    }
    national(digits, region)
}

/// A number as far as the plan takes part.
struct Number {
    text: String,
    known: bool,
}

/// Reads digits that begin with a country code; nothing where no country has it.
fn international(digits: &str) -> Option<Number> {
    let (plan, national) = Plan::split(digits)?;
    Some(of_plan(plan, national))
}

fn of_plan(plan: &Plan, national: &str) -> Number {
    let national = plan.without_trunk(national);
    Number { text: format!("+{}{national}", plan.code()), known: plan.knows(&national) }
}

/// Reads digits that begin with an international prefix, `00` or the region's own; some regions' overlap, so a reading
/// that the plan knows goes first.
fn after_prefix(digits: &str, region: Region) -> Option<String> {
    let usual = digits.strip_prefix("00").filter(|rest| !rest.starts_with('0')).and_then(international);
    if let Some(number) = &usual
        && number.known
    {
        return Some(number.text.clone());
    }
    let own = plan::after_international_prefix(region, digits)
        .filter(|rest| !rest.starts_with('0'))
        .and_then(international)
        .filter(|number| {
            number.known || Plan::of(region.calling_code()).is_some_and(|plan| plan.is_longer_than_dialled(digits))
        });
    own.filter(|number| number.known || usual.is_none()).or(usual).map(|number| number.text)
}

/// Reads digits without any sign of a country code; it may be there all the same (`86 138 0013 8000`).
fn national(digits: &str, region: Region) -> String {
    let Some(plan) = Plan::of(region.calling_code()) else { return format!("+{}{digits}", region.calling_code()) };
    if plan.knows(digits) {
        return format!("+{}{digits}", plan.code());
    }
    let after_code = digits.strip_prefix(&plan.code().to_string()).map(|rest| of_plan(plan, rest));
    let without_code = of_plan(plan, digits);
    match after_code {
        Some(with_code) if with_code.known => with_code.text,
        Some(with_code) if !without_code.known && has_code(plan, digits, &with_code.text) => with_code.text,
        Some(_) | None => without_code.text,
    }
}

/// Whether digits that the plan knows neither way are better read with their country code: only then is their length one
/// that numbers have.
fn has_code(plan: &Plan, digits: &str, with_code: &str) -> bool {
    !plan.has_length(digits) && Plan::split(&with_code[1..]).is_some_and(|(_, national)| plan.has_length(national))
}

#[cfg(test)]
mod tests;

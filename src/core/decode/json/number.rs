//! Numbers: where one ends, and what it is worth exactly.

/// More digits than any value that is used has.
const MAX_DIGITS: usize = 30;

/// Finds the end of the number that starts at `at`.
///
/// # Errors
/// The place where the grammar of RFC 8259 is left.
pub(super) fn number_end(bytes: &[u8], mut at: usize) -> Result<usize, usize> {
    at += usize::from(bytes.get(at) == Some(&b'-'));
    let integer = at;
    at = digits_end(bytes, integer)?;
    if bytes[integer] == b'0' && at > integer + 1 {
        return Err(integer + 1);
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits_end(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        at = digits_end(bytes, at)?;
    }
    Ok(at)
}

/// The end of one digit or more.
fn digits_end(bytes: &[u8], start: usize) -> Result<usize, usize> {
    let digits = bytes.get(start..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { Err(start) } else { Ok(start + digits) }
}

/// A number that is not negative: `digits` × 10^`exponent`, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core::decode) struct Decimal {
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// Reads a JSON number; none if the text is not one, if it is below zero, or has over 30 digits that matter.
    pub(in crate::core::decode) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if number_end(bytes, 0).ok()? != bytes.len() {
            return None;
        }
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = significant(integer, fraction)?;
        if digits == 0 {
            return Some(Self { digits: 0, exponent: 0 });
        }
        let shift = i32::try_from(fraction.len()).ok()?;
        let exponent = exponent.parse::<i32>().ok()?.checked_sub(shift)?;
        (!negative).then_some(Self { digits, exponent })
    }

    /// The value × `factor` as an integer; none if it is not whole or does not fit.
    pub(in crate::core::decode) fn whole(self, factor: u64) -> Option<u64> {
        let (whole, rest) = self.scaled(factor)?;
        (rest == 0).then_some(whole)
    }

    /// The value × `factor`, rounded down; none if it does not fit.
    pub(in crate::core::decode) fn floor(self, factor: u64) -> Option<u64> {
        self.scaled(factor).map(|(whole, _)| whole)
    }

    /// The value × `factor`, rounded up; none if it does not fit.
    pub(in crate::core::decode) fn ceil(self, factor: u64) -> Option<u64> {
        let (whole, rest) = self.scaled(factor)?;
        if rest == 0 { Some(whole) } else { whole.checked_add(1) }
    }

    /// The value × `factor`: its whole part, and what is not zero if there is more.
    fn scaled(self, factor: u64) -> Option<(u64, u128)> {
        let digits = self.digits.checked_mul(u128::from(factor))?;
        if self.exponent >= 0 {
            let power = if digits == 0 { 1 } else { power_of_ten(self.exponent.unsigned_abs())? };
            return Some((u64::try_from(digits.checked_mul(power)?).ok()?, 0));
        }
        match power_of_ten(self.exponent.unsigned_abs()) {
            Some(power) => Some((u64::try_from(digits / power).ok()?, digits % power)),
            None => Some((0, digits)),
        }
    }
}

fn power_of_ten(exponent: u32) -> Option<u128> {
    10_u128.checked_pow(exponent)
}

fn significant(integer: &str, fraction: &str) -> Option<u128> {
    let digits = || integer.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0');
    if digits().count() > MAX_DIGITS {
        return None;
    }
    Some(digits().fold(0, |value, digit| value * 10 + u128::from(digit - b'0')))
}

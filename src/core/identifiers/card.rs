//! Payment card numbers (ISO/IEC 7812): their digits.

use super::fold;

/// Writes the normal form of `raw` to `out`; false where there is no digit.
///
/// Membership does not ask for the check digit: what the customer base holds counts, right or wrong.
pub fn normalise(raw: &str, out: &mut String) -> bool {
    out.clear();
    // Spreadsheets write whole numbers as `4111111111111111.0`.
    let raw = raw.trim();
    let raw = raw.strip_suffix(".0").unwrap_or(raw);
    out.extend(raw.chars().filter_map(fold::digit).map(char::from));
    !out.is_empty()
}

/// Whether `digits` (ASCII) look like a card in use: a known issuer range with its length, and the right check digit.
pub fn is_card(digits: &[u8]) -> bool {
    let Some(head) = digits.first_chunk::<4>().filter(|_| (14..=19).contains(&digits.len())) else { return false };
    if !head.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let issuer = head.iter().fold(0_u16, |issuer, digit| issuer * 10 + u16::from(digit - b'0'));
    let known = match digits.len() {
        14 => matches!(issuer, 3000..=3059 | 3600..=3699 | 3800..=3999),
        15 => matches!(issuer, 3400..=3499 | 3700..=3799),
        16 => matches!(issuer, 2221..=2720 | 3528..=3589 | 4000..=4999 | 5100..=5599 | 6000..=6599 | 8100..=8199),
        19 => matches!(issuer, 4000..=4999 | 6200..=6299 | 8100..=8199),
        _ => matches!(issuer, 6200..=6299 | 8100..=8199),
    };
    known && has_check_digit(digits)
}

/// The Luhn algorithm (ISO/IEC 7812-1, annex B) over ASCII digits.
pub fn has_check_digit(digits: &[u8]) -> bool {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let value = u32::from(digit - b'0');
            if at % 2 == 0 { value } else { value * 2 / 10 + value * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::identifiers::testing::normal_or_dash;
    use proptest::prelude::*;

    fn normal(raw: &str) -> String {
        normal_or_dash(|out| normalise(raw, out))
    }

    #[test]
    fn spellings_of_a_card_are_one() {
        for raw in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "４１１１１１１１１１１１１１１１",
            "4111111111111111.0",
        ] {
            assert_eq!(normal(raw), "4111111111111111", "{raw}");
        }
        assert_eq!(normal("none"), "-");
    }

    #[test]
    fn cards_have_an_issuer_and_a_check_digit() {
        for card in ["4111111111111111", "5555555555554444", "378282246310005", "30569309025904", "6222020000000000009"]
        {
            let digits = card.as_bytes();
            assert_eq!(is_card(digits), has_check_digit(digits), "{card}");
        }
        assert!(is_card(b"4111111111111111"));
        assert!(!is_card(b"4111111111111112"));
        assert!(!is_card(b"1335830400000000"));
        assert!(!has_check_digit(b""));
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own(raw in any::<String>()) {
            let once = normal(&raw);
            prop_assert_eq!(normal(&once), once);
        }
    }
}

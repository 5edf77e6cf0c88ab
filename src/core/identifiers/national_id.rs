//! National identity numbers: letters upper case and digits, without separators.
//!
//! A Chinese resident number (GB 11643-1999) has 17 digits and a check character, which may be `X`; its predecessor has
//! 15 digits and is kept so, because the missing century cannot be told from the number alone.

use super::fold;

/// Writes the normal form of `raw` to `out`; false where nothing is left.
pub fn normalise(raw: &str, out: &mut String) -> bool {
    out.clear();
    fold::push_upper_alphanumerics(raw, out);
    !out.is_empty()
}

/// Whether `text` is a resident number of 18 characters with a birth date and the right check character (GB 11643-1999,
/// ISO 7064 MOD 11-2).
pub fn is_chinese(text: &[u8]) -> bool {
    const CHECK: [u8; 11] = *b"10X98765432";
    let Some((digits, [check])) = text.split_last_chunk::<1>() else { return false };
    if digits.len() != 17 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    // Each digit weighs 2^(17 - place) mod 11, so the sum is a Horner scheme.
    let sum = digits.iter().fold(0_u32, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    CHECK[sum as usize] == check.to_ascii_uppercase() && is_date(&digits[6..14])
}

/// Whether `text` has the 15 digits of the old form with a region and a birth date.
pub fn is_old_chinese(text: &[u8]) -> bool {
    text.len() == 15
        && text.iter().all(u8::is_ascii_digit)
        && (b'1'..=b'8').contains(&text[0])
        && is_month_and_day(&text[8..12])
}

/// `yyyymmdd` in 1800 to 2099.
fn is_date(text: &[u8]) -> bool {
    matches!(&text[..2], b"18" | b"19" | b"20") && is_month_and_day(&text[4..])
}

fn is_month_and_day(text: &[u8]) -> bool {
    (*b"01"..=*b"12").contains(&[text[0], text[1]]) && (*b"01"..=*b"31").contains(&[text[2], text[3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal(raw: &str) -> String {
        let mut out = String::new();
        if normalise(raw, &mut out) { out } else { "-".to_owned() }
    }

    #[test]
    fn spellings_of_a_number_are_one() {
        for raw in [
            "11010519491231002X",
            "11010519491231002x",
            "110105 19491231 002X",
            "110105-19491231-002x",
            "１１０１０５１９４９１２３１００２Ｘ",
            "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X",
            "11010519491231002Х",
            "110105\u{200B}19491231002x",
        ] {
            assert_eq!(normal(raw), "11010519491231002X", "{raw}");
        }
        assert_eq!(normal(" ab-12 34.c"), "AB1234C");
        assert_eq!(normal("--"), "-");
    }

    #[test]
    fn the_check_character_is_checked() {
        // The example of GB 11643-1999.
        assert!(is_chinese(b"11010519491231002X"));
        assert!(!is_chinese(b"110105194912310021"));
        assert!(!is_chinese(b"1101051949123100"));
        assert!(is_old_chinese(b"110105491231002"));
        assert!(!is_old_chinese(b"110105499931002"));
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own(raw in any::<String>()) {
            let once = normal(&raw);
            prop_assert_eq!(normal(&once), once);
        }
    }
}

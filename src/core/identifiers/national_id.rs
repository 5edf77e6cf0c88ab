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

/// Whether `text`, the 17 digits or all 18 characters, has the region and birth date of a resident number. Without the
/// check character: a name or content that carries a mistyped one carries somebody's all the same.
pub fn has_chinese_shape(text: &[u8]) -> bool {
    text.len() >= 17
        && text[..17].iter().all(u8::is_ascii_digit)
        && (b'1'..=b'8').contains(&text[0])
        && is_date(&text[6..14])
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
    use crate::core::identifiers::testing::normal_or_dash;
    use proptest::prelude::*;

    fn normal(raw: &str) -> String {
        normal_or_dash(|out| normalise(raw, out))
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
    fn resident_numbers_have_a_region_and_a_birth_date() {
        // The example of GB 11643-1999.
        assert!(has_chinese_shape(b"11010519491231002X"));
        assert!(has_chinese_shape(b"11010519491231002"));
        assert!(!has_chinese_shape(b"11010519491331002X"));
        assert!(!has_chinese_shape(b"91010519491231002X"));
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

//! Bank account numbers (ISO 13616): upper case, without separators.

use super::fold;

/// Writes the normal form of `raw` to `out`; false where nothing is left.
///
/// What is no valid IBAN is kept as upper-case letters and digits. A valid one may follow the word `IBAN`.
pub fn normalise(raw: &str, out: &mut String) -> bool {
    out.clear();
    fold::push_upper_alphanumerics(raw, out);
    if out.strip_prefix("IBAN").is_some_and(is_iban) {
        out.drain(..4);
    }
    !out.is_empty()
}

/// Whether `text` (upper case, no spaces) has a country's format and the right check digits.
pub fn is_iban(text: &str) -> bool {
    text.parse::<iban::Iban>().is_ok()
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
    fn spellings_of_an_account_are_one() {
        for raw in [
            "DE89370400440532013000",
            "de89 3704 0044 0532 0130 00",
            "IBAN: DE89 3704 0044 0532 0130 00",
            "DE89-3704-0044-0532-0130-00",
            "ＤＥ８９３７０４００４４０５３２０１３０００",
            "DЕ89370400440532013000",
        ] {
            assert_eq!(normal(raw), "DE89370400440532013000", "{raw}");
        }
        assert_eq!(normal("de00 1"), "DE001");
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own(raw in any::<String>()) {
            let once = normal(&raw);
            prop_assert_eq!(normal(&once), once);
        }
    }
}

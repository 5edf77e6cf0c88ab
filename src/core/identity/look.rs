//! What a login looks like to a person: letters of other alphabets, wide forms and invisible characters told apart by nobody.

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

/// The skeleton of Unicode's UTS 39 of a folded login: logins that a reader takes for each other have the same. It is
/// for comparing only, and never a name: `emp1` and `empl` look alike and may be two people.
pub(super) fn look(folded: &str) -> Box<str> {
    let plain: String = folded.nfkc().flat_map(char::to_lowercase).collect();
    // Lower case once more: the prototype of the digit 0 is a capital letter.
    skeleton(&plain).flat_map(char::to_lowercase).collect::<String>().into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::look;

    #[test]
    fn what_looks_alike_is_alike_and_what_does_not_is_not() {
        for spelt in [
            "\u{435}mp0042",
            "em\u{440}0042",
            "emp\u{200b}0042",
            "\u{202e}emp0042",
            "emp0042\u{2060}",
            "ｅｍｐ００４２",
            "empoo42",
            "ernp0042",
        ] {
            assert_eq!(look(spelt), look("emp0042"), "{spelt:?}");
        }
        assert_eq!(look("corp\\u\u{3bf}42"), look("corp\\uo42"), "a Greek omicron");
        for other in ["emp0043", "emp042", "emp0042x", "emp-0042", "épm0042", ""] {
            assert_ne!(look(other), look("emp0042"), "{other}");
        }
    }
}

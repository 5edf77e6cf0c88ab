//! Mail addresses: lower case, without spaces, invisible characters, display name or `mailto:`.
//!
//! The domain is in its ASCII form (IDNA 2008, UTS 46), so `例子.cn` and `xn--fsqu00a.cn` are one. Dots and plus tags in the
//! mailbox stay: what they mean is the receiving server's business, and folding them would make two customers one
//! wherever a server tells them apart, while the customer base and the systems that leak it spell an address alike.

use super::fold;
use unicode_normalization::UnicodeNormalization;

/// Writes the normal form of `raw` to `out`; false where nothing is left.
pub fn normalise(raw: &str, out: &mut String) -> bool {
    out.clear();
    let raw = raw.trim();
    if raw.bytes().all(is_plain) && !raw.ends_with('.') {
        out.extend(raw.bytes().map(|byte| byte.to_ascii_lowercase() as char));
    } else if raw.is_ascii() {
        out.push_str(&fold::stable(raw.to_owned(), fold_ascii));
    } else {
        out.push_str(&fold::stable(raw.to_owned(), fold_unicode));
    }
    !out.is_empty()
}

/// Characters that nothing but lower case changes.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'.' | b'_' | b'-' | b'+' | b'%')
}

/// The address inside `Name <address>`, `mailto:address?subject=…` or quotes.
fn address(raw: &str) -> &str {
    let mut text = raw.trim();
    if let Some((_, rest)) = text.rsplit_once('<')
        && let Some((inner, _)) = rest.split_once('>')
    {
        text = inner.trim();
    }
    if let Some(rest) = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).and(text.get(7..)) {
        text = rest.split('?').next().unwrap_or(rest);
    }
    // A fully qualified domain may end in a dot.
    text.trim_end_matches(|c| is_around(c) || c == '.').trim_start_matches(is_around)
}

const fn is_around(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '<' | '>')
}

fn fold_ascii(text: &str) -> String {
    address(text).bytes().filter(u8::is_ascii_graphic).map(|byte| byte.to_ascii_lowercase() as char).collect()
}

fn fold_unicode(text: &str) -> String {
    let folded: String = text.chars().filter(|c| !fold::is_invisible(*c)).nfkc().flat_map(char::to_lowercase).collect();
    let folded: String = address(&folded).chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let Some((mailbox, domain)) = folded.rsplit_once('@') else { return folded };
    let mailbox: String = mailbox.chars().map(fold::latin_lookalike).collect();
    format!("{mailbox}@{}", ascii_domain(domain))
}

/// The ASCII form of `domain`. A label that mixes Latin letters with ones that look Latin is read as Latin; one that is
/// wholly of another script is that script's. What IDNA refuses stays as it is.
fn ascii_domain(domain: &str) -> String {
    let labels: Vec<String> = domain.split(['.', '。']).map(latin_label).collect();
    let domain = labels.join(".");
    idna::domain_to_ascii(&domain).unwrap_or(domain)
}

fn latin_label(label: &str) -> String {
    if label.bytes().any(|byte| byte.is_ascii_lowercase()) {
        label.chars().map(fold::latin_lookalike).collect()
    } else {
        label.to_owned()
    }
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
    fn spellings_of_an_address_are_one() {
        for raw in [
            "zhang.san+x@qq.com",
            " Zhang.San+X@QQ.com\r\n",
            "Zhang San <zhang.san+x@qq.com>",
            "<zhang.san+x@qq.com>",
            "mailto:zhang.san+x@qq.com?subject=hi",
            "MAILTO:zhang.san+x@qq.com",
            "zhang.san+x @ qq.com",
            "zhang.san+x@qq.com.",
            "ｚｈａｎｇ．ｓａｎ＋ｘ＠ｑｑ．ｃｏｍ",
            "zhang\u{200B}.san+x@qq\u{FEFF}.com",
            "\"zhang.san+x@qq.com\"",
            "zhаng.sаn+х@qq.com",
            "zhang.san+x@qq。com",
            "张三 <zhang.san+x@qq.com>",
            "zhang.san+x@qq.com;",
        ] {
            assert_eq!(normal(raw), "zhang.san+x@qq.com", "{raw:?}");
        }
    }

    #[test]
    fn a_domain_and_its_punycode_are_one() {
        assert_eq!(normal("a@例子.cn"), normal("A@XN--FSQU00A.CN"));
        assert_eq!(normal("a@bücher.example"), "a@xn--bcher-kva.example");
    }

    #[test]
    fn dots_and_plus_tags_tell_addresses_apart() {
        assert_ne!(normal("a.b@gmail.com"), normal("ab@gmail.com"));
        assert_ne!(normal("a+x@gmail.com"), normal("a@gmail.com"));
    }

    #[test]
    fn what_is_no_address_is_kept_and_nothing_is_nothing() {
        assert_eq!(normal("NoAt"), "noat");
        assert_eq!(normal(" \u{200B} "), "-");
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own(raw in any::<String>()) {
            let once = normal(&raw);
            prop_assert_eq!(normal(&once), once);
        }

        #[test]
        fn an_address_like_text_is_its_own(raw in "[<\"']?[ａ-ｚaİßſсх.+ ]{0,6}[@＠]{0,2}[例ü.。xn\\-хK ]{0,8}[>?;.]{0,2}") {
            let once = normal(&raw);
            prop_assert_eq!(normal(&once), once);
        }
    }
}

//! Masking names that reach incidents, logs and pages: destinations, objects, files.

use super::region::Region;
use super::scan::{Found, Purpose, Searched, scan};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Fewer digits, without an at sign, hide nothing.
const MIN_DIGITS: usize = 7;
/// The shortest account number (Norway's) has eleven more characters after its check digits.
const MIN_ACCOUNT_REST: usize = 11;

/// `text` with `‹phone›`, `‹mailbox›@domain`, `‹national-id›`, `‹card›` and `‹iban›` in place of what looks like one.
///
/// Ordinary names, dates, IPv4 addresses and UUIDs stay. Numbers in the national format of a region other than China
/// are recognised with a leading zero only; [`mask_in`] knows the region's.
pub fn mask(text: &str) -> Cow<'_, str> {
    mask_in(text, Region::CN)
}

/// [`mask`] that also recognises numbers as `region` dials them.
pub fn mask_in(text: &str, region: Region) -> Cow<'_, str> {
    if !may_hide(text) {
        return Cow::Borrowed(text);
    }
    let mut hits: SmallVec<[Found; 4]> = SmallVec::new();
    scan(text, region, Purpose::Name, &mut |hit| hits.push(hit));
    if hits.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(replaced(text, &mut hits)) }
}

/// Whether a scan is worth it. Of plain ASCII names, ids above all, nearly none is: a number needs seven digits with
/// nothing but separators between them, and an account number fifteen letters and digits after its check digits.
fn may_hide(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut digits, mut run) = (0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                (digits, run) = (digits + 1, run + 1);
                let account = run >= 4 && at >= 3 && bytes[at - 1].is_ascii_digit() && is_letter(bytes, at - 2);
                if digits >= MIN_DIGITS || (account && is_letter(bytes, at - 3) && bytes.len() - at > MIN_ACCOUNT_REST)
                {
                    return true;
                }
            }
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'_' | b'+' | b'\t' => {}
            b'@' | b'%' | 0x80.. => return true,
            _ if byte.is_ascii_alphabetic() => (digits, run) = (0, run + 1),
            _ => (digits, run) = (0, 0),
        }
    }
    false
}

fn is_letter(bytes: &[u8], at: usize) -> bool {
    bytes[at].is_ascii_alphabetic()
}

fn replaced(text: &str, hits: &mut [Found]) -> String {
    // An address around a number covers it.
    hits.sort_by_key(|hit| (hit.range.start, hit.what != Searched::Email));
    let mut out = String::with_capacity(text.len() + 16);
    let mut done = 0;
    for hit in hits {
        // The domain of an address stays, and may itself hold a number.
        let end = if hit.what == Searched::Email { at_sign(text, hit) } else { hit.range.end };
        if end <= done {
            continue;
        }
        out.push_str(&text[done..hit.range.start.max(done)]);
        out.push_str(match hit.what {
            Searched::Phone => "‹phone›",
            Searched::Email => "‹mailbox›",
            Searched::NationalId => "‹national-id›",
            Searched::Card => "‹card›",
            Searched::Iban => "‹iban›",
        });
        done = end;
    }
    out.push_str(&text[done..]);
    out
}

/// Where the at sign of an address is: after everything else of the mailbox.
fn at_sign(text: &str, hit: &Found) -> usize {
    let address = &text[hit.range.clone()];
    let sign = ["@", "＠", "%40"].into_iter().filter_map(|sign| address.rfind(sign)).max();
    hit.range.start + sign.unwrap_or(address.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn identifiers_are_replaced() {
        for (text, expected) in [
            ("13800138000", "‹phone›"),
            ("export_13800138000.csv", "export_‹phone›.csv"),
            ("+86 138-0013-8000.xlsx", "‹phone›.xlsx"),
            ("list-138-0013-8000", "list-‹phone›"),
            ("u/008613800138000/x", "u/‹phone›/x"),
            ("https://x.example/?p=%2B8613800138000&q=1", "https://x.example/?p=‹phone›&q=1"),
            ("https://x.example/?p=%208613800138000", "https://x.example/?p=%20‹phone›"),
            ("客户１３８００１３８０００.txt", "客户‹phone›.txt"),
            ("+44 7911 123456.vcf", "‹phone›.vcf"),
            ("0755-26712345.wav", "‹phone›.wav"),
            ("zhang.san@qq.com", "‹mailbox›@qq.com"),
            ("mailto:zhang.san%40qq.com", "mailto:‹mailbox›%40qq.com"),
            ("13800138000@qq.com", "‹mailbox›@qq.com"),
            ("张三@公司.cn", "‹mailbox›@公司.cn"),
            ("a@13800138000.example", "‹mailbox›@‹phone›.example"),
            ("s3://b/11010519491231002X.jpg", "s3://b/‹national-id›.jpg"),
            ("110105194912310021", "‹national-id›"),
            ("4111 1111 1111 1111.pdf", "‹card›.pdf"),
            ("4111111111111111", "‹card›"),
            ("DE89370400440532013000.pdf", "‹iban›.pdf"),
            ("de89 3704 0044 0532 0130 00", "‹iban›"),
            ("13800138000-13900139000", "‹phone›-‹phone›"),
            ("20120501-13800138000.csv", "20120501-‹phone›.csv"),
        ] {
            assert_eq!(mask(text), expected, "{text}");
        }
        assert_eq!(mask_in("2125550123.csv", "US".parse().expect("a region")), "‹phone›.csv");
    }

    #[test]
    fn ordinary_names_stay() {
        for text in [
            "crm.customer",
            "orders_2012",
            "orders_20120501",
            "backup-20120501-120000.tar.gz",
            "2012-05-01T10:00:00Z",
            "2012-05-01-100000",
            "13-05-2012-001.log",
            "10.20.1.5",
            "192.168.100.200",
            "138.100.138.200:8080",
            "13.100.138.200",
            "13.100.138.200:443",
            "550e8400-e29b-41d4-a716-446655440000",
            "12345678-1234-1234-1234-123456789012a",
            "x1.drop.example",
            "d41d8cd98f00b204e9800998ecf8427e",
            "part-00001-of-00010.parquet",
            "s3://bucket/year=2012/month=05/day=01",
            "1335830400",
            "1335830400000",
            "1335830400000000",
            "v1.2.3-rc4",
            "shard_0000000012",
            "t_1",
            "",
            "da39a3ee5e6b4b0d13800138000fef95601890af",
            "customers_2012_q1",
            "报表2012年5月1日.xlsx",
            "@here",
            "user@",
        ] {
            assert_eq!(mask(text), text, "{text}");
            assert!(matches!(mask(text), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_masked_once(text in any::<String>()) {
            let once = mask(&text).into_owned();
            prop_assert_eq!(mask(&once), once.as_str());
        }

        #[test]
        fn a_marked_identifier_never_stays(
            before in "([a-z/_ (\"=:é客]{0,6}[a-z/_ (\"=:é客])?",
            identifier in prop::sample::select(vec![
                "13912345678", "+86 139 1234 5678", "0086-139-1234-5678", "8613912345678", "１３９１２３４５６７８", "+447911123456",
                "li.si+shop@mail.example.cn", "11010519491231002X", "110105194912310021", "6222021234567890128",
                "4111-1111-1111-1111", "DE89370400440532013000", "GB29NWBK60161331926819",
            ]),
            after in "([/_ )\"&:;é客][a-z/_ )\"&:é客]{0,6})?",
        ) {
            let text = format!("{before}{identifier}{after}");
            let masked = mask(&text).into_owned();
            let core: String = identifier.chars().filter(|c| !"+-. ".contains(*c)).collect();
            let plain: String = masked.chars().filter(|c| !"+-. ".contains(*c)).collect();
            let secret = core.split('@').next().unwrap_or_default();
            prop_assert!(!plain.contains(secret), "{} -> {}", text, masked);
            prop_assert!(masked.contains('‹'));
        }
    }
}

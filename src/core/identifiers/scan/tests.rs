use super::*;
use proptest::prelude::*;

fn hits(text: &str) -> Vec<(Searched, &str)> {
    let mut hits = Vec::new();
    scan(text, Region::CN, Purpose::Content, &mut |hit| hits.push((hit.what, &text[hit.range])));
    hits
}

#[test]
fn identifiers_are_found_in_prose_and_tables() {
    use Searched::{Card, Email, Iban, NationalId, Phone};
    for (text, expected) in [
        ("请联系13800138000谢谢", vec![(Phone, "13800138000")]),
        ("电话:138-0013-8000,邮箱zhang@qq.com谢谢", vec![(Phone, "138-0013-8000"), (Email, "zhang@qq.com")]),
        ("1 3 8 0 0 1 3 8 0 0 0", vec![(Phone, "1 3 8 0 0 1 3 8 0 0 0")]),
        ("13800138000 13900139000", vec![(Phone, "13800138000"), (Phone, "13900139000")]),
        (
            "13800138000,110105194912310021,4111111111111111",
            vec![(Phone, "13800138000"), (NationalId, "110105194912310021"), (Card, "4111111111111111")],
        ),
        ("11010519491231002x", vec![(NationalId, "11010519491231002x")]),
        ("110105 19491231 002 X", vec![(NationalId, "110105 19491231 002 X")]),
        ("pay DE89 3704 0044 0532 0130 00 now", vec![(Iban, "DE89 3704 0044 0532 0130 00")]),
        ("gb29nwbk60161331926819", vec![(Iban, "gb29nwbk60161331926819")]),
        ("1\u{200B}3\u{200B}800138000", vec![(Phone, "1\u{200B}3\u{200B}800138000")]),
        ("＋８６１３８００１３８０００", vec![(Phone, "＋８６１３８００１３８０００")]),
        ("١٣٨٠٠١٣٨٠٠٠", vec![(Phone, "١٣٨٠٠١٣٨٠٠٠")]),
        ("13800138000@qq.com", vec![(Phone, "13800138000"), (Email, "13800138000@qq.com")]),
        ("<ZHANG@QQ.COM>", vec![(Email, "ZHANG@QQ.COM")]),
        ("a@例子.cn", vec![(Email, "a@例子.cn")]),
        ("0755-26712345", vec![(Phone, "0755-26712345")]),
        ("a + 13800138000 or +13800138000", vec![(Phone, "13800138000"), (Phone, "13800138000")]),
        ("+(44)7911-123456", vec![(Phone, "+(44)7911-123456")]),
        ("13.100.138.200", vec![]),
        ("3.14159265358979 and 2012-05-01 10:00:00", vec![]),
        ("no at all @here a@b @ 1@2.3", vec![]),
    ] {
        assert_eq!(hits(text), expected, "{text}");
    }
}

#[test]
fn a_long_table_of_digits_is_read_to_its_end() {
    let text = "7 ".repeat(200) + "13800138000" + &" 7".repeat(200);
    assert_eq!(hits(&text), [(Searched::Phone, "13800138000")]);
    assert!(hits(&"7".repeat(10_000)).is_empty());
}

proptest! {
    #[test]
    fn any_text_is_searched(text in any::<String>()) {
        for region in ["CN", "US", "DE"] {
            let region = region.parse().expect("a region");
            scan(&text, region, Purpose::Content, &mut |hit| assert!(!text[hit.range].is_empty()));
        }
    }

    #[test]
    fn any_digits_are_searched(text in "[0-9+ ()@%a-fA-FX２\u{200B}._-]{0,120}") {
        scan(&text, Region::CN, Purpose::Name, &mut |hit| assert!(!text[hit.range].is_empty()));
    }
}

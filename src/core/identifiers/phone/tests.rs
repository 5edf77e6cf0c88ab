use super::*;
use crate::core::identifiers::testing::normal_or_dash;
use proptest::prelude::*;

fn normal(raw: &str, region: &str) -> String {
    let region = region.parse().expect("a region");
    normal_or_dash(|out| normalise(raw, region, out))
}

#[test]
fn spellings_of_a_chinese_mobile_are_one() {
    for raw in [
        "13800138000",
        "+86 138-0013-8000",
        "008613800138000",
        "86 138 0013 8000",
        "+8613800138000",
        "(+86)13800138000",
        "１３８００１３８０００",
        "＋８６１３８００１３８０００",
        "١٣٨٠٠١٣٨٠٠٠",
        "138\u{200B}0013\u{200B}8000",
        "tel:+86-138-0013-8000",
        "0086 (138) 0013.8000",
        "013800138000",
        "+86 013800138000",
        "+0086 13800138000",
        "17951 00 86 13800138000",
        "13800138000.0",
        "13800138000 ext. 12",
        "13800138000, 13900139000",
        "\u{feff}13800138000\r\n",
        "𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎",
    ] {
        assert_eq!(normal(raw, "CN"), "+8613800138000", "{raw:?}");
    }
}

#[test]
fn numbers_outside_the_plan_are_kept() {
    for raw in ["15400138000", "+86 154 0013 8000", "008615400138000", "8615400138000", "+8615400138000"] {
        assert_eq!(normal(raw, "CN"), "+8615400138000", "{raw}");
    }
    for raw in ["17900138000", "+86 179 0013 8000", "0086 17900138000", "8617900138000"] {
        assert_eq!(normal(raw, "CN"), "+8617900138000", "{raw}");
    }
    for raw in ["12345", "+86 12345", "0086-12345"] {
        assert_eq!(normal(raw, "CN"), "+8612345", "{raw}");
    }
    assert_eq!(normal("+999 1234", "CN"), "+9991234");
    assert_eq!(normal("0", "CN"), "+860");
    assert_eq!(normal("no digits", "CN"), "-");
    assert_eq!(normal("", "CN"), "-");
}

#[test]
fn other_regions_have_their_own_prefixes() {
    for (region, raw, expected) in [
        ("CN", "0755-26712345", "+8675526712345"),
        ("CN", "+86 755 2671 2345", "+8675526712345"),
        ("CN", "86 755 2671 2345", "+8675526712345"),
        ("CN", "+44 (0)20 7946 0958", "+442079460958"),
        ("CN", "0044 20 7946 0958", "+442079460958"),
        ("GB", "020 7946 0958", "+442079460958"),
        ("GB", "07911 123456", "+447911123456"),
        ("GB", "0086 138 0013 8000", "+8613800138000"),
        ("US", "(212) 555-0123", "+12125550123"),
        ("US", "1-212-555-0123", "+12125550123"),
        ("US", "011 86 138 0013 8000", "+8613800138000"),
        ("US", "00 86 138 0013 8000", "+8613800138000"),
        ("AU", "0011 86 138 0013 8000", "+8613800138000"),
        ("HK", "0086 138 0013 8000", "+8613800138000"),
        ("HK", "001 86 138 0013 8000", "+8613800138000"),
        ("RU", "8 10 86 138 0013 8000", "+8613800138000"),
        ("RU", "8 812 123-45-67", "+78121234567"),
        ("RU", "+7 812 123-45-67", "+78121234567"),
        ("DE", "0151 23456789", "+4915123456789"),
        ("DE", "+49 151 23456789", "+4915123456789"),
        ("DE", "+49 (0) 151 23456789", "+4915123456789"),
        ("IT", "06 1234 5678", "+390612345678"),
        ("JP", "090-1234-5678", "+819012345678"),
        ("JP", "010 86 138 0013 8000", "+8613800138000"),
        ("AR", "011 15-2345-6789", "+5491123456789"),
    ] {
        assert_eq!(normal(raw, region), expected, "{raw} in {region}");
    }
}

fn any_region() -> impl Strategy<Value = Region> {
    prop::sample::select(vec![
        "CN", "US", "GB", "DE", "RU", "JP", "HK", "SG", "IN", "AU", "FR", "IT", "TW", "BR", "AR", "KR", "MY", "TH",
        "VN", "NL", "ES",
    ])
    .prop_map(|text| text.parse().expect("a region"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_and_a_normal_form_is_its_own(raw in any::<String>(), region in any_region()) {
        let (mut once, mut twice) = (String::new(), String::new());
        if normalise(&raw, region, &mut once) {
            prop_assert!(normalise(&once, region, &mut twice));
            prop_assert_eq!(once, twice);
        }
    }

    #[test]
    fn any_digits_have_one_normal_form(raw in r"(\+|00|011|810|)[0-9]{1,26}", region in any_region()) {
        let (mut once, mut twice) = (String::new(), String::new());
        prop_assert!(normalise(&raw, region, &mut once));
        prop_assert!(normalise(&once, region, &mut twice));
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn common_shapes_read_as_the_plan_reads_them(
        prefix in prop::sample::select(vec!["+", "00", "0", "", "86"]),
        country in 0..common::COUNTRIES.len(),
        national in "[0-9]{8,11}",
        region in any_region(),
        with_code in any::<bool>(),
    ) {
        let code = if with_code { common::COUNTRIES[country].code } else { "" };
        let digits = format!("{}{code}{national}", prefix.trim_start_matches('+'));
        let plus = prefix == "+";
        match common::reading(&digits, plus, region) {
            Some(common::Reading::International { prefix }) => {
                prop_assert_eq!(format!("+{}", &digits[prefix..]), by_plan(&digits, plus, region));
            }
            Some(common::Reading::National { prefix }) => {
                let kept = &digits[prefix..];
                prop_assert_eq!(format!("+{}{kept}", region.calling_code()), by_plan(&digits, plus, region));
            }
            None => {}
        }
    }

    #[test]
    fn chinese_mobiles_read_as_the_plan_reads_them(
        national in "1[3-9][0-9]{9}",
        prefix in prop::sample::select(vec!["+86", "0086", "86", ""]),
    ) {
        let digits = format!("{}{national}", prefix.trim_start_matches('+'));
        let mut out = String::new();
        let raw = format!("{prefix}{national}");
        prop_assert!(normalise(&raw, Region::CN, &mut out));
        prop_assert_eq!(&out, &format!("+86{national}"));
        prop_assert_eq!(out, by_plan(&digits, prefix == "+86", Region::CN));
    }
}

//! What the normalisers share: one spelling for characters that people read as the same.
//!
//! NFKC folds full-width forms, but neither the digits of other scripts, nor invisible characters, nor letters that only
//! look alike; evasion uses all three.

use unicode_normalization::UnicodeNormalization;

/// The zero of every run of decimal digits (general category Nd, Unicode 17); nine more digits follow each.
const DIGIT_ZEROS: [u32; 76] = [
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
    0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0, 0x11136,
    0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0,
    0x11C50, 0x11D50, 0x11DA0, 0x11DE0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8,
    0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

/// The ASCII digit that `c` stands for: a decimal digit of any script, or a circled or raised one (through NFKC).
pub fn digit(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c as u8);
    }
    let code = u32::from(c);
    let run = DIGIT_ZEROS.partition_point(|zero| *zero <= code) - 1;
    if let Ok(value @ 0..10) = u8::try_from(code - DIGIT_ZEROS[run]) {
        return Some(b'0' + value);
    }
    let mut folded = std::iter::once(c).nfkc();
    match (folded.next(), folded.next()) {
        (Some(only @ '0'..='9'), None) => Some(only as u8),
        _ => None,
    }
}

/// Whether `c` is drawn as nothing (`Default_Ignorable_Code_Point`: zero-width, direction and variation marks).
pub const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The lower-case Latin letter that a lower-case Cyrillic or Greek one is drawn as; otherwise `c`.
pub const fn latin_lookalike(c: char) -> char {
    match c {
        'а' | 'α' => 'a',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' => 'e',
        'һ' => 'h',
        'і' | 'ι' => 'i',
        'ј' => 'j',
        'ӏ' => 'l',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'ѕ' => 's',
        'ν' => 'v',
        'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        other => other,
    }
}

/// The upper-case Latin letter that an upper-case Cyrillic or Greek one, or a multiplication sign, is drawn as;
/// otherwise `c`.
pub const fn latin_capital_lookalike(c: char) -> char {
    match c {
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'С' => 'C',
        'Е' | 'Ε' => 'E',
        'Н' | 'Η' => 'H',
        'І' | 'Ι' => 'I',
        'Ј' => 'J',
        'К' | 'Κ' => 'K',
        'М' | 'Μ' => 'M',
        'Ν' => 'N',
        'О' | 'Ο' => 'O',
        'Р' | 'Ρ' => 'P',
        'Ѕ' => 'S',
        'Т' | 'Τ' => 'T',
        'Х' | 'Χ' | '×' => 'X',
        'У' | 'Υ' => 'Y',
        'Ζ' => 'Z',
        other => other,
    }
}

/// Appends the letters and digits of `raw`, upper case and in one spelling; drops all else.
pub fn push_upper_alphanumerics(raw: &str, out: &mut String) {
    if raw.is_ascii() {
        out.extend(raw.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase() as char));
        return;
    }
    let folded = stable(raw.to_owned(), |text| {
        text.nfkc()
            .flat_map(char::to_uppercase)
            .map(|c| digit(c).map_or_else(|| latin_capital_lookalike(c), char::from))
            .filter(|c| c.is_alphanumeric() && !is_invisible(*c))
            .collect()
    });
    out.push_str(&folded);
}

/// Applies `step` until nothing changes: case and compatibility folding are not closed over one another.
pub fn stable(mut text: String, step: impl Fn(&str) -> String) -> String {
    /// More rounds than any text was seen to need (three).
    const MAX_ROUNDS: usize = 8;
    for _ in 0..MAX_ROUNDS {
        let next = step(&text);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_are_digits() {
        for (c, expected) in
            [('7', b'7'), ('７', b'7'), ('٧', b'7'), ('७', b'7'), ('𝟕', b'7'), ('⑦', b'7'), ('⁷', b'7')]
        {
            assert_eq!(digit(c), Some(expected), "{c}");
        }
        for c in ['a', '-', '⑩', '½', '七', '\u{10FFFF}', '\u{80}'] {
            assert_eq!(digit(c), None, "{c}");
        }
        assert!(DIGIT_ZEROS.is_sorted());
    }

    #[test]
    fn letters_that_look_alike_are_one() {
        let mut out = String::new();
        push_upper_alphanumerics("ｄｅ89-Х×x\u{200B} А", &mut out);
        assert_eq!(out, "DE89XXXA");
    }
}

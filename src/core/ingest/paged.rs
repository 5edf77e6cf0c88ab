//! Whether a statement takes one page of a table: `LIMIT … OFFSET n`, or a range of its key.
//!
//! One page is ordinary. Many in a row are how a whole table is read past a limit of rows, so the rule counts them.

/// As much of a statement is looked at.
const LOOKED_AT_BYTES: usize = 4_096;

/// Whether `statement` takes a page that is not the first, or a range of keys.
pub(super) fn is_paged(statement: &str) -> bool {
    let statement = &statement[..statement.floor_char_boundary(LOOKED_AT_BYTES)];
    let mut seen = Seen::default();
    let mut words = words(statement).peekable();
    while let Some(word) = words.next() {
        let next = words.peek().copied().unwrap_or_default();
        if word.eq_ignore_ascii_case("offset") {
            seen.page |= !is_zero(next);
        } else if word.eq_ignore_ascii_case("limit") || word.eq_ignore_ascii_case("fetch") {
            // MySQL: LIMIT offset, count.
            seen.page |= next.split_once(',').is_some_and(|(offset, _)| !is_zero(offset));
            seen.limited = true;
        } else if word.eq_ignore_ascii_case("between") {
            seen.between |= is_value(next);
        } else if matches!(word, ">" | ">=") {
            seen.above |= is_value(next);
        } else if matches!(word, "<" | "<=") {
            seen.below |= is_value(next);
        }
    }
    seen.page || seen.between || (seen.above && (seen.limited || seen.below))
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks of one statement")]
struct Seen {
    page: bool,
    limited: bool,
    between: bool,
    above: bool,
    below: bool,
}

/// Words, and comparisons by themselves; `40,20` stays one word.
fn words(statement: &str) -> impl Iterator<Item = &str> {
    statement.split(|c: char| c.is_ascii_whitespace() || matches!(c, '(' | ')' | ';')).flat_map(comparisons)
}

/// `id>=5` in three.
fn comparisons(word: &str) -> impl Iterator<Item = &str> {
    let start = word.find(['<', '>']).unwrap_or(word.len());
    let length = word[start..].find(|c| !matches!(c, '<' | '>' | '=')).unwrap_or(word.len() - start);
    [&word[..start], &word[start..start + length], &word[start + length..]].into_iter().filter(|part| !part.is_empty())
}

fn is_zero(word: &str) -> bool {
    word.is_empty() || word.bytes().all(|byte| byte == b'0')
}

/// A literal or a parameter: not another column, as in a join.
fn is_value(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '\'' | '$' | '?' | ':' | '@' | '%'))
}

#[cfg(test)]
mod tests {
    use super::is_paged;

    #[test]
    fn pages_are_told_from_whole_reads() {
        for statement in [
            "SELECT * FROM customers ORDER BY id LIMIT 500 OFFSET 1500",
            "select * from customers limit $1 offset $2",
            "SELECT * FROM customers LIMIT 1500,500",
            "SELECT * FROM customers WHERE id > 120500 ORDER BY id LIMIT 500",
            "SELECT * FROM customers WHERE id>=120500 AND id<121000",
            "SELECT * FROM customers WHERE id BETWEEN 1000 AND 1999",
            "SELECT * FROM customers ORDER BY id OFFSET 500 ROWS FETCH NEXT 500 ROWS ONLY",
        ] {
            assert!(is_paged(statement), "{statement}");
        }
        for statement in [
            "SELECT * FROM customers WHERE phone = '15147728377'",
            "SELECT * FROM customers LIMIT 50",
            "SELECT * FROM customers LIMIT 50 OFFSET 0",
            "SELECT * FROM a JOIN b ON a.x > b.y LIMIT 5",
            "SELECT count(*) FROM customers WHERE created > '2012-01-01'",
            "",
        ] {
            assert!(!is_paged(statement), "{statement}");
        }
    }
}

//! Whether a query copies or exports: audit logs often cannot say how many rows that took.

/// Operations that copy or export, as audit logs and clients spell them.
const OPERATIONS: [&str; 14] = [
    "copy",
    "copy to",
    "export",
    "unload",
    "dump",
    "pg_dump",
    "mysqldump",
    "mongodump",
    "mongoexport",
    "expdp",
    "bcp",
    "backup",
    "outfile",
    "download",
];

/// Statements that copy or export begin so, after white space and comments.
const BEGINNINGS: [&str; 3] = ["copy", "unload", "export"];

/// What a statement holds that writes its rows to a file.
const INSIDE: [&str; 2] = ["into outfile", "into dumpfile"];

/// As much of a statement is looked at.
const LOOKED_AT_BYTES: usize = 4_096;

/// Whether the operation, or failing that the statement, copies or exports.
pub(super) fn is_bulk(operation: Option<&str>, statement: Option<&str>) -> bool {
    if let Some(operation) = operation {
        let operation = operation.trim();
        if OPERATIONS.iter().any(|known| known.eq_ignore_ascii_case(operation)) {
            return true;
        }
    }
    statement.is_some_and(statement_is_bulk)
}

fn statement_is_bulk(statement: &str) -> bool {
    let statement = &statement[..statement.floor_char_boundary(LOOKED_AT_BYTES)];
    let start = after_comments(statement);
    let begins = |word: &&str| {
        let rest = start.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word));
        rest.is_some() && start[word.len()..].starts_with(|c: char| c.is_whitespace() || c == '(')
    };
    BEGINNINGS.iter().any(begins) || INSIDE.iter().any(|words| contains(statement, words))
}

fn after_comments(mut statement: &str) -> &str {
    loop {
        statement = statement.trim_start();
        let rest = if let Some(line) = statement.strip_prefix("--") {
            line.split_once('\n').map(|(_, rest)| rest)
        } else if let Some(block) = statement.strip_prefix("/*") {
            block.split_once("*/").map(|(_, rest)| rest)
        } else {
            return statement;
        };
        match rest {
            Some(rest) => statement = rest,
            None => return "",
        }
    }
}

fn contains(statement: &str, words: &str) -> bool {
    let bytes = statement.as_bytes();
    let first = words.as_bytes()[0];
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), bytes).any(|at| {
        let mut found = bytes[at..].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        words.split(' ').all(|word| found.next().is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_exports_are_told_from_reads() {
        for statement in [
            "COPY customers TO STDOUT",
            " /* nightly */ copy (select * from customers) to program 'cat'",
            "-- x\nUNLOAD ('select 1') to 's3://b'",
            "select * from customers INTO  OUTFILE '/tmp/x'",
        ] {
            assert!(is_bulk(None, Some(statement)), "{statement}");
        }
        for statement in ["select copy from t", "copying", "select 'into the outfile'", "", "--"] {
            assert!(!is_bulk(None, Some(statement)), "{statement}");
        }
        assert!(is_bulk(Some("COPY"), None) && !is_bulk(Some("select"), None));
    }
}

//! Which database objects hold customers: names and `*` patterns, case does not matter.

use thiserror::Error;

/// Patterns a deployment may configure.
const MAX_PATTERNS: usize = 1_000;

/// Why patterns cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PatternError {
    /// A pattern without a character.
    #[error("pattern {at} is empty, expected an object's name or a pattern with `*`")]
    Empty {
        /// Its place in the list, from 1.
        at: usize,
    },
    /// Too many of them.
    #[error("expected at most {MAX_PATTERNS} patterns, found {found}")]
    TooMany {
        /// How many.
        found: usize,
    },
}

/// Object names and patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPatterns {
    patterns: Vec<Vec<String>>,
}

impl Default for ObjectPatterns {
    /// `customer`, `customers`, `*.customer`, `*.customers`.
    fn default() -> Self {
        Self { patterns: ["customer", "customers", "*.customer", "*.customers"].map(pieces).to_vec() }
    }
}

impl ObjectPatterns {
    /// From a configured list.
    ///
    /// # Errors
    /// [`PatternError`]
    pub fn new(patterns: &[String]) -> Result<Self, PatternError> {
        if patterns.len() > MAX_PATTERNS {
            return Err(PatternError::TooMany { found: patterns.len() });
        }
        if let Some(at) = patterns.iter().position(|pattern| pattern.trim().is_empty()) {
            return Err(PatternError::Empty { at: at + 1 });
        }
        Ok(Self { patterns: patterns.iter().map(|pattern| pieces(pattern.trim())).collect() })
    }

    /// Whether `object` matches one of them. Quotes around names in the SQL manner are ignored.
    pub fn matches(&self, object: &str) -> bool {
        let object = object.trim();
        if object.contains(['"', '`', '[', ']']) {
            let bare: String = object.chars().filter(|c| !matches!(c, '"' | '`' | '[' | ']')).collect();
            return self.matches_bare(&bare);
        }
        self.matches_bare(object)
    }

    fn matches_bare(&self, object: &str) -> bool {
        self.patterns.iter().any(|pieces| matches(pieces, object))
    }
}

fn pieces(pattern: &str) -> Vec<String> {
    pattern.split('*').map(str::to_lowercase).collect()
}

/// `pieces` are what stands between the stars.
fn matches(pieces: &[String], name: &str) -> bool {
    let [first, rest @ ..] = pieces else { return false };
    let Some(mut left) = strip(name, first) else { return false };
    let [middle @ .., last] = rest else { return left.is_empty() };
    for piece in middle {
        let Some(after) = find(left, piece) else { return false };
        left = after;
    }
    left.len() >= last.len() && left.get(left.len() - last.len()..).is_some_and(|end| same(end, last))
}

fn strip<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let head = name.get(..prefix.len())?;
    same(head, prefix).then(|| &name[prefix.len()..])
}

fn find<'a>(name: &'a str, piece: &str) -> Option<&'a str> {
    name.char_indices().map(|(at, _)| at).chain([name.len()]).find_map(|at| strip(&name[at..], piece))
}

/// ASCII without regard to case on the fast path; whole Unicode lower case otherwise.
fn same(text: &str, lower: &str) -> bool {
    text.eq_ignore_ascii_case(lower) || (!text.is_ascii() && text.to_lowercase() == lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_patterns_match_without_regard_to_case() {
        let default = ObjectPatterns::default();
        for yes in ["customers", "CUSTOMERS", "shop.Customer", "a.b.customers", "\"Shop\".\"Customers\""] {
            assert!(default.matches(yes), "{yes}");
        }
        for no in ["customers_old", "orders", "shopcustomers", "", "customers.id"] {
            assert!(!default.matches(no), "{no}");
        }
        let own = ObjectPatterns::new(&["crm_*_contact*".into(), "顾客".into()]).expect("patterns");
        assert!(own.matches("CRM_x_contacts") && own.matches("crm__contact") && own.matches("顾客"));
        assert!(!own.matches("crm_contact"));
        assert_eq!(ObjectPatterns::new(&[" ".into()]), Err(PatternError::Empty { at: 1 }));
    }
}

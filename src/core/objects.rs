//! Which tables, views or collections hold customers.

/// Patterns for object names: exact, or with `*` for any text. Case does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectPatterns {
    patterns: Vec<Pattern>,
}

/// One pattern, in lower case, by how it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exact(Box<str>),
    /// `*` at the front only.
    EndsWith(Box<str>),
    /// `*` anywhere: the parts between stars, in order; the first begins the name, the last ends it.
    Parts(Vec<Box<str>>),
}

impl ObjectPatterns {
    /// The most patterns that a configuration may have.
    pub const MAX: usize = 1_000;

    /// Reads each of `patterns`; those that are empty match nothing.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Self {
        let patterns = patterns.iter().map(|pattern| pattern.as_ref().trim()).filter(|pattern| !pattern.is_empty());
        Self { patterns: patterns.map(Pattern::new).collect() }
    }

    /// Whether `object` is one that a pattern names.
    pub fn matches(&self, object: &str) -> bool {
        let object = object.trim();
        if object.is_ascii() {
            return self.patterns.iter().any(|pattern| pattern.matches(object));
        }
        // Names outside ASCII are rare: they alone pay for a copy.
        let lower = lower(object);
        self.patterns.iter().any(|pattern| pattern.matches(&lower))
    }
}

impl Pattern {
    fn new(pattern: &str) -> Self {
        let pattern = lower(pattern);
        match pattern.strip_prefix('*') {
            Some(rest) if !rest.contains('*') => Self::EndsWith(rest.into()),
            _ if pattern.contains('*') => Self::Parts(pattern.split('*').map(Box::from).collect()),
            _ => Self::Exact(pattern.into()),
        }
    }

    fn matches(&self, object: &str) -> bool {
        match self {
            Self::Exact(name) => object.eq_ignore_ascii_case(name),
            Self::EndsWith(end) => ends_with(object.as_bytes(), end.as_bytes()),
            Self::Parts(parts) => parts_match(object.as_bytes(), parts),
        }
    }
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn ends_with(name: &[u8], end: &[u8]) -> bool {
    name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end)
}

/// Greedy left-most matching decides a pattern whose only wildcard is `*`.
fn parts_match(name: &[u8], parts: &[Box<str>]) -> bool {
    let [first, middle @ .., last] = parts else { return false };
    let Some((head, mut rest)) = name.split_at_checked(first.len()) else { return false };
    if !head.eq_ignore_ascii_case(first.as_bytes()) {
        return false;
    }
    for part in middle {
        let found = rest.windows(part.len().max(1)).position(|window| window.eq_ignore_ascii_case(part.as_bytes()));
        match found {
            _ if part.is_empty() => {}
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    ends_with(rest, last.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_default_patterns_find_customer_tables_whatever_their_case() {
        let patterns = ObjectPatterns::new(&["customer", "customers", "*.customer", "*.customers"]);
        for object in ["customer", "Customers", "public.CUSTOMERS", "crm.public.customer", " shop.customers "] {
            assert!(patterns.matches(object), "{object}");
        }
        for object in ["", "orders", "customers_archive", "customer.orders", "mycustomers", "*"] {
            assert!(!patterns.matches(object), "{object}");
        }
    }

    #[test]
    fn stars_stand_for_any_text_anywhere() {
        let patterns = ObjectPatterns::new(&["crm.*.kunden*", "ÄRZTE", ""]);
        for object in ["CRM.a.b.Kunden_2012", "crm..kunden", "ärzte"] {
            assert!(patterns.matches(object), "{object}");
        }
        for object in ["crm.kunden", "x.crm.a.kunden", "arzte", ""] {
            assert!(!patterns.matches(object), "{object}");
        }
    }

    /// The textbook definition, by recursion.
    fn model(name: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => name.is_empty(),
            ['*', rest @ ..] => (0..=name.len()).any(|skip| model(&name[skip..], rest)),
            [first, rest @ ..] => name.first() == Some(first) && model(&name[1..], rest),
        }
    }

    proptest! {
        #[test]
        fn globs_agree_with_their_definition(name in "[abé]{0,8}", pattern in "[abé*]{1,6}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = model(&chars(&name), &chars(&pattern));
            let patterns = ObjectPatterns::new(&[pattern.to_uppercase()]);
            prop_assert_eq!(patterns.matches(&name), expected);
        }
    }
}

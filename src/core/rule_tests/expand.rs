//! `for_each`: one line of a test, written once for each combination of values.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The variables of a test, without the `$`, and their values.
pub(super) type Variables = BTreeMap<String, Vec<String>>;

/// Combinations of one line, at most.
const MAX_COMBINATIONS: usize = 10_000;

/// One value for each of some variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Values<'a>(Vec<(&'a str, &'a str)>);

/// Something in which `$A` may stand.
pub(super) trait Template: Sized {
    /// Calls `each` with every text in it.
    fn texts(&self, each: &mut dyn FnMut(&str));

    /// The same with every text as `change` gives it.
    fn map_texts(&self, change: &dyn Fn(&str) -> String) -> Self;

    /// It, once for each combination of the variables that it names; as it is where it names none.
    ///
    /// # Errors
    /// What was expected, where there are too many.
    fn expand(&self, variables: &Variables) -> Result<Vec<Self>, String> {
        let combinations = combinations(self, variables)?;
        let written = |values: &Values<'_>| self.map_texts(&|text| values.write(text, variables));
        Ok(combinations.iter().map(written).collect())
    }
}

fn combinations<'a>(template: &impl Template, variables: &'a Variables) -> Result<Vec<Values<'a>>, String> {
    let mut named: Vec<&str> = Vec::new();
    template.texts(&mut |text| named.extend(pieces(text, variables).filter_map(|piece| piece.name)));
    let mut all = vec![Values::default()];
    for (name, values) in variables.iter().filter(|(name, _)| named.contains(&name.as_str())) {
        if all.len() * values.len() > MAX_COMBINATIONS {
            return Err(format!("expected at most {MAX_COMBINATIONS} combinations of `for_each`"));
        }
        let with = |before: &Values<'a>, value: &'a String| {
            let added = std::iter::once((name.as_str(), value.as_str()));
            Values(before.0.iter().copied().chain(added).collect())
        };
        all = all.iter().flat_map(|before| values.iter().map(move |value| with(before, value))).collect();
    }
    Ok(all)
}

impl Values<'_> {
    fn write(&self, text: &str, variables: &Variables) -> String {
        let mut out = String::with_capacity(text.len());
        for piece in pieces(text, variables) {
            out.push_str(piece.before);
            let value = piece.name.and_then(|name| self.0.iter().find(|(known, _)| *known == name));
            out.push_str(value.map_or("", |(_, value)| value));
        }
        out
    }
}

/// A stretch of text, and the variable after it.
struct Piece<'t, 'v> {
    before: &'t str,
    name: Option<&'v str>,
}

/// `text`, cut at the variables that it names. Any other `$` is text.
fn pieces<'t, 'v>(text: &'t str, variables: &'v Variables) -> impl Iterator<Item = Piece<'t, 'v>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        for (at, _) in text.match_indices('$') {
            // The longest name wins: `$AB` is not `$A` where both are variables.
            let after = &text[at + 1..];
            let name = variables.keys().filter(|name| after.starts_with(name.as_str())).max_by_key(|name| name.len());
            if let Some(name) = name {
                rest = Some(&after[name.len()..]);
                return Some(Piece { before: &text[..at], name: Some(name) });
            }
        }
        Some(Piece { before: text, name: None })
    })
}

impl Template for String {
    fn texts(&self, each: &mut dyn FnMut(&str)) {
        each(self);
    }

    fn map_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        change(self)
    }
}

impl Template for Value {
    fn texts(&self, each: &mut dyn FnMut(&str)) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
            Self::String(text) => each(text),
            Self::Array(items) => items.iter().for_each(|item| item.texts(each)),
            Self::Object(fields) => fields.texts(each),
        }
    }

    fn map_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => self.clone(),
            Self::String(text) => Self::String(change(text)),
            Self::Array(items) => Self::Array(items.iter().map(|item| item.map_texts(change)).collect()),
            Self::Object(fields) => Self::Object(fields.map_texts(change)),
        }
    }
}

impl Template for Map<String, Value> {
    fn texts(&self, each: &mut dyn FnMut(&str)) {
        self.values().for_each(|value| value.texts(each));
    }

    fn map_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        self.iter().map(|(key, value)| (key.clone(), value.map_texts(change))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variables() -> Variables {
        let of = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        [("A".to_owned(), of(&["a", "b"])), ("AB".to_owned(), of(&["x", "y"]))].into()
    }

    #[test]
    fn a_line_is_written_for_each_combination_of_what_it_names() {
        let written = |value: Value| value.expand(&variables()).expect("few");
        assert_eq!(
            written(json!({"actor": "$A", "rows": 2})),
            [json!({"actor": "a", "rows": 2}), json!({"actor": "b", "rows": 2})]
        );
        assert_eq!(written(json!(["$A-$AB"])), [json!(["a-x"]), json!(["a-y"]), json!(["b-x"]), json!(["b-y"])]);
        assert_eq!(written(json!("where id = $1 and $")), [json!("where id = $1 and $")]);
        assert_eq!(written(json!("$A1$A")), [json!("a1a"), json!("b1b")]);
    }

    #[test]
    fn too_many_combinations_are_refused() {
        let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
        let variables = [("A".to_owned(), many.clone()), ("B".to_owned(), many)].into();
        assert!("$A$B".to_owned().expand(&variables).is_err());
        assert_eq!("$A".to_owned().expand(&variables).map(|all| all.len()), Ok(101));
    }
}

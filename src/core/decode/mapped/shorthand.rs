//! Shapes that may be written shorter: a rule as its path alone, a list as its only element.

use super::path::Path;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// YAML reads `y`, `n`, `on`, `no`, … as booleans.
const QUOTE_IT: &str = "expected a path; one that reads as a boolean is put in quotes";

/// A rule, or just the path it reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Short<R>(pub R);

impl<'de, R: Deserialize<'de> + From<Path>> Deserialize<'de> for Short<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RuleVisitor<R>(PhantomData<R>);
        impl<'de, R: Deserialize<'de> + From<Path>> Visitor<'de> for RuleVisitor<R> {
            type Value = Short<R>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path, or a rule such as {path: user.name}")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Path::parse(text).map(|path| Short(path.into())).map_err(E::custom)
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
                Err(E::custom(QUOTE_IT))
            }

            fn visit_u64<E: Error>(self, place: u64) -> Result<Self::Value, E> {
                self.visit_str(&place.to_string())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                R::deserialize(MapAccessDeserializer::new(map)).map(Short)
            }
        }
        deserializer.deserialize_any(RuleVisitor(PhantomData))
    }
}

impl<R: JsonSchema> JsonSchema for Short<R> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}OrPath", R::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (path, rule) = (generator.subschema_for::<Path>(), generator.subschema_for::<R>());
        json_schema!({ "anyOf": [path, rule] })
    }
}

/// A list, or its only element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Many<T>(pub Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// What an element of a [`Many`] is made from.
pub trait Scalar: Sized {
    /// What a person would call it.
    const EXPECTED: &'static str;

    /// From a scalar's text.
    ///
    /// # Errors
    /// What was expected instead.
    fn from_text(text: &str) -> Result<Self, String>;

    /// From what YAML takes for a boolean.
    ///
    /// # Errors
    /// What was expected instead.
    fn from_bool(value: bool) -> Result<Self, String>;
}

impl Scalar for Path {
    const EXPECTED: &'static str = "a path or a list of paths";

    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.to_string())
    }

    fn from_bool(_: bool) -> Result<Self, String> {
        Err(QUOTE_IT.to_owned())
    }
}

impl Scalar for String {
    const EXPECTED: &'static str = "a text, an integer, a boolean, or a list of them";

    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn from_bool(value: bool) -> Result<Self, String> {
        Ok(value.to_string())
    }
}

/// One element, whose YAML may spell a number or a boolean.
struct Element<T>(T);

impl<'de, T: Scalar> Deserialize<'de> for Element<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut many = deserializer.deserialize_any(ManyVisitor { accepts_list: false, of: PhantomData::<T> })?;
        many.0.pop().map(Element).ok_or_else(|| D::Error::custom(format!("expected {}", T::EXPECTED)))
    }
}

impl<'de, T: Scalar> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ManyVisitor { accepts_list: true, of: PhantomData })
    }
}

struct ManyVisitor<T> {
    accepts_list: bool,
    of: PhantomData<T>,
}

impl<'de, T: Scalar> Visitor<'de> for ManyVisitor<T> {
    type Value = Many<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        T::from_text(text).map(|one| Many(vec![one])).map_err(E::custom)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        T::from_bool(value).map(|one| Many(vec![one])).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        if !self.accepts_list {
            return Err(A::Error::custom(format!("expected {} without lists inside", T::EXPECTED)));
        }
        let mut many = Vec::new();
        while let Some(Element(one)) = list.next_element()? {
            many.push(one);
        }
        Ok(Many(many))
    }
}

impl<T: JsonSchema> JsonSchema for Many<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}OrList", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

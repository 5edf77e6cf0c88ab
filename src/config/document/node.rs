//! The tree of positions.

use super::at::Segment;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::fmt;

/// The lines of a value's keys or items; nothing for a scalar.
#[derive(Debug, Default)]
pub(super) enum Node {
    #[default]
    Scalar,
    Map(Vec<(String, Placed)>),
    List(Vec<Placed>),
}

/// A node and the line that its key or dash stands on.
#[derive(Debug)]
pub(super) struct Placed {
    line: u64,
    node: Node,
}

impl Node {
    /// The line of the last step that exists.
    pub(super) fn line_of(&self, path: &[Segment<'_>]) -> Option<u64> {
        let mut line = None;
        let mut node = self;
        for segment in path {
            let next = match (segment, node) {
                (Segment::Key(key), Self::Map(entries)) => {
                    entries.iter().find(|(name, _)| name == key).map(|(_, placed)| placed)
                }
                (Segment::Item(index), Self::List(items)) => items.get(*index),
                (Segment::Key(_) | Segment::Item(_), Self::Scalar | Self::Map(_) | Self::List(_)) => None,
            };
            let Some(placed) = next else { break };
            line = Some(placed.line);
            node = &placed.node;
        }
        line
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let node = map.next_value()?;
            entries.push((key.value, Placed { line: key.referenced.line(), node }));
        }
        Ok(Node::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Spanned<Node>>()? {
            items.push(Placed { line: item.referenced.line(), node: item.value });
        }
        Ok(Node::List(items))
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Node, D::Error> {
        Node::deserialize(inner)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Scalar)
    }
}

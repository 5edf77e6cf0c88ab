//! What a scan leaves: positions of values, in text order, to look fields up in.

use super::strings;
use std::borrow::Cow;

/// Bytes of text a value, roughly, keys included: room for so many values is made at once.
const BYTES_A_VALUE: usize = 6;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core::decode) enum NodeKind {
    Null,
    Bool,
    Number,
    Text,
    /// A string with at least one backslash.
    EscapedText,
    Array,
    Object,
}

/// A value, or an object's key. Strings exclude their quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub start: u32,
    pub end: u32,
    /// The node after this one and all that it holds.
    pub next: u32,
    pub kind: NodeKind,
}

/// A scanned text. Node 0 is the whole; an object's children are key, value, key, value, …
#[derive(Debug)]
pub(in crate::core::decode) struct Tape<'a> {
    pub(super) text: &'a str,
    pub(super) nodes: Vec<Node>,
}

impl<'a> Tape<'a> {
    /// A tape for `text` that no scan has filled yet.
    pub(in crate::core::decode) fn new(text: &'a str) -> Self {
        Self { text, nodes: Vec::with_capacity(text.len() / BYTES_A_VALUE + 1) }
    }

    /// The whole.
    pub(in crate::core::decode) fn root(&self) -> Value<'_, 'a> {
        Value { tape: self, at: 0 }
    }

    /// The value at node `index`.
    pub(super) fn value(&self, index: u32) -> Value<'_, 'a> {
        Value { tape: self, at: index }
    }

    /// The keys so far of an object that has not closed; the last may lack its value.
    pub(super) fn open_entries(&self, object: u32) -> impl Iterator<Item = Value<'_, 'a>> {
        let to = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let mut children = Children { rest: Range { tape: self, from: object + 1, to } };
        std::iter::from_fn(move || {
            let key = children.next();
            children.next();
            key
        })
    }

    #[inline]
    fn node(&self, at: u32) -> Node {
        self.nodes[at as usize]
    }
}

/// One value of a scanned text.
#[derive(Clone, Copy, Debug)]
pub(in crate::core::decode) struct Value<'t, 'a> {
    tape: &'t Tape<'a>,
    at: u32,
}

impl<'t, 'a> Value<'t, 'a> {
    /// What it is.
    #[inline]
    pub(in crate::core::decode) fn kind(self) -> NodeKind {
        self.node().kind
    }

    /// Whether it is an object.
    pub(in crate::core::decode) fn is_object(self) -> bool {
        self.kind() == NodeKind::Object
    }

    /// Whether it is `null`.
    pub(in crate::core::decode) fn is_null(self) -> bool {
        self.kind() == NodeKind::Null
    }

    /// Whether it is a string with escapes.
    pub(in crate::core::decode) fn is_escaped(self) -> bool {
        self.kind() == NodeKind::EscapedText
    }

    /// Its place on the tape.
    pub(super) fn index(self) -> u32 {
        self.at
    }

    /// Its text, escapes and all; strings without their quotes.
    #[inline]
    pub(in crate::core::decode) fn raw(self) -> &'a str {
        let node = self.node();
        &self.tape.text[node.start as usize..node.end as usize]
    }

    /// The same as bytes.
    #[inline]
    pub(super) fn raw_bytes(self) -> &'a [u8] {
        let node = self.node();
        &self.tape.text.as_bytes()[node.start as usize..node.end as usize]
    }

    /// A string's text with its quotes.
    fn quoted(self) -> &'a str {
        let node = self.node();
        &self.tape.text[node.start as usize - 1..=node.end as usize]
    }

    /// A string's bytes, equal for every spelling of it.
    pub(super) fn bytes(self) -> Cow<'a, [u8]> {
        let unescaped = match self.kind() {
            NodeKind::EscapedText => strings::unescape_bytes(self.quoted()),
            _ => None,
        };
        unescaped.map_or(Cow::Borrowed(self.raw().as_bytes()), Cow::Owned)
    }

    /// Where it starts, in bytes from the text's beginning; strings with their quote.
    pub(in crate::core::decode) fn start(self) -> usize {
        let is_string = matches!(self.kind(), NodeKind::Text | NodeKind::EscapedText);
        self.node().start as usize - usize::from(is_string)
    }

    /// Whether `inner` is this value or lies inside it.
    pub(in crate::core::decode) fn holds(self, inner: Self) -> bool {
        (self.at..self.node().next).contains(&inner.at)
    }

    /// A string's characters; none if it is no string or has a lone surrogate.
    pub(in crate::core::decode) fn text(self) -> Option<Cow<'a, str>> {
        match self.kind() {
            NodeKind::Text => Some(Cow::Borrowed(self.raw())),
            NodeKind::EscapedText => strings::unescape(self.quoted()).map(Cow::Owned),
            NodeKind::Null | NodeKind::Bool | NodeKind::Number | NodeKind::Array | NodeKind::Object => None,
        }
    }

    /// How many values an array holds, or keys and values an object, if none of them nests; else more.
    pub(in crate::core::decode) fn size_hint(self) -> usize {
        (self.node().next - self.at - 1) as usize
    }

    /// An array's elements; none of anything else.
    pub(in crate::core::decode) fn items(self) -> impl Iterator<Item = Self> {
        Children { rest: self.descendants(NodeKind::Array) }
    }

    /// An object's keys and values; none of anything else.
    pub(in crate::core::decode) fn entries(self) -> impl Iterator<Item = (Self, Self)> {
        let mut children = Children { rest: self.descendants(NodeKind::Object) };
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// The value at `key` of an object.
    pub(in crate::core::decode) fn get(self, key: &str) -> Option<Self> {
        self.entries().find(|(name, _)| name.is_text(key)).map(|(_, value)| value)
    }

    /// The element `at` of an array, from 0.
    pub(in crate::core::decode) fn item(self, at: usize) -> Option<Self> {
        self.items().nth(at)
    }

    fn is_text(self, text: &str) -> bool {
        match self.kind() {
            NodeKind::Text => self.raw() == text,
            _ => self.text().is_some_and(|own| own == text),
        }
    }

    fn descendants(self, of: NodeKind) -> Range<'t, 'a> {
        let node = self.node();
        let to = if node.kind == of { node.next } else { self.at + 1 };
        Range { tape: self.tape, from: self.at + 1, to }
    }

    fn node(self) -> Node {
        self.tape.node(self.at)
    }
}

#[derive(Clone, Copy, Debug)]
struct Range<'t, 'a> {
    tape: &'t Tape<'a>,
    from: u32,
    to: u32,
}

/// Steps from sibling to sibling.
struct Children<'t, 'a> {
    rest: Range<'t, 'a>,
}

impl<'t, 'a> Iterator for Children<'t, 'a> {
    type Item = Value<'t, 'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let Range { tape, from, to } = self.rest;
        if from >= to {
            return None;
        }
        self.rest.from = tape.node(from).next;
        Some(Value { tape, at: from })
    }
}

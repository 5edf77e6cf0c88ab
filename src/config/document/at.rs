//! The path of a value inside a document.

use std::fmt;

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Segment<'a> {
    /// The value of a key.
    Key(&'a str),
    /// An item of a list, from 0.
    Item(usize),
}

/// The path of a value; each step borrows the one before it.
#[derive(Clone, Copy, Debug, Default)]
pub struct At<'a> {
    step: Option<(&'a At<'a>, Segment<'a>)>,
}

impl<'a> At<'a> {
    /// The document as a whole.
    pub const ROOT: Self = Self { step: None };

    /// The value of `key` here.
    #[must_use]
    pub const fn key(&'a self, key: &'a str) -> Self {
        Self { step: Some((self, Segment::Key(key))) }
    }

    /// Item number `index` here.
    #[must_use]
    pub const fn item(&'a self, index: usize) -> Self {
        Self { step: Some((self, Segment::Item(index))) }
    }

    /// The steps, outermost first.
    pub(super) fn segments(&self) -> Vec<Segment<'a>> {
        let mut segments = Vec::new();
        let mut step = self.step;
        while let Some((parent, segment)) = step {
            segments.push(segment);
            step = parent.step;
        }
        segments.reverse();
        segments
    }
}

impl fmt::Display for At<'_> {
    /// `sources[1].silent.after`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, segment) in self.segments().into_iter().enumerate() {
            match segment {
                Segment::Key(key) if depth == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Item(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// The steps of a path as [`At`] writes it. A key that holds a dot is taken apart; its parent is then found instead.
pub(in crate::config) fn parse_path(path: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    for part in path.split('.').filter(|part| !matches!(*part, "" | "?")) {
        let (key, items) = part.split_once('[').unwrap_or((part, ""));
        if !key.is_empty() {
            segments.push(Segment::Key(key));
        }
        for item in items.split('[') {
            if let Ok(index) = item.trim_end_matches(']').parse() {
                segments.push(Segment::Item(index));
            }
        }
    }
    segments
}

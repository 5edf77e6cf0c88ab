//! Where paths are looked up: in an element first, then in the record around it.

use super::super::json::Value;
use super::{FieldMap, Path};
use smallvec::SmallVec;

/// What the events of one record may repeat of the record around them, all together.
///
/// A megabyte of content beside 10,000 small elements would otherwise be 10 GB of events.
pub const MAX_REPEATED_BYTES: usize = 16 << 20;

/// An element and, if it has one, the record around it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s, 't, 'a> {
    pub inner: Value<'t, 'a>,
    pub outer: Option<&'s Outer<'s, 't, 'a>>,
}

impl<'t, 'a> Scope<'_, 't, 'a> {
    /// The value at `path`; null is none.
    pub(super) fn find(self, path: &Path) -> Option<Value<'t, 'a>> {
        let inner = path.first(self.inner).filter(|value| !value.is_null());
        inner.or_else(|| self.outer.and_then(|outer| outer.values(path).first().copied()))
    }

    /// Gives `take` every value at `path` but null ones; those around the element only if it has none itself.
    pub(super) fn find_all(self, path: &Path, take: &mut dyn FnMut(Value<'t, 'a>)) {
        let mut found = false;
        path.walk(self.inner, &mut |value| {
            if !value.is_null() {
                found = true;
                take(value);
            }
        });
        if let (false, Some(outer)) = (found, self.outer) {
            outer.values(path).iter().for_each(|value| take(*value));
        }
    }
}

/// What each path of a map leads to in the record around the elements: looked up once, not for every element.
pub(super) struct Outer<'m, 't, 'a> {
    values: Vec<(&'m Path, SmallVec<[Value<'t, 'a>; 1]>)>,
    bytes: usize,
}

impl<'m, 't, 'a> Outer<'m, 't, 'a> {
    /// `elements` is the array in `root` that explodes: neither it nor what holds it is a value of an event.
    pub(super) fn new(map: &'m FieldMap, root: Value<'t, 'a>, elements: Value<'t, 'a>) -> Self {
        let mut bytes = 0_usize;
        let look_up = |path: &'m Path| {
            let mut found = SmallVec::new();
            path.walk(root, &mut |value| {
                if !value.is_null() && !value.holds(elements) {
                    bytes = bytes.saturating_add(value.raw().len());
                    found.push(value);
                }
            });
            (path, found)
        };
        let values = map.paths().map(look_up).collect();
        Self { values, bytes }
    }

    /// How much of the record an event may repeat at most.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn values(&self, path: &Path) -> &[Value<'t, 'a>] {
        // The map's own paths, so being the same one is enough.
        let found = self.values.iter().find(|(own, _)| std::ptr::eq(*own, path));
        found.map_or(&[], |(_, values)| values.as_slice())
    }
}

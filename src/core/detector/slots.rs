//! Numbered places in shared chunks. A copy costs a pointer a chunk, whatever the places hold; what is changed while a copy is
//! about is copied before, one chunk's pointers and the one thing.

use super::shared::Shared;
use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Places a chunk. Copying all chunks' pointers, and the first change in each, should both be short.
const CHUNK: usize = 64;

type Chunk<T> = Vec<Option<Shared<T>>>;

/// Things by number; some numbers are free.
#[derive(Clone, Debug)]
pub(super) struct Slots<T> {
    chunks: Vec<Arc<Chunk<T>>>,
    end: usize,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), end: 0 }
    }
}

impl<T> Slots<T> {
    /// Numbers in use are below this.
    pub const fn end(&self) -> usize {
        self.end
    }

    /// What is at a number.
    pub fn get(&self, at: usize) -> Option<&T> {
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)?.as_deref()
    }

    /// Every place, in the order of numbers.
    pub fn iter(&self) -> impl Iterator<Item = Option<&T>> + Clone {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).map(Option::as_deref)
    }
}

impl<T: Clone> Slots<T> {
    /// What is at a number, to be changed.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.place(at)?.as_mut().map(Shared::to_mut)
    }

    /// Adds a place behind all others; gives its number.
    pub fn push(&mut self, thing: Option<T>) -> usize {
        let at = self.end;
        if at / CHUNK == self.chunks.len() {
            self.chunks.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let Some(last) = self.chunks.last_mut() {
            Arc::make_mut(last).push(thing.map(Shared::new));
        }
        self.end += 1;
        at
    }

    /// Puts a thing where nothing is.
    pub fn put(&mut self, at: usize, thing: T) {
        if let Some(place) = self.place(at) {
            *place = Some(Shared::new(thing));
        }
    }

    /// Takes away what is at a number.
    pub fn take(&mut self, at: usize) -> Option<Shared<T>> {
        self.place(at)?.take()
    }

    fn place(&mut self, at: usize) -> Option<&mut Option<Shared<T>>> {
        Arc::make_mut(self.chunks.get_mut(at / CHUNK)?).get_mut(at % CHUNK)
    }
}

impl<T: Serialize> Serialize for Slots<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut places = serializer.serialize_seq(Some(self.end))?;
        for place in self.iter() {
            places.serialize_element(&place)?;
        }
        places.end()
    }
}

impl<'de, T: Clone + Deserialize<'de>> Deserialize<'de> for Slots<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Places(PhantomData))
    }
}

struct Places<T>(PhantomData<T>);

impl<'de, T: Clone + Deserialize<'de>> Visitor<'de> for Places<T> {
    type Value = Slots<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbered places")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Slots<T>, A::Error> {
        let mut slots = Slots::default();
        while let Some(place) = seq.next_element()? {
            slots.push(place);
        }
        Ok(slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<T: Clone>(slots: &Slots<T>) -> Vec<Option<T>> {
        slots.iter().map(Option::<&T>::cloned).collect()
    }

    #[test]
    fn a_copy_stays_as_it_was_and_shares_what_did_not_change() {
        let mut slots = Slots::default();
        for number in 0..3 * CHUNK {
            slots.push((number % 5 > 0).then(|| format!("entity {number}")));
        }
        let copy = slots.clone();
        let before = all(&copy);
        slots.get_mut(1).expect("is there").push('!');
        slots.take(2);
        slots.put(5, "new".into());
        slots.push(Some("last".into()));
        assert_eq!(all(&copy), before);
        assert_eq!((slots.get(1), slots.get(2)), (Some(&"entity 1!".to_owned()), None));
        assert_eq!((slots.get(5), slots.get(3 * CHUNK)), (Some(&"new".to_owned()), Some(&"last".to_owned())));
        assert_eq!((slots.end(), copy.end()), (3 * CHUNK + 1, 3 * CHUNK));
        for at in [3, CHUNK + 2, 3 * CHUNK - 1] {
            assert!(std::ptr::eq(slots.get(at).expect("is there"), copy.get(at).expect("is there")), "{at}");
        }
        assert!(Arc::ptr_eq(&slots.chunks[1], &copy.chunks[1]), "nothing in it changed");
    }

    #[test]
    fn places_are_written_like_a_list() {
        let places: Vec<Option<u32>> = (0..200).map(|number| (number % 3 > 0).then_some(number)).collect();
        let mut slots = Slots::default();
        for place in &places {
            slots.push(*place);
        }
        let bytes = postcard::to_stdvec(&slots).expect("encodes");
        assert_eq!(bytes, postcard::to_stdvec(&places).expect("encodes"));
        let read: Slots<u32> = postcard::from_bytes(&bytes).expect("decodes");
        assert_eq!(all(&read), places);
    }
}

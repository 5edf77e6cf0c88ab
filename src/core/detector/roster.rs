//! Every entity with state, by kind and name, each at a number of its own.

use super::entity::EntityState;
use super::slots::Slots;
use crate::core::incident::EntityKind;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

/// The kinds of entity, in the order of [`Roster`]'s maps.
const KINDS: usize = 6;

/// Entities by number; numbers of those that went are used again.
#[derive(Debug, Default)]
pub(super) struct Roster {
    names: [HashMap<Box<str>, u32, FxBuildHasher>; KINDS],
    slots: Slots<EntityState>,
    free: Vec<u32>,
    /// Actors that no directory lists.
    strangers: usize,
}

impl Roster {
    /// The number of an entity.
    pub fn find(&self, kind: EntityKind, name: &str) -> Option<usize> {
        self.names[place(kind)].get(name).map(|at| *at as usize)
    }

    /// The entity at a number.
    pub fn get(&self, at: usize) -> Option<&EntityState> {
        self.slots.get(at)
    }

    /// The entity at a number, to be changed.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut EntityState> {
        self.slots.get_mut(at)
    }

    /// Adds an entity that is not there yet; gives its number.
    pub fn insert(&mut self, entity: EntityState) -> usize {
        let (kind, name) = (place(entity.entity), entity.name.clone());
        self.strangers += usize::from(is_stranger(&entity));
        let at = if let Some(free) = self.free.pop() {
            self.slots.put(free as usize, entity);
            free
        } else {
            u32::try_from(self.slots.push(Some(entity))).unwrap_or(u32::MAX)
        };
        self.names[kind].insert(name, at);
        at as usize
    }

    /// Forgets the entity at a number.
    pub fn remove(&mut self, at: usize) {
        if let Some(entity) = self.slots.take(at) {
            self.names[place(entity.entity)].remove(&entity.name);
            self.strangers -= usize::from(is_stranger(&entity));
            self.free.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
    }

    /// The directory lists the actor at a number from now on.
    pub fn list(&mut self, at: usize) {
        if self.slots.get(at).is_some_and(is_stranger)
            && let Some(entity) = self.slots.get_mut(at)
        {
            entity.listed = true;
            self.strangers -= 1;
        }
    }

    /// How many actors there are that no directory lists.
    pub const fn strangers(&self) -> usize {
        self.strangers
    }

    /// How many entities of a kind there are.
    pub fn count(&self, kind: EntityKind) -> usize {
        self.names[place(kind)].len()
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.names.iter().map(HashMap::len).sum()
    }

    /// Numbers in use are below this.
    pub const fn end(&self) -> usize {
        self.slots.end()
    }

    /// Every entity, in the order of numbers.
    pub fn iter(&self) -> impl Iterator<Item = &EntityState> + Clone {
        self.slots.iter().flatten()
    }

    /// What a snapshot holds: slots and free numbers.
    pub const fn parts(&self) -> (&Slots<EntityState>, &Vec<u32>) {
        (&self.slots, &self.free)
    }

    /// From a snapshot's parts.
    pub fn from_parts(slots: Slots<EntityState>, free: Vec<u32>) -> Self {
        let mut roster = Self { names: Default::default(), slots, free, strangers: 0 };
        roster.strangers = roster.iter().filter(|entity| is_stranger(entity)).count();
        for (at, entity) in roster.slots.iter().enumerate() {
            if let Some(entity) = entity {
                roster.names[place(entity.entity)].insert(entity.name.clone(), u32::try_from(at).unwrap_or(u32::MAX));
            }
        }
        roster
    }
}

fn is_stranger(entity: &EntityState) -> bool {
    entity.entity == EntityKind::Actor && !entity.listed
}

const fn place(kind: EntityKind) -> usize {
    match kind {
        EntityKind::Actor => 0,
        EntityKind::Team => 1,
        EntityKind::Destination => 2,
        EntityKind::Domain => 3,
        EntityKind::ClientIp => 4,
        EntityKind::Source => 5,
    }
}

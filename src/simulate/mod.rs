//! A simulated retailer: ordinary traffic, legitimate surprises, leaks, and the truth about them.
//!
//! Pure beside its seed: no clock, no file system. [`World::events`] streams the lines of both sources;
//! [`World::truth`] says what the attacks really did. Every actor's hour, every attack and every life event draws from
//! a stream of its own, so that adding one changes no line of another.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "made-up numbers in small known ranges"
)]

pub mod attacks;
mod calendar;
mod crowd;
mod customers;
mod layers;
pub mod life;
mod named;
mod people;
mod render;
mod rng;
mod scene;
mod settings;
mod statement;
mod step;
mod stream;
mod truth;
mod work;
mod world;

#[cfg(test)]
mod tests;

pub use calendar::{Calendar, LocalDay, LocalHour};
pub use crowd::Look;
pub use customers::{Customer, CustomerBase, CustomerIndex};
pub use people::{Actor, Population, Role, Work};
pub use scene::Scene;
pub use settings::{CANARIES, SettingsError, SimulateSettings, Zone};
pub use stream::Events;
pub use truth::{AttackTruth, EntityTruth, Touch};
pub use world::{AttackEvent, SimulatedEvent, Topic, World, WorldError};

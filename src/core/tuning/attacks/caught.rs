//! Which attacks woke somebody, and after how many customers.

use super::people::Cast;
use super::scene::{Attack, Scene};
use crate::core::incident::{Incident, Severity, Status};
use crate::core::time::{EventTime, Millis};

/// A page this long after an attack's last event is still its own.
const AFTERWARDS: Millis = Millis::from_hours(24);

/// How one attack ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody was woken after so many customers.
    Paged(usize),
    /// Somebody was warned after so many customers, and nobody woken.
    Warned(usize),
    /// Nobody noticed.
    Missed,
}

/// Listens to what is raised while attacks go on.
#[derive(Debug)]
pub struct Caught<'a> {
    scene: &'a Scene<'a>,
    cast: &'a Cast,
    outcomes: Vec<Outcome>,
}

impl<'a> Caught<'a> {
    /// Nothing yet.
    pub fn new(scene: &'a Scene<'a>, cast: &'a Cast, attacks: &[Attack]) -> Self {
        Self { scene, cast, outcomes: vec![Outcome::Missed; attacks.len()] }
    }

    /// Hears a line.
    pub fn take(&mut self, line: &Incident) {
        let raised = matches!(line.status, Status::Opened | Status::Escalated);
        if !raised || line.shadow || line.severity < Severity::Warning {
            return;
        }
        for plot in self.scene.plots() {
            let name = &self.cast.people[plot.person].actor;
            let concerned = line.entity.id == *name || line.actors.iter().any(|actor| actor == name);
            let during = plot.span().is_some_and(|(from, to)| line.time >= from && line.time <= to.plus(AFTERWARDS));
            if concerned && during {
                let touched = self.touched(plot.attack, line.time);
                note(&mut self.outcomes[plot.attack], line.severity, touched);
            }
        }
    }

    /// How each attack ended.
    pub fn outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }

    fn touched(&self, attack: usize, time: EventTime) -> usize {
        self.scene.plots().iter().filter(|plot| plot.attack == attack).map(|plot| plot.touched_by(time)).sum()
    }
}

/// The first page counts, and before it the first warning.
fn note(outcome: &mut Outcome, severity: Severity, touched: usize) {
    *outcome = match (*outcome, severity) {
        (Outcome::Missed | Outcome::Warned(_), Severity::Page) => Outcome::Paged(touched),
        (Outcome::Missed, Severity::Warning) => Outcome::Warned(touched),
        (known, Severity::Info | Severity::Warning | Severity::Page) => known,
    };
}

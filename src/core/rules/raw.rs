//! The shape of a rule file (contract section 10), before anything is checked.

use super::raw_filter::RawFilter;
use super::raw_test::RawTest;
use crate::core::activity::ActorKind;
use crate::core::incident::{EntityKind, Measure, Severity};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;

/// A rule file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRuleFile {
    /// The format's version: 1.
    pub version: u32,
    /// Where runbooks are: a path or URL; a rule's is `<runbooks>/<id>.md`.
    pub runbooks: Option<String>,
    /// Who is let off a rule, until when, and why.
    #[serde(default)]
    #[schemars(with = "Vec<RawException>")]
    pub exceptions: Vec<Spanned<RawException>>,
    /// The rules.
    #[serde(default)]
    #[schemars(with = "Vec<RawRule>")]
    pub rules: Vec<Spanned<RawRule>>,
    /// Tests of the rules.
    #[serde(default)]
    #[schemars(with = "Vec<RawTest>")]
    pub tests: Vec<Spanned<RawTest>>,
}

/// One actor, team, role or entity that a rule does not count for a while.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawException {
    /// The rule's id.
    pub rule: String,
    /// The actor let off.
    pub actor: Option<String>,
    /// The team let off.
    pub team: Option<String>,
    /// The role let off.
    pub role: Option<String>,
    /// The destination, domain or client address let off.
    pub entity: Option<String>,
    /// First day, or time.
    pub from: Option<String>,
    /// Last day, or time of the end.
    pub until: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Where it was agreed.
    pub ticket: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// Whether a rule counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It raises incidents.
    #[default]
    Live,
    /// It raises to the shadow topic.
    Shadow,
    /// It does nothing.
    Off,
}

/// One rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    /// Its id: lower-case words joined by `-`.
    pub id: String,
    /// What an incident of it is called.
    pub title: Option<String>,
    /// Whether it counts.
    #[serde(default)]
    pub mode: Mode,
    /// What is counted.
    pub count: Option<Measure>,
    /// What must be new: an entity's first destination or object.
    pub first_seen: Option<FirstSeen>,
    /// What must follow on what.
    #[serde(default)]
    pub sequence: Vec<SequenceStep>,
    /// How soon the sequence must be complete.
    pub within: Option<String>,
    /// Which events take part.
    #[serde(default)]
    pub of: RawFilter,
    /// By which entity.
    #[serde(default = "by_actor")]
    pub by: EntityKind,
    /// Over which window.
    pub over: Option<String>,
    /// For `overlap`: how long before it is sent a customer may have been read.
    pub read_before: Option<String>,
    /// How many actors must take part.
    pub actors: Option<RawActorsAtLeast>,
    /// Further counts of the same events under the same rule: any of them meets it.
    #[serde(default)]
    pub also: Vec<RawAlso>,
    /// From which count on.
    #[serde(default)]
    pub limit: RawLimits,
    /// Other limits for some.
    #[serde(default)]
    pub limit_for: RawLimitFor,
    /// What may tighten the limit.
    pub baseline: Option<RawBaseline>,
    /// How long the condition must be false before an incident resolves.
    pub hold: Option<String>,
    /// The severity of rules without a count.
    pub severity: Option<Severity>,
    /// A runbook of its own.
    pub runbook: Option<String>,
}

/// A further count of a rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAlso {
    /// What is counted.
    pub count: Measure,
    /// By which entity; else by the rule's own.
    pub by: Option<EntityKind>,
    /// How many actors must take part; else as many as the rule itself asks for.
    pub actors: Option<RawActorsAtLeast>,
    /// Over which window.
    pub over: String,
    /// From which count on.
    #[serde(default)]
    pub limit: RawLimits,
    /// Other limits for some.
    #[serde(default)]
    pub limit_for: RawLimitFor,
    /// What may tighten the limit.
    pub baseline: Option<RawBaseline>,
}

const fn by_actor() -> EntityKind {
    EntityKind::Actor
}

/// What can be new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FirstSeen {
    /// A destination that the entity never sent to.
    Destination,
    /// An object that the entity never read.
    Object,
}

/// A step of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SequenceStep {
    /// Customers queried.
    Read,
    /// Something sent to an external destination.
    Leave,
}

/// How many actors.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawActorsAtLeast {
    /// At least so many.
    pub at_least: u64,
    /// Only who accounts for at least so much of the count, in whole UTC days, is one of them.
    pub each_at_least: Option<f64>,
}

/// Limits by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLimits {
    /// From here on `info`.
    pub info: Option<f64>,
    /// From here on `warning`.
    pub warn: Option<f64>,
    /// From here on `page`.
    pub page: Option<f64>,
}

/// Limits for some; the most specific wins: actor, team, role, kind. `leaving` only ever lowers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLimitFor {
    /// By actor.
    #[serde(default)]
    pub actor: BTreeMap<String, RawLimits>,
    /// By team.
    #[serde(default)]
    pub team: BTreeMap<String, RawLimits>,
    /// By role.
    #[serde(default)]
    pub role: BTreeMap<String, RawLimits>,
    /// By person or program.
    #[serde(default)]
    pub kind: BTreeMap<ActorKind, RawLimits>,
    /// For whoever is under notice or has left: the lower of these and the limits that hold otherwise.
    pub leaving: Option<RawLimits>,
}

/// What may tighten a limit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawBaseline {
    /// The entity's own past.
    pub own: Option<RawOwn>,
    /// Its peers' past.
    pub peers: Option<RawPeers>,
    /// Never below this.
    pub floor: Option<f64>,
    /// What a limit from a baseline raises.
    pub severity: Option<RawSeverity>,
}

/// A severity as limits spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawSeverity {
    /// `info`
    Info,
    /// `warning`
    #[serde(alias = "warning")]
    Warn,
    /// `page`
    Page,
}

/// The entity's own past.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOwn {
    /// How far back.
    pub history: String,
    /// How many times the largest learned value.
    pub factor: f64,
    /// After how long it counts.
    pub after: String,
}

/// The peers' past.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPeers {
    /// Who the peers are.
    pub by: PeersBy,
    /// Which percentile of their maxima.
    pub percentile: f64,
    /// How many times it.
    pub factor: f64,
}

/// Who peers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PeersBy {
    /// Actors of the same role.
    Role,
}

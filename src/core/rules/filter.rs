//! Which events a rule counts.

use super::raw_filter::{Address, Hours, RawActorFilter, RawFilter};
use crate::core::activity::{Activity, ActorKind, DestinationClass, Flags};
use crate::core::event::EventKind;
use crate::core::time::Millis;

/// Which events take part; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    kind: Option<EventKind>,
    classes: Option<Vec<DestinationClass>>,
    channels: Option<Vec<String>>,
    operations: Option<Vec<String>>,
    /// Flags that must be set, and flags that must not.
    flags: (Flags, Flags),
    rows_usual: Option<bool>,
    bytes_at_least: Option<u64>,
    customers_at_least: Option<u32>,
    new_destination: Option<bool>,
    hours: Option<Hours>,
    address: Option<Address>,
    actor: Option<ActorFilter>,
    any_of: Vec<Self>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct ActorFilter {
    left: Option<bool>,
    grace: Millis,
    notice: Option<bool>,
    kind: Option<ActorKind>,
    roles: Option<Vec<String>>,
    not_roles: Option<Vec<String>>,
    dormant: Option<Millis>,
}

/// What an event's actor and source were before it: conditions that one event alone cannot answer.
#[expect(clippy::struct_excessive_bools, reason = "independent answers about one event")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Its source usually tells rows.
    pub rows_usual: bool,
    /// It happened outside the actor's learned hours of the week.
    pub unusual_hours: bool,
    /// It came from a network that is new for the actor.
    pub new_network: bool,
    /// It went to a domain that is new for the actor.
    pub new_destination: bool,
    /// For how long the actor had been silent; `None` where it was never seen before.
    pub silent_for: Option<Millis>,
}

/// A condition that could not be read: the field, and what was expected.
pub type FilterFault = (&'static str, String);

impl Filter {
    /// Every event of `kind`.
    pub fn all_of(kind: EventKind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    /// Checks the file's shape.
    ///
    /// # Errors
    /// The field that is wrong, and what was expected.
    pub fn check(raw: &RawFilter) -> Result<Self, FilterFault> {
        let mut flags = (Flags::default(), Flags::default());
        for (flag, wanted) in [
            (Flags::CUSTOMER_OBJECT, raw.customer_object),
            (Flags::BULK_OPERATION, raw.bulk_operation),
            (Flags::HIDDEN, raw.hidden),
            (Flags::PAGED, raw.paged),
        ] {
            flags.0 = flags.0.with(flag, wanted == Some(true));
            flags.1 = flags.1.with(flag, wanted == Some(false));
        }
        let lower = |names: &Option<Vec<String>>| {
            names.as_ref().map(|names| names.iter().map(|name| name.to_lowercase()).collect())
        };
        Ok(Self {
            kind: raw.kind,
            classes: raw.destination_class.clone(),
            channels: lower(&raw.channel),
            operations: lower(&raw.operation),
            flags,
            rows_usual: raw.rows_usual,
            bytes_at_least: raw.bytes_at_least,
            customers_at_least: raw.customers_at_least,
            new_destination: raw.new_destination,
            hours: raw.hours,
            address: raw.address,
            actor: raw.actor.as_ref().map(ActorFilter::check).transpose()?,
            any_of: raw.any_of.iter().flatten().map(Self::check).collect::<Result<_, _>>()?,
        })
    }

    /// The kind of event it asks for, if it asks for one.
    pub const fn kind(&self) -> Option<EventKind> {
        self.kind
    }

    /// Whether it asks for nothing but the kind of event, the kind of actor and how close a destination is.
    pub fn is_plain(&self) -> bool {
        let actor = self.actor.as_ref().map(|actor| ActorFilter { kind: actor.kind, ..ActorFilter::default() });
        let plain = Self { kind: self.kind, classes: self.classes.clone(), actor, ..Self::default() };
        *self == plain && self.actor.as_ref().is_none_or(|actor| actor.kind != Some(ActorKind::Service))
    }

    /// How many customers an event must name.
    pub fn customers_at_least(&self) -> u32 {
        self.customers_at_least.unwrap_or(0)
    }

    /// The same, however few customers an event names.
    #[must_use]
    pub fn of_any_size(&self) -> Self {
        Self { customers_at_least: None, ..self.clone() }
    }

    /// Whether it asks for the domains that the actor sends to.
    pub fn asks_destination(&self) -> bool {
        self.new_destination.is_some() || self.any_of.iter().any(Self::asks_destination)
    }

    /// Whether it asks where the actor usually comes from.
    pub fn asks_network(&self) -> bool {
        self.address == Some(Address::New) || self.any_of.iter().any(Self::asks_network)
    }

    /// Whether it asks for the actor's hours of the week.
    pub fn asks_hours(&self) -> bool {
        self.hours.is_some() || self.any_of.iter().any(Self::asks_hours)
    }

    /// Whether `activity` takes part.
    pub fn matches(&self, activity: &Activity<'_>, context: &Context) -> bool {
        self.kind.is_none_or(|kind| kind == activity.kind)
            && activity.flags.has(self.flags.0)
            && activity.flags.0 & self.flags.1.0 == 0
            && self.rows_usual.is_none_or(|wanted| wanted == context.rows_usual)
            && self.hours.is_none_or(|Hours::Unusual| context.unusual_hours)
            && self.new_destination.is_none_or(|wanted| wanted == context.new_destination)
            && self.address.is_none_or(|address| match address {
                Address::Person => activity.flags.has(Flags::PERSONS_ADDRESS),
                Address::New => context.new_network,
            })
            && self.classes.as_ref().is_none_or(|classes| classes.contains(&activity.class))
            && names(self.channels.as_deref(), activity.channel)
            && names(self.operations.as_deref(), activity.operation)
            && self.bytes_at_least.is_none_or(|least| activity.bytes.is_some_and(|bytes| bytes.0 >= least))
            && self.customers_at_least.is_none_or(|least| customers_named(activity) >= least)
            && self.actor.as_ref().is_none_or(|actor| actor.matches(activity, context))
            && (self.any_of.is_empty() || self.any_of.iter().any(|one| one.matches(activity, context)))
    }
}

impl ActorFilter {
    fn check(raw: &RawActorFilter) -> Result<Self, FilterFault> {
        let grace = match &raw.grace {
            None => Millis::ZERO,
            Some(text) => Millis::parse(text).ok_or_else(|| ("of.actor.grace", "expected a time like 24h".into()))?,
        };
        let dormant = match &raw.dormant {
            None => None,
            Some(text) => {
                Some(Millis::parse(text).ok_or_else(|| ("of.actor.dormant", "expected a time like 30d".into()))?)
            }
        };
        Ok(Self {
            left: raw.left,
            grace,
            notice: raw.notice,
            kind: raw.kind,
            roles: raw.role.clone(),
            not_roles: raw.not_role.clone(),
            dormant,
        })
    }

    fn matches(&self, activity: &Activity<'_>, context: &Context) -> bool {
        let since = [activity.left_at, activity.missing_since].into_iter().flatten().min();
        let left = since.is_some_and(|since| activity.time >= since.plus(self.grace));
        let notice = activity.notice_at.is_some_and(|notice| activity.time >= notice);
        self.left.is_none_or(|wanted| wanted == left)
            && self.notice.is_none_or(|wanted| wanted == notice)
            && self.kind.is_none_or(|kind| kind == activity.actor_kind)
            && self.dormant.is_none_or(|least| context.silent_for.is_some_and(|silent| silent >= least))
            && self.roles.as_ref().is_none_or(|roles| roles.iter().any(|role| role == activity.role))
            && self.not_roles.as_ref().is_none_or(|roles| roles.iter().all(|role| role != activity.role))
    }
}

/// Customers that the event names: by the filter's word, or all where none was asked or a customer object is read.
pub fn customers_named(activity: &Activity<'_>) -> u32 {
    let all = activity.flags.has(Flags::CUSTOMER_OBJECT) && activity.kind == EventKind::Query;
    let unasked = activity.tags.iter().all(|list| !list.tested());
    if all || unasked { activity.named } else { activity.named_customers }
}

fn names(wanted: Option<&[String]>, found: Option<&str>) -> bool {
    wanted.is_none_or(|names| found.is_some_and(|found| names.iter().any(|name| name.eq_ignore_ascii_case(found))))
}

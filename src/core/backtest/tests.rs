use super::*;
use crate::core::incident::{Entity, EntityKind, IncidentId, Severity};
use crate::core::rules::{SHIPPED, check, check_documents};
use crate::core::time::{EventTime, Millis};

fn at(minute: i64) -> EventTime {
    EventTime::MIN.plus(Millis::from_days(15_000)).plus(Millis::from_mins(minute))
}

fn episode(actor: &str, opened: i64, severity: Severity, resolved: Option<i64>) -> Episode {
    Episode {
        incident: IncidentId(format!("{actor}-{opened}")),
        rule: "bulk-read".into(),
        entity: Entity { kind: EntityKind::Actor, id: actor.into() },
        shadow: false,
        severity,
        at: at(opened),
        opened: at(opened),
        resolved: resolved.map(at),
        observed: 1.0,
        threshold: 1.0,
    }
}

fn changes(old: &[Episode], new: &[Episode]) -> Vec<(Change, String)> {
    let id = |difference: &Difference<'_>| difference.either().expect("one of them").incident.0.clone();
    compare(old, new).iter().map(|difference| (difference.change, id(difference))).collect()
}

#[test]
fn incidents_of_one_time_are_one_incident_and_others_are_not() {
    use Severity::{Page, Warning};
    let old = [
        episode("same", 0, Page, Some(9)),
        episode("sooner", 5, Page, None),
        episode("worse", 0, Warning, None),
        episode("gone", 0, Page, None),
        episode("twice", 0, Page, Some(10)),
        episode("twice", 50, Page, Some(60)),
    ];
    let new = [
        episode("same", 0, Page, Some(9)),
        episode("sooner", 2, Page, None),
        episode("worse", 1, Page, None),
        episode("twice", 52, Page, Some(60)),
        episode("fresh", 3, Warning, None),
    ];
    let expected = [
        (Change::Same, "same-0"),
        (Change::Earlier, "sooner-2"),
        (Change::Raised, "worse-1"),
        (Change::Lost, "gone-0"),
        (Change::Lost, "twice-0"),
        (Change::Later, "twice-52"),
        (Change::New, "fresh-3"),
    ];
    assert_eq!(changes(&old, &new), expected.map(|(change, id)| (change, id.to_owned())));
}

#[test]
fn one_long_incident_is_the_partner_of_the_first_of_two() {
    let long = [episode("e", 0, Severity::Page, Some(100))];
    let two = [episode("e", 0, Severity::Page, Some(10)), episode("e", 50, Severity::Page, Some(60))];
    let told: Vec<_> = changes(&long, &two).into_iter().map(|(change, _)| change).collect();
    assert_eq!(told, [Change::Same, Change::New]);
}

#[test]
fn only_rules_that_changed_differ() {
    let old = check(&[SHIPPED]).expect("the shipped rules");
    let changed = SHIPPED.yaml.replace("limit: {warn: 25000, page: 40000}", "limit: {warn: 24000, page: 40000}");
    let yaml = changed.replace(
        "rules:\n  - id: bulk-read",
        "exceptions:\n  - {rule: canary-touched, actor: e1, from: 2012-05-01, until: 2012-06-01, owner: o, ticket: T, \
         reason: r}\nrules:\n  - id: bulk-read",
    );
    let new = check_documents([yaml.as_str()]).expect("changed rules");
    let ids = differing(&old, &new);
    assert_eq!(ids.iter().map(String::as_str).collect::<Vec<_>>(), ["canary-touched", "steady-read"]);
    let kept = only(&new, &ids);
    assert_eq!((kept.rules.len(), kept.exceptions.len()), (2, 1));
}

#[test]
fn a_shadow_rule_is_held_against_the_rule_whose_id_it_carries_on() {
    use Severity::{Page, Warning};
    let live = |actor, at, severity| episode(actor, at, severity, None);
    let shadow =
        |actor, at, severity| Episode { rule: "bulk-read-next".into(), shadow: true, ..live(actor, at, severity) };
    let other = Episode { rule: "tried-out".into(), ..shadow("e1", 7, Warning) };
    let episodes = [live("e1", 5, Page), live("gone", 5, Page), shadow("e1", 2, Page), shadow("new", 3, Page), other];
    let rules = shadow_rules(&episodes);
    let next = &rules["bulk-read-next"];
    assert_eq!(next.against.as_deref(), Some("bulk-read"));
    let (week, told) = next.weeks.first_key_value().expect("a week");
    assert_eq!(week, &at(0).iso_week());
    assert_eq!((told.raised, told.known), (2, 1));
    let changes: Vec<_> = told.changes.iter().map(|(change, count)| (*change, *count)).collect();
    assert_eq!(changes, [(Change::New, 1), (Change::Lost, 1), (Change::Earlier, 1)]);
    let tried_out = &rules["tried-out"];
    assert_eq!((tried_out.against.as_deref(), tried_out.weeks[week].known), (None, 1));
}

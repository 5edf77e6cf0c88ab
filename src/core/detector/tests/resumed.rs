//! A detector goes on from its own snapshot as if nothing had happened, wherever it was cut, under the shipped rules.

use super::{mixed, settings};
use crate::core::activity::{
    Activity, ActorKind, Control, DestinationClass, FilterFigures, Flags, KindFigures, Origin, Record, TagList, Tick,
    codec,
};
use crate::core::detector::{Detector, Output};
use crate::core::event::EventKind;
use crate::core::rules::SHIPPED;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{ByteCount, Position, Rows};
use proptest::prelude::*;
use proptest::sample::select;
use smallvec::smallvec;

const BEGIN: EventTime = EventTime::MIN.plus(Millis::new(1_336_384_800_000));

/// Name, role, team, kind, and whether the actor has left.
type Person = (&'static str, &'static str, &'static str, ActorKind, bool);

const PEOPLE: [Person; 6] = [
    ("e1", "customer-service", "cs-1", ActorKind::Human, false),
    ("e2", "customer-service", "cs-1", ActorKind::Human, false),
    ("e3", "customer-service", "cs-1", ActorKind::Human, false),
    ("gone", "sales", "sales-1", ActorKind::Human, true),
    ("crm-sync", "service", "", ActorKind::Service, false),
    ("stranger", "unknown", "", ActorKind::Human, false),
];

const PLACES: [(&str, &str, DestinationClass); 4] = [
    ("x1.drop.example", "drop.example", DestinationClass::External),
    ("x2.drop.example", "drop.example", DestinationClass::External),
    ("mail.partner.example", "partner.example", DestinationClass::Partner),
    ("files.shop.example", "shop.example", DestinationClass::Internal),
];

/// One event: who, what, how far behind the newest time, and which customers.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    person: usize,
    place: usize,
    kind: EventKind,
    late: Millis,
    first: u64,
    customers: u64,
    rows: Option<u64>,
    flags: u16,
    canary: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Event(Deed),
    Tick,
}

/// Time goes on, something happens, and the process may end there.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub ahead: Millis,
    pub step: Step,
    restart: bool,
}

prop_compose! {
    fn deed()(
        person in 0..PEOPLE.len(),
        place in 0..PLACES.len(),
        kind in select(vec![EventKind::Query, EventKind::Egress]),
        late in prop_oneof![3 => Just(0), 1 => 0..7_200_000_i64],
        first in 0..400_u64,
        customers in prop_oneof![4 => 0..40_u64, 1 => 300..2_500_u64],
        rows in prop::option::weighted(0.8, 0..3_000_u64),
        flags in select(vec![0, Flags::BULK_OPERATION.0, Flags::PAGED.0, Flags::HIDDEN.0, Flags::NAMELESS.0]),
        canary in prop::bool::weighted(0.03),
    ) -> Deed {
        Deed { person, place, kind, late: Millis::new(late), first, customers, rows, flags, canary }
    }
}

pub(super) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let seconds = |range: std::ops::Range<i64>| range.prop_map(|seconds| Millis::new(seconds * 1_000));
    let ahead = prop_oneof![6 => seconds(0..120), 3 => seconds(120..5_400), 1 => seconds(5_400..400_000)];
    let step = prop_oneof![5 => deed().prop_map(Step::Event), 1 => Just(Step::Tick)];
    let one = (ahead, step, prop::bool::weighted(0.15));
    prop::collection::vec(one.prop_map(|(ahead, step, restart)| Move { ahead, step, restart }), 1..60)
}

/// Two accounts of one team read many customers and send them to one place: there are incidents to carry over.
pub(super) fn leak() -> Vec<Move> {
    let deed = |person, kind| Deed {
        person,
        place: 0,
        kind,
        late: Millis::new(0),
        first: 0,
        customers: 1_500,
        rows: Some(1_500),
        flags: 0,
        canary: false,
    };
    let deeds = [(0, EventKind::Query), (1, EventKind::Query), (0, EventKind::Egress), (1, EventKind::Egress)];
    let one =
        |(person, kind)| Move { ahead: Millis::from_mins(1), step: Step::Event(deed(person, kind)), restart: false };
    deeds.map(one).to_vec()
}

/// One partition, which also reads what it writes for itself.
pub(super) struct Log {
    pub detector: Detector,
    next: Position,
    now: EventTime,
}

impl Log {
    pub fn new() -> Self {
        let mut log = Self { detector: Detector::new(settings()), next: Position::default(), now: BEGIN };
        let kinds = vec![KindFigures { kind: "phone".into(), count: 9_000, false_positive_rate: 0.000_1 }];
        let filter = FilterFigures { built_at: Some(BEGIN), kinds };
        log.settled(&Record::Control(Control::Rules { version: "", yaml: vec![SHIPPED.yaml] }));
        log.settled(&Record::Control(Control::Filter(filter)));
        log
    }

    pub fn make(&mut self, step: &Step, ahead: Millis) -> Vec<Output> {
        self.now = self.now.plus(ahead);
        match step {
            Step::Event(deed) => self.event(deed),
            Step::Tick => self.settled(&Record::Tick(Tick { time: self.now })),
        }
    }

    fn event(&mut self, deed: &Deed) -> Vec<Output> {
        let (actor, role, team, actor_kind, left) = PEOPLE[deed.person];
        let (destination, domain, class) = PLACES[deed.place];
        let sends = deed.kind == EventKind::Egress;
        let tags: Vec<u8> = (deed.first..deed.first + deed.customers).flat_map(|n| mixed(n).to_le_bytes()).collect();
        let members = vec![0xff; tags.len().div_ceil(64)];
        let canaries: &[u8] = if deed.canary { &[1] } else { &[] };
        let named = u32::try_from(deed.customers).expect("small");
        self.settled(&Record::Activity(Activity {
            origin: Origin { offset: self.next.offset.0, ..Origin::default() },
            time: self.now.minus(deed.late),
            received: self.now,
            kind: deed.kind,
            flags: Flags(deed.flags).with(Flags::CUSTOMER_OBJECT, !sends).with(Flags::LISTED, role != "unknown"),
            actor,
            actor_kind,
            role,
            team,
            left_at: left.then_some(BEGIN.minus(Millis::from_days(10))),
            client_ip: Some("10.20.1.5"),
            objects: if sends { smallvec![] } else { smallvec!["customers"] },
            rows: deed.rows.filter(|_| !sends).map(Rows),
            bytes: Some(ByteCount(deed.customers * 100)),
            destination: sends.then_some(destination),
            domain: sends.then_some(domain),
            class,
            named,
            named_customers: named,
            tags: smallvec![TagList { kind: "phone", tags: &tags, members: &members, canaries }],
            ..Activity::default()
        }))
    }

    /// Applies a record, and then what was made of it.
    pub fn settled(&mut self, record: &Record<'_>) -> Vec<Output> {
        let mut all = Vec::new();
        self.apply(record, &mut all);
        let mut seen = 0;
        while let Some(output) = all.get(seen).cloned() {
            seen += 1;
            if let Output::Record { record, .. } = output {
                self.apply(&codec::decode(&record).expect("a record"), &mut all);
            }
        }
        all
    }

    fn apply(&mut self, record: &Record<'_>, out: &mut Vec<Output>) {
        self.detector.apply(self.next, record, out);
        self.next.offset.0 += 1;
    }

    fn restart(&mut self) {
        let state = self.detector.snapshot();
        self.detector = Detector::restore(settings(), &state).expect("a snapshot");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_detector_that_is_cut_anywhere_says_and_keeps_the_same(moves in moves()) {
        let (mut whole, mut broken) = (Log::new(), Log::new());
        let (mut incidents, mut records) = (0, 0);
        for Move { ahead, step, restart } in leak().into_iter().chain(moves) {
            let (said, again) = (whole.make(&step, ahead), broken.make(&step, ahead));
            prop_assert!(said == again, "said otherwise after {:?}", step);
            incidents += said.iter().filter(|output| matches!(output, Output::Incident(_))).count();
            records += said.iter().filter(|output| matches!(output, Output::Record { .. })).count();
            if restart {
                broken.restart();
                prop_assert!(whole.detector.snapshot() == broken.detector.snapshot(), "another state after {:?}", step);
            }
        }
        broken.restart();
        prop_assert!(whole.detector.snapshot() == broken.detector.snapshot(), "another state at the end");
        prop_assert_eq!(whole.detector.stats(), broken.detector.stats());
        prop_assert!(incidents > 0 && records > 0, "{} incidents, {} records", incidents, records);
    }
}

proptest! {
    /// Open incidents are kept as JSON inside a snapshot; this needs `float_roundtrip` of `serde_json`.
    #[test]
    fn a_figure_comes_back_to_the_last_bit(figure in 0.0..1e9_f64) {
        let text = serde_json::to_string(&figure).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<f64>(&text).expect("a number").to_bits(), figure.to_bits());
    }
}

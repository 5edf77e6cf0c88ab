//! What one identifier costs: normal form, tag, filter; masking a name; searching content. In processor time.

#[path = "support/cpu_time.rs"]
mod cpu_time;

use cpu_time::CpuTime;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use leakwatch::core::filter::{FalsePositiveRate, FilterSet, Manifest};
use leakwatch::core::identifiers::extract::extract_bytes;
use leakwatch::core::identifiers::{IdentifierKind, Region, TagKey, Tagger, mask, normalise};
use leakwatch::core::time::EventTime;
use leakwatch::core::units::Tag;
use std::convert::Infallible;
use std::hint::black_box;

const CUSTOMERS: u64 = 900_000;
const VALUES: usize = 1_000;

fn phones() -> impl Iterator<Item = String> {
    (0..CUSTOMERS).map(|at| format!("13{:09}", at * 1_009 % 1_000_000_000))
}

fn filters(tagger: &Tagger, key: &TagKey) -> FilterSet {
    let mut normal = String::new();
    let tags = phones().map(|phone| {
        normalise(&IdentifierKind::Phone, &phone, Region::CN, &mut normal);
        tagger.tag("phone", &normal).0
    });
    let mut manifest = Manifest::new(EventTime::MIN, Region::CN, &key.fingerprint());
    let files = manifest.add_kind("phone", Some(tags.collect()), None, FalsePositiveRate::DEFAULT).expect("builds");
    FilterSet::open(manifest, &key.fingerprint(), |_| Ok::<_, Infallible>(files[0].1.clone())).expect("opens")
}

/// `VALUES` values of each shape that sources write.
fn values() -> Vec<(&'static str, IdentifierKind, Vec<String>)> {
    let phones: Vec<_> = phones().step_by(usize::try_from(CUSTOMERS).expect("fits") / VALUES).take(VALUES).collect();
    let shaped = |shape: fn(&String) -> String| phones.iter().map(shape).collect::<Vec<_>>();
    vec![
        ("phone/plain", IdentifierKind::Phone, phones.clone()),
        ("phone/e164", IdentifierKind::Phone, shaped(|phone| format!("+86{phone}"))),
        ("phone/spaced", IdentifierKind::Phone, shaped(|p| format!("+86 {}-{}-{}", &p[..3], &p[3..7], &p[7..]))),
        ("phone/full-width", IdentifierKind::Phone, shaped(|p| p.replace('1', "１").replace('3', "３"))),
        ("phone/by plan", IdentifierKind::Phone, shaped(|phone| format!("0755-2{}", &phone[4..]))),
        ("email/plain", IdentifierKind::Email, shaped(|phone| format!("user.{phone}@mail.example.cn"))),
        ("email/named", IdentifierKind::Email, shaped(|phone| format!("Li Si <User.{phone}@Mail.Example.CN>"))),
        ("national_id", IdentifierKind::NationalId, shaped(|phone| format!("1101051949{}", &phone[3..]))),
        ("card", IdentifierKind::Card, shaped(|phone| format!("6222 02{} {}", &phone[..2], &phone[3..]))),
        ("customer_id", IdentifierKind::CustomerId, shaped(|phone| format!("C-{phone}"))),
    ]
}

fn identifiers(criterion: &mut Criterion<CpuTime>) {
    let key = TagKey::new([7; 16]);
    let tagger = Tagger::new(&key);
    let filters = filters(&tagger, &key);
    let mut group = criterion.benchmark_group("normalise + tag + filter");
    group.throughput(Throughput::Elements(VALUES as u64));
    let mut normal = String::new();
    for (name, kind, values) in values() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let members = values.iter().filter(|value| {
                    normalise(&kind, value, Region::CN, &mut normal);
                    let tag = tagger.tag(kind.name(), &normal);
                    matches!(filters.check("phone", tag), leakwatch::core::filter::Membership::Member)
                });
                black_box(members.count())
            });
        });
    }
    group.finish();
}

fn filter(criterion: &mut Criterion<CpuTime>) {
    let key = TagKey::new([7; 16]);
    let tagger = Tagger::new(&key);
    let filters = filters(&tagger, &key);
    let mut group = criterion.benchmark_group("filter of 900,000");
    let members: Vec<Tag> = phones().map(|phone| tagger.tag("phone", &format!("+86{phone}"))).collect();
    let mut at = 0;
    group.bench_function("member", |bencher| {
        bencher.iter(|| {
            at = (at + 7_919) % members.len();
            black_box(filters.check("phone", members[at]))
        });
    });
    let mut tag = Tag(1);
    group.bench_function("stranger", |bencher| {
        bencher.iter(|| {
            tag = Tag(tag.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
            black_box(filters.check("phone", tag))
        });
    });
    group.finish();
}

fn names(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("mask");
    for (name, text) in [
        ("table", "crm.customer_orders"),
        ("host", "x1.drop.example"),
        ("dated file", "backup-20120501-120000.tar.gz"),
        ("phone in a file", "export_13800138000.csv"),
        ("mailbox", "zhang.san@qq.com"),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| text, |text| black_box(mask(text).len()), BatchSize::SmallInput);
        });
    }
    group.finish();
}

/// About a mebibyte of each kind of content.
fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let prose = "Dear colleagues, the figures for May are in the usual folder; orders rose by 12.5 % to 1,204 a day. ";
    let chinese = "各位同事，五月份的数据已经放在老地方，订单量比上个月增长了12.5%，请大家查看。";
    let source = "    let total: u64 = rows.iter().map(|row| row.bytes).sum();\n    if total > LIMIT { return Err(Error::Full); }\n";
    let row = |phone: String| format!("Li Si,{phone},u{phone}@mail.example.cn,2012-05-01\n");
    let rows = phones().take(20_000).map(row).collect::<Vec<_>>().concat();
    let number = |at: u64| format!("{} {}.{} ", at * 7_919, at % 97, at * 31);
    let numbers = (0..70_000).map(number).collect::<Vec<_>>().concat();
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &rows.as_bytes()[..700_000]);
    vec![
        ("prose", prose.repeat(10_000).into_bytes()),
        ("chinese prose", chinese.repeat(9_000).into_bytes()),
        ("source code", source.repeat(9_000).into_bytes()),
        ("customer table", rows.into_bytes()),
        ("table of numbers", numbers.into_bytes()),
        ("base64 of a customer table", encoded.into_bytes()),
    ]
}

fn extractor(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("extract");
    for (name, content) in contents() {
        group.throughput(Throughput::Bytes(content.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                extract_bytes(&content, Region::CN, &mut |hit| {
                    black_box(hit.text.len());
                })
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime).sample_size(30);
    targets = identifiers, filter, names, extractor
}
criterion_main!(benches);

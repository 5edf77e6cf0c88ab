//! What decoding one record costs.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use leakwatch::core::decode::{ContentHasher, DecodeLimits, Decoder, FieldMap};
use std::hint::black_box;

/// A query of an application: 351 bytes.
const QUERY: &str = r#"{"type":"query","id":"q-000184467","time":"2012-05-01T10:00:00.123+08:00","actor":"CORP\\u0042","session":"s-7719","client_ip":"10.20.1.5","app":"crm-web","database":"shop","objects":["customer"],"operation":"select","rows":20,"bytes":4096,"identifiers":{"phone":["13800138000","13900139000"],"email":["li.wei@example.cn"],"customer_id":["C0012345"]}}"#;
/// A mail with an attachment: 403 bytes.
const EGRESS: &str = r#"{"type":"egress","id":"e-000184467","time":1335837600123,"actor":"emp0042","client_ip":"10.20.1.5","channel":"email","destination":"someone@share.example","bytes":18432,"identifiers":{"phone":["13800138000","13900139000","13700137000"]},"content":"Dear Li Wei, your order 12345 has shipped; call 13800138000 with questions.","files":[{"name":"list.xlsx","size":18000,"type":"application/vnd.ms-excel"}]}"#;
/// A proxy's line: 330 bytes.
const PROXY: &str = r#"{"ts":1335837600.123,"user":{"name":"emp0042","dept":"cs-2"},"src":{"ip":"10.20.1.5","port":52011},"dst":{"ip":"203.0.113.9","port":443},"http":{"host":"files.share.example","method":"POST","path":"/upload","status":200,"user_agent":"Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/536.5"},"resp":{"sent":"18432","received":"512"}}"#;
const PROXY_MAP: &str = "{time: {path: ts, unit: s}, actor: {path: user.name, or: src.ip}, client_ip: src.ip, \
                         destination: http.host, bytes: {path: resp.sent, string: true}, type: {const: egress}}";

fn decode(criterion: &mut Criterion) {
    let map: FieldMap = serde_saphyr::from_str(PROXY_MAP).expect("a map");
    let mapped = Decoder::Mapped(Box::new(map));
    let limits = DecodeLimits::default();
    let mut group = criterion.benchmark_group("decode");
    for (name, decoder, record) in
        [("query", &Decoder::Native, QUERY), ("egress", &Decoder::Native, EGRESS), ("proxy", &mapped, PROXY)]
    {
        group.throughput(Throughput::Elements(1));
        group.bench_with_input(BenchmarkId::from_parameter(name), record, |bencher, record| {
            bencher.iter(|| {
                decoder.decode(black_box(record.as_bytes()), None, &limits, &mut |_, event| {
                    black_box(event.expect("a good record"));
                });
            });
        });
    }
    group.finish();
}

fn content_hash(criterion: &mut Criterion) {
    let hasher = ContentHasher::new(b"0123456789abcdef");
    Decoder::Native.decode(QUERY.as_bytes(), None, &DecodeLimits::default(), &mut |_, event| {
        let event = event.expect("a good record");
        criterion.bench_function("content_hash/query", |bencher| bencher.iter(|| hasher.hash(black_box(&event))));
    });
}

criterion_group!(benches, decode, content_hash);
criterion_main!(benches);

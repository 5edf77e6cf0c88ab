use super::*;
use proptest::prelude::*;
use std::io::Write;

const PHONE: &str = "13800138000";

fn hits(content: &[u8]) -> Vec<(Searched, String, bool)> {
    let mut hits = Vec::new();
    extract_bytes(content, Region::CN, &mut |hit| hits.push((hit.what, hit.text.to_owned(), hit.hidden)));
    hits
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    STANDARD.encode(bytes).into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("is written");
    encoder.finish().expect("ends")
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("is written");
    encoder.finish().expect("ends")
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("is written");
    encoder.finish().expect("ends")
}

/// An archive of two entries; `streamed` leaves the lengths to a record after the data.
fn zip(bytes: &[u8], method: u16, streamed: bool) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, content) in [("readme.txt", &b"nothing here"[..]), ("customers.csv", bytes)] {
        let data = if method == 8 { deflate(content) } else { content.to_vec() };
        let length = if streamed { 0 } else { u32::try_from(data.len()).expect("is short") };
        archive.extend_from_slice(b"PK\x03\x04\x14\0");
        archive.extend_from_slice(&(u16::from(streamed) << 3).to_le_bytes());
        archive.extend_from_slice(&method.to_le_bytes());
        archive.extend_from_slice(&[0; 8]);
        archive.extend_from_slice(&length.to_le_bytes());
        archive.extend_from_slice(&length.to_le_bytes());
        archive.extend_from_slice(&u16::try_from(name.len()).expect("is short").to_le_bytes());
        archive.extend_from_slice(&[0; 2]);
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(&data);
        if streamed {
            archive.extend_from_slice(b"PK\x07\x08............");
        }
    }
    archive.extend_from_slice(b"PK\x01\x02");
    archive
}

fn table() -> String {
    format!("name,phone\n张三,{PHONE}\n")
}

fn finds(content: &[u8], hidden: bool) -> bool {
    hits(content).contains(&(Searched::Phone, PHONE.to_owned(), hidden))
}

#[test]
fn plain_text_hides_nothing() {
    assert_eq!(hits(table().as_bytes()), [(Searched::Phone, PHONE.to_owned(), false)]);
    let mut found = Vec::new();
    extract_base64(&STANDARD.encode(table()), Region::CN, &mut |hit| found.push(hit.hidden));
    assert_eq!(found, [false]);
}

#[test]
fn every_layer_is_opened() {
    let table = table();
    let plain = table.as_bytes();
    for (name, content) in [
        ("base64", base64(plain)),
        ("base64 in text", [b"see x/", &base64(plain)[..], b" for more"].concat()),
        ("base64 after another letter", [b"data:a", &base64(plain)[..]].concat()),
        ("short base64", base64(PHONE.as_bytes())),
        ("gzip", gzip(plain)),
        ("zlib", zlib(plain)),
        ("deflate", deflate(plain)),
        ("zip", zip(plain, 8, false)),
        ("streamed zip", zip(plain, 8, true)),
        ("stored zip", zip(plain, 0, false)),
        ("zip in a form", [b"--x\r\n\r\n", &zip(plain, 8, false)[..], b"\r\n--x--"].concat()),
        ("base64 of gzip", base64(&gzip(plain))),
        ("base64 of zip", base64(&zip(plain, 8, false))),
        ("gzip of base64", gzip(&base64(plain))),
        ("gzip of zip of base64", gzip(&zip(&base64(plain), 8, false))),
        ("base64 of base64 of base64", base64(&base64(&base64(plain)))),
    ] {
        assert!(finds(&content, true), "{name}");
    }
    let url_safe = URL_SAFE.encode("?>?>?>ÿÿÿ 13800138000 ~~~");
    assert!(finds(url_safe.as_bytes(), true));
}

#[test]
fn wrapped_base64_is_one_run() {
    let encoded = base64(table().repeat(20).as_bytes());
    let wrapped: Vec<u8> = encoded.chunks(76).collect::<Vec<_>>().join(&b"\r\n"[..]);
    assert_eq!(hits(&wrapped).iter().filter(|hit| hit.1 == PHONE).count(), 20);
}

#[test]
fn a_cut_sample_is_read_as_far_as_it_goes() {
    let rows = (0..2_000).map(|row| format!("{row},{PHONE},{}\n", row * 7_919)).collect::<Vec<_>>().concat();
    for packed in [gzip(rows.as_bytes()), zlib(rows.as_bytes()), zip(rows.as_bytes(), 8, false)] {
        assert!(finds(&packed[..packed.len() / 2], true));
    }
}

#[test]
fn the_fourth_layer_stays_closed() {
    let four = gzip(&gzip(&gzip(&gzip(table().as_bytes()))));
    assert!(!finds(&four, true));
    assert!(finds(&gzip(&gzip(&gzip(table().as_bytes()))), true));
}

#[test]
fn a_bomb_is_cut() {
    let bomb = gzip(&vec![b'1'; 4 * MAX_UNPACKED_BYTES]);
    let mut count = 0;
    assert!(extract_bytes(&bomb, Region::CN, &mut |_| count += 1).cut);
    let many = "13800138000\n".repeat(MAX_HITS + 1);
    let done = extract(&many, Region::CN, &mut |_| {});
    assert_eq!(done, Extracted { hits: MAX_HITS, cut: true });
    let nested = "MTM4MDAxMzgwMDA= ".repeat(MAX_LAYERS + 1);
    assert!(extract(&nested, Region::CN, &mut |_| {}).cut);
}

#[test]
fn other_encodings_are_read() {
    let utf16: Vec<u8> = table().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(finds(&[&[0xFF, 0xFE], &utf16[..]].concat(), false));
    assert!(finds(b"\xD5\xC5\xC8\xFD,13800138000\n", false));
    assert!(finds(b"\x00\x01\x02\x03 13800138000 \x04\x05", false));
}

#[test]
fn a_hit_is_never_printed() {
    let hit = Hit { what: Searched::Phone, text: PHONE, hidden: false };
    assert!(!format!("{hit:?}").contains(PHONE));
}

proptest! {
    #[test]
    fn any_bytes_are_searched(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        hits(&bytes);
        hits(&[&b"PK\x03\x04"[..], &bytes].concat());
        hits(&[&[0x1F, 0x8B, 8][..], &bytes].concat());
        hits(&[&[0x78, 0x9C][..], &bytes].concat());
    }

    #[test]
    fn any_text_is_searched(text in any::<String>()) {
        extract(&text, Region::CN, &mut |_| {});
        extract_base64(&text, Region::CN, &mut |_| {});
    }

    #[test]
    fn layers_in_any_order_are_opened(order in prop::collection::vec(0..5_usize, 0..=3)) {
        let mut content = table().into_bytes();
        for layer in &order {
            content = match layer {
                0 => base64(&content),
                1 => gzip(&content),
                2 => zlib(&content),
                3 => zip(&content, 8, false),
                _ => zip(&content, 0, false),
            };
        }
        prop_assert!(finds(&content, !order.is_empty()));
    }
}

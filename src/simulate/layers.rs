//! Encodings that hide a text from a plain search.

use super::step::Layer;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flate2::{Compression, GzBuilder};
use std::io::Write;

/// Wraps `text` in `layers`, the first innermost.
pub fn wrap(text: &str, layers: &[Layer]) -> Vec<u8> {
    layers.iter().fold(text.as_bytes().to_vec(), |inner, layer| match layer {
        Layer::Gzip => gzip(&inner),
        Layer::Zlib => zlib(&inner),
        Layer::Zip => zip("export.csv", &inner),
        Layer::Base64 => STANDARD.encode(&inner).into_bytes(),
        Layer::FullWidth => full_width(&inner),
    })
}

/// UTF-8 with every ASCII digit moved to U+FF10 and the nine after it; other bytes stay.
fn full_width(inner: &[u8]) -> Vec<u8> {
    let wide = |byte: &u8| match byte {
        b'0'..=b'9' => vec![0xef, 0xbc, 0x90 + (byte - b'0')],
        _ => vec![*byte],
    };
    inner.iter().flat_map(wide).collect()
}

fn gzip(inner: &[u8]) -> Vec<u8> {
    let mut encoder: GzEncoder<Vec<u8>> = GzBuilder::new().mtime(0).write(Vec::new(), Compression::fast());
    encoder.write_all(inner).and_then(|()| encoder.finish()).expect("writing to memory succeeds")
}

fn zlib(inner: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(inner).and_then(|()| encoder.finish()).expect("writing to memory succeeds")
}

fn deflate(inner: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(inner).and_then(|()| encoder.finish()).expect("writing to memory succeeds")
}

/// A ZIP archive (PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16) of one deflated file of under 4 GiB.
fn zip(name: &str, inner: &[u8]) -> Vec<u8> {
    let packed = deflate(inner);
    let entry = entry_fields(inner, packed.len(), name.len());
    let mut archive = [b"PK\x03\x04".as_slice(), &entry, name.as_bytes(), &packed].concat();
    let directory_at = archive.len();
    let made_by = 20_u16.to_le_bytes();
    archive.extend([b"PK\x01\x02".as_slice(), &made_by, &entry, &[0; 14], name.as_bytes()].concat());
    let directory_len = (archive.len() - directory_at) as u32;
    archive.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    archive.extend(directory_len.to_le_bytes());
    archive.extend((directory_at as u32).to_le_bytes());
    archive.extend([0, 0]);
    archive
}

/// What the local header and the central directory have in common: version, flags, method 8, time, sum and sizes.
fn entry_fields(inner: &[u8], packed: usize, name: usize) -> [u8; 26] {
    let mut fields = [0; 26];
    fields[0] = 20;
    fields[4] = 8;
    fields[8] = 0x21;
    fields[10..14].copy_from_slice(&crc32fast::hash(inner).to_le_bytes());
    fields[14..18].copy_from_slice(&(packed as u32).to_le_bytes());
    fields[18..22].copy_from_slice(&(inner.len() as u32).to_le_bytes());
    fields[22..24].copy_from_slice(&(name as u16).to_le_bytes());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn layers_come_off_in_reverse_order() {
        let wrapped = wrap("13800138000", &[Layer::Zlib, Layer::Base64, Layer::Gzip]);
        let mut base64 = Vec::new();
        flate2::read::GzDecoder::new(wrapped.as_slice()).read_to_end(&mut base64).expect("gzip");
        let zlib = STANDARD.decode(base64).expect("base64");
        let mut text = String::new();
        flate2::read::ZlibDecoder::new(zlib.as_slice()).read_to_string(&mut text).expect("zlib");
        assert_eq!(text, "13800138000");
    }

    #[test]
    fn digits_become_full_width_and_letters_stay() {
        let wrapped = wrap("a1,90", &[Layer::FullWidth]);
        assert_eq!(String::from_utf8(wrapped).as_deref(), Ok("a１,９０"));
    }

    #[test]
    fn a_zip_archive_has_its_parts_where_its_end_says() {
        let archive = zip("export.csv", b"13800138000 13800138000 13800138000");
        let end = &archive[archive.len() - 22..];
        let number = |at: usize| u32::from_le_bytes(end[at..at + 4].try_into().expect("four bytes")) as usize;
        let (length, directory_at) = (number(12), number(16));
        assert_eq!((&end[..4], directory_at + length), (&b"PK\x05\x06"[..], archive.len() - 22));
        assert_eq!(&archive[directory_at..directory_at + 4], b"PK\x01\x02");
        let mut text = String::new();
        let packed = &archive[30 + "export.csv".len()..directory_at];
        flate2::read::DeflateDecoder::new(packed).read_to_string(&mut text).expect("deflate");
        assert_eq!(text, "13800138000 13800138000 13800138000");
    }
}

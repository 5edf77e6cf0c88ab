use super::*;
use std::io::Write;

const TEXT: &str = "name,Phone,email\n\"a,\nb\",13800138000,a@b.cn\nc,,d@e.cn\n";

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("is written");
    file
}

fn values(bytes: &[u8]) -> Result<Vec<(usize, String, u64)>, String> {
    let file = file(bytes);
    let csv = CustomerCsv::open(file.path(), |raw| raw).map_err(|error| error.to_string())?;
    let mut values = Vec::new();
    csv.read(|place, value, line| values.push((place, String::from_utf8_lossy(value).into_owned(), line)))
        .map_err(|error| error.to_string())?;
    Ok(values)
}

#[test]
fn kinds_are_read_and_other_columns_named() {
    let file = file(TEXT.as_bytes());
    let csv = CustomerCsv::open(file.path(), |raw| raw).expect("opens");
    assert_eq!(csv.columns.iter().map(|column| column.kind.name()).collect::<Vec<_>>(), ["phone", "email"]);
    assert_eq!(csv.ignored, ["name"]);
    assert_eq!(csv.read(|_, _, _| {}).expect("is read"), 2);
}

#[test]
fn compressed_files_are_the_same() {
    let plain = values(TEXT.as_bytes()).expect("is read");
    assert_eq!(plain[0], (0, "13800138000".to_owned(), 2));
    assert_eq!(plain[3], (1, "d@e.cn".to_owned(), 4));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(TEXT.as_bytes()).expect("is written");
    assert_eq!(values(&gzip.finish().expect("ends")).as_ref(), Ok(&plain));
    assert_eq!(values(&zstd::encode_all(TEXT.as_bytes(), 1).expect("is compressed")), Ok(plain.clone()));
    assert_eq!(
        values(format!("\u{FEFF}{TEXT}").replace("name,", "").replace("\"a,\nb\",", "").replace("c,", "").as_bytes())
            .expect("is read")
            .len(),
        plain.len()
    );
}

#[test]
fn errors_have_a_line_and_no_value() {
    let message = values(b"phone,email\n1,a@b.cn\n13800138000\n").expect_err("is refused");
    assert!(message.ends_with(":3: 1 fields, expected 2 as in the header"), "{message}");
    let message = values(b"13800138000,a@b.cn\n").expect_err("is refused");
    assert!(message.contains(":1: none of the 2 columns is a kind") && !message.contains("138"), "{message}");
    let endless = format!("phone\n1\n\"{}", "2".repeat(20 << 20));
    let message = values(endless.as_bytes()).expect_err("is refused");
    assert!(message.contains(":3: a row of more than 16777216 bytes"), "{message}");
    assert!(values(b"").is_err());
    assert!(CustomerCsv::open(Path::new("/nowhere/customers.csv"), |raw| raw).is_err());
}

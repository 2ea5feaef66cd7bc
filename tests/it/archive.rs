//! What is recorded can be read back, also after a kill; what is no recorded page is named by file and line.

use std::fs;
use std::io::{BufReader, Cursor, Read, Write};
use std::path::Path;

use bytes::Bytes;
use proptest::prelude::*;
use viralmine::archive::{
    ArchiveError, RawArchive, RecordedError, RecordedPage, RecordedPages, RecordedResponse, open_input, segments,
};
use viralmine::model::{Answer, Endpoint, Recorder};

const CREATOR: &str = "MS4wLjABAAAA8fKxxxxxxx";
const START: i64 = 1_750_377_600_000;

fn answer(number: i64, body: impl Into<Bytes>) -> Answer {
    Answer {
        endpoint: Endpoint::List,
        subject: CREATOR.to_owned(),
        max_cursor: Some(number.to_string()),
        walk: Some(START - 5),
        region: Some("US".to_owned()),
        page_size: Some(35),
        fetched_at: START + number,
        key: 1,
        status: 200,
        body: body.into(),
    }
}

async fn record(folder: &Path, bodies: &[Vec<u8>]) {
    let archive = RawArchive::create(folder, "./data", "viralmine").unwrap();
    for (number, body) in (0..).zip(bodies) {
        archive.record(&answer(number, body.clone())).await.unwrap();
    }
}

fn pages(path: &Path) -> Vec<RecordedPage> {
    RecordedPages::open(path).unwrap().map(Result::unwrap).collect()
}

fn pages_of(bytes: Vec<u8>) -> RecordedPages {
    RecordedPages::new(Box::new(BufReader::new(Cursor::new(bytes))), "pages".to_owned())
}

fn text_of(path: &Path) -> String {
    let mut text = String::new();
    open_input(Some(path)).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn a_record_carries_all_of_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), &[b"{\"code\": 0,\n\"id\":7528963259874125698}".to_vec(), b"<html>".to_vec()]).await;
    let files = segments(folder.path()).unwrap();
    assert!(files[0].ends_with("archive/20250620-1750377600000-1.ndjson.zst"), "{files:?}");
    let pages = pages(&files[0]);
    let first = &pages[0];
    assert_eq!((first.line, first.endpoint, first.status), (1, Endpoint::List, Some(200)));
    assert_eq!((first.sec_user_id.as_deref(), first.max_cursor.as_deref()), (Some(CREATOR), Some("0")));
    assert_eq!((first.walk, first.fetched_at, first.key), (Some(START - 5), Some(START), Some(1)));
    assert_eq!((first.region.as_deref(), first.page_size), (Some("US"), Some(35)));
    assert_eq!((first.store.as_deref(), first.index_prefix.as_deref()), (Some("./data"), Some("viralmine")));
    assert_eq!(first.response.text(), "{\"code\": 0, \"id\":7528963259874125698}");
    assert!(matches!(&pages[1].response, RecordedResponse::Text(text) if text == "<html>"));
    assert_eq!(text_of(&files[0]).lines().count(), 2);
}

#[tokio::test]
async fn an_acknowledged_record_can_be_read_while_the_segment_is_open_as_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let archive = RawArchive::create(folder.path(), "s", "p").unwrap();
    assert!(segments(folder.path()).unwrap().is_empty(), "no file before the first record");
    for number in 0..20 {
        archive.record(&answer(number, format!("{{\"n\":{number}}}"))).await.unwrap();
        let mut read = RecordedPages::open(&segments(folder.path()).unwrap()[0]).unwrap();
        let numbers: Vec<_> = read.by_ref().map(|page| page.unwrap().response.text().to_owned()).collect();
        assert_eq!(numbers, (0..=number).map(|known| format!("{{\"n\":{known}}}")).collect::<Vec<_>>());
        assert!(read.is_cut());
    }
    let next = RawArchive::create(folder.path(), "s", "p").unwrap();
    next.record(&answer(0, "{}")).await.unwrap();
    drop((archive, next));
    let files = segments(folder.path()).unwrap();
    assert_eq!(files.iter().map(|file| pages(file).len()).collect::<Vec<_>>(), [20, 1]);
}

#[tokio::test]
async fn a_segment_cut_anywhere_gives_its_first_records_whole() {
    let folder = tempfile::tempdir().unwrap();
    let bodies: Vec<_> =
        (0..12).map(|number| format!("{{\"n\":{number},\"x\":\"{number:0>90}\"}}").into_bytes()).collect();
    record(folder.path(), &bodies).await;
    let whole = fs::read(&segments(folder.path()).unwrap()[0]).unwrap();
    let cut_file = folder.path().join("cut.ndjson.zst");
    let mut counts = Vec::new();
    for length in 4..whole.len() {
        fs::write(&cut_file, &whole[..length]).unwrap();
        let mut read = RecordedPages::open(&cut_file).unwrap();
        let texts: Vec<_> = read.by_ref().map(|page| page.unwrap().response.text().as_bytes().to_vec()).collect();
        assert_eq!(texts, bodies[..texts.len()], "cut at {length}");
        assert!(read.is_cut(), "cut at {length}");
        counts.push(texts.len());
    }
    assert!(counts.is_sorted() && counts.first() == Some(&0) && counts.last() == Some(&12), "{counts:?}");
}

#[tokio::test]
async fn each_day_has_its_segments() {
    let folder = tempfile::tempdir().unwrap();
    let archive = RawArchive::create(folder.path(), "s", "p").unwrap();
    for hour in [0, 23, 24, 22, 50] {
        archive.record(&answer(hour * 3_600_000, "{}")).await.unwrap();
    }
    drop(archive);
    let counts: Vec<_> = segments(folder.path()).unwrap().iter().map(|file| pages(file).len()).collect();
    assert_eq!(counts, [2, 2, 1]);
}

#[test]
fn an_archive_that_cannot_be_written_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("archive"), "in the way").unwrap();
    let refusal = RawArchive::create(folder.path(), "s", "p").unwrap_err();
    assert!(matches!(refusal, ArchiveError::NotAFolder { .. }), "{refusal}");
}

#[tokio::test]
async fn a_lost_archive_folder_is_an_error_for_the_record_alone() {
    let folder = tempfile::tempdir().unwrap();
    let archive = RawArchive::create(folder.path(), "s", "p").unwrap();
    fs::remove_dir(folder.path().join("archive")).unwrap();
    let error = archive.record(&answer(0, "{}")).await.unwrap_err();
    assert!(error.to_string().contains("archive"), "{error}");
    fs::create_dir(folder.path().join("archive")).unwrap();
    archive.record(&answer(1, "{}")).await.unwrap();
    drop(archive);
    assert_eq!(pages(&segments(folder.path()).unwrap()[0]).len(), 1);
}

#[test]
fn pages_are_read_plain_gzipped_and_in_several_frames() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{{\"sec_user_id\":\"{CREATOR}\",\"max_cursor\":17,\"response\":{{\"code\":0}}}}\n\n");
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
    let files = [
        [line.as_bytes(), line.trim_end().as_bytes()].concat(),
        [gzip(&line), gzip(&line)].concat(),
        [zstd(&line), zstd(&line)].concat(),
    ];
    for (number, bytes) in files.iter().enumerate() {
        // The ending says nothing.
        let path = folder.path().join(format!("{number}.ndjson"));
        fs::write(&path, bytes).unwrap();
        let read = pages(&path);
        assert_eq!(read.iter().map(|page| page.line).collect::<Vec<_>>(), [1, 3]);
        assert_eq!((read[1].max_cursor.as_deref(), read[1].fetched_at), (Some("17"), None));
    }
    fs::write(folder.path().join("cut.gz"), &files[1][..files[1].len() / 2 - 9]).unwrap();
    assert!(RecordedPages::open(&folder.path().join("cut.gz")).unwrap().all(|page| page.is_ok()));
    fs::write(folder.path().join("empty.gz"), b"").unwrap();
    assert!(pages(&folder.path().join("empty.gz")).is_empty());
}

#[test]
fn a_broken_line_is_named_and_the_next_one_is_read() {
    let lines = [
        "{\"response\":",
        "[]",
        "{\"sec_user_id\":\"x\"}",
        "{\"format\":3,\"response\":{}}",
        "{\"max_cursor\":true,\"response\":{}}",
        "{\"endpoint\":\"feed\",\"response\":{}}",
        "{\"response\":null}",
        "{\"aweme_id\":\"1\",\"response\":{}}",
    ];
    let results: Vec<_> = pages_of(lines.join("\n").into_bytes()).collect();
    let is_read: Vec<_> = results.iter().map(Result::is_ok).collect();
    assert_eq!(is_read, [false, false, false, false, false, false, true, true]);
    assert!(results[3].as_ref().unwrap_err().to_string().starts_with("pages, line 4: no recorded page: format 3"));
    assert_eq!(results[7].as_ref().unwrap().endpoint, Endpoint::Detail);
    let missing = RecordedPages::open(Path::new("/nowhere/pages.ndjson")).err().unwrap();
    assert!(missing.to_string().contains("/nowhere/pages.ndjson"), "{missing}");
}

#[test]
fn damage_in_the_middle_ends_the_reading_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.zst");
    let frame = zstd::encode_all(&b"{\"response\":1}\n"[..], 1).unwrap();
    fs::write(&path, [&frame[..], &b"no frame at all"[..]].concat()).unwrap();
    let results: Vec<_> = RecordedPages::open(&path).unwrap().collect();
    assert!(results[0].is_ok());
    assert!(matches!(&results[1], Err(RecordedError::Read { line: 2, .. })), "{results:?}");
    assert_eq!(results.len(), 2);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, head in 0..4_usize) {
        let head: &[u8] = [&b""[..], &[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], b"{\"response\":"][head];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pages");
        fs::write(&path, [head, &bytes].concat()).unwrap();
        prop_assert!(RecordedPages::open(&path).unwrap().count() <= bytes.len() + 2);
    }

    #[test]
    fn any_body_is_read_back(
        bodies in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "\\PC{0,60}".prop_map(String::into_bytes),
            "[\\[\\]{}\":,0-9 \n\r]{0,12}".prop_map(String::into_bytes),
            "[^\u{0}]{0,40}".prop_map(|text| serde_json::to_vec_pretty(&serde_json::json!({"text": [text], "n": 1})).unwrap()),
        ], 1..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(record(folder.path(), &bodies));
        let read = pages(&segments(folder.path()).unwrap()[0]);
        prop_assert_eq!(read.len(), bodies.len());
        for (page, body) in read.iter().zip(&bodies) {
            let as_json = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).ok();
            match &page.response {
                RecordedResponse::Json(json) => prop_assert_eq!(as_json(json.get().as_bytes()), as_json(body)),
                RecordedResponse::Text(text) => prop_assert_eq!(text.as_str(), &*String::from_utf8_lossy(body)),
            }
        }
    }
}

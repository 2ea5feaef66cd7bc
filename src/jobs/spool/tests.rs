//! Everything that goes in comes out, once, under its id; nothing stays behind.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;

use super::*;

type Content = BTreeMap<String, Vec<(i64, u8, Vec<u8>)>>;

fn read_all(mut spool: FilledSpool) -> Content {
    let mut content = Content::new();
    while let Some(groups) = spool.next_groups(|group: &mut Vec<_>, entry| {
        group.push((entry.version, entry.kind, entry.bytes));
    }) {
        let groups = groups.unwrap();
        assert!(groups.is_sorted_by_key(|(id, _)| id.clone()));
        for (id, entries) in groups {
            assert!(content.insert(id, entries).is_none(), "an id is in one part only");
        }
    }
    content
}

fn left_in(data_folder: &Path) -> Vec<String> {
    let names = fs::read_dir(data_folder.join("spool")).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

proptest! {
    #[test]
    fn what_goes_in_comes_out_under_its_id_in_order(
        entries in prop::collection::vec(("[a-c]{0,2}|\\PC{0,5}", any::<i64>(), any::<u8>(), prop::collection::vec(any::<u8>(), 0..50)), 0..200),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(folder.path()).unwrap();
        let mut expected = Content::new();
        for (id, version, kind, bytes) in &entries {
            spool.add(id, *version, *kind, bytes).unwrap();
            expected.entry(id.clone()).or_default().push((*version, *kind, bytes.clone()));
        }
        prop_assert_eq!(spool.entries(), entries.len() as u64);
        prop_assert_eq!(read_all(spool.finish().unwrap()), expected);
        prop_assert_eq!(left_in(folder.path()), ["lock"]);
    }
}

#[test]
fn blocks_that_are_full_go_to_the_disk_and_none_is_mixed_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(folder.path()).unwrap();
    for round in 0..10 {
        for id in 0..500 {
            spool.add(&id.to_string(), round, 7, &[b'x'; 900]).unwrap();
        }
    }
    let content = read_all(spool.finish().unwrap());
    assert_eq!(content.len(), 500);
    let versions = |entries: &[(i64, u8, Vec<u8>)]| entries.iter().map(|entry| entry.0).collect::<Vec<_>>();
    assert!(content.values().all(|entries| versions(entries) == (0..10).collect::<Vec<_>>()));
}

#[test]
fn what_a_killed_process_left_goes_and_what_is_in_use_stays() {
    let folder = tempfile::tempdir().unwrap();
    let in_use = Spool::create(folder.path()).unwrap();
    let left = folder.path().join("spool/1-1");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("000"), "half an entry").unwrap();
    let other = Spool::create(folder.path()).unwrap();
    assert!(!left.exists() && in_use.folder.path().exists() && other.folder.path().exists());
    drop((in_use, other));
    assert_eq!(left_in(folder.path()), ["lock"]);
}

#[test]
fn a_disk_that_takes_no_more_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(folder.path()).unwrap();
    fs::remove_dir_all(spool.folder.path()).unwrap();
    let error = (0..100_000).find_map(|id| spool.add(&id.to_string(), 1, 0, &[0; 500]).err()).unwrap();
    assert!(matches!(&error, ArchiveError::Write { .. }), "{error}");
    assert!(error.to_string().contains("spool"), "{error}");
}

/// `cargo test --release ten_million -- --ignored --nocapture`, beside `ps -o rss`.
#[test]
#[ignore = "a measurement: ten million ids, a minute"]
fn ten_million_ids_fit() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(folder.path()).unwrap();
    let creator = [b'M'; 76];
    for id in 0..10_000_000_u64 {
        spool.add(&format!("75{id:017}"), 1_750_377_600_000, 0, &creator).unwrap();
    }
    let mut spool = spool.finish().unwrap();
    let (mut ids, mut largest) = (0, 0);
    while let Some(groups) = spool.next_groups(|group: &mut Vec<u8>, entry| *group = entry.bytes) {
        let groups = groups.unwrap();
        ids += groups.len();
        largest = largest.max(groups.len());
    }
    assert_eq!(ids, 10_000_000);
    assert!(largest < 64 << 20 >> 10, "at 1 KiB each, one part of the ids takes less than 64 MiB: {largest}");
}

#[test]
fn a_part_is_read_as_often_as_need_be() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(folder.path()).unwrap();
    for id in 0..300 {
        spool.add(&id.to_string(), 1, 0, b"x").unwrap();
    }
    let spool = spool.finish().unwrap();
    let read = || {
        let part = |part| spool.groups_of(part, |count: &mut u32, _| *count += 1).unwrap();
        (0..spool.parts()).flat_map(part).map(|(_, count)| count).sum::<u32>()
    };
    assert_eq!((read(), read()), (300, 300));
}

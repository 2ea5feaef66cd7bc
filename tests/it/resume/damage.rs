//! What becomes of a run whose archive is torn, damaged, lost or of a newer version: it ends the same, and asks for
//! what it cannot read.

use std::fs;
use std::path::Path;

use super::{archived_lines, assert_same_end, broken_off, rewrite_archive, unbroken};
use crate::support::place::Place;
use crate::support::run::{Run, quick, simulator};

/// Breaks a run off, spoils its archive, and runs again: pages from the archive, and requests beyond the unbroken
/// run's.
async fn after(spoil: impl FnOnce(&Place, &[String])) -> (u64, u64, u64) {
    let place = Place::embedded();
    let simulator = simulator(quick()).await;
    let (unbroken, requests) = unbroken(&simulator).await;
    let before = simulator.observed().total();
    broken_off(&place, &simulator, 2).await;
    let lines = archived_lines(&place);
    spoil(&place, &lines);
    let last = Run::new(&place, &simulator).run().await;
    assert!(last.fatal.is_none() && last.report.creators.done == 12, "{last:?}");
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
    let beyond = simulator.observed().total() - before - requests;
    (last.report.pages_from_archive, beyond, lines.len() as u64)
}

fn segments(place: &Place) -> Vec<std::path::PathBuf> {
    viralmine::archive::segments(&place.settings.data_dir).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_segment_is_used_up_to_its_last_whole_record() {
    let (whole, beyond, _) = after(|place, lines| drop(rewrite_archive(place, lines, true))).await;
    assert!(whole > 0);
    assert_eq!(beyond, 0);
    // As a kill leaves it that came while the last record was written.
    let (most, beyond, _) = after(|place, lines| drop(rewrite_archive(place, &lines[..lines.len() - 1], true))).await;
    assert!(most > 0 && beyond <= 1, "{most}, {beyond}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_cut_anywhere_costs_only_what_it_lost() {
    for part in 1..5 {
        let mut lost = 0;
        let (taken, beyond, lines) = after(|place, lines| {
            let segment = segments(place).remove(0);
            let bytes = fs::read(&segment).unwrap();
            fs::write(&segment, &bytes[..bytes.len() * part / 5]).unwrap();
            lost = (lines.len() - archived_lines_of_torn(&segment)) as u64;
        })
        .await;
        assert!(lost > 0 && beyond <= lost, "{beyond} requests for {lost} lost records");
        assert!(taken <= lines - lost);
    }
}

fn archived_lines_of_torn(segment: &Path) -> usize {
    viralmine::archive::RecordedPages::open(segment).unwrap().flatten().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_in_the_middle_is_passed_over() {
    let (_, beyond, lines) = after(|place, _| {
        let segment = segments(place).remove(0);
        let mut bytes = fs::read(&segment).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 40].fill(0xA5);
        fs::write(&segment, bytes).unwrap();
    })
    .await;
    assert!(beyond > 0 && beyond < lines, "{beyond} of {lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_cannot_be_read_breaks_only_its_own_chain() {
    let mut place_of_damage = 0;
    let (taken, beyond, _) = after(|place, lines| {
        let mut lines = lines.to_vec();
        place_of_damage = lines.len() - 1;
        lines[place_of_damage].truncate(200);
        rewrite_archive(place, &lines, false);
    })
    .await;
    assert!(taken > 0);
    assert!(beyond <= 1, "{beyond}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_a_newer_version_is_asked_for_again() {
    let (taken, beyond, _) = after(|place, lines| {
        let newer: Vec<String> =
            lines.iter().map(|line| line.replacen("{\"format\":2,", "{\"format\":3,", 1)).collect();
        rewrite_archive(place, &newer, false);
    })
    .await;
    assert!(taken == 0 && beyond > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_segments_do_not_disturb() {
    let (taken, beyond, _) = after(|place, _| {
        let archive = place.settings.data_dir.join("archive");
        fs::write(archive.join("20250620-1-1.ndjson.zst"), b"no archive at all\n").unwrap();
        fs::write(archive.join("20250620-2-1.ndjson.zst"), b"").unwrap();
        fs::create_dir(archive.join("20991231-4102358400000-1.ndjson.zst")).unwrap();
        fs::write(archive.join("notes.txt"), b"{}").unwrap();
    })
    .await;
    assert!(taken > 0);
    assert_eq!(beyond, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_archive_is_asked_for_again() {
    let (taken, beyond, _) =
        after(|place, _| fs::remove_dir_all(place.settings.data_dir.join("archive")).unwrap()).await;
    assert!(taken == 0 && beyond > 0);
}

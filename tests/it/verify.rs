//! The archive against the store: what is missing there, older or dead is found, with its place, and nothing else.

use std::fs;

use serde_json::json;
use viralmine::jobs::verify::EXAMPLES;
use viralmine::jobs::verify::report::{Gap, GapKind, IdsReport};

use crate::support::place::{Place, on_both_stores};
use crate::support::records::{CREATOR, detail_record, detailed, failed_record, id_of, list_record, post, write};
use crate::support::rerun::{Replaying, compare};
use crate::support::run::{Run, Trouble, quick, simulator};

on_both_stores!(
    a_finished_run_has_no_gap,
    what_is_missing_older_or_dead_is_found_with_its_place,
    a_merged_detail_is_no_gap,
    many_gaps_are_counted_and_the_first_are_shown,
);

async fn a_finished_run_has_no_gap(place: Place) {
    let simulator = simulator(quick()).await;
    Run::new(&place, &simulator).run().await;
    let stored = place.documents().await.len() as u64;
    let (report, gaps) = compare(&place, &[], None).await;
    assert_eq!(report.ids, IdsReport { archived: stored, ok: stored, ..IdsReport::default() }, "{gaps:?}");
    assert_eq!(report.records.pages, report.records.read);
}

async fn what_is_missing_older_or_dead_is_found_with_its_place(place: Place) {
    let data = &place.settings.data_dir;
    let before = write(data, "before.ndjson", &[list_record(1_000, &[post(1, 1), post(2, 1), post(3, 1)])]);
    let newer = write(data, "newer.ndjson", &[list_record(9_000, &[post(1, 9)])]);
    let refused = write(data, "refused.ndjson", &[list_record(5_000, &[post(3, 5), post(4, 5)])]);
    Replaying::of(&[&before, &newer], data).into_place(&place).await;
    for id in [3, 4] {
        let trouble = Some(Trouble::Refuses(id_of(id)));
        let one = write(data, "one.ndjson", &[list_record(5_000, &[post(id, 5)])]);
        let replay = Replaying { trouble, ..Replaying::of(&[&one], data) }.into_place(&place).await;
        assert_eq!(replay.report.documents.dead, 1);
    }
    let archive = [
        failed_record(4_000, 500, &json!({})),
        list_record(5_000, &[post(1, 5), post(2, 5)]),
        list_record(4_500, &[post(2, 4), post(5, 4)]),
        list_record(6_000, &[post(6, 4)]),
    ];
    let archive = write(data, "archive.ndjson", &archive);
    let six = write(data, "six.ndjson", &[list_record(6_000, &[post(6, 4)])]);
    Replaying::of(&[&six], data).into_place(&place).await;

    let (report, mut gaps) = compare(&place, &[&archive, &refused], None).await;
    assert_eq!(report.ids, IdsReport { archived: 6, ok: 1, newer: 1, missing: 1, older: 1, dead: 2 }, "{gaps:?}");
    let gap = |id, gap, archived, stored, file: &std::path::Path, line| Gap {
        id: id_of(id),
        sec_user_id: Some(CREATOR.to_owned()),
        gap,
        archived,
        stored,
        file: file.display().to_string(),
        line,
    };
    gaps.sort_by(|one, other| one.id.cmp(&other.id));
    let expected = [
        gap(2, GapKind::Older, 5_000, Some(1_000), &archive, 2),
        gap(3, GapKind::Dead, 5_000, Some(1_000), &refused, 1),
        gap(4, GapKind::Dead, 5_000, None, &refused, 1),
        gap(5, GapKind::Missing, 4_500, None, &archive, 3),
    ];
    assert_eq!(gaps, expected);

    Replaying::of(&[&archive, &refused], data).into_place(&place).await;
    let (report, gaps) = compare(&place, &[&archive, &refused], None).await;
    assert_eq!((report.ids.gaps(), report.ids.newer), (0, 1), "a replay closes them: {gaps:?}");
}

async fn a_merged_detail_is_no_gap(place: Place) {
    let data = &place.settings.data_dir;
    let records = [detail_record(3_000, &detailed(1, 30)), list_record(2_000, &[post(1, 20)])];
    let file = write(data, "mixed.ndjson", &records);
    Replaying::of(&[&file], data).into_place(&place).await;
    let (report, gaps) = compare(&place, &[&file], None).await;
    assert_eq!((report.ids.archived, report.ids.ok), (1, 1), "{gaps:?}");
}

async fn many_gaps_are_counted_and_the_first_are_shown(place: Place) {
    let data = &place.settings.data_dir;
    place.writer().await;
    let posts: Vec<_> = (0..2_500).map(|id| post(id, 1)).collect();
    let pages: Vec<_> = (1_000..).zip(posts.chunks(100)).map(|(at, posts)| list_record(at, posts)).collect();
    let file = write(data, "pages.ndjson", &pages);
    fs::write(data.join("dead-letters.ndjson"), "half a line").unwrap();
    let (report, gaps) = compare(&place, &[&file], None).await;
    assert_eq!((report.ids.missing, gaps.len(), report.gaps.len()), (2_500, 2_500, EXAMPLES));
    assert_eq!(report.gaps[..], gaps[..EXAMPLES]);
}

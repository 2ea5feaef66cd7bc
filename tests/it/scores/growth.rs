//! Growth between two looks: what is stored is what the definition says of snapshots and documents, whatever the order
//! in which they came; scores from before there was growth are written anew; snapshots that make no sense hold up
//! nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use viralmine::model::{BatchBuilder, Collection, CreatorRow, Verdict};

use super::pass::{self, Pass};
use super::{FETCHED, all_rows, load, naive, pages};
use crate::support::place::{Place, on_both_stores};

on_both_stores!(growth_is_what_the_definition_says, scores_from_before_there_was_growth_are_written_anew);

const MINUTE: i64 = 60_000;

/// One look: of which post, when (ms), and the plays that were seen.
type Look = (String, i64, Option<u64>);

/// Looks at most posts: close together, far apart, withheld, without plays, newer than the document, and at a post that
/// is not stored.
fn looks(documents: &BTreeMap<String, Value>) -> Vec<Look> {
    let mut looks = vec![("8999".to_owned(), FETCHED, Some(5)), ("8999".to_owned(), FETCHED - 90 * MINUTE, Some(4))];
    for (position, (id, document)) in documents.iter().enumerate() {
        let fetched_at = document["fetched_at"].as_i64().unwrap();
        let plays = document["stats"]["play"].as_u64().unwrap();
        let before: Vec<(i64, Option<u64>)> = match position % 8 {
            0 => vec![],
            1 => vec![(59, Some(plays / 2))],
            2 => vec![(60, Some(plays / 2)), (30, Some(plays / 3 + 1))],
            3 => vec![(0, Some(plays)), (24 * 60, Some(plays * 2 + 9))],
            4 => vec![(60, Some(0)), (90, None), (120, Some(plays / 4 + 1))],
            5 => vec![(-70, Some(plays + 5_000)), (-5, Some(plays + 1))],
            6 => vec![(7 * 24 * 60, Some(1)), (3 * 24 * 60 + 7, Some(plays / 5 + 2)), (10, Some(plays))],
            _ => vec![(61, Some(0))],
        };
        looks.extend(before.into_iter().map(|(minutes, plays)| (id.clone(), fetched_at - minutes * MINUTE, plays)));
    }
    looks
}

async fn write(place: &Place, looks: &[Look]) {
    let mut builder = BatchBuilder::new(Collection::Snapshots);
    for (id, at, plays) in looks {
        let stats = plays.map_or_else(|| json!({}), |plays| json!({ "play": plays }));
        let snapshot = json!({"aweme_id": id, "fetched_at": at, "stats": stats});
        builder.push(&format!("{id}-{at}"), *at, snapshot.to_string().as_bytes());
    }
    let writer = place.writer().await;
    writer.prepare().await.unwrap();
    let verdicts = writer.bulk(&builder.finish()).await.unwrap();
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Stored { new: true }), "{verdicts:?}");
    writer.commit().await.unwrap();
}

/// One that the mapping takes and nobody can read.
async fn write_nonsense(place: &Place) {
    let mut builder = BatchBuilder::new(Collection::Snapshots);
    builder.push("1000-5", 5, br#"{"aweme_id":"1000","fetched_at":null}"#);
    let writer = place.writer().await;
    assert_eq!(writer.bulk(&builder.finish()).await.unwrap(), [Verdict::Stored { new: true }]);
    writer.commit().await.unwrap();
}

async fn growth_is_what_the_definition_says(place: Place) {
    load(&place, &pages()).await;
    let before = Pass::over(&place).succeeds().await;
    assert_eq!((before.snapshots, before.snapshots_unreadable), (0, 0));
    let unlooked = place.documents().await;
    assert!(unlooked.values().all(|document| document["virality"]["growth"].is_null()));
    let looks = looks(&unlooked);
    write(&place, &looks).await;
    write_nonsense(&place).await;

    let report = Pass::over(&place).succeeds().await;
    assert_eq!((report.snapshots, report.snapshots_unreadable), (looks.len() as u64 + 1, 1), "{report:?}");
    let documents = place.documents().await;
    let grown = naive::check_growth(&documents, &looks);
    assert_eq!(report.rewritten, grown, "and nothing else: {report:?}");
    assert!(grown > 20 && grown < documents.len() as u64, "{grown} of {}", documents.len());
    naive::check(&documents, &pass::corpus(&place).await.unwrap());
    let rows: Vec<CreatorRow> = all_rows(&place).await.into_iter().map(Option::unwrap).collect();
    naive::check_growth_of_creators(&documents, &looks, &rows);
    assert_eq!(Pass::over(&place).succeeds().await.rewritten, 0);

    // Another way to the same: the looks come first, the other way round, in two goes.
    let other = Place::embedded();
    let mut reversed = looks;
    reversed.reverse();
    let (first, second) = reversed.split_at(reversed.len() / 3);
    write(&other, first).await;
    load(&other, &pages()).await;
    write(&other, second).await;
    Pass::over(&other).succeeds().await;
    assert_eq!(other.documents().await, documents);
    assert_eq!(all_rows(&other).await.into_iter().map(Option::unwrap).collect::<Vec<_>>(), rows);
}

async fn scores_from_before_there_was_growth_are_written_anew(place: Place) {
    load(&place, &pages()).await;
    Pass::over(&place).succeeds().await;
    let scored = place.documents().await;
    let mut builder = BatchBuilder::new(Collection::Videos);
    for (id, document) in &scored {
        let mut old = document.clone();
        let virality = old["virality"].as_object_mut().unwrap();
        for score in ["growth", "growth_hours"] {
            assert!(virality.remove(score).unwrap().is_null());
        }
        builder.push(id, old["fetched_at"].as_i64().unwrap(), old.to_string().as_bytes());
    }
    let writer = place.writer().await;
    writer.bulk(&builder.finish()).await.unwrap();
    writer.commit().await.unwrap();
    drop(writer);
    let report = Pass::over(&place).succeeds().await;
    assert_eq!(report.rewritten, scored.len() as u64, "{report:?}");
    assert_eq!(place.documents().await, scored);
}

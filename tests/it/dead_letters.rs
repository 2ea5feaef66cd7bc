//! Dead letters sent again, on both stores: what the store takes leaves the file, the rest stays as it stands.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use viralmine::archive::{DeadLetter, DeadLetterReader, DeadLetters};
use viralmine::commands::stores;
use viralmine::jobs::dead_letters::{Retry, RetryParts, RetryReport, retry};
use viralmine::model::{BatchBuilder, Collection};
use viralmine::pipeline::Fatal;
use viralmine::pipeline::deliver::Patience;
use viralmine::store::{BulkTarget, StoreError};
use viralmine::throttle::clock::Clock;
use viralmine::throttle::retry::RetryPolicy;

use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Run, Trouble, Troubled, quick, simulator};

on_both_stores!(
    a_document_that_was_refused_is_stored_once_the_store_takes_it,
    what_is_refused_again_stays_with_its_new_reason_and_torn_lines_stay,
    nothing_newer_is_overwritten_and_a_detail_stored_meanwhile_is_laid_over,
    only_the_letters_that_were_named_are_sent,
    a_store_that_stays_away_leaves_every_letter_that_is_not_settled,
);

const PATIENCE: Patience = Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_secs(20) };

async fn retry_in(place: &Place, ids: &[&str]) -> Retry {
    let (store, _leases) = stores::open_with_leases(&place.settings).await.unwrap();
    let parts = RetryParts {
        data_folder: place.settings.data_dir.clone(),
        target: Arc::clone(&store) as Arc<dyn BulkTarget>,
        store,
        clock: Clock::system(),
        stop: CancellationToken::new(),
        patience: PATIENCE,
    };
    retry(parts, ids.iter().map(ToString::to_string).collect()).await.unwrap()
}

fn letter(id: &str, fetched_at: i64, document: &Value) -> DeadLetter {
    DeadLetter {
        reason: "refused before".to_owned(),
        attempts: 2,
        at: 5,
        id: id.to_owned(),
        sec_user_id: document["sec_user_id"].as_str().map(ToOwned::to_owned),
        max_cursor: Some("0".to_owned()),
        fetched_at,
        document: document.to_string().into_bytes().into(),
    }
}

fn video(id: &str, plays: u64) -> Value {
    json!({"aweme_id": id, "stats": {"play": plays}, "sec_user_id": "MS4wLjABAAAAone", "fetched_at": 5})
}

fn write(place: &Place, letters: &[DeadLetter]) {
    DeadLetters::open(&place.settings.data_dir).unwrap().append(letters).unwrap();
}

fn text_of(place: &Place) -> String {
    std::fs::read_to_string(DeadLetters::path_in(&place.settings.data_dir)).unwrap()
}

fn letters_of(place: &Place) -> Vec<DeadLetter> {
    let reader = DeadLetterReader::open(&DeadLetters::path_in(&place.settings.data_dir)).unwrap();
    reader.flatten().map(|read| read.letter).collect()
}

#[track_caller]
fn adds_up(report: &RetryReport) {
    let sum = report.stored + report.superseded + report.refused + report.left + report.unreadable;
    assert_eq!(report.read, sum, "{report:?}");
}

async fn a_document_that_was_refused_is_stored_once_the_store_takes_it(place: Place) {
    let simulator = simulator(quick()).await;
    let unbroken = Place::embedded();
    Run::new(&unbroken, &simulator).run().await;
    let id = unbroken.documents().await.into_keys().nth(100).unwrap();
    let run = Run { trouble: Some(Trouble::Refuses(id.clone())), ..Run::new(&place, &simulator) };
    assert_eq!(run.run().await.report.documents.dead, 1);
    assert!(!place.documents().await.contains_key(&id));

    let retried = retry_in(&place, &[]).await;
    adds_up(&retried.report);
    assert!(retried.fatal.is_none() && (retried.report.read, retried.report.stored) == (1, 1), "{retried:?}");
    assert_eq!(text_of(&place), "");
    assert_eq!(place.timeless_documents().await, unbroken.timeless_documents().await);
    assert_eq!(retry_in(&place, &[]).await.report.read, 0);
}

async fn what_is_refused_again_stays_with_its_new_reason_and_torn_lines_stay(place: Place) {
    // More than one part, so that what is kept and what goes lie on both sides of a border.
    let good = |number: u32| letter(&number.to_string(), 5, &video(&number.to_string(), 1));
    let letters: Vec<DeadLetter> = (1..=1_200).map(good).collect();
    write(&place, &letters[..700]);
    let strange = json!({"aweme_id": "strange", "surprise": 1});
    write(&place, &[letter("strange", 5, &strange)]);
    let path = DeadLetters::path_in(&place.settings.data_dir);
    std::fs::write(&path, format!("{}{{\"reason\":\"torn", text_of(&place))).unwrap();
    write(&place, &letters[700..]);

    let retried = retry_in(&place, &[]).await;
    adds_up(&retried.report);
    let report = &retried.report;
    assert_eq!((report.read, report.stored, report.refused, report.unreadable), (1_202, 1_200, 1, 1), "{report:?}");
    let left = letters_of(&place);
    assert_eq!((left.len(), left[0].id.as_str(), left[0].attempts), (1, "strange", 3));
    assert!(left[0].reason.contains("surprise") && left[0].at > 5, "{left:?}");
    assert_eq!(left[0].document, strange.to_string());
    assert!(text_of(&place).ends_with("\n{\"reason\":\"torn\n"), "{}", text_of(&place));
    assert_eq!(place.documents().await.len(), 1_200);
}

async fn nothing_newer_is_overwritten_and_a_detail_stored_meanwhile_is_laid_over(place: Place) {
    let writer = place.writer().await;
    let mut builder = BatchBuilder::new(Collection::Videos);
    let newer = json!({"aweme_id": "1", "stats": {"play": 9}, "sec_user_id": "MS4wLjABAAAAone", "fetched_at": 8});
    let detail = json!({"aweme_id": "2", "stats": {"play": 7}, "fetched_at": 8});
    for document in [&newer, &detail] {
        builder.push(document["aweme_id"].as_str().unwrap(), 8, document.to_string().as_bytes());
    }
    writer.bulk(&builder.finish()).await.unwrap();
    writer.commit().await.unwrap();
    drop(writer);
    // The same id twice, the newer one first: the second sees what became of the first.
    let twice = [letter("3", 7, &video("3", 30)), letter("3", 6, &video("3", 20))];
    write(&place, &[letter("1", 5, &video("1", 1)), letter("2", 5, &video("2", 1))]);
    write(&place, &twice);

    let retried = retry_in(&place, &[]).await;
    adds_up(&retried.report);
    assert_eq!((retried.report.stored, retried.report.superseded), (2, 2), "{retried:?}");
    let documents = place.documents().await;
    assert_eq!(documents["1"], newer);
    assert_eq!((&documents["2"]["stats"]["play"], &documents["2"]["fetched_at"]), (&json!(7), &json!(8)));
    assert_eq!(documents["2"]["sec_user_id"], "MS4wLjABAAAAone");
    assert_eq!(documents["3"]["stats"]["play"], 30);
    assert_eq!(text_of(&place), "");
}

async fn only_the_letters_that_were_named_are_sent(place: Place) {
    write(&place, &["1", "2", "3"].map(|id| letter(id, 5, &video(id, 1))));
    let before = text_of(&place);
    let retried = retry_in(&place, &["2", "nobody"]).await;
    adds_up(&retried.report);
    assert_eq!((retried.report.stored, retried.report.left, retried.unknown), (1, 2, vec!["nobody".to_owned()]));
    let lines: Vec<&str> = before.lines().collect();
    assert_eq!(text_of(&place), format!("{}\n{}\n", lines[0], lines[2]));
    assert_eq!(place.documents().await.into_keys().collect::<Vec<_>>(), ["2"]);
}

async fn a_store_that_stays_away_leaves_every_letter_that_is_not_settled(place: Place) {
    let ids: Vec<String> = (0..600).map(|number| number.to_string()).collect();
    let letters: Vec<DeadLetter> = ids.iter().map(|id| letter(id, 5, &video(id, 1))).collect();
    write(&place, &letters);
    let before = text_of(&place);
    let (store, leases) = stores::open_with_leases(&place.settings).await.unwrap();
    // Takes the first part, and denies the second.
    let target = Arc::new(Troubled::new(Arc::clone(&store), Trouble::DeniesFrom(2)));
    let parts = RetryParts {
        data_folder: place.settings.data_dir.clone(),
        target,
        store: Arc::clone(&store),
        clock: Clock::system(),
        stop: CancellationToken::new(),
        patience: PATIENCE,
    };
    let retried = retry(parts, Vec::new()).await.unwrap();
    adds_up(&retried.report);
    assert!(matches!(retried.fatal, Some(Fatal::Store(StoreError::Denied(_)))), "{retried:?}");
    assert_eq!((retried.report.stored, retried.report.left), (500, 100));
    let left: Vec<&str> = before.lines().skip(500).collect();
    assert_eq!(text_of(&place).lines().collect::<Vec<_>>(), left);
    drop((store, leases));
    assert_eq!(retry_in(&place, &[]).await.report.stored, 100);
    assert_eq!(place.documents().await.len(), 600);
}

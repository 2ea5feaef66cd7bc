//! Walks over scripted answers: what ends a walk, what starts it again, what fails a creator, what ends a run.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use viralmine::archive::DeadLetters;
use viralmine::jobs::backfill::{self, Backfill};
use viralmine::model::{Checkpoint, Counters, CreatorId, RecordError, WalkEnd};
use viralmine::pipeline::{Bounds, Fatal, Parts};
use viralmine::source::{FixedSource, SourceError};
use viralmine::throttle::clock::Clock;

use crate::support::place::Place;
use crate::support::run::limits;

type Answer = Result<Bytes, SourceError>;

/// A page of posts with these ids.
#[expect(clippy::unnecessary_wraps, reason = "a script is made of answers")]
fn page(ids: &[u64], cursor: &str, has_more: bool) -> Answer {
    let posts: Vec<_> = ids
        .iter()
        .map(|id| json!({"aweme_id": (7_000_000_000_000_000_000 + id).to_string(), "create_time": 1_750_000_000 - id, "desc": "x"}))
        .collect();
    let data = json!({"has_more": has_more, "max_cursor": cursor, "aweme_list": posts});
    Ok(Bytes::from(json!({"code": 0, "data": data}).to_string()))
}

fn cursor_refused() -> Answer {
    Err(SourceError::CursorRefused {
        subject: "creator".into(),
        cursor: "c1".into(),
        words: "max_cursor expired".into(),
    })
}

fn server_failed() -> Answer {
    let last = "HTTP 502".to_owned();
    Err(SourceError::Exhausted { subject: "creator".into(), attempts: 5, last, about_subject: false })
}

fn withheld() -> Answer {
    let last = "success without an aweme_list".to_owned();
    Err(SourceError::Exhausted { subject: "creator".into(), attempts: 5, last, about_subject: true })
}

fn request_refused() -> Answer {
    Err(SourceError::RequestRefused { subject: "creator".into(), words: "region XX is not supported".into() })
}

fn creator(number: usize) -> CreatorId {
    CreatorId::parse(&format!("MS4wLjABAAAAscripted{number:03}")).unwrap()
}

struct Walked {
    backfill: Backfill,
    checkpoints: Vec<Option<Checkpoint>>,
    asked: Vec<(String, i64)>,
    documents: usize,
}

/// Runs the scripts, creator by creator, into an embedded index.
async fn walk(scripts: Vec<Vec<Answer>>) -> Walked {
    let place = Place::embedded();
    let creators: Vec<CreatorId> = (0..scripts.len()).map(creator).collect();
    let mut source = FixedSource::new();
    for (creator, answers) in creators.iter().zip(scripts) {
        source = source.with(creator, answers);
    }
    let source = Arc::new(source);
    let parts = Parts {
        source: Arc::clone(&source) as Arc<_>,
        store: place.writer().await,
        dead_letters: Arc::new(DeadLetters::open(&place.settings.data_dir).unwrap()),
        archived: None,
        clock: Clock::starting_at("2025-06-20T00:00:00Z".parse().unwrap()),
        counters: Arc::<Counters>::default(),
        stop: CancellationToken::new(),
    };
    let backfill = backfill::run(parts, creators.clone(), Bounds::default(), limits()).await;
    Walked {
        backfill,
        checkpoints: place.checkpoints(&creators).await,
        asked: source.asked().into_iter().map(|request| (request.cursor, request.walk)).collect(),
        documents: place.documents().await.len(),
    }
}

#[tokio::test]
async fn a_refused_cursor_starts_the_creator_again_once() {
    let script = vec![page(&[1, 2], "c1", true), cursor_refused(), page(&[1, 2], "d1", true), page(&[3], "d2", false)];
    let walked = walk(vec![script]).await;
    let cursors: Vec<&str> = walked.asked.iter().map(|(cursor, _)| cursor.as_str()).collect();
    assert_eq!(cursors, ["0", "c1", "0", "d1"]);
    assert!(walked.asked[2].1 > walked.asked[1].1, "it is another walk");
    assert_eq!((walked.backfill.report.creators.done, walked.documents), (1, 3));
    let checkpoint = walked.checkpoints[0].as_ref().unwrap();
    assert_eq!((checkpoint.end, checkpoint.pages, checkpoint.received), (Some(WalkEnd::End), 2, 3));
    assert_eq!(checkpoint.walk, walked.asked[3].1);
}

#[tokio::test]
async fn a_cursor_refused_twice_fails_the_creator_and_the_next_run_goes_on() {
    let walked =
        walk(vec![vec![page(&[1], "c1", true), cursor_refused(), page(&[1], "c1", true), cursor_refused()]]).await;
    let report = &walked.backfill.report;
    assert_eq!((report.creators.done, report.creators.failed.len()), (0, 1));
    assert!(report.creators.failed[0].error.contains("max_cursor expired"));
    let checkpoint = walked.checkpoints[0].as_ref().unwrap();
    assert_eq!((checkpoint.end, checkpoint.cursor.as_str()), (None, "c1"));
    assert!(checkpoint.last_error.as_ref().unwrap().contains("max_cursor expired"));
}

#[tokio::test]
async fn an_answer_that_contradicts_itself_ends_the_walk_with_a_warning() {
    for (script, word, documents) in [
        (vec![page(&[1], "c1", true), page(&[2], "c1", true)], "repeated the cursor", 2),
        (vec![page(&[1], "0", true)], "repeated the cursor", 1),
        (vec![page(&[1], "c1", true), page(&[], "c2", true)], "empty page", 1),
        (vec![page(&[1], "", true)], "no cursor", 1),
    ] {
        let walked = walk(vec![script]).await;
        assert_eq!(walked.backfill.report.creators.done, 1);
        assert!(walked.backfill.warnings[0].1.contains(word), "{:?}", walked.backfill.warnings);
        assert_eq!(walked.checkpoints[0].as_ref().unwrap().end, Some(WalkEnd::Warning));
        assert_eq!(walked.documents, documents);
    }
}

#[tokio::test]
async fn the_last_page_may_carry_a_cursor_and_an_empty_page_may_be_the_last() {
    let walked = walk(vec![vec![page(&[1], "c1", true), page(&[], "c2", false)], vec![page(&[9], "c9", false)]]).await;
    assert_eq!((walked.backfill.report.creators.done, walked.documents), (2, 2));
    assert!(walked.backfill.warnings.is_empty());
}

#[tokio::test]
async fn creators_that_the_api_withholds_fail_alone_however_many_come_first() {
    let mut scripts: Vec<Vec<Answer>> = (0..7).map(|_| vec![withheld()]).collect();
    scripts.push(vec![page(&[1], "c1", false)]);
    let walked = walk(scripts).await;
    assert!(walked.backfill.fatal.is_none(), "{:?}", walked.backfill.fatal);
    assert_eq!((walked.backfill.report.creators.failed.len(), walked.documents), (7, 1));
}

#[tokio::test]
async fn a_request_refused_for_the_first_five_ends_the_run_but_not_once_pages_have_come() {
    let walked = walk((0..20).map(|_| vec![request_refused()]).collect()).await;
    assert!(matches!(&walked.backfill.fatal, Some(Fatal::AllFail { words, .. }) if words.contains("region XX")));
    assert!(walked.backfill.left > 0);
    // Each behind a page: they may be about those creators.
    let walked = walk((0..20).map(|id| vec![page(&[id], "c1", true), request_refused()]).collect()).await;
    assert!(walked.backfill.fatal.is_none(), "{:?}", walked.backfill.fatal);
    assert_eq!((walked.backfill.report.creators.failed.len(), walked.backfill.left), (20, 0));
}

#[tokio::test]
async fn a_server_that_fails_creator_after_creator_ends_the_run_at_any_time() {
    let mut scripts = vec![vec![page(&[1], "c1", false)]];
    scripts.extend((0..30).map(|_| vec![server_failed()]));
    let walked = walk(scripts).await;
    assert!(matches!(walked.backfill.fatal, Some(Fatal::AllFail { .. })));
    assert!(walked.backfill.left > 0 && walked.documents == 1, "what came is kept, the rest is for the next run");
}

#[tokio::test]
async fn an_answer_that_cannot_be_recorded_ends_the_run() {
    let full = Err(SourceError::Record(RecordError("no space left on device".into())));
    let walked = walk(vec![vec![page(&[1], "c1", true), full]]).await;
    assert!(
        matches!(&walked.backfill.fatal, Some(Fatal::Source(error)) if error.to_string().contains("no space left"))
    );
    assert_eq!((walked.backfill.interrupted, walked.documents), (false, 1));
}

#[tokio::test]
async fn a_used_up_budget_fails_nobody_begins_nothing_more_and_settles_what_came() {
    let used = || Err(SourceError::BudgetUsed { subject: "creator".into(), budget: 9 });
    // The others may hold requests that are left of the budget; those that follow are not begun.
    let mut scripts = vec![vec![used()], vec![page(&[1], "c1", true), page(&[2], "c2", false)]];
    scripts.extend((0..30).map(|_| vec![used()]));
    let walked = walk(scripts).await;
    let backfill = &walked.backfill;
    assert!(backfill.budget_used && !backfill.interrupted && backfill.fatal.is_none(), "{backfill:?}");
    assert_eq!((backfill.report.creators.done, backfill.report.creators.failed.len(), backfill.left), (1, 0, 31));
    assert_eq!(walked.documents, 2);
    let parted = walked.checkpoints[0].as_ref().unwrap();
    assert_eq!((parted.end, parted.last_error.as_ref()), (None, None));
    assert!(walked.asked.len() <= 8 + 1, "{} walks were begun", walked.asked.len());
}

#[tokio::test]
async fn a_broken_answer_that_the_source_let_through_fails_its_creator_only() {
    let walked = walk(vec![vec![Ok(Bytes::from("<html>"))], vec![page(&[1], "c1", false)]]).await;
    assert_eq!((walked.backfill.report.creators.failed.len(), walked.documents), (1, 1));
}

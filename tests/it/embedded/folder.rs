//! What is durable when, who may open what, and what is said of a folder that does not fit. Damage is in `damage`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use viralmine::model::{Collection, Question, Verdict};
use viralmine::store::{BulkTarget, Lookup, StoreContents, StoreError, StoreReader, StoreWriter};

use super::*;

/// So small that commits happen by themselves, every few documents.
fn often() -> CommitLimits {
    CommitLimits { documents: 3, ..CommitLimits::default() }
}

#[tokio::test]
async fn dropping_commits_what_was_answered() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    write_page(&store, 1).await;
    assert_eq!(reader(dir.path()).search(&Question::all()).await.expect("answered").total, 0);
    drop(store);
    assert_eq!(state(dir.path()).await, (2, 2));
}

const KILLED_FOLDER: &str = "VIRALMINE_TEST_KILLED_FOLDER";

#[tokio::test]
#[ignore = "run by a_killed_writer_leaves_no_checkpoint_ahead_of_its_documents, in a process of its own"]
async fn killed_while_writing() {
    let Some(dir) = std::env::var_os(KILLED_FOLDER) else { return };
    let store = EmbeddedWriter::open_with_limits(Path::new(&dir), PREFIX, often()).expect("opens");
    for page in 1..10_000 {
        write_page(&store, page).await;
        println!("\npage {page}");
    }
}

#[tokio::test]
async fn a_killed_writer_leaves_no_checkpoint_ahead_of_its_documents() {
    for pages in [1, 2, 5, 12, 30] {
        let dir = tempfile::tempdir().expect("a folder");
        let mut writing = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "embedded::folder::killed_while_writing", "--ignored", "--nocapture"])
            .env(KILLED_FOLDER, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let lines = BufReader::new(writing.stdout.take().expect("piped")).lines();
        let seen = lines.map_while(Result::ok).filter(|line| line.starts_with("page ")).take(pages).count();
        writing.kill().expect("killed");
        writing.wait().expect("ended");
        assert_eq!(seen, pages, "the writer ended before it was killed");
        let (videos, received) = state(dir.path()).await;
        assert!(received <= videos, "after {pages} pages: a checkpoint of {received} stands over {videos} videos");
        assert!(videos + 4 >= pages as u64 * 2, "after {pages} pages: only {videos} videos were committed");
    }
}

/// A kill between the two commits, and one before the very first.
#[tokio::test]
async fn a_half_made_store_is_opened_and_finished() {
    let dir = tempfile::tempdir().expect("a folder");
    drop(writer(dir.path()));
    fs::remove_file(index_folder(dir.path(), "checkpoints").join("meta.json")).expect("removed");
    let store = writer(dir.path());
    store_videos(&store, &[video("1", &json!({}))]).await;
    drop(store);
    assert_eq!(state(dir.path()).await, (1, 0));
}

#[tokio::test]
async fn what_is_old_enough_is_committed_without_further_input() {
    let dir = tempfile::tempdir().expect("a folder");
    let limits = CommitLimits { age: Duration::ZERO, ..CommitLimits::default() };
    let store = EmbeddedWriter::open_with_limits(dir.path(), PREFIX, limits).expect("opens");
    let beside = reader(dir.path());
    let verdicts = store.bulk(&batch(Collection::Videos, &[("1", 1, video("1", &json!({})))])).await.expect("answered");
    assert_eq!(verdicts, [Verdict::Stored { new: true }]);
    while beside.search(&Question::all()).await.expect("answered").total == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_reader_beside_a_writer_sees_each_commit_and_nothing_before_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    let beside = reader(dir.path());
    assert_eq!(beside.search(&Question::all()).await.expect("answered").total, 0);
    assert_eq!(beside.newest_fetched_at().await.expect("answered"), None);
    for number in 1..=20_u64 {
        let id = number.to_string();
        let document = video(&id, &json!({"fetched_at": 1_750_212_365_000_u64 + number}));
        store.bulk(&batch(Collection::Videos, &[(&id, 1, document)])).await.expect("answered");
        assert_eq!(beside.search(&Question::all()).await.expect("answered").total, number - 1);
        store.commit().await.expect("committed");
        assert_eq!(beside.search(&Question::all()).await.expect("answered").total, number);
    }
    assert_eq!(beside.newest_fetched_at().await.expect("answered"), Some(1_750_212_365_020));
}

#[tokio::test]
async fn a_second_writer_is_refused_until_the_first_ends() {
    let dir = tempfile::tempdir().expect("a folder");
    let first = writer(dir.path());
    match EmbeddedWriter::open(dir.path(), "another-prefix") {
        Err(StoreError::Busy(text)) => assert!(text.contains(&dir.path().display().to_string()), "{text}"),
        other => panic!("{other:?}"),
    }
    drop(first);
    drop(writer(dir.path()));
}

fn refused_reading(dir: &Path) -> StoreError {
    EmbeddedReader::open(dir, PREFIX).map(drop).expect_err("refused")
}

#[tokio::test]
async fn an_empty_folder_says_to_backfill() {
    let dir = tempfile::tempdir().expect("a folder");
    let error = refused_reading(dir.path());
    assert!(matches!(&error, StoreError::Missing(text) if text.contains("viralmine backfill")), "{error}");
    assert!(fs::read_dir(dir.path()).expect("entries").next().is_none(), "asking makes nothing");
}

#[tokio::test]
async fn a_newer_an_older_and_another_format_are_told_apart() {
    let dir = tempfile::tempdir().expect("a folder");
    drop(writer(dir.path()));
    let stamp = index_folder(dir.path(), "videos").join("viralmine.json");
    for (text, said) in [
        ("{\"format\":99,\"mapping_version\":1}", "newer viralmine"),
        ("{\"format\":1,\"mapping_version\":999}", "newer viralmine"),
        ("{\"format\":0,\"mapping_version\":1}", "viralmine reindex"),
    ] {
        fs::write(&stamp, text).expect("written");
        let error = refused_reading(dir.path());
        assert!(matches!(&error, StoreError::Unfit(reason) if reason.contains(said)), "{error}");
        assert!(EmbeddedWriter::open(dir.path(), PREFIX).is_err());
    }
    fs::write(&stamp, "{").expect("written");
    assert!(matches!(refused_reading(dir.path()), StoreError::Broken(_)));
}

#[tokio::test]
async fn other_fields_than_the_mapping_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    drop(writer(dir.path()));
    let meta = index_folder(dir.path(), "videos").join("meta.json");
    let text = fs::read_to_string(&meta).expect("read").replace("\"region\"", "\"country\"");
    fs::write(&meta, text).expect("written");
    let error = refused_reading(dir.path());
    assert!(matches!(&error, StoreError::Unfit(text) if text.contains("other fields")), "{error}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_said_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("file");
    fs::write(&file, "").expect("written");
    let error = EmbeddedWriter::open(&file, PREFIX).map(drop).expect_err("refused");
    assert!(matches!(&error, StoreError::Broken(text) if text.contains("cannot be written")), "{error}");
    assert!(matches!(EmbeddedWriter::open(dir.path(), "../up").map(drop), Err(StoreError::Unfit(_))));
}

/// They hold the counts that a video's newer document replaces: a kill between the two must not lose them.
#[tokio::test]
async fn snapshots_are_durable_before_the_videos_that_came_behind_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    let snapshot = json!({"aweme_id": "1", "fetched_at": 1, "stats": {"play": 7}});
    store.bulk(&batch(Collection::Snapshots, &[("1-1", 1, snapshot)])).await.expect("answered");
    store.bulk(&batch(Collection::Videos, &[("1", 2, video("1", &json!({})))])).await.expect("answered");
    let (videos, aside) = (index_folder(dir.path(), "videos"), dir.path().join("aside"));
    fs::rename(&videos, &aside).expect("moved away");
    assert!(matches!(store.commit().await, Err(StoreError::Broken(_))), "videos cannot be written");
    drop(store);
    fs::rename(&aside, &videos).expect("moved back");
    let reader = reader(dir.path());
    assert_eq!(reader.count(Collection::Snapshots).await.expect("answered"), 1);
    assert_eq!(reader.count(Collection::Videos).await.expect("answered"), 0);
}

/// As a full disk would: the first failure is named, and everything after it is refused, without a panic.
#[tokio::test]
async fn after_writing_failed_nothing_is_accepted() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    write_page(&store, 1).await;
    store.commit().await.expect("committed");
    write_page(&store, 2).await;
    assert_eq!(store.durable_after_failure(), None, "as long as nothing failed");
    // The writing thread may be making a file there just now.
    while index_folder(dir.path(), "videos").exists() {
        let _ = fs::remove_dir_all(index_folder(dir.path(), "videos"));
    }
    let one = batch(Collection::Videos, &[("1", 1, video("1", &json!({})))]);
    let bulk = store.bulk(&one).await;
    let commit = store.commit().await;
    let failure = bulk.map(drop).and(commit).expect_err("cannot be written");
    assert!(matches!(&failure, StoreError::Broken(text) if text.contains("cannot be written")), "{failure}");
    assert_eq!(store.durable_after_failure(), Some(2), "the first page's videos");
    let checkpoint = batch(Collection::Checkpoints, &[("c", 1, checkpoint("c", 1))]);
    assert!(matches!(store.bulk(&checkpoint).await, Err(StoreError::Broken(_))));
    assert!(matches!(store.get(Collection::Checkpoints, &["c".to_owned()]).await, Err(StoreError::Broken(_))));
    assert!(matches!(store.commit().await, Err(StoreError::Broken(_))));
    drop(store);
    let opened = EmbeddedWriter::open(dir.path(), PREFIX).map(drop);
    assert!(matches!(opened, Err(StoreError::Broken(_))), "checkpoints without their videos are refused");
}

//! The embedded store from outside: writing (`writing`), what is durable and who may open what (`folder`), asking
//! (`asking`), posts in groups (`groups`), creators' rows (`creators`), reading what is stored (`contents`), reindexing
//! (`versions`), and damage, as each side meets it (`damage`) and as it is looked at (`examine`). Fixtures are made
//! here; nothing is read from disk but what the store wrote.

#![allow(clippy::expect_used, reason = "helpers of tests stop as loudly as tests do")]

mod asking;
mod contents;
mod creators;
mod damage;
mod examine;
mod folder;
mod groups;
mod versions;
mod writing;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use viralmine::model::{Batch, BatchBuilder, Collection, Hits, Question, Verdict};
use viralmine::store::embedded::{CommitLimits, EmbeddedReader, EmbeddedWriter};
use viralmine::store::{BulkTarget, Lookup, StoreReader, StoreWriter};

const PREFIX: &str = "viralmine";

/// One that commits when it is told to, however long a slow machine takes in between.
fn writer(dir: &Path) -> EmbeddedWriter {
    let limits = CommitLimits { age: Duration::from_hours(1), ..CommitLimits::default() };
    EmbeddedWriter::open_with_limits(dir, PREFIX, limits).expect("opens for writing")
}

fn reader(dir: &Path) -> EmbeddedReader {
    EmbeddedReader::open(dir, PREFIX).expect("opens for reading")
}

/// A video of this id with the fields of `rest` besides.
fn video(id: &str, rest: &Value) -> Value {
    let mut document =
        json!({"aweme_id": id, "kind": "video", "stats": {"play": 0}, "hashtags": [], "hashtag_keys": []});
    for (name, value) in rest.as_object().expect("an object") {
        document[name] = value.clone();
    }
    document
}

fn checkpoint(id: &str, received: u64) -> Value {
    json!({"sec_user_id": id, "received": received})
}

fn batch(collection: Collection, documents: &[(&str, i64, Value)]) -> Batch {
    let mut builder = BatchBuilder::new(collection);
    for (id, version, document) in documents {
        builder.push(id, *version, document.to_string().as_bytes());
    }
    builder.finish()
}

/// Stores videos under their `aweme_id` and version 1, and commits.
async fn store_videos(writer: &EmbeddedWriter, documents: &[Value]) {
    for chunk in documents.chunks(500) {
        let items: Vec<_> =
            chunk.iter().map(|document| (document["aweme_id"].as_str().expect("an id"), 1, document.clone())).collect();
        let verdicts = writer.bulk(&batch(Collection::Videos, &items)).await.expect("answered");
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })), "{verdicts:?}");
    }
    writer.commit().await.expect("committed");
}

fn ids(hits: &Hits) -> Vec<String> {
    let id = |source: &bytes::Bytes| {
        let document: Value = serde_json::from_slice(source).expect("JSON");
        document["aweme_id"].as_str().expect("an id").to_owned()
    };
    hits.videos.iter().map(id).collect()
}

async fn found(reader: &EmbeddedReader, question: &Question) -> Vec<String> {
    let hits = reader.search(question).await.expect("answered");
    if question.limit == usize::MAX {
        assert_eq!(hits.total, hits.videos.len() as u64);
    }
    ids(&hits)
}

fn index_folder(dir: &Path, collection: &str) -> PathBuf {
    dir.join("index").join(format!("{PREFIX}-{collection}-000001"))
}

/// The files as they are, to be damaged.
fn copy_of(dir: &Path) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("entries").flatten() {
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).expect("copied");
            }
        }
    }
    let target = tempfile::tempdir().expect("a folder");
    copy(dir, target.path());
    target
}

/// Videos and the count in the checkpoint, as a run that starts on this folder finds them.
async fn state(dir: &Path) -> (u64, u64) {
    let store = writer(dir);
    let videos = reader(dir).search(&Question::all()).await.expect("answered").total;
    let documents = store.get(Collection::Checkpoints, &["c".to_owned()]).await.expect("answered");
    let received = documents[0].as_ref().map_or(0, |document| {
        serde_json::from_slice::<Value>(&document.source).expect("JSON")["received"].as_u64().expect("a count")
    });
    (videos, received)
}

/// Two videos, then the checkpoint that says so.
async fn write_page(store: &EmbeddedWriter, page: u64) {
    let ids = [format!("{page}-a"), format!("{page}-b")];
    let documents: Vec<_> = ids.iter().map(|id| (id.as_str(), 1, video(id, &json!({})))).collect();
    store.bulk(&batch(Collection::Videos, &documents)).await.expect("answered");
    let version = i64::try_from(page).expect("small");
    let done = batch(Collection::Checkpoints, &[("c", version, checkpoint("c", page * 2))]);
    store.bulk(&done).await.expect("answered");
}

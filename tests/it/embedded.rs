//! The embedded store from outside: writing (`writing`), what is durable and who may open what (`folder`), and asking
//! (`asking`). Fixtures are made here; nothing is read from disk but what the store wrote.

#![allow(clippy::expect_used, reason = "helpers of tests stop as loudly as tests do")]

mod asking;
mod folder;
mod writing;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use viralmine::model::{Batch, BatchBuilder, Collection, Hits, Question, Verdict};
use viralmine::store::embedded::{CommitLimits, EmbeddedReader, EmbeddedWriter};
use viralmine::store::{BulkTarget, StoreReader, StoreWriter};

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

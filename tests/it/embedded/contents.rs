//! What is stored, read as it is: versions by id, counts and scans, each of one commit.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::sync::mpsc;
use viralmine::model::Collection;
use viralmine::store::{BulkTarget, ScannedDocument, StoreContents, StoreWriter};

use super::*;

/// All that a scan hands on, by id.
async fn scanned(store: &EmbeddedReader, collection: Collection) -> BTreeMap<String, (i64, Value)> {
    let (sender, mut received) = mpsc::channel(1);
    let reading = store.scan(collection, sender);
    let taking = async {
        let mut found = BTreeMap::new();
        while let Some(chunk) = received.recv().await {
            let chunk: Vec<ScannedDocument> = chunk;
            for scanned in chunk {
                let source = serde_json::from_slice(&scanned.document.source).expect("JSON");
                let before = found.insert(scanned.id.clone(), (scanned.document.version, source));
                assert!(before.is_none(), "{} comes twice", scanned.id);
            }
        }
        found
    };
    let (read, found) = tokio::join!(reading, taking);
    read.expect("scanned");
    found
}

/// So many videos of a version, some kilobytes each, so that they travel in several chunks.
fn videos(count: usize, version: i64) -> Vec<(String, i64, Value)> {
    let text = "a long text ".repeat(100);
    let one = |number: usize| {
        let id = format!("{number:04}");
        let document = video(&id, &json!({"video_desc": text, "stats": {"play": version}}));
        (id, version, document)
    };
    (0..count).map(one).collect()
}

async fn put_all(store: &EmbeddedWriter, documents: &[(String, i64, Value)]) {
    for chunk in documents.chunks(300) {
        let chunk: Vec<_> = chunk.iter().map(|(id, version, source)| (id.as_str(), *version, source.clone())).collect();
        store.bulk(&batch(Collection::Videos, &chunk)).await.expect("answered");
    }
    store.commit().await.expect("committed");
}

#[tokio::test]
async fn versions_counts_and_scans_tell_what_is_stored() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    put_all(&store, &videos(1_500, 1)).await;
    put_all(&store, &videos(700, 2)).await;
    write_page(&store, 1).await;
    store.commit().await.expect("committed");
    let reader = reader(dir.path());
    let ids = ["0699", "none", "0700", "1-a", "0699", ""].map(str::to_owned);
    let versions = reader.versions(&ids).await.expect("answered");
    assert_eq!(versions, [Some(2), None, Some(1), Some(1), Some(2), None]);
    assert_eq!(reader.count(Collection::Videos).await.expect("answered"), 1_502);
    assert_eq!(reader.count(Collection::Checkpoints).await.expect("answered"), 1);
    let found = scanned(&reader, Collection::Videos).await;
    assert_eq!(found.len(), 1_502);
    for (id, version, document) in videos(700, 2).into_iter().chain(videos(1_500, 1).into_iter().skip(700)) {
        assert_eq!(found[&id], (version, document), "{id}");
    }
    let checkpoints = scanned(&reader, Collection::Checkpoints).await;
    assert_eq!(checkpoints, BTreeMap::from([("c".to_owned(), (1, checkpoint("c", 2)))]));
}

/// A writer that replaces everything between two chunks of a scan.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_is_of_one_commit_whatever_is_written_meanwhile() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    put_all(&store, &videos(3_000, 1)).await;
    let beside = reader(dir.path());
    let (sender, mut received) = mpsc::channel(1);
    let scanning = beside.clone();
    let scan = tokio::spawn(async move { scanning.scan(Collection::Videos, sender).await });
    let mut versions: Vec<i64> = Vec::new();
    let mut chunks = 0;
    while let Some(chunk) = received.recv().await {
        versions.extend(chunk.iter().map(|scanned| scanned.document.version));
        chunks += 1;
        if chunks == 1 {
            put_all(&store, &videos(3_500, 2)).await;
        }
    }
    scan.await.expect("ended").expect("scanned");
    assert!(chunks > 2, "all came at once, before anything was written");
    assert_eq!(versions, vec![1; 3_000]);
    assert_eq!(beside.count(Collection::Videos).await.expect("answered"), 3_500, "the next one sees the newest");
}

#[tokio::test]
async fn a_scan_that_nobody_listens_to_ends() {
    let dir = tempfile::tempdir().expect("a folder");
    put_all(&writer(dir.path()), &videos(2_000, 1)).await;
    let (sender, mut received) = mpsc::channel(1);
    let listening = async {
        received.recv().await.expect("a first chunk");
        drop(received);
    };
    let reader = reader(dir.path());
    let (scanned, ()) = tokio::join!(reader.scan(Collection::Videos, sender), listening);
    scanned.expect("ended well");
}

/// As a run leaves it that is killed when it makes a new store.
#[tokio::test]
async fn checkpoints_that_are_not_there_yet_are_none_until_they_are() {
    let dir = tempfile::tempdir().expect("a folder");
    drop(writer(dir.path()));
    fs::remove_dir_all(index_folder(dir.path(), "checkpoints")).expect("removed");
    let reader = reader(dir.path());
    assert_eq!(reader.count(Collection::Checkpoints).await.expect("answered"), 0);
    assert!(scanned(&reader, Collection::Checkpoints).await.is_empty());
    let store = writer(dir.path());
    write_page(&store, 1).await;
    store.commit().await.expect("committed");
    assert_eq!(reader.count(Collection::Checkpoints).await.expect("answered"), 1);
    assert_eq!(scanned(&reader, Collection::Checkpoints).await.len(), 1);
}

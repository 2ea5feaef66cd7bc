//! The creators' index: asked, looked up, scanned and counted; and that nothing else is held up by it, since it can be
//! made again of the videos.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::sync::mpsc;
use viralmine::model::{CORPUS_ID, CreatorQuestion, CreatorSort};
use viralmine::store::embedded::{EmbeddedExaminer, EmbeddedVersions};
use viralmine::store::{
    Examine, Health, IndexVersions, Lookup, ScannedDocument, StoreContents, StoreError, StoreReader, StoreWriter,
};

use super::*;

fn row(id: &str, rest: &Value) -> Value {
    let mut document = json!({"sec_user_id": id, "unique_id": format!("@{id}"), "videos": 9, "judged": 9});
    for (name, value) in rest.as_object().expect("an object") {
        document[name] = value.clone();
    }
    document
}

async fn store_rows(store: &EmbeddedWriter, rows: &[Value]) {
    let items: Vec<_> = rows.iter().map(|row| (row["sec_user_id"].as_str().expect("an id"), 1, row.clone())).collect();
    let verdicts = store.bulk(&batch(Collection::Creators, &items)).await.expect("answered");
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })), "{verdicts:?}");
    store.commit().await.expect("committed");
}

/// Five creators in two segments, one of them replaced, and the corpus's figures among them.
async fn make_store() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    store_videos(&store, &[video("1", &json!({}))]).await;
    let old = row("b", &json!({"median_plays": 1.0, "hit_rate": 1.0}));
    store_rows(&store, &[row("c", &json!({"median_plays": 100.5, "hit_rate": 0.5})), old]).await;
    let corpus = json!({"scored_at": 5, "videos": 1_000, "judged": 900, "engagement_a": 1.5});
    store.bulk(&batch(Collection::Creators, &[(CORPUS_ID, 5, corpus)])).await.expect("answered");
    store_rows(
        &store,
        &[
            row("a", &json!({"median_plays": 100.5, "hit_rate": 0.5, "trend": 2.0, "growth": -0.5, "judged": 3})),
            row("b", &json!({"median_plays": 2_000, "hit_rate": 0.25})),
            row("e", &json!({})),
            row("d", &json!({"median_plays": 50, "hit_rate": 0, "growth": 0.25})),
        ],
    )
    .await;
    dir
}

fn all() -> CreatorQuestion {
    CreatorQuestion {
        among: None,
        median_at_least: None,
        median_below: None,
        min_judged: 0,
        sort: CreatorSort::HitRate,
        limit: 100,
    }
}

/// How many rows there are, and whose; none where there is no index of them.
async fn asked(reader: &EmbeddedReader, question: &CreatorQuestion) -> (u64, String) {
    let hits = match reader.creators(question).await {
        Err(StoreError::Missing(_)) => return (0, String::new()),
        hits => hits.expect("answered"),
    };
    let id = |source: &bytes::Bytes| {
        let document: Value = serde_json::from_slice(source).expect("JSON");
        document["sec_user_id"].as_str().expect("an id").to_owned()
    };
    (hits.total, hits.videos.iter().map(id).collect())
}

#[tokio::test]
async fn rows_are_filtered_and_ordered_and_the_corpus_is_none_of_them() {
    let dir = make_store().await;
    let reader = reader(dir.path());
    let among = |ids: &[&str]| Some(ids.iter().map(|id| (*id).to_owned()).collect());
    for (question, expected) in [
        (all(), (5, "acbde")),
        (CreatorQuestion { limit: 2, ..all() }, (5, "ac")),
        (CreatorQuestion { limit: 0, ..all() }, (5, "")),
        (CreatorQuestion { sort: CreatorSort::MedianPlays, ..all() }, (5, "bacde")),
        (CreatorQuestion { sort: CreatorSort::Trend, ..all() }, (5, "abcde")),
        (CreatorQuestion { sort: CreatorSort::Growth, ..all() }, (5, "dabce")),
        (CreatorQuestion { sort: CreatorSort::Engagement, limit: 3, ..all() }, (5, "abc")),
        (CreatorQuestion { median_at_least: Some(100.5), ..all() }, (3, "acb")),
        (CreatorQuestion { median_at_least: Some(0.0), ..all() }, (4, "acbd")),
        (CreatorQuestion { median_below: Some(100.5), ..all() }, (1, "d")),
        (CreatorQuestion { median_at_least: Some(50.0), median_below: Some(2_000.0), ..all() }, (3, "acd")),
        (CreatorQuestion { min_judged: 4, ..all() }, (4, "cbde")),
        (CreatorQuestion { min_judged: u64::MAX, ..all() }, (0, "")),
        (CreatorQuestion { among: among(&["b", "e", "none"]), ..all() }, (2, "be")),
        (CreatorQuestion { among: among(&[]), ..all() }, (0, "")),
        (CreatorQuestion { among: among(&[CORPUS_ID]), ..all() }, (0, "")),
    ] {
        assert_eq!(asked(&reader, &question).await, (expected.0, expected.1.to_owned()), "{question:?}");
    }
}

#[tokio::test]
async fn rows_are_looked_up_scanned_and_counted() {
    let dir = make_store().await;
    let reader = reader(dir.path());
    let ids = ["b", CORPUS_ID, "none"].map(str::to_owned);
    for found in [
        reader.get(Collection::Creators, &ids).await.expect("answered"),
        writer(dir.path()).get(Collection::Creators, &ids).await.expect("answered"),
    ] {
        let versions: Vec<_> = found.iter().map(|found| found.as_ref().map(|document| document.version)).collect();
        assert_eq!(versions, [Some(1), Some(5), None]);
        let corpus: Value = serde_json::from_slice(&found[1].as_ref().expect("there").source).expect("JSON");
        assert_eq!(corpus["engagement_a"], 1.5);
    }
    assert_eq!(reader.count(Collection::Creators).await.expect("answered"), 5);
    assert_eq!(reader.count(Collection::Videos).await.expect("answered"), 1);
    assert_eq!(reader.count(Collection::Checkpoints).await.expect("answered"), 0);
    let (sender, mut received) = mpsc::channel(64);
    reader.scan(Collection::Creators, sender).await.expect("scanned");
    let mut found = BTreeMap::new();
    while let Some(chunk) = received.recv().await {
        let chunk: Vec<ScannedDocument> = chunk;
        found.extend(chunk.into_iter().map(|scanned| (scanned.id, scanned.document.source)));
    }
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
    assert_eq!(found["e"], row("e", &json!({})).to_string());
}

/// As a store made before there was such an index.
#[tokio::test]
async fn without_a_creators_index_there_are_none_until_they_are_written() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    store_videos(&store, &[video("1", &json!({}))]).await;
    assert!(!index_folder(dir.path(), "creators").exists(), "who fetches makes none");
    let reader = reader(dir.path());
    let error = reader.creators(&all()).await.expect_err("no answer that looks like one");
    assert!(matches!(&error, StoreError::Missing(words) if words.contains("viralmine score")), "{error}");
    assert_eq!(reader.count(Collection::Creators).await.expect("answered"), 0);
    assert_eq!(reader.get(Collection::Creators, &["a".to_owned()]).await.expect("answered"), [None]);
    store_rows(&store, &[row("a", &json!({}))]).await;
    assert_eq!(asked(&reader, &all()).await, (1, "a".to_owned()), "the same reader sees them");
}

#[tokio::test]
async fn rows_are_newest_wins_as_videos_are() {
    let dir = make_store().await;
    let store = writer(dir.path());
    let older =
        [("b", 0, row("b", &json!({}))), ("b", 1, row("b", &json!({"videos": 10}))), ("x", 1, json!({"no": 1}))];
    let verdicts = store.bulk(&batch(Collection::Creators, &older)).await.expect("answered");
    assert!(matches!(verdicts[..], [Verdict::Superseded, Verdict::Stored { new: false }, Verdict::Refused(_)]));
    let found = store.get(Collection::Creators, &["b".to_owned()]).await.expect("what was just written");
    let found: Value = serde_json::from_slice(&found[0].as_ref().expect("there").source).expect("JSON");
    assert_eq!(found["videos"], 10);
}

type Spoiler = fn(&Path);

fn write_stamp(folder: &Path, text: &str) {
    fs::write(folder.join("viralmine.json"), text).expect("written");
}

const OLDER: Spoiler = |folder| write_stamp(folder, "{\"format\":0,\"mapping_version\":0}");
const OTHER_FIELDS: Spoiler = |folder| {
    let meta = folder.join("meta.json");
    let text = fs::read_to_string(&meta).expect("read").replace("\"hit_rate\"", "\"of_old\"");
    fs::write(meta, text).expect("written");
};
const GONE: Spoiler = |folder| fs::remove_dir_all(folder).expect("removed");
const LISTLESS: Spoiler = |folder| fs::remove_file(folder.join("meta.json")).expect("removed");
const STAMPLESS: Spoiler = |folder| write_stamp(folder, "{");
const FLIPPED: Spoiler = |folder| {
    for file in fs::read_dir(folder).expect("entries").flatten() {
        if file.path().extension().is_some_and(|end| end == "store") {
            let mut bytes = fs::read(file.path()).expect("read");
            bytes[0] ^= 1;
            fs::write(file.path(), bytes).expect("written");
        }
    }
};

#[tokio::test]
async fn an_index_that_does_not_fit_holds_up_nothing_and_is_made_anew_when_it_is_written() {
    for (spoil, as_good_as_none) in
        [(OLDER, true), (OTHER_FIELDS, true), (GONE, true), (LISTLESS, false), (STAMPLESS, false), (FLIPPED, false)]
    {
        let dir = make_store().await;
        spoil(&index_folder(dir.path(), "creators"));
        // Questions for videos are answered; those for creators, too, or refused with what to do.
        let beside = reader(dir.path());
        assert_eq!(beside.search(&Question::all()).await.expect("answered").total, 1);
        let said = [
            beside.creators(&all()).await.map(|hits| hits.total).or_else(|error| match error {
                StoreError::Missing(_) => Ok(0),
                error => Err(error),
            }),
            beside.count(Collection::Creators).await,
            beside
                .get(Collection::Creators, &["a".to_owned()])
                .await
                .map(|found| found.iter().flatten().count() as u64),
        ];
        for answer in said {
            match answer {
                Ok(count) => assert!(as_good_as_none && count == 0),
                Err(error) => {
                    let text = error.to_string();
                    assert!(!as_good_as_none && text.contains("viralmine score"), "{text}");
                    assert!(text.contains(&dir.path().display().to_string()) && !text.contains("replay"), "{text}");
                }
            }
        }
        // A run that fetches goes on.
        let store = writer(dir.path());
        store_videos(&store, &[video("2", &json!({}))]).await;
        write_page(&store, 1).await;
        store.commit().await.expect("committed");
        // Writing makes it anew, and it is whole from then on.
        assert_eq!(store.get(Collection::Creators, &["a".to_owned()]).await.expect("answered"), [None]);
        store_rows(&store, &[row("z", &json!({}))]).await;
        drop(store);
        assert_eq!(asked(&reader(dir.path()), &all()).await, (1, "z".to_owned()));
        let left = fs::read_dir(dir.path().join("index")).expect("entries").flatten();
        let left = left.filter(|entry| entry.file_name().to_string_lossy().contains("creators")).count();
        assert_eq!(left, 1, "the old one is removed");
        assert_eq!(asked(&reader(dir.path()), &all()).await.0, 1);
        let store = writer(dir.path());
        store_rows(&store, &[row("y", &json!({}))]).await;
        assert_eq!(asked(&reader(dir.path()), &all()).await, (2, "yz".to_owned()), "it is gone on with");
    }
}

#[tokio::test]
async fn an_index_of_a_newer_viralmine_stays_as_it_is_and_holds_up_nothing() {
    let dir = make_store().await;
    let folder = index_folder(dir.path(), "creators");
    let whole = fs::read_to_string(folder.join("viralmine.json")).expect("read");
    write_stamp(&folder, "{\"format\":1,\"mapping_version\":99}");
    let newer = |error: StoreError| assert!(error.to_string().contains("newer viralmine"), "{error}");
    newer(reader(dir.path()).creators(&all()).await.expect_err("refused"));
    let store = writer(dir.path());
    let one = batch(Collection::Creators, &[("z", 1, row("z", &json!({})))]);
    newer(store.bulk(&one).await.expect_err("refused"));
    newer(store.get(Collection::Creators, &["z".to_owned()]).await.expect_err("refused"));
    store_videos(&store, &[video("2", &json!({}))]).await;
    drop(store);
    assert_eq!(reader(dir.path()).search(&Question::all()).await.expect("answered").total, 2);
    write_stamp(&folder, &whole);
    assert_eq!(asked(&reader(dir.path()), &all()).await.0, 5);
}

#[tokio::test]
async fn a_reindexing_lets_go_of_one_that_does_not_fit_and_keeps_one_that_does() {
    for (spoil, kept) in [(None, 5), (Some(OLDER), 0), (Some(LISTLESS), 0), (Some(GONE), 0)] {
        let dir = make_store().await;
        let folder = index_folder(dir.path(), "creators");
        if let Some(spoil) = spoil {
            spoil(&folder);
        }
        let versions = EmbeddedVersions::open(dir.path(), PREFIX).expect("opens");
        versions.begin().await.expect("begun");
        versions.switch().await.expect("switched");
        versions.drop_old().await.expect("dropped");
        drop(versions);
        assert_eq!(folder.exists(), kept > 0);
        assert_eq!(asked(&reader(dir.path()), &all()).await.0, kept);
        let store = writer(dir.path());
        store_rows(&store, &[row("z", &json!({}))]).await;
        assert_eq!(asked(&reader(dir.path()), &all()).await.0, kept + 1);
    }
}

#[tokio::test]
async fn looking_at_one_that_does_not_fit_is_a_warning() {
    for spoil in [OLDER, LISTLESS, FLIPPED] {
        let dir = make_store().await;
        spoil(&index_folder(dir.path(), "creators"));
        let findings = EmbeddedExaminer::new(dir.path(), PREFIX).examine().await;
        let finding = findings.iter().find(|finding| finding.about == "creators index").expect("looked at");
        assert_eq!(finding.health, Health::Warning, "{finding:?}");
        assert!(finding.advice.as_ref().is_some_and(|advice| advice.contains("viralmine score")), "{finding:?}");
        assert!(!finding.words.contains("viralmine re"), "{finding:?}");
    }
}

//! Looking at a store: what is found in a good one and in bad ones, and that looking changes nothing.

use std::collections::BTreeMap;

use serde_json::json;
use viralmine::store::embedded::{EmbeddedExaminer, EmbeddedVersions};
use viralmine::store::{Examine, Finding, Health, IndexVersions, StoreWriter};

use super::*;

/// Spoils an index in its folder.
type Spoiler = Box<dyn Fn(&Path)>;

async fn make_store() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    store_videos(&store, &[video("1", &json!({})), video("2", &json!({}))]).await;
    write_page(&store, 1).await;
    store.commit().await.expect("committed");
    drop(store);
    dir
}

async fn findings(dir: &Path) -> Vec<Finding> {
    EmbeddedExaminer::new(dir, PREFIX).examine().await
}

/// What was found of one thing, after all that is not good was seen to come with advice.
async fn found(dir: &Path, about: &str) -> Finding {
    let findings = findings(dir).await;
    for finding in &findings {
        assert_eq!(finding.health == Health::Good, finding.advice.is_none(), "{finding:?}");
    }
    let found = findings.iter().find(|finding| finding.about == about);
    found.unwrap_or_else(|| panic!("nothing is said of {about}: {findings:?}")).clone()
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("entries").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        }
        found.insert(entry.path(), fs::read(entry.path()).ok());
    }
    found
}

#[tokio::test]
async fn a_good_store_is_good_and_stays_as_it_is() {
    let dir = make_store().await;
    let before = files(dir.path());
    let findings = findings(dir.path()).await;
    assert_eq!(files(dir.path()), before);
    let about: Vec<&str> = findings.iter().map(|finding| finding.about.as_str()).collect();
    assert_eq!(about, ["videos index", "creators index", "snapshots index", "checkpoints index", "writing", "disk"]);
    let bad: Vec<_> =
        findings.iter().filter(|finding| finding.about != "disk" && finding.health != Health::Good).collect();
    assert!(bad.is_empty(), "{bad:?}");
    assert!(findings[0].words.contains("4 documents"), "{findings:?}");
    assert!(findings[1].words.contains("none were written"), "{findings:?}");
    assert!(findings[2].words.contains("none were written"), "{findings:?}");
    assert!(findings[3].words.contains("1 documents"), "{findings:?}");
    assert!(findings[5].words.contains("free"), "{findings:?}");
}

#[tokio::test]
async fn a_folder_without_a_store_is_a_warning_and_stays_empty() {
    let dir = tempfile::tempdir().expect("a folder");
    let videos = found(dir.path(), "videos index").await;
    assert_eq!(videos.health, Health::Warning);
    assert!(videos.advice.is_some_and(|advice| advice.contains("viralmine backfill")));
    assert!(files(dir.path()).is_empty());
    let missing = found(&dir.path().join("not/there"), "disk").await;
    assert!(missing.words.contains("free"), "{missing:?}");
    let nameless = EmbeddedExaminer::new(dir.path(), "../up").examine().await;
    assert!(matches!(&nameless[..], [finding] if finding.health == Health::Bad), "{nameless:?}");
}

#[tokio::test]
async fn damage_and_other_versions_are_told_with_what_to_do() {
    let dir = make_store().await;
    let stamp =
        |text: &'static str| move |folder: &Path| fs::write(folder.join("viralmine.json"), text).expect("written");
    let flip = |end: &'static str| {
        move |folder: &Path| {
            let files = fs::read_dir(folder).expect("entries").flatten().map(|file| file.path());
            let path = files.filter(|path| path.extension().is_some_and(|other| other == end)).max().expect("one");
            let mut bytes = fs::read(&path).expect("read");
            let middle = bytes.len() / 4;
            bytes[middle] ^= 1;
            fs::write(path, bytes).expect("written");
        }
    };
    let cases: Vec<(Spoiler, &str)> = vec![
        (Box::new(flip("store")), "viralmine replay"),
        (Box::new(flip("term")), "viralmine replay"),
        (Box::new(stamp("{")), "viralmine replay"),
        (Box::new(stamp("{\"format\":0,\"mapping_version\":0}")), "viralmine reindex"),
        (Box::new(stamp("{\"format\":1,\"mapping_version\":99}")), "use that version"),
    ];
    for (spoil, advice) in cases {
        for collection in ["videos", "checkpoints"] {
            let bad = copy_of(dir.path());
            spoil(&index_folder(bad.path(), collection));
            let finding = found(bad.path(), &format!("{collection} index")).await;
            assert_eq!(finding.health, Health::Bad, "{finding:?}");
            assert!(finding.words.contains(&bad.path().display().to_string()), "{finding:?}");
            assert!(finding.advice.as_ref().is_some_and(|text| text.contains(advice)), "{finding:?}");
        }
    }
}

#[tokio::test]
async fn checkpoints_without_videos_are_bad() {
    let dir = make_store().await;
    fs::remove_dir_all(index_folder(dir.path(), "videos")).expect("removed");
    let finding = found(dir.path(), "checkpoints and videos").await;
    assert_eq!(finding.health, Health::Bad, "{finding:?}");
}

#[tokio::test]
async fn a_writer_at_work_is_seen_and_not_disturbed() {
    let dir = make_store().await;
    assert!(found(dir.path(), "writing").await.words.contains("no process"));
    let store = writer(dir.path());
    assert!(found(dir.path(), "writing").await.words.contains("another viralmine process"));
    store_videos(&store, &[video("3", &json!({}))]).await;
    assert!(found(dir.path(), "videos index").await.words.contains("5 documents"));
}

#[tokio::test]
async fn a_reindexing_that_did_not_end_and_what_one_left_are_told() {
    let dir = make_store().await;
    let versions = EmbeddedVersions::open(dir.path(), PREFIX).expect("opens");
    versions.begin().await.expect("begun");
    let unfinished = found(dir.path(), "versions").await;
    assert_eq!(unfinished.health, Health::Warning);
    assert!(unfinished.words.contains("viralmine-videos-000002"), "{unfinished:?}");
    assert!(unfinished.advice.is_some_and(|advice| advice.contains("viralmine reindex")));
    versions.switch().await.expect("switched");
    let kept = found(dir.path(), "versions").await;
    assert!(kept.health == Health::Good && kept.words.contains("viralmine-videos-000001"), "{kept:?}");
    fs::write(dir.path().join("index").join(format!("{PREFIX}.current")), "{").expect("written");
    assert_eq!(found(dir.path(), "versions in use").await.health, Health::Bad);
}

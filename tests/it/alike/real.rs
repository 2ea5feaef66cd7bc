//! The real posts, played by the simulator, backfilled into each store, read back and asked for.
//!
//! The posts are not part of the project: `VIRALMINE_SAMPLES` names the folder they lie in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use viralmine::archive::RecordedPages;
use viralmine::model::{Question, Verdict};
use viralmine::normalize::{PageContext, documents};
use viralmine::simulator::SimulatorOptions;

use super::mining::Mined;
use super::questions::Material;
use super::{Both, assert_answers, assert_printed_alike, assert_tables, batch, newest, parsed};
use crate::support::naive::NaiveStore;
use crate::support::place::Place;
use crate::support::run::{Run, quick, simulator};

const FILE: &str = "posts-2025.pages.ndjson.gz";

fn samples() -> PathBuf {
    std::env::var_os("VIRALMINE_SAMPLES").expect("VIRALMINE_SAMPLES names the folder of real posts").into()
}

/// Each creator's recorded answers.
fn recorded(path: &Path) -> BTreeMap<String, Vec<String>> {
    let mut recorded: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for page in RecordedPages::open(path).unwrap() {
        let page = page.unwrap();
        recorded.entry(page.sec_user_id.unwrap()).or_default().push(page.response.text().to_owned());
    }
    recorded
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs VIRALMINE_SAMPLES"]
async fn real_posts_end_up_in_the_embedded_store() {
    played_and_asked(Place::embedded()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs VIRALMINE_SAMPLES"]
async fn real_posts_end_up_in_elasticsearch() {
    played_and_asked(Place::elastic()).await;
}

async fn played_and_asked(place: Place) {
    let path = samples().join(FILE);
    let recorded = recorded(&path);
    let simulator = simulator(SimulatorOptions { from: Some(path), ..quick() }).await;
    let mut run = Run::new(&place, &simulator);
    // Most creators have one post, and each page takes the room of a whole one until its batch is answered.
    run.limits.room.documents = 20_000;
    run.api.region = Some("GB".to_owned());
    run.bounds.region.clone_from(&run.api.region);
    let report = run.run().await.report;
    assert_eq!((report.creators.done, report.creators.failed.len()), (6_687, 0), "{:?}", report.creators.failed);
    assert_eq!((report.items.received, report.items.skipped), (7_218, 0));
    assert_eq!((report.documents.stored, report.documents.dead), (7_218, 0));

    let reader = place.reader().await;
    let stored = reader.search(&Question::all()).await.unwrap();
    let mut ids = BTreeSet::new();
    for source in &stored.videos {
        let document = parsed(source);
        let text = |field: &str| document[field].as_str().unwrap().to_owned();
        let (id, creator) = (text("aweme_id"), text("sec_user_id"));
        let fetched_at = document["fetched_at"].as_i64().unwrap();
        let context = PageContext { sec_user_id: &creator, region: Some("GB"), fetched_at };
        let pages = recorded[&creator].iter().map(|answer| documents(answer.as_bytes(), &context).unwrap());
        let is_its_own = pages.into_iter().any(|page| {
            page.documents.iter().any(|head| head.id == id && page.sources[head.source.clone()] == **source)
        });
        assert!(is_its_own, "{id} of {creator} is as it was recorded");
        ids.insert(id);
    }
    assert_eq!((stored.total, ids.len()), (7_218, 7_218));

    let naive = NaiveStore::new(stored.videos.clone());
    let documents: Vec<_> = stored.videos.iter().map(parsed).collect();
    let material = Material::of(documents.iter());
    assert!(material.scripts().len() > 12, "{:?}", material.scripts());
    assert_answers(reader.as_ref(), &naive, &material.filter_questions(1)).await;
    assert_answers(reader.as_ref(), &naive, &material.questions(2, 300)).await;
    assert_tables(reader.as_ref(), &naive, &material.questions(3, 10)).await;
    assert_tables(reader.as_ref(), &naive, &[Question::all()]).await;
    assert_printed_alike(reader.as_ref(), &naive).await;
}

/// The other files: whole timelines, photo posts, objects with a hundred keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs VIRALMINE_SAMPLES"]
async fn every_other_file_is_stored_and_found_alike() {
    let mut files = Vec::new();
    for folder in ["lists", "mobile"] {
        let entries = std::fs::read_dir(samples().join(folder)).unwrap();
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    files.sort();
    let context = PageContext { sec_user_id: "MS4wLjABAAAAlily", region: None, fetched_at: 1_750_300_000_000 };
    let mut batches: Vec<_> =
        files.iter().map(|file| batch(&std::fs::read_to_string(file).unwrap(), &context)).collect();
    for (creator, answers) in recorded(&samples().join("timeline-2021.pages.ndjson")) {
        let context = PageContext { sec_user_id: &creator, ..context };
        batches.extend(answers.iter().map(|answer| batch(answer, &context)));
    }
    let both = Both::new().await;
    for batch in &batches {
        assert!(both.bulk(batch).await.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })));
    }
    both.commit().await;
    let expected = newest(&batches);
    let naive = super::naive(&expected);
    let documents: Vec<_> = expected.values().map(|(_, source)| parsed(source)).collect();
    let material = Material::of(documents.iter());
    both.assert_answers(&naive, &material.filter_questions(1)).await;
    both.assert_answers(&naive, &material.questions(2, 300)).await;
    for reader in both.readers().await {
        assert_tables(reader.as_ref(), &naive, &[Question::all()]).await;
        assert_printed_alike(reader.as_ref(), &naive).await;
    }
}

/// Their groups and measures, with scores drawn for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs VIRALMINE_SAMPLES"]
async fn real_posts_are_mined_alike() {
    real_posts_mined(12).await;
}

/// Each kind of question so many times; `scripts/soak alike` asks more often.
pub async fn real_posts_mined(count: usize) {
    let context = PageContext { sec_user_id: "", region: Some("GB"), fetched_at: 1_750_300_000_000 };
    let mut batches = Vec::new();
    for (later, (creator, answers)) in (0..).zip(recorded(&samples().join(FILE))) {
        let context = PageContext { sec_user_id: &creator, fetched_at: context.fetched_at + later, ..context };
        batches.extend(answers.iter().map(|answer| batch(answer, &context)));
    }
    Mined::of(&newest(&batches), 11).await.assert_alike(count).await;
}

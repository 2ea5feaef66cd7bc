//! Simulated posts, given to both stores as the same batches.

use serde_json::json;
use viralmine::model::{BatchBuilder, Collection, Filters, Query, Question, Sort, Verdict};
use viralmine::simulator::SimulatorOptions;

use super::questions::Material;
use super::{Answers, Both, assert_printed_alike, assert_tables, kind, naive, newest, parsed};
use crate::support::naive::NaiveStore;
use crate::support::place::Place;
use crate::support::run::{Run, quick, simulator};

/// The posts of so many creators, about so many of each, as fetched.
pub(super) async fn simulated_answers(creators: u32, videos: u32) -> Answers {
    let simulator = simulator(SimulatorOptions { creators, videos, seed: 7, ..quick() }).await;
    let place = Place::embedded();
    let report = Run::new(&place, &simulator).run().await.report;
    assert_eq!(report.creators.done, u64::from(creators));
    let answers = Answers::archived(&place.settings.data_dir);
    let expected = newest(&answers.batches(0, None));
    let stored = place.reader().await.search(&Question::all()).await.unwrap();
    assert_eq!(stored.total, expected.len() as u64);
    assert!(
        stored.videos.iter().all(|document| expected[parsed(document)["aweme_id"].as_str().unwrap()].1 == *document)
    );
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_posts_are_found_alike() {
    // About 1,500 posts.
    let answers = simulated_answers(30, 50).await;
    let both = Both::new().await;
    // Older documents first, so that much of what the segments hold is dead; and last, when they come too late.
    let (older, newer) = (answers.batches(-5_000, Some("XX")), answers.batches(0, None));
    for batches in [&older[..], &newer[..]] {
        for (number, batch) in batches.iter().enumerate() {
            both.bulk(batch).await;
            if number % 13 == 12 {
                both.commit().await;
            }
        }
    }
    for batch in &older[..older.len() / 2] {
        assert!(both.bulk(batch).await.iter().all(|verdict| kind(verdict) == "superseded"));
    }
    both.commit().await;
    let expected = newest(&[older, newer].concat());
    let naive = naive(&expected);
    let documents: Vec<_> = expected.values().map(|(_, source)| parsed(source)).collect();
    assert!(documents.len() > 1_200 && documents.iter().all(|document| document["region"] != "XX"));
    let material = Material::of(documents.iter());
    both.assert_answers(&naive, &material.filter_questions(1)).await;
    both.assert_answers(&naive, &material.questions(2, 600)).await;
    for reader in both.readers().await {
        assert_tables(reader.as_ref(), &naive, &material.questions(3, 20)).await;
        assert_tables(reader.as_ref(), &naive, &[Question::all()]).await;
        assert_printed_alike(reader.as_ref(), &naive).await;
    }
}

/// More hits than one search gives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_ten_thousand_hits_are_paged_through_alike() {
    let both = Both::new().await;
    let mut documents = Vec::new();
    for part in 0..4 {
        let mut builder = BatchBuilder::new(Collection::Videos);
        for number in (0..12_000_u32).filter(|number| number % 4 == part) {
            let document = json!({
                "aweme_id": (number * 7_919 % 100_003).to_string(),
                "stats": {"play": number % 5},
                "publish_ts": (number % 3 > 0).then_some(number % 7),
                "engagement": {"rate": (number % 2 > 0).then_some(f64::from(number % 11) / 10.0)},
                "hashtag_keys": [if number % 12 > 0 { "most" } else { "few" }],
            });
            let source = document.to_string();
            builder.push(document["aweme_id"].as_str().unwrap(), 1, source.as_bytes());
            documents.push(source.into());
        }
        assert!(both.bulk(&builder.finish()).await.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })));
        both.commit().await;
    }
    let naive = NaiveStore::new(documents);
    let tag = |key: &str| Query::Tag { key: key.to_owned(), prefix: false };
    let mut questions = Vec::new();
    for sort in [Sort::Plays, Sort::Date, Sort::Engagement, Sort::Score] {
        for limit in [9_999, 10_000, 10_001, 11_000, usize::MAX] {
            for query in [Query::All, tag("most")] {
                questions.push(Question { query, sort, limit, ..Question::all() });
            }
        }
    }
    both.assert_answers(&naive, &questions).await;
    let since = Filters { since: Some(3), ..Filters::default() };
    for reader in both.readers().await {
        let questions = [Question::all(), Question { filters: since.clone(), ..Question::all() }];
        assert_tables(reader.as_ref(), &naive, &questions).await;
    }
}

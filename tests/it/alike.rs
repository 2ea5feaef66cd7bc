//! Both stores hold and answer the same: each is compared with a store that looks at every document
//! (`support::naive`), over simulated posts, real ones, and documents at the edge of what an engine takes.

/// Texts and tags of any length, missing fields, control characters: the same verdicts, the same bytes.
mod edges;
/// Groups, measures, slots, creators and orders by score, over posts whose scores were drawn.
pub mod mining;
/// Questions drawn from what a corpus holds, in every script it holds.
mod questions;
/// The real posts, played by the simulator and backfilled into each store.
pub mod real;
/// Simulated posts in both stores, overwritten and out of order.
mod simulated;
/// Newest wins, refusals, and reads of what is not committed yet.
mod versions;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use clap::Parser;
use serde_json::Value;
use viralmine::archive::{RecordedPages, segments};
use viralmine::cli::ask::{HashtagsArgs, SearchArgs};
use viralmine::commands;
use viralmine::insight::groups::{GroupKind, GroupOrder};
use viralmine::jobs::ask::ranking::{Floors, Ranking, rank};
use viralmine::model::{Batch, BatchBuilder, Collection, Question, Row, Scope, Sort, Verdict};
use viralmine::normalize::{PageContext, documents};
use viralmine::store::{StoreReader, StoreWriter};

use crate::support::naive::NaiveStore;
use crate::support::place::Place;

/// A store of each kind, open for writing.
struct Both {
    places: [Place; 2],
    writers: [Arc<dyn StoreWriter>; 2],
}

impl Both {
    async fn new() -> Self {
        let places = [Place::embedded(), Place::elastic()];
        let writers = [places[0].writer().await, places[1].writer().await];
        for writer in &writers {
            writer.prepare().await.unwrap();
        }
        Self { places, writers }
    }

    /// Gives both the same batch. Each refuses in its own words, so these are left out of the comparison.
    async fn bulk(&self, batch: &Batch) -> Vec<Verdict> {
        let [embedded, elastic] = [&self.writers[0], &self.writers[1]].map(|writer| writer.bulk(batch));
        let (embedded, elastic) = (embedded.await.unwrap(), elastic.await.unwrap());
        for (position, verdicts) in embedded.iter().zip(&elastic).enumerate() {
            assert_eq!(kind(verdicts.0), kind(verdicts.1), "{}: {verdicts:?}", batch.items[position].id);
        }
        embedded
    }

    async fn commit(&self) {
        for writer in &self.writers {
            writer.commit().await.unwrap();
        }
    }

    async fn readers(&self) -> [Arc<dyn StoreReader>; 2] {
        [self.places[0].reader().await, self.places[1].reader().await]
    }

    /// Compares both with a plain store, question by question.
    async fn assert_answers(&self, naive: &NaiveStore, questions: &[Question]) {
        for reader in self.readers().await {
            assert_answers(reader.as_ref(), naive, questions).await;
        }
    }
}

fn kind(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Stored { .. } => "stored",
        Verdict::Superseded => "superseded",
        Verdict::Again(_) => "again",
        Verdict::Refused(_) => "refused",
    }
}

/// The documents of recorded answers, as batches of one page each.
struct Answers(Vec<(String, Option<String>, i64, String)>);

impl Answers {
    /// What the archive in a data folder holds.
    fn archived(data_folder: &Path) -> Self {
        let pages = segments(data_folder).unwrap().into_iter().flat_map(|path| RecordedPages::open(&path).unwrap());
        let answer = |page: viralmine::archive::RecordedPage| {
            let text = page.response.text().to_owned();
            (page.sec_user_id.unwrap(), page.region, page.fetched_at.unwrap(), text)
        };
        Self(pages.map(|page| answer(page.unwrap())).collect())
    }

    /// One batch for each page, as if it had been fetched so much later (ms), from another region if one is given.
    fn batches(&self, later: i64, region: Option<&str>) -> Vec<Batch> {
        let batch = |(creator, own_region, fetched_at, text): &(String, Option<String>, i64, String)| {
            let fetched_at = fetched_at + later;
            let region = region.or(own_region.as_deref());
            batch(text, &PageContext { sec_user_id: creator, region, fetched_at })
        };
        self.0.iter().map(batch).collect()
    }
}

/// The documents of an answer.
fn batch(answer: &str, context: &PageContext<'_>) -> Batch {
    let page = documents(answer.as_bytes(), context).unwrap();
    let mut builder = BatchBuilder::new(Collection::Videos);
    for document in &page.documents {
        builder.push(&document.id, context.fetched_at, &page.sources[document.source.clone()]);
    }
    builder.finish()
}

/// What is to be stored in the end: of each id the newest version, of equal ones the last.
fn newest(batches: &[Batch]) -> BTreeMap<String, (i64, Bytes)> {
    let mut newest: BTreeMap<String, (i64, Bytes)> = BTreeMap::new();
    for batch in batches {
        for (position, item) in batch.items.iter().enumerate() {
            if newest.get(&item.id).is_none_or(|known| known.0 <= item.version) {
                let source = Bytes::copy_from_slice(batch.source(position));
                newest.insert(item.id.clone(), (item.version, source));
            }
        }
    }
    newest
}

fn naive(newest: &BTreeMap<String, (i64, Bytes)>) -> NaiveStore {
    NaiveStore::new(newest.values().map(|(_, source)| source.clone()).collect())
}

async fn assert_answers(reader: &dyn StoreReader, naive: &NaiveStore, questions: &[Question]) {
    let mut differing = Vec::new();
    for question in questions {
        let expected = naive.search(question).await.unwrap();
        let hits = match reader.search(question).await {
            Ok(hits) => hits,
            Err(error) => {
                differing.push(format!("{error}: {question:?}"));
                continue;
            }
        };
        let is_same = if question.sort == Sort::Score {
            let all = naive.search(&Question { limit: usize::MAX, ..question.clone() }).await.unwrap().videos;
            let all: HashSet<Bytes> = all.into_iter().collect();
            let found: HashSet<&Bytes> = hits.videos.iter().collect();
            let are_distinct = found.len() == hits.videos.len() && found.len() == question.limit.min(all.len());
            are_distinct && hits.videos.iter().all(|document| all.contains(document))
        } else {
            hits.videos == expected.videos
        };
        if hits.total != expected.total || !is_same {
            differing.push(format!("{} in place of {}: {question:?}", hits.total, expected.total));
        }
    }
    let first: Vec<&String> = differing.iter().take(12).collect();
    assert!(differing.is_empty(), "{} of {} answers differ: {first:#?}", differing.len(), questions.len());
}

/// Every row, by id.
async fn rows(reader: &dyn StoreReader, question: &Question) -> Vec<Row> {
    let mut rows = Vec::new();
    reader.rows(question, &mut |row| rows.push(row)).await.unwrap();
    rows.sort_by(|one, other| one.aweme_id.cmp(&other.aweme_id));
    rows
}

/// Rows, the newest time, and the table of hashtags in each order.
async fn assert_tables(reader: &dyn StoreReader, naive: &NaiveStore, questions: &[Question]) {
    assert_eq!(reader.newest_fetched_at().await.unwrap(), naive.newest_fetched_at().await.unwrap());
    for question in questions {
        assert_eq!(rows(reader, question).await, rows(naive, question).await, "{question:?}");
        let scope = Scope { query: question.query.clone(), filters: question.filters.clone() };
        let orders = [GroupOrder::Posts, GroupOrder::Plays, GroupOrder::Median];
        for (order, limit) in orders.into_iter().flat_map(|order| [(order, 1), (order, 20)]).chain(MANY) {
            let floors = Floors { posts: 1, creators: 1 };
            let ranking = Ranking { floors, ..Ranking::new(GroupKind::Hashtag, order, limit) };
            let answer = rank(reader, &scope, &ranking).await.unwrap();
            let expected = rank(naive, &scope, &ranking).await.unwrap();
            assert!(answer == expected, "{order:?} {limit} {question:?}");
        }
    }
}

/// More rows than are measured at once.
const MANY: [(GroupOrder, usize); 1] = [(GroupOrder::Posts, 500)];

#[derive(Debug, Parser)]
enum Typed {
    Search(SearchArgs),
    Hashtags(HashtagsArgs),
}

/// What a command prints to stdout.
async fn printed(reader: &dyn StoreReader, line: &[&str]) -> String {
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    match Typed::try_parse_from([&["viralmine"], line].concat()).unwrap() {
        Typed::Search(args) => commands::search::run(reader, &args, &mut out, &mut notes).await.unwrap(),
        Typed::Hashtags(args) => commands::hashtags::run(reader, &args, &mut out, &mut notes).await.unwrap(),
    }
    String::from_utf8(out).unwrap()
}

async fn assert_printed_alike(reader: &dyn StoreReader, naive: &NaiveStore) {
    for line in [
        &["search", "--format", "json", "--limit", "all"][..],
        &["search", "--format", "json"],
        &["search", "--format", "ndjson", "--sort", "date", "--limit", "100"],
        &["search", "--format", "csv", "--sort", "engagement", "--limit", "100"],
        &["search", "--format", "table", "--since", "2w"],
        &["search", "--format", "json", "--min-plays", "1000", "--", "-video"],
        &["hashtags", "--format", "json", "--limit", "all"],
        &["hashtags", "--format", "csv", "--sort", "median", "--min-creators", "1"],
        &["hashtags", "--format", "table", "--sort", "plays", "--kind", "photo"],
    ] {
        assert!(printed(reader, line).await == printed(naive, line).await, "{line:?}");
    }
}

fn parsed(source: &Bytes) -> Value {
    serde_json::from_slice(source).unwrap()
}

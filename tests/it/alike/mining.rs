//! What mining asks of the stores, asked of both and of the naive one: groups by each key and pick, measures, slots,
//! creators, and searches by each score.
//!
//! The scores are drawn by the seed, not computed, so that ties, missing ones, withheld plays and posts without a
//! creator are as frequent as it takes. Each difference names its seed and its question.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use viralmine::model::scores::{CORPUS_ID, Corpus, CreatorRow};
use viralmine::model::{
    BatchBuilder, Collection, CreatorQuestion, CreatorSort, Filters, Group, GroupBy, GroupQuestion, Groups, Pick,
    PostTime, Query, Scope, Slot, Verdict, Windows,
};
use viralmine::store::StoreReader;

use super::questions::{Draws, Material};
use super::simulated::simulated_answers;
use super::{Both, newest, parsed};
use crate::support::naive::NaiveStore;

const DAY: i64 = 86_400;
const ALL_BY: [GroupBy; 4] = [GroupBy::Hashtag, GroupBy::Word, GroupBy::Sound, GroupBy::Creator];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_posts_are_mined_alike() {
    let answers = simulated_answers(60, 50).await;
    Mined::of(&newest(&answers.batches(0, None)), 1).await.assert_alike(12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: fifty thousand posts"]
async fn fifty_thousand_simulated_posts_are_mined_alike() {
    fifty_thousand_simulated_posts(1).await;
}

/// Each kind of question so many times; `scripts/soak alike` asks more often.
pub async fn fifty_thousand_simulated_posts(count: usize) {
    let answers = simulated_answers(500, 100).await;
    let posts = newest(&answers.batches(0, None));
    assert!(posts.len() > 45_000, "{}", posts.len());
    Mined::of(&posts, 2).await.assert_alike(count).await;
}

/// A corpus with drawn scores, in both stores and in the naive one.
pub struct Mined {
    readers: Vec<(&'static str, Arc<dyn StoreReader>)>,
    naive: NaiveStore,
    material: Material,
    /// The keys that posts carry, as often as they do.
    keys: Vec<Vec<String>>,
    creators: Vec<String>,
    seed: u64,
    /// Its folder and indices vanish with it.
    both: Both,
}

impl Mined {
    pub async fn of(posts: &BTreeMap<String, (i64, Bytes)>, seed: u64) -> Self {
        let mut draws = Draws::new(seed);
        let documents: Vec<Value> = posts.values().map(|(_, source)| scored(parsed(source), &mut draws)).collect();
        let of = |by: GroupBy| -> Vec<String> {
            let pointer = format!("/{}", by.field().replace('.', "/"));
            let values = documents.iter().filter_map(|document| document.pointer(&pointer));
            let texts = values.flat_map(|value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]));
            texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        let keys: Vec<Vec<String>> = ALL_BY.map(of).to_vec();
        assert!(keys.iter().all(|keys| keys.len() > 100), "each kind of group is there");
        let mut creators = of(GroupBy::Creator);
        creators.sort();
        creators.dedup();
        let rows: Vec<Bytes> = creators.iter().map(|creator| row(creator, &mut draws)).collect();

        let both = Both::new().await;
        let sources: Vec<Bytes> = documents.iter().map(|document| document.to_string().into()).collect();
        store(&both, Collection::Videos, posts.keys().zip(&sources)).await;
        let corpus = Corpus { scored_at: 1, videos: posts.len() as u64, ..Corpus::default() };
        let corpus: Bytes = serde_json::to_vec(&corpus).unwrap().into();
        let corpus_id = CORPUS_ID.to_owned();
        store(&both, Collection::Creators, creators.iter().zip(&rows).chain([(&corpus_id, &corpus)])).await;
        let [embedded, elastic] = both.readers().await;
        Self {
            readers: vec![("embedded", embedded), ("elastic", elastic)],
            naive: NaiveStore::new(sources).with_creators(&rows),
            material: Material::of(documents.iter()),
            keys,
            creators,
            seed,
            both,
        }
    }

    /// Asks each kind of question so many times.
    pub async fn assert_alike(&self, count: usize) {
        let mut draws = Draws::new(self.seed);
        let mut differing = Vec::new();
        for number in 0..count {
            for by in ALL_BY {
                for pick in self.picks(by, &mut draws) {
                    let question =
                        GroupQuestion { scope: self.scope(&mut draws), by, pick, windows: self.windows(&mut draws) };
                    self.compare(&question, &mut differing, async |store: &dyn StoreReader| {
                        store.groups(&question).await.map(|groups| in_order(groups, &question.pick))
                    })
                    .await;
                }
            }
            let question = (self.scope(&mut draws), self.groups(&mut draws), self.windows(&mut draws));
            self.compare(&question, &mut differing, async |store: &dyn StoreReader| {
                store.measure(&question.0, &question.1, question.2.as_ref()).await
            })
            .await;
            let question = (self.scope(&mut draws), *draws.one(&[3_600, 900, 7_200, 21_600, 86_400]));
            self.compare(&question, &mut differing, async |store: &dyn StoreReader| {
                store.slots(&question.0, question.1).await.map(|slots| slots.iter().map(rounded).collect::<Vec<_>>())
            })
            .await;
            let time = *draws.one(&[PostTime::Published, PostTime::Fetched]);
            let question = (self.scope(&mut draws), time, *draws.one(&[60, 3_600, 86_400]));
            self.compare(&question, &mut differing, async |store: &dyn StoreReader| {
                store.histogram(&question.0, question.1, question.2).await
            })
            .await;
            let question = self.creator_question(&mut draws);
            self.compare(&question, &mut differing, async |store: &dyn StoreReader| store.creators(&question).await)
                .await;
            assert!(differing.len() < 12, "seed {}, by question {number}: {differing:#?}", self.seed);
        }
        assert!(differing.is_empty(), "seed {}: {differing:#?}", self.seed);
        let questions = self.material.questions(self.seed, count * 4);
        self.both.assert_answers(&self.naive, &questions).await;
    }

    /// Asks all three the same.
    async fn compare<A: PartialEq + Debug, E: Debug>(
        &self,
        question: &impl Debug,
        differing: &mut Vec<String>,
        ask: impl AsyncFn(&dyn StoreReader) -> Result<A, E>,
    ) {
        let expected = ask(&self.naive).await.unwrap();
        for (name, reader) in &self.readers {
            match ask(reader.as_ref()).await {
                Ok(answer) if answer == expected => {}
                answer => {
                    let shown = |answer: &dyn Debug| format!("{answer:?}").chars().take(1_500).collect::<String>();
                    differing.push(format!(
                        "{name} answers {} in place of {} to {question:?}",
                        shown(&answer),
                        shown(&expected)
                    ));
                }
            }
        }
    }

    fn picks(&self, by: GroupBy, draws: &mut Draws) -> Vec<Pick> {
        let limit = *draws.one(&[0, 1, 3, 20, 500, usize::MAX]);
        let least = 1 + draws.below(4) as u64;
        let mut named: Vec<String> = (0..draws.below(5)).map(|_| self.key(by, draws)).collect();
        named.push("nobody carries this".to_owned());
        named.sort_by_key(String::len);
        named.dedup();
        vec![
            Pick::MostPosts(limit),
            Pick::MostPlays(limit),
            Pick::BestMedian { limit, min_posts: draws.below(5) as u64 },
            Pick::Posts(least),
            Pick::Viral(least),
            Pick::Recent(least),
            Pick::Named(named),
        ]
    }

    fn key(&self, by: GroupBy, draws: &mut Draws) -> String {
        let position = ALL_BY.iter().position(|&known| known == by).unwrap();
        draws.one(&self.keys[position]).clone()
    }

    fn groups(&self, draws: &mut Draws) -> Vec<Group> {
        let mut groups = vec![Group::Query(self.material.query(draws)), Group::Query(Query::Or(Vec::new()))];
        groups.push(Group::Query(Query::Or(vec![self.material.query(draws), self.material.query(draws)])));
        groups.extend(ALL_BY.map(|by| Group::Key(by, self.key(by, draws))));
        groups.push(Group::Key(*draws.one(&ALL_BY), "nobody carries this".to_owned()));
        let start = draws.below(groups.len());
        groups.rotate_left(start);
        groups
    }

    /// Everything, what a query finds, what filters let through, or both.
    fn scope(&self, draws: &mut Draws) -> Scope {
        let query = if draws.once_in(2) { Query::All } else { self.material.query(draws) };
        let mut filters = if draws.once_in(2) { self.material.filters(draws) } else { Filters::default() };
        filters.only_viral |= draws.once_in(5);
        Scope { query, filters }
    }

    fn windows(&self, draws: &mut Draws) -> Option<Windows> {
        let length = *draws.one(&[0, DAY, 7 * DAY, 30 * DAY, 365 * DAY]);
        let until = *draws.one(&self.material.dates);
        (length > 0).then(|| Windows { recent: until - length..until, earlier: until - 2 * length..until - length })
    }

    fn creator_question(&self, draws: &mut Draws) -> CreatorQuestion {
        let mut among: Vec<String> = (0..draws.below(40)).map(|_| draws.one(&self.creators).clone()).collect();
        among.push("nobody".to_owned());
        among.sort();
        among.dedup();
        CreatorQuestion {
            among: draws.once_in(3).then_some(among),
            median_at_least: draws.once_in(3).then(|| 500.0 * draws.below(8) as f64),
            median_below: draws.once_in(3).then(|| 500.0 * draws.below(12) as f64),
            min_judged: draws.below(6) as u64,
            sort: *draws.one(&[
                CreatorSort::HitRate,
                CreatorSort::MedianPlays,
                CreatorSort::Engagement,
                CreatorSort::Trend,
                CreatorSort::Growth,
            ]),
            limit: *draws.one(&[0, 1, 10, usize::MAX]),
        }
    }
}

/// Stores in both what the naive one has, some hundreds at a time, over several commits.
async fn store(both: &Both, collection: Collection, documents: impl Iterator<Item = (&String, &Bytes)>) {
    let documents: Vec<_> = documents.collect();
    for chunk in documents.chunks(997) {
        let mut builder = BatchBuilder::new(collection);
        for (id, source) in chunk {
            builder.push(id, 7, source);
        }
        let verdicts = both.bulk(&builder.finish()).await;
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })), "{verdicts:?}");
        both.commit().await;
    }
}

/// Scores as a pass could have left them; few values, so that many are equal.
fn scored(mut post: Value, draws: &mut Draws) -> Value {
    let fields = post.as_object_mut().unwrap();
    if draws.once_in(12) {
        fields.remove("sec_user_id");
    }
    if draws.once_in(9) {
        fields["stats"]["play"] = json!(0);
    } else if draws.once_in(3) {
        fields["stats"]["play"] = json!(1 + draws.below(40));
    }
    if draws.once_in(15) {
        fields["publish_ts"] = Value::Null;
    }
    let is_withheld = fields["stats"]["play"] == 0;
    if !draws.once_in(6) {
        fields["engagement"]["smoothed"] = json!(draws.below(60) as f64 / 1_000.0);
    }
    // Not scored yet.
    if draws.once_in(5) {
        return post;
    }
    let z = (!draws.once_in(5)).then(|| draws.below(30) as f64 / 2.0 - 8.0);
    let multiple = (!is_withheld && (z.is_some() || draws.once_in(2))).then(|| (1 + draws.below(40)) as f64 / 4.0);
    let is_immature = draws.once_in(6);
    fields.insert(
        "virality".to_owned(),
        json!({
            "multiple": multiple,
            "log_multiple": multiple.map(|multiple| (multiple.ln() * 10_000.0).round() / 10_000.0),
            "z": z,
            "viral": z.is_some_and(|z| z >= 3.5) && !is_immature,
            "immature": is_immature,
            "basis": draws.below(50),
            "plays_per_hour": (!draws.once_in(4)).then(|| draws.below(90) as f64 / 8.0),
            "growth": (!draws.once_in(3)).then(|| draws.below(40) as f64 / 8.0 - 2.0),
            "growth_hours": 24,
        }),
    );
    post
}

/// A creator's row, any figure of which may be missing.
fn row(creator: &str, draws: &mut Draws) -> Bytes {
    let mut figure = |step: f64, count: usize| (!draws.once_in(5)).then(|| draws.below(count) as f64 * step);
    let row = CreatorRow {
        sec_user_id: creator.to_owned(),
        unique_id: format!("handle{creator}"),
        fetched_at: 7,
        median_plays: figure(250.0, 24),
        hit_rate: figure(0.125, 9),
        engagement: figure(0.01, 12),
        trend: figure(0.25, 10),
        growth: figure(0.125, 20).map(|growth| growth - 1.0),
        judged: figure(1.0, 9).map_or(0, |figure| format!("{figure:.0}").parse().unwrap()),
        ..CreatorRow::default()
    };
    serde_json::to_vec(&row).unwrap().into()
}

/// Picks without an order are compared in that of their keys.
fn in_order(mut groups: Groups, pick: &Pick) -> Groups {
    if matches!(pick, Pick::Posts(_) | Pick::Viral(_) | Pick::Recent(_)) {
        groups.groups.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    groups
}

/// Sums of fractions differ in their last digits by the order in which they were added up.
fn rounded(slot: &Slot) -> Slot {
    Slot { log_multiple: (slot.log_multiple * 1e6).round() / 1e6, ..*slot }
}

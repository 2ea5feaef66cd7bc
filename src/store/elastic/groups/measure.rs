//! Measures of a few groups: one search for each, and more only where one answer cannot hold it all.

use serde_json::{Value, json};

use super::Asking;
use super::median::{Walk, by_plays};
use super::pages::Pages;
use super::tally::{read_tally, whole_tally};
use crate::model::{Group, GroupBy, Measure};
use crate::store::StoreError;
use crate::store::elastic::answer::{Found, Sum, Unnamed, needed};
use crate::store::elastic::query;

/// Spellings of one page: hashtags mostly have fewer.
const SPELLINGS_A_PAGE: usize = 100;

/// A group's measure that is not whole yet.
struct Measured {
    query: Value,
    measure: Measure,
    plays: Sum,
    walk: Option<Walk>,
    are_creators_whole: bool,
}

impl Asking<'_> {
    /// The measures, in the order of the groups.
    pub(super) async fn measure(&mut self, groups: &[Group]) -> Result<Vec<Measure>, StoreError> {
        let queries: Vec<Value> = groups.iter().map(|group| self.among(vec![posts_of(group)])).collect();
        let bodies: Vec<Value> =
            groups.iter().zip(&queries).map(|(group, query)| self.measure_body(group, query)).collect();
        let mut measured = Vec::with_capacity(groups.len());
        for ((group, query), found) in groups.iter().zip(queries).zip(self.ask(&bodies).await?) {
            measured.push(self.measured(group, query, found)?);
        }
        let walks = measured.iter_mut().map(|measured| measured.walk.take()).collect();
        let medians = self.walked(walks).await?;
        for (measured, median) in measured.iter_mut().zip(medians) {
            measured.measure.median_plays = median;
            measured.measure.tally.plays = self.exact_plays(&measured.query, measured.plays).await?;
            if !measured.are_creators_whole {
                let creators = self.all_groups(&measured.query, GroupBy::Creator).await?;
                measured.measure.posts_by_creator = creators.into_iter().map(|creator| creator.posts).collect();
            }
            measured.measure.posts_by_creator.sort_unstable_by(|one, other| other.cmp(one));
        }
        let mut all: Vec<Measure> = measured.into_iter().map(|measured| measured.measure).collect();
        self.spell(groups, &mut all).await?;
        Ok(all)
    }

    fn measure_body(&self, group: &Group, query: &Value) -> Value {
        let mut body = whole_tally(query, self.windows);
        body["aggs"]["by_plays"] = by_plays();
        body["aggs"]["posts_by_creator"] =
            json!({ "terms": { "field": GroupBy::Creator.field(), "size": self.most_buckets, "exclude": [""] } });
        if matches!(group, Group::Key(GroupBy::Sound, _)) {
            body["size"] = 1.into();
            body["sort"] = json!([{ "fetched_at": "desc" }, { "aweme_id": "asc" }]);
            body["_source"] = json!(["music_info.music_name", "music_info.music_author"]);
        }
        body
    }

    fn measured(&self, group: &Group, query: Value, found: Found) -> Result<Measured, StoreError> {
        let (tally, plays) = read_tally(self.client(), &found, self.windows)?;
        let Unnamed { doc_count_error_upper_bound, sum_other_doc_count, buckets } =
            needed(self.client(), found.aggregations.posts_by_creator, "posts_by_creator")?;
        let walk = self.walk(&query, found.aggregations.by_plays)?;
        let is_sound = matches!(group, Group::Key(GroupBy::Sound, _));
        let measure = Measure {
            tally,
            posts_by_creator: buckets.into_iter().map(|bucket| bucket.doc_count).collect(),
            music: found.first.filter(|_| is_sound).map(|source| music_of(&source)),
            ..Measure::default()
        };
        let are_creators_whole = doc_count_error_upper_bound == 0 && sum_other_doc_count == 0;
        Ok(Measured { query, measure, plays, walk, are_creators_whole })
    }

    /// Adds how each hashtag is written. What differs from the key stands in the posts behind the key and a tab; posts
    /// without such a spelling write it as the key is.
    async fn spell(&mut self, groups: &[Group], measures: &mut [Measure]) -> Result<(), StoreError> {
        let size = SPELLINGS_A_PAGE.min(self.most_buckets);
        let mut under_way: Vec<(String, Pages, &mut Measure)> = Vec::new();
        for (group, measure) in groups.iter().zip(measures) {
            if let Group::Key(by @ GroupBy::Hashtag, key) = group {
                let prefix = format!("{key}\t");
                let posts = self.among(vec![query::carrying(*by, key), query::spelled(&prefix)]);
                let source = json!({ "terms": { "field": "hashtag_spellings" } });
                // In the order of their bytes, those of the prefix come right after it.
                under_way.push((prefix.clone(), Pages::new(posts, "by_key", source, None, Some(&prefix)), measure));
            }
        }
        while under_way.iter().any(|(_, pages, _)| !pages.is_done()) {
            let mut asked: Vec<_> = under_way.iter_mut().filter(|(_, pages, _)| !pages.is_done()).collect();
            let bodies: Vec<Value> = asked.iter().map(|(_, pages, _)| pages.body(size)).collect();
            for ((prefix, pages, measure), found) in asked.iter_mut().zip(self.ask(&bodies).await?) {
                let page = needed(self.client(), found.aggregations.by_key, "by_key")?;
                let is_last = page.buckets.len() < size;
                pages.turned(page.after_key, page.buckets.len());
                for bucket in page.buckets {
                    match bucket.key.key.strip_prefix(prefix.as_str()) {
                        Some(spelling) => measure.spellings.push((spelling.to_owned(), bucket.doc_count)),
                        None => pages.end(),
                    }
                }
                if is_last {
                    pages.end();
                }
            }
        }
        for (prefix, _, measure) in under_way {
            let written_otherwise: u64 = measure.spellings.iter().map(|(_, posts)| posts).sum();
            let as_the_key = measure.tally.posts.saturating_sub(written_otherwise);
            if as_the_key > 0 {
                measure.spellings.push((prefix.trim_end_matches('\t').to_owned(), as_the_key));
            }
            measure
                .spellings
                .sort_unstable_by(|(one, posts), (other, others)| others.cmp(posts).then_with(|| one.cmp(other)));
        }
        Ok(())
    }
}

fn posts_of(group: &Group) -> Value {
    match group {
        Group::Key(by, key) => query::carrying(*by, key),
        Group::Query(text) => query::text(text),
    }
}

fn music_of(source: &Value) -> (String, String) {
    let text = |name: &str| source["music_info"][name].as_str().unwrap_or_default().to_owned();
    (text("music_name"), text("music_author"))
}

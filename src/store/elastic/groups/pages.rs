//! All groups of some posts, page after page, in the order of their keys. Exact over any number of shards, and slow
//! where there are very many groups: each page looks at all posts.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::tally::sum_of_plays;
use super::{Asking, counting};
use crate::model::GroupBy;
use crate::store::StoreError;
use crate::store::elastic::answer::{Aggregations, Page, PageBucket, Sum, needed};

/// A group as a page has it.
pub(super) struct Paged {
    pub(super) key: String,
    pub(super) posts: u64,
    pub(super) plays: Sum,
}

impl Asking<'_> {
    /// Every group of the posts that `query` finds.
    pub(super) async fn all_groups(&mut self, query: &Value, by: GroupBy) -> Result<Vec<Paged>, StoreError> {
        let source = json!({ "terms": { "field": by.field() } });
        let mut pages = Pages::new(query.clone(), "by_key", source, Some(sum_of_plays()), None);
        let mut all = Vec::new();
        while let Some(page) = self.next_page(&mut pages, |found| found.by_key).await? {
            for PageBucket { key, doc_count: posts, plays, .. } in page {
                let plays = needed(self.client(), plays, "plays")?;
                if !key.key.is_empty() {
                    all.push(Paged { key: key.key, posts, plays });
                }
            }
        }
        Ok(all)
    }

    /// The next buckets; `None` when there are no more.
    pub(in crate::store::elastic) async fn next_page<K: DeserializeOwned>(
        &mut self,
        pages: &mut Pages,
        part: impl Fn(Aggregations) -> Option<Page<K>>,
    ) -> Result<Option<Vec<PageBucket<K>>>, StoreError> {
        if pages.is_done {
            return Ok(None);
        }
        let found = self.ask_one(pages.body(self.most_buckets)).await?;
        let page = needed(self.client(), part(found.aggregations), pages.name)?;
        pages.turned(page.after_key, page.buckets.len());
        Ok(Some(page.buckets))
    }
}

/// A place in the pages of one list of groups.
pub(in crate::store::elastic) struct Pages {
    query: Value,
    name: &'static str,
    source: Value,
    inner: Option<Value>,
    after: Option<Value>,
    is_done: bool,
}

impl Pages {
    /// Before the first page: of groups by `source`, that come after the key `after`.
    pub(in crate::store::elastic) fn new(
        query: Value,
        name: &'static str,
        source: Value,
        inner: Option<Value>,
        after: Option<&str>,
    ) -> Self {
        Self { query, name, source, inner, after: after.map(|after| json!({ "key": after })), is_done: false }
    }

    /// The search for the next page.
    pub(super) fn body(&self, size: usize) -> Value {
        let mut composite = json!({ "size": size, "sources": [{ "key": self.source }] });
        if let Some(after) = &self.after {
            composite["after"] = after.clone();
        }
        let mut groups = json!({ "composite": composite });
        if let Some(inner) = &self.inner {
            groups["aggs"] = inner.clone();
        }
        counting(&self.query, &json!({ self.name: groups }))
    }

    /// A page was read.
    pub(super) fn turned(&mut self, after: Option<Value>, buckets: usize) {
        self.is_done = after.is_none() || buckets == 0;
        self.after = after;
    }

    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// No further page is wanted.
    pub(super) fn end(&mut self) {
        self.is_done = true;
    }
}

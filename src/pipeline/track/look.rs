//! What a tracking walk does with a page before the page goes down the channel: reads what is stored of its posts,
//! shows both to the observer, keeps both moments, and judges whether it has come to its end.
//!
//! In this order, each step done before the next one begins: so a kill at any instant loses neither an event nor the
//! counts that were there before. A page that is taken again repeats none of it.

use std::collections::HashMap;

use bytes::Bytes;

use super::ground::{Facts, KNOWN_IN_A_ROW, Moment, Seen, Standing, has_read_back, known_in_a_row};
use super::{Tracking, moments};
use crate::model::{
    BatchBuilder, Collection, CreatorId, DocumentHead, DocumentPage, Ground, Snapshot, TrackedPage, TrackedPost,
    Verdict,
};
use crate::pipeline::deliver::{deliver_uncounted, patiently};
use crate::pipeline::{Fatal, Shared};
use crate::store::StoredDocument;

/// A page, and all that it is looked at by.
pub(in crate::pipeline) struct Look<'a> {
    pub(in crate::pipeline) shared: &'a Shared,
    pub(in crate::pipeline) tracking: &'a Tracking,
    pub(in crate::pipeline) creator: &'a CreatorId,
    /// The walk's id.
    pub(in crate::pipeline) walk: i64,
    pub(in crate::pipeline) ground: &'a Ground,
    /// Whether posts were known, of the walk's earlier pages, as far as this process took them.
    pub(in crate::pipeline) earlier: &'a mut HashMap<String, bool>,
    pub(in crate::pipeline) page: &'a DocumentPage,
    pub(in crate::pipeline) fetched_at: i64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) struct Looked {
    /// Known posts in a row at the page's end.
    pub(in crate::pipeline) known_in_a_row: u32,
    /// Whether the walk is on known ground, and has read back as far as it was to.
    pub(in crate::pipeline) is_at_the_end: bool,
}

/// A post of the page beside what is stored of it.
struct Post<'a> {
    head: &'a DocumentHead,
    document: &'a [u8],
    stored: Option<StoredDocument>,
    has_moment: bool,
    standing: Standing,
    /// Whether nothing of this walk is stored of it yet.
    is_fresh: bool,
}

impl<'a> Look<'a> {
    pub(in crate::pipeline) async fn run(self) -> Result<Looked, Fatal> {
        let posts = self.posts().await?;
        self.show(&posts).await?;
        self.keep_moments(&posts).await?;
        self.count(&posts);
        let known = |post: &Post<'_>| Some((post.head.id.clone(), post.standing.is_known()?));
        self.earlier.extend(posts.iter().filter_map(known));
        let seen: Vec<Seen> = posts.iter().map(Post::seen).collect();
        let known_in_a_row = known_in_a_row(self.ground.known_in_a_row, &seen);
        let is_at_the_end = known_in_a_row >= KNOWN_IN_A_ROW && has_read_back(&seen, self.ground.read_back_to);
        Ok(Looked { known_in_a_row, is_at_the_end })
    }

    /// The page's posts beside what is stored under their ids, and whether that moment is kept already.
    async fn posts(&self) -> Result<Vec<Post<'a>>, Fatal> {
        let page = self.page;
        let heads = &page.documents;
        let stored = self.get(Collection::Videos, heads.iter().map(|head| head.id.clone()).collect()).await?;
        let moment_of = |(head, stored): (&DocumentHead, &Option<StoredDocument>)| {
            stored.as_ref().map(|stored| Snapshot::id_of(&head.id, stored.version))
        };
        let moments = heads.iter().zip(&stored).filter_map(moment_of).collect();
        let mut moments = self.get(Collection::Snapshots, moments).await?.into_iter();
        let mut posts = Vec::with_capacity(heads.len());
        for (head, stored) in heads.iter().zip(stored) {
            let moment = stored.as_ref().and_then(|_| moments.next().flatten());
            let facts = Facts {
                version: stored.as_ref().map(|stored| stored.version),
                moment: moment.as_ref().map_or(Moment::NotKept, read),
                earlier: self.earlier.get(&head.id).copied(),
            };
            posts.push(Post {
                head,
                document: &page.sources[head.source.clone()],
                has_moment: moment.is_some(),
                standing: Standing::of(&facts, self.ground.before),
                is_fresh: facts.earlier.is_none() && facts.version.is_none_or(|version| version < self.walk),
                stored,
            });
        }
        Ok(posts)
    }

    async fn get(&self, collection: Collection, ids: Vec<String>) -> Result<Vec<Option<StoredDocument>>, Fatal> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let store = &self.shared.store;
        let _under_way = self.shared.counters.store.begin(self.shared.patience.give_up_after);
        Ok(patiently(self.shared.patience, || store.get(collection, &ids)).await?)
    }

    async fn show(&self, posts: &[Post<'_>]) -> Result<(), Fatal> {
        let shown = posts.iter().filter(|post| post.is_fresh).map(|post| TrackedPost {
            id: post.head.id.clone(),
            pinned: post.head.pinned,
            document: Bytes::copy_from_slice(post.document),
            before: post.stored.as_ref().map(|stored| stored.source.clone()),
        });
        let (creator, walk, fetched_at) = (self.creator.clone(), self.walk, self.fetched_at);
        let page = TrackedPage { creator, walk, fetched_at, posts: shown.collect() };
        Ok(self.tracking.observer.page(&page).await?)
    }

    /// Writes the moment that is stored now, unless it is kept already, and the page's own.
    async fn keep_moments(&self, posts: &[Post<'_>]) -> Result<(), Fatal> {
        let mut batch = BatchBuilder::new(Collection::Snapshots);
        for post in posts.iter().filter(|post| post.is_fresh) {
            let before = post.stored.as_ref();
            let old = before.filter(|_| !post.has_moment);
            let old = old.and_then(|old| moments::snapshot(&post.head.id, &old.source, old.version, None));
            let previous = before.map(|before| before.version);
            let new = moments::snapshot(&post.head.id, post.document, self.fetched_at, previous);
            for moment in [old, new].into_iter().flatten() {
                let source = serde_json::to_vec(&moment).map_err(|error| Fatal::Internal(error.to_string()))?;
                batch.push(&moment.id(), moment.fetched_at, &source);
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        let batch = batch.finish();
        let shared = self.shared;
        let outcomes = deliver_uncounted(shared, &batch).await?;
        for (item, outcome) in batch.items.iter().zip(outcomes) {
            match outcome.verdict {
                Verdict::Stored { new } => shared.counters.snapshots_stored.add(u64::from(new)),
                Verdict::Superseded => {}
                Verdict::Refused(reason) | Verdict::Again(reason) => {
                    return Err(Fatal::Snapshot { id: item.id.clone(), reason });
                }
            }
        }
        Ok(())
    }

    fn count(&self, posts: &[Post<'_>]) {
        let counters = &self.shared.counters;
        for post in posts.iter().filter(|post| !self.earlier.contains_key(&post.head.id)) {
            let was_there = post.is_fresh && post.stored.is_some();
            match post.standing.is_known() {
                Some(false) if !was_there => {
                    counters.posts_new.add(1);
                    self.tracking.has_new_posts(self.creator);
                }
                _ => counters.posts_read_again.add(1),
            }
        }
    }
}

impl Post<'_> {
    fn seen(&self) -> Seen {
        Seen { standing: self.standing, is_pinned: self.head.pinned, publish_ts: self.head.publish_ts }
    }
}

/// A snapshot that cannot be read says that there was none before it.
fn read(moment: &StoredDocument) -> Moment {
    let snapshot = serde_json::from_slice::<Snapshot>(&moment.source);
    snapshot.ok().and_then(|snapshot| snapshot.previous).map_or(Moment::First, Moment::After)
}

//! The documents of one page, between the normalizer and the bulk indexer.

use std::ops::Range;

/// One normalized post of a page: where its JSON lies, and what the walk needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentHead {
    /// The document's `_id`: the video's `aweme_id`.
    pub id: String,
    /// Its JSON, as bytes of [`DocumentPage::sources`] (no newline in it).
    pub source: Range<usize>,
    /// When it was posted (seconds since 1970, UTC); `None` when the answer did not say.
    pub publish_ts: Option<i64>,
    /// Pinned posts come first whatever their age, so they say nothing of how far the walk has come.
    pub pinned: bool,
}

/// An item of a page that became no document, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// Position in the answer's list, from 0.
    pub position: usize,
    /// The reason, in words for a person ("live room, no post").
    pub reason: String,
}

/// All that a page of a creator became.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentPage {
    /// The JSON objects of the documents, one after another.
    pub sources: Vec<u8>,
    /// The documents, in the order of the answer.
    pub documents: Vec<DocumentHead>,
    /// What was left out.
    pub skipped: Vec<Skip>,
    /// The cursor to ask the next page with, as the answer gave it; `None` when it gave none.
    pub next_cursor: Option<String>,
    /// Whether the answer says that there is more.
    pub has_more: bool,
    /// Whether this is the answer for a single post, which carries fewer fields.
    pub is_detail: bool,
}

impl DocumentPage {
    /// How many items the answer held.
    #[must_use]
    pub fn received(&self) -> u64 {
        (self.documents.len() + self.skipped.len()) as u64
    }

    /// Whether the page says that everything behind it is older than `since` (seconds, UTC): it has posts that are not
    /// pinned, and all of those are. A post without a time says nothing, so it keeps a walk going.
    #[must_use]
    pub fn is_older_than(&self, since: i64) -> bool {
        let mut in_order = self.documents.iter().filter(|document| !document.pinned).peekable();
        in_order.peek().is_some() && in_order.all(|document| document.publish_ts.is_some_and(|posted| posted < since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(posts: &[(Option<i64>, bool)]) -> DocumentPage {
        let head = |&(publish_ts, pinned): &(Option<i64>, bool)| DocumentHead {
            id: "1".into(),
            source: 0..0,
            publish_ts,
            pinned,
        };
        DocumentPage { documents: posts.iter().map(head).collect(), ..DocumentPage::default() }
    }

    #[test]
    fn pinned_posts_and_posts_without_a_time_do_not_end_a_walk() {
        assert!(page(&[(Some(9), false), (Some(99), true)]).is_older_than(10));
        assert!(!page(&[(Some(9), true)]).is_older_than(10), "only pinned posts say nothing");
        assert!(!page(&[(Some(9), false), (None, false)]).is_older_than(10));
        assert!(!page(&[(Some(9), false), (Some(10), false)]).is_older_than(10));
        assert!(!page(&[]).is_older_than(10));
    }
}

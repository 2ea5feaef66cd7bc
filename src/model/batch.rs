//! A batch: the documents of one bulk request, as ready NDJSON bytes.
//!
//! A document is serialized once, by the normalizer; here its bytes are copied once, behind the action line.
//! What is sent again is cut out of the same buffer.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};

/// The kinds of documents, each in an index of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collection {
    /// One document per video, `_id` = `aweme_id`.
    Videos,
    /// One row per creator with posts (`model::scores`), `_id` = `sec_user_id`; made by the score pass of the videos
    /// alone, so it can always be made again.
    Creators,
    /// One video's counts at one moment (`model::snapshot`), `_id` = `aweme_id-fetched_at`; written by tracking alone.
    Snapshots,
    /// One document per creator walked, `_id` = `sec_user_id`.
    Checkpoints,
}

impl Collection {
    /// All of them. They are made durable in another order: snapshots before videos, since they hold the counts that a
    /// video's new document replaces, and checkpoints last, so that none runs ahead.
    pub const ALL: [Self; 4] = [Self::Videos, Self::Creators, Self::Snapshots, Self::Checkpoints];

    /// The name in index names, template names and folder names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Videos => "videos",
            Self::Creators => "creators",
            Self::Snapshots => "snapshots",
            Self::Checkpoints => "checkpoints",
        }
    }
}

/// Where one document of a batch lies in its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchItem {
    /// The document's `_id`.
    pub id: String,
    /// The external version: `fetched_at` for a video, a creator or a snapshot, `updated_at` for a checkpoint (ms,
    /// UTC).
    pub version: i64,
    /// Action line and source line with their newlines, as bytes of the body.
    pub lines: Range<usize>,
    /// Where the source line starts in the body.
    pub source_start: usize,
}

/// The documents of one bulk request. `body` is what Elasticsearch's `_bulk` takes, without an index name.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The index that the documents go to.
    pub collection: Collection,
    /// Action and source lines.
    pub body: Bytes,
    /// The documents, in the order of the body.
    pub items: Vec<BatchItem>,
}

impl Batch {
    /// The source (one JSON object, no newline) of the document at `position`.
    #[must_use]
    pub fn source(&self, position: usize) -> &[u8] {
        let item = &self.items[position];
        &self.body[item.source_start..item.lines.end - 1]
    }

    /// A batch of only the documents at `positions`, in that order.
    #[must_use]
    pub fn subset(&self, positions: &[usize]) -> Self {
        let mut builder = BatchBuilder::new(self.collection);
        for &position in positions {
            let item = &self.items[position];
            builder.push(&item.id, item.version, self.source(position));
        }
        builder.finish()
    }

    /// The first and the second half, as slices of the same buffer. The first is empty for a single document.
    #[must_use]
    pub fn halves(&self) -> (Self, Self) {
        let middle = self.items.len() / 2;
        (self.slice(0..middle), self.slice(middle..self.items.len()))
    }

    fn slice(&self, positions: Range<usize>) -> Self {
        let items = &self.items[positions];
        let start = items.first().map_or(0, |item| item.lines.start);
        let end = items.last().map_or(start, |item| item.lines.end);
        let moved = |item: &BatchItem| BatchItem {
            lines: item.lines.start - start..item.lines.end - start,
            source_start: item.source_start - start,
            ..item.clone()
        };
        Self {
            collection: self.collection,
            body: self.body.slice(start..end),
            items: items.iter().map(moved).collect(),
        }
    }
}

/// What an action line has at most besides the id, with both newlines (bytes). Ids are digits and letters, never
/// escaped.
const LONGEST_ACTION: usize = 83;

/// Fills one batch at a time.
#[derive(Debug)]
pub struct BatchBuilder {
    collection: Collection,
    body: BytesMut,
    items: Vec<BatchItem>,
}

impl BatchBuilder {
    /// An empty batch for `collection`.
    #[must_use]
    pub fn new(collection: Collection) -> Self {
        Self { collection, body: BytesMut::new(), items: Vec::new() }
    }

    /// Appends a document: its action line, then `source` (one JSON object without a newline) as it is.
    pub fn push(&mut self, id: &str, version: i64, source: &[u8]) {
        let start = self.body.len();
        self.body.put_slice(b"{\"index\":{\"_id\":");
        self.body.put_slice(serde_json::Value::from(id).to_string().as_bytes());
        self.body.put_slice(format!(",\"version\":{version},\"version_type\":\"external_gte\"}}}}\n").as_bytes());
        let source_start = self.body.len();
        self.body.put_slice(source);
        self.body.put_u8(b'\n');
        self.items.push(BatchItem { id: id.to_owned(), version, lines: start..self.body.len(), source_start });
    }

    /// Bytes so far.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.body.len()
    }

    /// Bytes at most, once this document is pushed, too.
    #[must_use]
    pub fn bytes_with(&self, id: &str, source: &[u8]) -> usize {
        self.body.len() + LONGEST_ACTION + id.len() + source.len()
    }

    /// Documents so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether nothing was pushed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The batch, ready to be sent.
    #[must_use]
    pub fn finish(self) -> Batch {
        Batch { collection: self.collection, body: self.body.freeze(), items: self.items }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch_of(count: usize) -> Batch {
        let mut builder = BatchBuilder::new(Collection::Videos);
        for number in 0..count {
            builder.push(&number.to_string(), 7, format!("{{\"n\":{number}}}").as_bytes());
        }
        builder.finish()
    }

    #[test]
    fn the_body_is_what_bulk_takes() {
        let expected = "{\"index\":{\"_id\":\"0\",\"version\":7,\"version_type\":\"external_gte\"}}\n{\"n\":0}\n";
        assert_eq!(batch_of(1).body, expected.as_bytes());
    }

    #[test]
    fn a_document_adds_no_more_than_was_said() {
        let mut builder = BatchBuilder::new(Collection::Videos);
        for version in [0, i64::MIN, i64::MAX] {
            let said = builder.bytes_with("7528963259874125698", b"{}");
            builder.push("7528963259874125698", version, b"{}");
            assert!(builder.bytes() <= said && said < builder.bytes() + 25, "{} and {said}", builder.bytes());
        }
    }

    #[test]
    fn halves_and_subsets_keep_their_sources() {
        let batch = batch_of(5);
        let (first, second) = batch.halves();
        assert_eq!((first.items.len(), second.items.len()), (2, 3));
        assert_eq!(second.source(0), b"{\"n\":2}");
        assert_eq!([first.body.as_ref(), second.body.as_ref()].concat(), batch.body);
        let subset = batch.subset(&[4, 1]);
        assert_eq!((subset.source(0), subset.source(1)), (&b"{\"n\":4}"[..], &b"{\"n\":1}"[..]));
    }
}

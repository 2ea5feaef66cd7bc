//! What is committed, by id: the version that a new document must not be older than, and the stored bytes.

use bytes::Bytes;
use tantivy::columnar::Column;
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, IndexReader, Searcher, TERMINATED, TantivyDocument, TantivyError, Term};

use super::schema::{CoreFields, VERSION};
use crate::store::StoredDocument;

/// One commit, as it was when this was made.
pub(super) struct Committed {
    searcher: Searcher,
    /// By segment; `None` for a segment without documents.
    versions: Vec<Option<Column<i64>>>,
}

impl Committed {
    /// The newest commit, of an index that this process writes.
    pub(super) fn load(reader: &IndexReader) -> tantivy::Result<Self> {
        reader.reload()?;
        Self::of(reader.searcher())
    }

    /// One commit.
    pub(super) fn of(searcher: Searcher) -> tantivy::Result<Self> {
        let column = |segment: &tantivy::SegmentReader| segment.fast_fields().column_opt::<i64>(VERSION);
        let versions = searcher.segment_readers().iter().map(column).collect::<tantivy::Result<_>>()?;
        Ok(Self { searcher, versions })
    }

    /// The version of the document with this id.
    pub(super) fn version(&self, core: CoreFields, id: &str) -> tantivy::Result<Option<i64>> {
        Ok(self.find(core, id)?.map(|(version, _)| version))
    }

    /// The document with this id.
    pub(super) fn document(&self, core: CoreFields, id: &str) -> tantivy::Result<Option<StoredDocument>> {
        let Some((version, address)) = self.find(core, id)? else { return Ok(None) };
        let document: TantivyDocument = self.searcher.doc(address)?;
        source_of(&document, core).map(|source| Some(StoredDocument { version, source }))
    }

    fn find(&self, core: CoreFields, id: &str) -> tantivy::Result<Option<(i64, DocAddress)>> {
        let term = Term::from_field_text(core.id, id);
        for ((ordinal, segment), versions) in (0..).zip(self.searcher.segment_readers()).zip(&self.versions) {
            let (Some(versions), Some(mut postings)) =
                (versions, segment.inverted_index(core.id)?.read_postings(&term, IndexRecordOption::Basic)?)
            else {
                continue;
            };
            while postings.doc() != TERMINATED {
                let document = postings.doc();
                if !segment.is_deleted(document) {
                    let version = versions.first(document);
                    return Ok(version.map(|version| (version, DocAddress::new(ordinal, document))));
                }
                postings.advance();
            }
        }
        Ok(None)
    }
}

/// The stored bytes of a document.
pub(super) fn source_of(document: &TantivyDocument, core: CoreFields) -> tantivy::Result<Bytes> {
    let source = document.get_first(core.source).and_then(|value| value.as_bytes());
    let source = source.ok_or_else(|| TantivyError::InternalError("a document has no _source".to_owned()))?;
    Ok(Bytes::copy_from_slice(source))
}

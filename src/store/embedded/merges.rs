//! Which segments of an index are merged, so that neither the memory of a run nor the number of segments runs away.
//!
//! A merge needs memory for each document that it takes (about 80 bytes), and maps all of their files. So segments are
//! merged until they are full, and full ones stay as they are: a merge in a big index needs no more than one in a small
//! index. The price is a segment per some 40,000 documents, which every question and every look-up by id visits.
//! Called by the index library whenever the list of segments changes.

use tantivy::SegmentMeta;
use tantivy::indexer::{LogMergePolicy, MergeCandidate, MergePolicy};

/// So many segments of about one size become one.
const TOGETHER: usize = 8;
/// A segment with more documents is full. A replay writes full ones (`VIDEOS_MEMORY` of `collection`), and merges none.
const FULL: usize = 20_000;
/// A replay replaces documents; a segment with so many dead ones is rewritten without them, full or not.
const DEAD_SHARE: f32 = 0.3;

/// How an index is merged while it is written.
#[derive(Debug)]
pub(super) struct Merges {
    by_size: LogMergePolicy,
    full: usize,
}

impl Default for Merges {
    fn default() -> Self {
        Self::until(FULL)
    }
}

impl Merges {
    /// Until a segment has more documents than `full`.
    fn until(full: usize) -> Self {
        let mut by_size = LogMergePolicy::default();
        by_size.set_min_num_segments(TOGETHER);
        by_size.set_max_docs_before_merge(full);
        by_size.set_del_docs_ratio_before_merge(DEAD_SHARE);
        Self { by_size, full }
    }
}

impl MergePolicy for Merges {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let is_full = |segment: &&SegmentMeta| segment.num_docs() as usize > self.full;
        let rewritten = segments.iter().filter(is_full).filter(|segment| has_many_dead(segment));
        let mut candidates = self.by_size.compute_merge_candidates(segments);
        candidates.extend(rewritten.map(|segment| MergeCandidate(vec![segment.id()])));
        candidates
    }
}

fn has_many_dead(segment: &SegmentMeta) -> bool {
    segment.num_deleted_docs() as f32 > DEAD_SHARE * segment.max_doc() as f32
}

#[cfg(test)]
mod tests {
    use tantivy::indexer::NoMergePolicy;
    use tantivy::schema::{STRING, Schema};
    use tantivy::{Index, IndexWriter, Term, doc};

    use super::*;

    /// An index with a segment of each of these sizes, with so many of its documents deleted.
    fn segments(sizes: &[(usize, usize)]) -> Vec<SegmentMeta> {
        let mut schema = Schema::builder();
        let id = schema.add_text_field("id", STRING);
        let index = Index::create_in_ram(schema.build());
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(NoMergePolicy));
        for (segment, &(documents, _)) in sizes.iter().enumerate() {
            for document in 0..documents {
                writer.add_document(doc!(id => format!("{segment}-{document}"))).unwrap();
            }
            writer.commit().unwrap();
        }
        for (segment, &(_, dead)) in sizes.iter().enumerate() {
            for document in 0..dead {
                writer.delete_term(Term::from_field_text(id, &format!("{segment}-{document}")));
            }
        }
        writer.commit().unwrap();
        index.searchable_segment_metas().unwrap()
    }

    /// How many documents of each segment the merges take, in order of size.
    fn merged(sizes: &[(usize, usize)]) -> Vec<Vec<u32>> {
        let segments = segments(sizes);
        assert_eq!(segments.len(), sizes.len());
        let size = |id| segments.iter().find(|segment| segment.id() == id).unwrap().num_docs();
        let candidates = Merges::until(10).compute_merge_candidates(&segments);
        let mut merged: Vec<Vec<u32>> =
            candidates.into_iter().map(|MergeCandidate(ids)| ids.into_iter().map(size).collect()).collect();
        merged.sort();
        merged
    }

    #[test]
    fn eight_of_a_size_become_one_and_seven_wait() {
        assert_eq!(merged(&[(2, 0); 7]), [[0; 0]; 0]);
        assert_eq!(merged(&[(2, 0); 8]), [[2; 8]]);
    }

    #[test]
    fn full_ones_are_left_alone_however_many_there_are() {
        assert_eq!(merged(&[(11, 0); 8]), [[0; 0]; 0]);
        assert_eq!(merged(&[[(11, 0); 8], [(2, 0); 8]].concat()), [[2; 8]]);
    }

    #[test]
    fn full_ones_are_rewritten_alone_once_many_of_their_documents_are_dead() {
        assert_eq!(merged(&[(20, 6), (20, 7), (20, 0), (20, 8)]), [[12], [13]]);
    }
}

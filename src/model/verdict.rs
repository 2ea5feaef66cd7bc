//! What a store says of one document.

/// The store's answer for one document of a batch, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The document is in the store.
    Stored {
        /// Whether its id was not there before. After an answer that got lost on the way, the document that it was
        /// about is found there and counts as old.
        new: bool,
    },
    /// The store holds a newer version of this id; nothing is to be done.
    Superseded,
    /// The trouble is the index's or the cluster's, not the document's: send it again later. Carries the reason.
    Again(String),
    /// The document itself is wrong for the store: a dead letter. Carries the reason.
    Refused(String),
}

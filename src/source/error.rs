//! Why there is no page. Every message names the creator (or video) and says what to do; none holds a key.

use crate::model::RecordError;

/// Why a request to the API ended without an answer to use. `subject` is `creator MS4w…` or `video 7…`.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SourceError {
    /// The API does not know the cursor (any more): the walk has to start again.
    #[error(
        "the API refused the cursor {cursor:?} of {subject} (\"{words}\"): its pages have to be asked from the first one again"
    )]
    CursorRefused {
        /// Whose cursor.
        subject: String,
        /// The cursor asked with.
        cursor: String,
        /// The server's words.
        words: String,
    },
    /// The API does not know the creator.
    #[error("the API refused {subject} (\"{words}\"): check the id; `--retry-failed` asks again")]
    CreatorRefused {
        /// Who.
        subject: String,
        /// The server's words.
        words: String,
    },
    /// The API does not know the video.
    #[error("the API refused {subject} (\"{words}\"): check the id; it may be deleted or private")]
    VideoRefused {
        /// Which.
        subject: String,
        /// The server's words.
        words: String,
    },
    /// The API refused the request for another reason, which it would do again.
    #[error(
        "the API refused the request for {subject} (\"{words}\"): check --api-url, --region, --page-size and --params"
    )]
    RequestRefused {
        /// What was asked for.
        subject: String,
        /// The server's words.
        words: String,
    },
    /// No try brought a good answer.
    #[error(
        "no good answer for {subject} in {attempts} tries, the last one: {last}; run the same command again to go on"
    )]
    Exhausted {
        /// What was asked for.
        subject: String,
        /// Requests sent for it.
        attempts: u32,
        /// What was wrong with the last one.
        last: String,
        /// Whether the API answered, and withheld only this one; otherwise others would have failed alike.
        about_subject: bool,
    },
    /// Every key was refused.
    #[error(
        "the API refused every key ({keys}), the last one with \"{words}\": check them in VIRALMINE_API_KEYS or \
         --api-keys-file, then run the same command again to go on"
    )]
    NoKeyLeft {
        /// The keys by position, from 1: "key 1, key 2".
        keys: String,
        /// The server's words.
        words: String,
    },
    /// The raw answer could not be kept, so its body was not looked at.
    #[error("{0}; make room or name another --data-dir, then run the same command again to go on")]
    Record(RecordError),
    /// The budget (`--budget`) is used up; nothing was sent.
    #[error("the budget of {budget} requests is used up: {subject} was not asked")]
    BudgetUsed {
        /// What was to be asked for.
        subject: String,
        /// Requests that were allowed.
        budget: u64,
    },
    /// The run was stopped while the request waited for its turn; nothing was sent.
    #[error("stopped before {subject} was asked")]
    Stopped {
        /// What was to be asked for.
        subject: String,
    },
    /// A setting that no request can be made with.
    #[error("{0}")]
    Settings(String),
}

/// The API's own words in the message of a [`SourceError::CreatorRefused`], as checkpoints keep it; any other text as
/// it is.
#[must_use]
pub fn words_of_refusal(message: &str) -> &str {
    let refusal = message.strip_prefix("the API refused creator ");
    let quoted = refusal.and_then(|rest| rest.split_once("(\"")).and_then(|(_, rest)| rest.rsplit_once("\")"));
    quoted.map_or(message, |(words, _)| words)
}

impl SourceError {
    /// Whether this concerns the whole run, not this creator alone: going on with others would fail alike.
    #[must_use]
    pub fn ends_the_run(&self) -> bool {
        matches!(self, Self::NoKeyLeft { .. } | Self::Record(_) | Self::Settings(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_refusal_are_found_in_its_message() {
        for words in ["user not found", "no (\"such\") user", ""] {
            let subject = "creator MS4wLjABAAAA8fKxxxxxxx".to_owned();
            let message = SourceError::CreatorRefused { subject, words: words.into() }.to_string();
            assert_eq!(words_of_refusal(&message), words);
            assert_eq!(words_of_refusal(words), words);
        }
    }
}

//! What an answer of a receiver means: whether another try may succeed, and if not, whether this message is at fault or
//! all would fare alike. Pure.

use std::time::Duration;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The receiver has it (2xx).
    Taken,
    /// Another try may succeed.
    Again {
        /// Why it did not.
        reason: String,
        /// When the receiver wants to be asked again.
        wait: Option<Duration>,
    },
    /// This message would be refused again, for what is in it or its size; others may be taken.
    Unfit {
        /// The status that it was answered with.
        status: u16,
        /// Why, in words.
        reason: String,
    },
    /// Any message would be refused: a person has to look. In words, with what to do.
    Closed(String),
}

/// What a status means that is not 2xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It may pass.
    Again,
    /// It is about what was sent.
    Unfit,
    /// It is about who sends, where to, or how; what to do.
    Closed(&'static str),
}

const NOT_LET_IN: &str =
    "it lets nobody in with this address: check --webhook, or have the receiver give you a new address";
const NOBODY_THERE: &str = "nobody takes messages at this address (any more): check --webhook, or have the receiver give you a \
                            new address";
const OTHER_WAYS: &str = "it takes no JSON by POST at this address: check --webhook";
const ELSEWHERE: &str = "messages are not sent on to other addresses; give the one that it moved to";

/// What a status means. Unknown refusals (4xx) are taken to be about the message: one that is about all of them ends
/// the delivery soon, too (`jobs::digest`).
pub(super) fn meaning(status: u16) -> Meaning {
    match status {
        // 409: the first message with this idempotency key is still being worked on. 423: locked, for now.
        408 | 409 | 423 | 425 | 429 | 500..=599 => Meaning::Again,
        401 | 402 | 403 | 407 => Meaning::Closed(NOT_LET_IN),
        404 | 410 => Meaning::Closed(NOBODY_THERE),
        405 | 411 | 414 | 415 | 421 | 426 | 431 => Meaning::Closed(OTHER_WAYS),
        400..=499 => Meaning::Unfit,
        300..=399 => Meaning::Closed(ELSEWHERE),
        _ => Meaning::Closed("that is no answer of a webhook: check --webhook"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_one_meaning() {
        let that = |wanted: fn(Meaning) -> bool| -> Vec<u16> {
            let refusals = (100..=511).filter(|status| !(200..300).contains(status));
            refusals.filter(|&status| wanted(meaning(status))).filter(|status| !(500..=599).contains(status)).collect()
        };
        assert_eq!(that(|meaning| meaning == Meaning::Again), [408, 409, 423, 425, 429]);
        assert!((500..=599).all(|status| meaning(status) == Meaning::Again));
        let closed: Vec<u16> = that(|meaning| matches!(meaning, Meaning::Closed(_)));
        let closed: Vec<u16> = closed.into_iter().filter(|status| *status >= 400).collect();
        assert_eq!(closed, [401, 402, 403, 404, 405, 407, 410, 411, 414, 415, 421, 426, 431]);
        for status in [400, 413, 422, 451, 499] {
            assert_eq!(meaning(status), Meaning::Unfit, "{status}");
        }
        assert!((300..=399).all(|status| meaning(status) == Meaning::Closed(ELSEWHERE)));
    }
}

//! Faults on demand: which requests are answered wrongly, and how. A new kind is a variant and a row of the table
//! here, and its answer in `spoil` or `respond`. How a specification is written is in `spec`.
//!
//! What is drawn for a request depends on the seed, the page it asks for and how often that was asked for, so the same
//! walks have the same bad luck, whichever of them comes first.

mod spec;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use rand::Rng;

use super::draws::{Purpose, stream, text_hash};

pub use spec::FaultsError;

/// What can be done to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// The provider's 429, though the quota was kept.
    RateLimited,
    /// The same without a wait in its words.
    RateLimitedBare,
    /// The provider's 401, though the key is good.
    Unauthorized,
    /// An HTTP 500 without JSON, as a gateway sends it.
    ServerError,
    /// A gateway's page under HTTP 502.
    BadGateway,
    /// A gateway's page under HTTP 200.
    Html,
    /// Half of the JSON, under a length that says it is all.
    Truncated,
    /// The connection breaks off in the middle of a good body.
    Cut,
    /// The connection is reset before an answer.
    Reset,
    /// No answer comes, and the connection stays open.
    Hang,
    /// A good answer, piece by piece.
    Slow,
    /// Success with null in place of what was asked for.
    Null,
    /// An empty list that says there is more.
    Empty,
    /// A good page whose next cursor leads back to the first one.
    Repeat,
    /// A good page that opens with posts of the page before.
    Duplicates,
    /// The provider's refusal of a creator that it does not know (any more).
    Gone,
    /// A good page, whose creator has another handle.
    Renamed,
}

impl FaultKind {
    /// Each kind with its name in a specification and what it does.
    pub const TABLE: [(Self, &'static str, &'static str); 17] = [
        (Self::RateLimited, "429", "rate limit, though the quota was kept"),
        (Self::RateLimitedBare, "429-bare", "the same without a wait in its words"),
        (Self::Unauthorized, "401", "the key is refused"),
        (Self::ServerError, "500", "HTTP 500 without JSON"),
        (Self::BadGateway, "502", "a gateway's HTML page with HTTP 502"),
        (Self::Html, "html", "a gateway's HTML page with HTTP 200"),
        (Self::Truncated, "truncated", "half of the JSON, sent as if it were all"),
        (Self::Cut, "cut", "the connection breaks off in the middle of the body"),
        (Self::Reset, "reset", "the connection is reset before an answer"),
        (Self::Hang, "hang", "no answer ever comes"),
        (Self::Slow, "slow", "the answer comes in pieces, a third of a second long"),
        (Self::Null, "null", "success with null in place of the list or post"),
        (Self::Empty, "empty", "an empty list that says there is more"),
        (Self::Repeat, "repeat", "the next cursor leads back to the first page"),
        (Self::Duplicates, "duplicates", "posts of the page before stand on this one too (made-up posts only)"),
        (Self::Gone, "gone", "the creator is not known any more (lists only)"),
        (Self::Renamed, "renamed", "a good page, whose creator has another handle"),
    ];

    /// The name in a specification.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::TABLE.into_iter().find(|(kind, ..)| *kind == self).map_or("", |(_, name, _)| name)
    }

    /// Whether the answer still holds the whole page that was asked for.
    #[must_use]
    pub const fn leaves_the_page_whole(self) -> bool {
        matches!(self, Self::Slow | Self::Duplicates | Self::Renamed)
    }
}

/// Which requests a share is of, when it is not of all. Everything is counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Those for this creator, in the order in which the simulator names them.
    Creator(u32),
    /// Those with this key.
    Key(usize),
    /// Those for this page of each creator, in the order in which pages are first asked for.
    Page(usize),
    /// This one of the requests for each page.
    Try(u32),
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    kind: FaultKind,
    /// All of them have to fit; none: any request.
    targets: Vec<Target>,
    /// 0 to 1.
    share: f64,
}

/// Shares of the requests that go wrong. By default, none.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    /// Those with targets are drawn first, each by itself; the others share what is left, so together they are at most
    /// 1.
    rules: Vec<Rule>,
    /// The wait that a 429 on demand names.
    wait: Duration,
    /// Makes other requests the unlucky ones.
    seed: u64,
}

/// A 429 on demand names this wait unless told otherwise.
const USUAL_WAIT: Duration = Duration::from_secs(1);

impl Default for Faults {
    fn default() -> Self {
        Self { rules: Vec::new(), wait: USUAL_WAIT, seed: 0 }
    }
}

/// One request, as far as faults depend on it.
#[derive(Debug, Clone, Copy)]
struct Asked {
    subject: u64,
    cursor: u64,
    creator: Option<u32>,
    key: usize,
    page: usize,
    attempt: u32,
}

impl Faults {
    fn draw(&self, asked: &Asked) -> Option<FaultKind> {
        let mut lots = stream(self.seed, Purpose::Fault, &[asked.subject, asked.cursor, asked.attempt.into()]);
        let targeted = self.rules.iter().filter(|rule| !rule.targets.is_empty() && rule.is_about(asked));
        for rule in targeted {
            if lots.random::<f64>() < rule.share {
                return Some(rule.kind);
            }
        }
        let mut lot: f64 = lots.random();
        self.rules.iter().filter(|rule| rule.targets.is_empty()).find_map(|rule| {
            lot -= rule.share;
            (lot < 0.0).then_some(rule.kind)
        })
    }

    fn looks_at_creators(&self) -> bool {
        self.rules.iter().flat_map(|rule| &rule.targets).any(|target| matches!(target, Target::Creator(_)))
    }
}

impl Rule {
    fn is_about(&self, asked: &Asked) -> bool {
        self.targets.iter().all(|target| match *target {
            Target::Creator(number) => asked.creator == Some(number),
            Target::Key(number) => asked.key == number,
            Target::Page(number) => asked.page == number,
            Target::Try(number) => asked.attempt == number,
        })
    }
}

/// Draws faults, and counts what they depend on. The pages asked for are remembered only while there are faults.
#[derive(Debug, Default)]
pub(super) struct Lots {
    faults: Faults,
    /// By creator or video: its pages in the order in which they were first asked for, each with its requests so far.
    asked: HashMap<u64, Vec<(u64, u32)>>,
}

impl Lots {
    pub(super) fn of(faults: Faults) -> Self {
        Self { faults, asked: HashMap::new() }
    }

    /// The wait that a 429 on demand names.
    pub(super) fn wait(&self) -> Duration {
        self.faults.wait
    }

    /// The fault of this request, if it is to have one. `creator` gives the creator's number, from 1.
    pub(super) fn draw(
        &mut self,
        subject: &str,
        cursor: &str,
        key: usize,
        creator: impl FnOnce() -> Option<u32>,
    ) -> Option<FaultKind> {
        if self.faults.rules.is_empty() {
            return None;
        }
        let (subject, cursor) = (text_hash(subject), text_hash(cursor));
        let pages = self.asked.entry(subject).or_default();
        let position = pages.iter().position(|(known, _)| *known == cursor).unwrap_or_else(|| {
            pages.push((cursor, 0));
            pages.len() - 1
        });
        pages[position].1 += 1;
        let (page, attempt) = (position + 1, pages[position].1);
        let creator = if self.faults.looks_at_creators() { creator() } else { None };
        self.faults.draw(&Asked { subject, cursor, creator, key, page, attempt })
    }
}

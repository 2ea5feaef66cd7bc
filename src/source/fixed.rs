//! A source that plays what it was given: pages and errors, creator by creator. For tests of what asks a source.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use super::{PageRequest, SourceError, SourcePage, VideoSource};
use crate::model::CreatorId;

/// Plays scripted answers; a page's `fetched_at` is one more than what it has to be later than.
#[derive(Debug, Default)]
pub struct FixedSource {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    scripts: HashMap<CreatorId, VecDeque<Result<Bytes, SourceError>>>,
    asked: Vec<PageRequest>,
}

impl FixedSource {
    /// A source without a page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same source, which answers the next requests for `creator` with `answers`, whatever their cursors.
    #[must_use]
    pub fn with(self, creator: &CreatorId, answers: impl IntoIterator<Item = Result<Bytes, SourceError>>) -> Self {
        self.state().scripts.entry(creator.clone()).or_default().extend(answers);
        self
    }

    /// Every request so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<PageRequest> {
        self.state().asked.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl VideoSource for FixedSource {
    async fn page(&self, request: &PageRequest) -> Result<SourcePage, SourceError> {
        let mut state = self.state();
        state.asked.push(request.clone());
        let answer = state.scripts.get_mut(&request.creator).and_then(VecDeque::pop_front).unwrap_or_else(|| {
            Err(SourceError::Exhausted {
                subject: format!("creator {}", request.creator),
                attempts: 1,
                last: "the script has no further page".to_owned(),
                about_subject: true,
            })
        });
        answer.map(|body| SourcePage { body, fetched_at: request.fetched_after + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_plays_each_creators_script_to_its_end() {
        let creator = CreatorId::parse("MS4wLjABAAAA8fKxxxxxxx").unwrap();
        let source = FixedSource::new().with(&creator, [Ok(Bytes::from("{}"))]);
        let request = PageRequest { creator, cursor: "0".to_owned(), walk: 7, fetched_after: 41 };
        assert_eq!(source.page(&request).await.unwrap(), SourcePage { body: Bytes::from("{}"), fetched_at: 42 });
        assert!(matches!(source.page(&request).await, Err(SourceError::Exhausted { .. })));
        assert_eq!(source.asked().len(), 2);
    }
}

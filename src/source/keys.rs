//! How each key fares: how often it was used, and what the server said against it. By position; never the key.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::model::Secret;
use crate::model::counters::Counter;
use crate::throttle::quota::{KeyPosition, KeyState, Quota};

/// One key in a run report. What the server said is for people, and stands in no data form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyReport {
    /// Its position among the keys given, from 1.
    pub key: usize,
    /// Requests sent with it.
    pub sent: u64,
    /// Those answered with 429.
    pub rate_limited: u64,
    /// Whether it may be used, now or later.
    pub state: KeyState,
    /// What the server said when it last refused or slowed the key; empty when it never did.
    #[serde(skip)]
    pub words: String,
}

/// The keys given.
#[derive(Debug)]
pub(super) struct Keys {
    each: Vec<Key>,
    last_refusal: Mutex<String>,
}

#[derive(Debug)]
struct Key {
    secret: Secret,
    sent: Counter,
    rate_limited: Counter,
    words: Mutex<String>,
}

impl Keys {
    pub(super) fn new(secrets: Vec<Secret>) -> Self {
        let key = |secret| Key {
            secret,
            sent: Counter::default(),
            rate_limited: Counter::default(),
            words: Mutex::default(),
        };
        Self { each: secrets.into_iter().map(key).collect(), last_refusal: Mutex::default() }
    }

    pub(super) fn secret(&self, key: KeyPosition) -> &Secret {
        &self.each[key.index()].secret
    }

    pub(super) fn sent(&self, key: KeyPosition) {
        self.each[key.index()].sent.add(1);
    }

    /// A 429.
    pub(super) fn rate_limited(&self, key: KeyPosition, words: &str) {
        let key = &self.each[key.index()];
        key.rate_limited.add(1);
        words.clone_into(&mut locked(&key.words));
    }

    /// A 401.
    pub(super) fn refused(&self, key: KeyPosition, words: &str) {
        words.clone_into(&mut locked(&self.each[key.index()].words));
        words.clone_into(&mut locked(&self.last_refusal));
    }

    /// The server's words for the key that it refused last.
    pub(super) fn last_refusal(&self) -> String {
        locked(&self.last_refusal).clone()
    }

    /// "key 1, key 2".
    pub(super) fn in_words(&self) -> String {
        let names: Vec<String> = (1..=self.each.len()).map(|number| format!("key {number}")).collect();
        names.join(", ")
    }

    pub(super) fn report(&self, quota: &Quota) -> Vec<KeyReport> {
        let report = |(number, (key, state)): (usize, (&Key, KeyState))| KeyReport {
            key: number,
            sent: key.sent.get(),
            rate_limited: key.rate_limited.get(),
            state,
            words: locked(&key.words).clone(),
        };
        (1..).zip(self.each.iter().zip(quota.states())).map(report).collect()
    }
}

fn locked(text: &Mutex<String>) -> MutexGuard<'_, String> {
    text.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Who asks: the bearer key of a request, its position, and its quota. A key never leaves this file.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::limit::{KeyWindow, Limit};
use crate::model::Secret;

/// When any key is accepted, no more different ones than this are, so that the table stays small.
const MOST_KEYS: usize = 10_000;

/// The keys known so far, each with its quota.
pub(super) struct Keys {
    takes_any: bool,
    positions: HashMap<String, usize>,
    windows: Vec<KeyWindow>,
    limit: Option<Limit>,
}

impl Keys {
    pub(super) fn new(accepted: &[Secret], rate: f64) -> Self {
        let mut keys = Self {
            takes_any: accepted.is_empty(),
            positions: HashMap::new(),
            windows: Vec::new(),
            limit: Limit::new(rate),
        };
        for key in accepted {
            keys.learn(key.expose());
        }
        keys
    }

    /// The position (from 1) of the request's key; `None` when there is none or it is not accepted.
    pub(super) fn position(&mut self, headers: &HeaderMap) -> Option<usize> {
        let key = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?.trim();
        if let Some(&position) = self.positions.get(key) {
            return Some(position);
        }
        (self.takes_any && !key.is_empty() && self.windows.len() < MOST_KEYS).then(|| self.learn(key))
    }

    /// Takes one request of the key out of its quota, or says how long it has to wait.
    pub(super) fn enter(&mut self, position: usize, now: Instant) -> Result<(), Duration> {
        match (self.limit, self.windows.get_mut(position - 1)) {
            (Some(limit), Some(window)) => window.enter(limit, now),
            _ => Ok(()),
        }
    }

    fn learn(&mut self, key: &str) -> usize {
        if let Some(&position) = self.positions.get(key) {
            return position;
        }
        self.windows.push(KeyWindow::default());
        self.positions.insert(key.to_owned(), self.windows.len());
        self.windows.len()
    }
}

//! How good answers are: the share of the first k that is right, the share of what was planted that is among them, and
//! what was claimed. Means over corpora.

use std::collections::BTreeSet;

/// What an answer, in its order, is held against.
pub struct Planted {
    /// What was planted.
    pub keys: BTreeSet<String>,
    /// Which planted thing an answer's key stands for: a pair of words for the planted one in it.
    pub means: fn(&BTreeSet<String>, &str) -> Option<String>,
}

impl Planted {
    fn found_in<'a>(&self, answer: impl Iterator<Item = &'a String>) -> Vec<String> {
        answer.filter_map(|key| (self.means)(&self.keys, key)).collect()
    }
}

/// The key itself.
pub fn itself(planted: &BTreeSet<String>, key: &str) -> Option<String> {
    planted.get(key).cloned()
}

/// A word among the key's words.
pub fn any_word(planted: &BTreeSet<String>, key: &str) -> Option<String> {
    key.split(' ').find_map(|word| planted.get(word).cloned())
}

/// Sums over corpora.
#[derive(Default, Clone, Copy)]
pub struct Tally {
    corpora: f64,
    precision: f64,
    recall: f64,
    planted: usize,
}

impl Tally {
    /// Adds an answer's first `k`. Who answers with fewer has not found the rest.
    pub fn add(&mut self, answer: &[String], planted: &Planted, k: usize) {
        let found = planted.found_in(answer.iter().take(k));
        let distinct: BTreeSet<&String> = found.iter().collect();
        self.corpora += 1.0;
        self.precision += found.len() as f64 / k as f64;
        self.recall += share(distinct.len(), planted.keys.len()).unwrap_or(0.0);
        self.planted += planted.keys.len();
    }

    /// The mean share of the first k that is right.
    pub fn precision(&self) -> f64 {
        self.precision / self.corpora
    }

    /// `precision / recall`, for a table.
    pub fn shown(&self) -> String {
        if self.planted == 0 {
            "–".into()
        } else {
            format!("{:.2} / {:.2}", self.precision(), self.recall / self.corpora)
        }
    }
}

/// What was said to be something, whatever its place in the answer. Sums over corpora.
#[derive(Default, Clone, Copy)]
pub struct Claims {
    /// What a claim could be made of.
    pub judged: usize,
    /// How many claims there are.
    pub claimed: usize,
    right: usize,
    planted: usize,
    planted_found: usize,
}

impl Claims {
    /// Adds the claims over one corpus.
    pub fn add(&mut self, claimed: &[String], judged: usize, planted: &Planted) {
        let found = planted.found_in(claimed.iter());
        self.judged += judged;
        self.claimed += claimed.len();
        self.right += found.len();
        self.planted += planted.keys.len();
        self.planted_found += found.into_iter().collect::<BTreeSet<_>>().len();
    }

    /// For a table: how many of how many, how many of them are right, how much of what was planted is claimed.
    pub fn shown(&self) -> [String; 3] {
        let shown = |share: Option<f64>| share.map_or("–".into(), |share| format!("{share:.2}"));
        [
            format!("{} of {}", self.claimed, self.judged),
            shown(share(self.right, self.claimed)),
            shown(share(self.planted_found, self.planted)),
        ]
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[test]
fn shares_by_hand() {
    let planted = Planted { keys: ["a", "b"].map(str::to_owned).into(), means: any_word };
    let answer = ["a", "x", "a y", "z", "b"].map(str::to_owned);
    let mut tally = Tally::default();
    tally.add(&answer, &planted, 4);
    assert_eq!(tally.shown(), "0.50 / 0.50");
    tally.add(&answer[..1], &planted, 4);
    assert_eq!(tally.shown(), "0.38 / 0.50");
    let mut claims = Claims::default();
    claims.add(&answer[..3], 10, &planted);
    assert_eq!(claims.shown(), ["3 of 10", "0.67", "0.50"]);
}

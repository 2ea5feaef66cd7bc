//! The questions about what is planted, asked of the program, and what one would answer without it: by counting.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use viralmine::simulator::Truth;

use super::run;
use super::tally::{Planted, any_word, itself};
use crate::command_line::shell::Shell;
use crate::support::place::Place;

/// One question about what is planted.
pub struct Question {
    pub name: &'static str,
    /// So many of the answer are looked at: no more than are planted.
    pub k: usize,
    /// What is typed.
    words: &'static [&'static str],
    /// Where an answer's row has its key.
    key: &'static str,
    /// Which field of a row, if any, claims something.
    claim: Option<&'static str>,
    /// What was planted.
    planted: fn(&Truth) -> Vec<String>,
    means: fn(&BTreeSet<String>, &str) -> Option<String>,
    /// What one would answer without.
    pub naive: &'static str,
    naive_answer: fn(&Documents, &Truth) -> Vec<String>,
}

const HASHTAGS: Question = Question {
    name: "hashtags --sort growth",
    k: 20,
    words: &["hashtags", "--sort", "growth"],
    key: "hashtag",
    claim: Some("bursting"),
    planted: |truth| truth.hashtags.iter().map(|tag| tag.key.clone()).collect(),
    means: itself,
    naive: "most posts",
    naive_answer: |documents, _| documents.most_common("hashtag_keys", i64::MIN),
};

const CREATORS: Question = Question {
    name: "creators --by trend",
    k: 10,
    words: &["creators", "--by", "trend"],
    key: "sec_user_id",
    claim: None,
    planted: rising,
    means: itself,
    naive: "most plays",
    naive_answer: |documents, _| documents.biggest_creators(),
};

/// All of them.
pub const QUESTIONS: [Question; 7] = [
    Question {
        name: "viral --by z",
        k: 20,
        words: &["viral", "--by", "z"],
        key: "aweme_id",
        claim: None,
        planted: outliers,
        means: itself,
        naive: "most plays",
        naive_answer: |documents, _| documents.by_plays.clone(),
    },
    HASHTAGS,
    Question {
        claim: None,
        naive: "most posts of the last week",
        naive_answer: |documents, truth| documents.most_common("hashtag_keys", truth.now - truth.burst_seconds),
        ..HASHTAGS
    },
    Question {
        name: "sounds --sort growth",
        k: 10,
        words: &["sounds", "--sort", "growth"],
        key: "sound",
        claim: Some("bursting"),
        planted: |truth| truth.sounds.iter().map(|sound| sound.key.clone()).collect(),
        means: itself,
        naive: "most posts",
        naive_answer: |documents, _| documents.most_common("music_info", i64::MIN),
    },
    Question {
        name: "keywords --sort lift",
        k: 10,
        words: &["keywords", "--sort", "lift"],
        key: "keyword",
        claim: Some("lifted"),
        planted: |truth| truth.words.iter().map(|word| word.word.to_owned()).collect(),
        means: any_word,
        naive: "most frequent",
        naive_answer: |documents, _| documents.most_common("words", i64::MIN),
    },
    CREATORS,
    Question { name: "creators --by hit_rate", words: &["creators", "--by", "hit_rate"], ..CREATORS },
];

fn outliers(truth: &Truth) -> Vec<String> {
    truth.outliers.iter().map(|outlier| outlier.aweme_id.clone()).collect()
}

fn rising(truth: &Truth) -> Vec<String> {
    truth.creators.iter().map(|creator| creator.sec_user_id.clone()).collect()
}

/// An answer: its keys in its order, and those of which something is claimed.
pub struct Answer {
    pub keys: Vec<String>,
    pub claimed: Option<Vec<String>>,
}

impl Question {
    pub fn planted(&self, truth: &Truth) -> Planted {
        Planted { keys: (self.planted)(truth).into_iter().collect(), means: self.means }
    }

    pub fn naive_answer(&self, documents: &Documents, truth: &Truth) -> Vec<String> {
        (self.naive_answer)(documents, truth)
    }

    /// Asks the program.
    pub async fn ask(&self, shell: &Shell, place: &Place) -> Answer {
        let rows = run(shell, place, &[self.words, &["--limit", "all", "--format", "json"]].concat()).await.json();
        let rows = rows.as_array().unwrap();
        let key = |row: &Value| row[self.key].as_str().unwrap().to_lowercase();
        let key = |row: &Value| if self.key == "sec_user_id" { text(&row[self.key]) } else { key(row) };
        let claims = |claim: &str| rows.iter().filter(|row| row[claim].as_bool().unwrap()).map(key).collect();
        Answer { keys: rows.iter().map(key).collect(), claimed: self.claim.map(claims) }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What is stored, as one would look at it without the program's questions.
pub struct Documents {
    /// Ids, most plays first.
    by_plays: Vec<String>,
    /// Posts that could be judged.
    pub judged: usize,
    /// Posts that are said to be viral.
    pub viral: Vec<String>,
    all: Vec<Value>,
}

impl Documents {
    pub async fn of(shell: &Shell, place: &Place) -> Self {
        let found = run(shell, place, &["search", "--sort", "plays", "--limit", "all", "--format", "ndjson"]).await;
        let documents: Vec<Value> = found.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let is = |document: &&Value, field: &str| document["virality"][field] == true;
        let judged =
            documents.iter().filter(|document| document["virality"]["z"].is_number() && !is(document, "immature"));
        let viral =
            documents.iter().filter(|document| is(document, "viral")).map(|document| text(&document["aweme_id"]));
        Self {
            by_plays: documents.iter().map(|document| text(&document["aweme_id"])).collect(),
            judged: judged.count(),
            viral: viral.collect(),
            all: documents,
        }
    }

    /// What most posts since a time (seconds, UTC) carry.
    fn most_common(&self, field: &str, since: i64) -> Vec<String> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for document in self.all.iter().filter(|document| document["publish_ts"].as_i64() >= Some(since)) {
            let keys = match &document[field] {
                Value::Array(keys) => keys.iter().map(text).collect(),
                music => vec![text(&music["music_id"])],
            };
            for key in keys.into_iter().filter(|key| !key.is_empty()) {
                *counts.entry(key).or_default() += 1;
            }
        }
        highest_first(counts)
    }

    fn biggest_creators(&self) -> Vec<String> {
        let mut plays: BTreeMap<String, u64> = BTreeMap::new();
        for document in &self.all {
            *plays.entry(text(&document["sec_user_id"])).or_default() += document["stats"]["play"].as_u64().unwrap();
        }
        highest_first(plays)
    }
}

fn highest_first(counts: BTreeMap<String, u64>) -> Vec<String> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts.into_iter().map(|(key, _)| key).collect()
}

//! How much of what is planted each question finds, by strength, beside naive answers; and what is claimed when nothing
//! is planted. `VIRALMINE_SEEDS` is the number of corpora for each strength.

use serde_json::Value;
use viralmine::insight::chance;
use viralmine::simulator::{SimulatorOptions, Strength};

use super::answers::{Documents, QUESTIONS};
use super::tally::{Claims, Tally};
use super::{api, fetch, number_or, run};
use crate::kills::tell;
use crate::support::place::Place;
use crate::support::run::quick;

/// What is planted is this strong; fixed before any formula was tuned.
const STRENGTHS: [&str; 6] = ["none", "weak", "5", "medium", "strong", "100"];

/// A corpus: some 36,000 posts, 4,700 of them of the last week.
const CREATORS: u32 = 600;
const VIDEOS: u32 = 60;

/// The goal: an answer is good where the naive one is bad.
const GOOD: f64 = 0.9;
const BAD: f64 = 0.3;

/// Where nothing is planted, at most so many tags, sounds or words are called anything in all: a claim is false once in
/// a hundred answers. Of posts, no more are called viral than chance explains.
const FALSE_CLAIMS_OF_GROUPS: usize = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: scripts/benchmark"]
async fn embedded() {
    sweep(Place::embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: scripts/benchmark"]
async fn elastic() {
    sweep(Place::elastic).await;
}

/// What is added up for one question over all corpora of a strength.
#[derive(Default, Clone, Copy)]
struct Line {
    answer: Tally,
    naive: Tally,
    claims: Option<Claims>,
    /// How many of the claims chance would make, as the program itself says; of posts alone.
    by_chance: Option<f64>,
}

async fn sweep(place: impl Fn() -> Place) {
    let seeds = number_or("VIRALMINE_SEEDS", 3);
    tell(format!(
        "\nOver {seeds} corpora of {CREATORS} creators × {VIDEOS} posts for each strength. P / R: precision and recall"
    ));
    tell("of the first k; claims: how many of how many are called viral, bursting or lifted.\n");
    tell("| strength | question | k | P / R | naive | P / R | claims | right | of the planted |");
    tell("|---|---|--:|--:|---|--:|--:|--:|--:|");
    let mut lines = Vec::new();
    for strength in STRENGTHS {
        let mut sums = [Line::default(); QUESTIONS.len()];
        for seed in 1..=seeds {
            add_corpus(&mut sums, &place(), strength.parse().unwrap(), seed.into()).await;
        }
        for (question, line) in QUESTIONS.iter().zip(&sums) {
            let [claims, right, found] = line.claims.map_or([""; 3].map(str::to_owned), |claims| claims.shown());
            let by_chance = line.by_chance.map_or_else(String::new, |posts| format!(" ({posts:.0} by chance)"));
            let (answer, naive) = (line.answer.shown(), line.naive.shown());
            tell(format!(
                "| {strength} | `{}` | {} | {answer} | {} | {naive} | {claims}{by_chance} | {right} | {found} |",
                question.name, question.k, question.naive
            ));
        }
        lines.push((strength, sums));
    }
    judge(&lines);
}

async fn add_corpus(lines: &mut [Line; QUESTIONS.len()], place: &Place, strength: Strength, seed: u64) {
    let options = SimulatorOptions { creators: CREATORS, videos: VIDEOS, seed, strength, ..quick() };
    let (simulator, shell) = api(options).await;
    fetch(&shell, place).await;
    let pass = run(&shell, place, &["score", "--format", "json"]).await;
    let pass: Value = serde_json::from_str(&pass.stdout).unwrap();
    let truth = simulator.truth().unwrap();
    let documents = Documents::of(&shell, place).await;
    for (question, line) in QUESTIONS.iter().zip(lines) {
        let planted = question.planted(&truth);
        let answer = question.ask(&shell, place).await;
        line.answer.add(&answer.keys, &planted, question.k);
        line.naive.add(&question.naive_answer(&documents, &truth), &planted, question.k);
        if let Some(claimed) = answer.claimed {
            line.claims.get_or_insert_default().add(&claimed, answer.keys.len(), &planted);
        } else if question.name.starts_with("viral") {
            line.claims.get_or_insert_default().add(&documents.viral, documents.judged, &planted);
            *line.by_chance.get_or_insert_default() += pass["globals"]["viral_by_chance"].as_f64().unwrap();
        }
    }
}

fn judge(lines: &[(&str, [Line; QUESTIONS.len()])]) {
    let mut missed = Vec::new();
    for (place, question) in QUESTIONS.iter().enumerate() {
        let Line { claims: Some(claims), by_chance, .. } = lines[0].1[place] else { continue };
        let is_too_much = match by_chance {
            Some(by_chance) => chance::is_beyond(claims.claimed as u64, by_chance),
            None => claims.claimed > FALSE_CLAIMS_OF_GROUPS,
        };
        if is_too_much {
            missed.push(format!("{}: {} claims where nothing is planted", question.name, claims.claimed));
        }
    }
    for (place, question) in QUESTIONS.iter().enumerate().take(2) {
        let is_met = |line: &Line| line.answer.precision() >= GOOD && line.naive.precision() < BAD;
        let met: Vec<&str> =
            lines.iter().filter(|(_, sums)| is_met(&sums[place])).map(|(strength, _)| *strength).collect();
        if met.is_empty() {
            missed.push(format!(
                "{}: at no strength a precision of {GOOD} where the naive one is below {BAD}",
                question.name
            ));
        } else {
            tell(format!(
                "\n{}: {GOOD} at k = 20 where the naive answer is below {BAD}: {}",
                question.name,
                met.join(", ")
            ));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

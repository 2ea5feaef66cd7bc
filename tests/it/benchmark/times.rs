//! How long each question takes over a million posts, as the command is typed: start of the program, question, answer.
//! Medians of three, beside the targets. `VIRALMINE_VIDEOS` asks for fewer posts.

use std::time::{Duration, Instant};

use viralmine::simulator::SimulatorOptions;

use super::{api, fetch, number_or, run};
use crate::command_line::shell::Shell;
use crate::kills::tell;
use crate::support::place::Place;
use crate::support::run::quick;

const VIDEOS: u32 = 1_000_000;
const VIDEOS_PER_CREATOR: u32 = 200;
const REPETITIONS: usize = 3;

const SECOND: Duration = Duration::from_secs(1);
const FIVE_SECONDS: Duration = Duration::from_secs(5);

/// What is typed, and how long it may take.
const QUESTIONS: [(&[&str], Duration); 20] = [
    (&["search", "summer"], SECOND),
    (&["search", "#fyp summer"], SECOND),
    (&["search", "\"summer outfit\" -haul"], SECOND),
    (&["search", "sum*", "--sort", "date"], SECOND),
    (&["viral"], SECOND),
    (&["viral", "--by", "plays_per_hour"], SECOND),
    (&["viral", "#ootd", "--since", "30d"], SECOND),
    (&["hashtags"], SECOND),
    (&["hashtags", "--sort", "lift"], SECOND),
    (&["hashtags", "--sort", "growth"], SECOND),
    (&["hashtags", "--sort", "median"], SECOND),
    (&["creators"], SECOND),
    (&["creators", "--by", "trend"], SECOND),
    (&["creators", "#ootd", "--by", "trend"], SECOND),
    (&["sounds"], SECOND),
    (&["sounds", "--sort", "growth"], SECOND),
    (&["hashtags", "--related", "ootd"], FIVE_SECONDS),
    (&["keywords", "--sort", "lift"], FIVE_SECONDS),
    (&["categories"], FIVE_SECONDS),
    (&["timing"], FIVE_SECONDS),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: scripts/benchmark"]
async fn embedded() {
    measure(&Place::embedded(), "embedded index").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: scripts/benchmark"]
async fn elastic() {
    measure(&Place::elastic(), "Elasticsearch").await;
}

async fn measure(place: &Place, store: &str) {
    let creators = (number_or("VIRALMINE_VIDEOS", VIDEOS) / VIDEOS_PER_CREATOR).max(1);
    let options = SimulatorOptions { creators, videos: VIDEOS_PER_CREATOR, ..quick() };
    let (simulator, shell) = api(options).await;
    let videos: u64 = simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum();
    let fetched = time(fetch(&shell, place)).await;
    let scored = time(async { drop(run(&shell, place, &["score"]).await) }).await;
    tell(format!(
        "\n{store}: {videos} posts of {creators} creators; backfill with its pass {fetched:.0?}, `score` again {scored:.1?}\n"
    ));
    tell("| question | ms | target |\n|---|--:|--:|");
    for (words, target) in QUESTIONS {
        let took = median_time(&shell, place, words).await;
        let verdict = if took > target { " **slower**" } else { "" };
        tell(format!("| `{}` | {}{verdict} | {} |", words.join(" "), took.as_millis(), target.as_millis()));
    }
}

async fn median_time(shell: &Shell, place: &Place, words: &[&str]) -> Duration {
    let mut times = Vec::with_capacity(REPETITIONS);
    for _ in 0..REPETITIONS {
        times.push(time(async { drop(run(shell, place, words).await) }).await);
    }
    times.sort();
    times[REPETITIONS / 2]
}

async fn time(work: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    work.await;
    start.elapsed()
}

//! What the questions find of what the simulator plants, and how long they take over a million posts: run by
//! `scripts/benchmark`, in release. They print tables; docs/findings.md says how to read them.

mod answers; // the questions about what is planted, and the naive answers to them
mod found; // precision and recall, by strength
mod tally; // how good an answer is, over several corpora
mod times; // wall times of each question

use viralmine::model::Secret;
use viralmine::simulator::{Simulator, SimulatorOptions};

use crate::command_line::shell::{Ended, KEY, Shell, end_of};
use crate::support::place::Place;

/// A number from the environment, as `scripts/benchmark` sets it.
fn number_or(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// An API with these posts, and a shell for the program.
async fn api(options: SimulatorOptions) -> (Simulator, Shell) {
    let keys = vec![Secret::new(KEY)];
    let simulator = Simulator::start(SimulatorOptions { keys, ..options }).await.unwrap();
    let shell = Shell::with_api(&simulator);
    (simulator, shell)
}

/// A command about this place that has to succeed.
async fn run(shell: &Shell, place: &Place, words: &[&str]) -> Ended {
    let flags = place.flags();
    let flags = flags.iter().map(String::as_str);
    let words: Vec<&str> = words.iter().copied().chain(flags).collect();
    end_of(shell.spawn(&words)).await.succeeded()
}

/// Fetches all that there is, and computes the scores.
async fn fetch(shell: &Shell, place: &Place) {
    run(shell, place, &["backfill", "--creators", "creators.txt", "--rate", "1000", "--no-archive", "-q"]).await;
}

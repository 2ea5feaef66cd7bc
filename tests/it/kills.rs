//! Kills at any instant, of the program and of the Elasticsearch node under it: nothing is lost, and only what was in
//! flight is paid for twice.
//!
//! These are the short forms; `soak` runs the same for longer. `VIRALMINE_KILLS` changes the number of kills of the
//! program, `VIRALMINE_KILLS_SEED` repeats the instants of a run that failed.

pub mod ledger; // which process paid for which page
pub mod nodes; // the node is killed under a run
pub mod processes; // the program is killed again and again

use std::process::Child;

use crate::command_line::shell::Shell;
use crate::support::place::{Place, on_both_stores};

on_both_stores!(killed_ten_times_it_ends_as_if_never_killed);

async fn killed_ten_times_it_ends_as_if_never_killed(place: Place) {
    processes::killed_again_and_again(place, processes::kills_or(10)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_on_when_its_node_is_killed_twice() {
    nodes::killed_under_a_run(2).await;
}

/// Starts to fetch all creators into a place, in pages of so many posts, so many pages a second.
pub fn start_backfill(shell: &Shell, place: &Place, page_size: u64, rate: u64, more: &[&str]) -> Child {
    let (page_size, rate, place) = (page_size.to_string(), rate.to_string(), place.flags());
    let backfill = ["backfill", "--creators", "creators.txt", "--format", "json", "--rate", &rate];
    let place: Vec<&str> = place.iter().map(String::as_str).collect();
    shell.spawn(&[&backfill[..], &["--page-size", &page_size], place.as_slice(), more].concat())
}

/// What a test measured, or how to repeat it; shown when it fails, or with `--nocapture`.
#[expect(clippy::print_stdout, reason = "for those who read a test's output")]
pub fn tell(words: impl std::fmt::Display) {
    println!("{words}");
}

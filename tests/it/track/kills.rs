//! The program is killed with SIGKILL at instants all over a round, and typed again: the index, and every count that
//! was seen, are those of rounds that were never killed, and no page that was on the disk is asked for again.

use std::collections::BTreeSet;
use std::process::Child;
use std::time::Duration;

use viralmine::archive::{RecordedPages, segments};
use viralmine::simulator::SimulatorOptions;

use super::support::counts_seen;
use crate::command_line::shell::{Shell, end_of};
use crate::kills::tell;
use crate::support::place::{Place, on_both_stores};
use crate::support::run::{quick, simulator};

on_both_stores!(killed_again_and_again_a_round_ends_as_if_never_killed);

const KILLS: u64 = 6;

/// Small pages, so that a kill falls among many.
const PAGE_SIZE: &str = "5";

async fn killed_again_and_again_a_round_ends_as_if_never_killed(place: Place) {
    let options = SimulatorOptions { creators: 12, videos: 40, latency: Duration::from_millis(20), ..quick() };
    let simulator = simulator(options).await;
    let (shell, unbroken) = (Shell::with_api(&simulator), Place::embedded());
    for place in [&unbroken, &place] {
        ended(start(&shell, place, &["backfill", "--creators", "creators.txt"], 1_000, 0)).await;
    }
    // As long as the program's clock says, too: posts of that time are new, and many are due.
    simulator.advance(Duration::from_hours(25 * 24));
    ended(start(&shell, &unbroken, &["track"], 1_000, 0)).await;
    ended(start(&shell, &unbroken, &["track"], 1_000, 1)).await;

    let mut falls_among_requests = 0;
    for kill in 0..KILLS {
        let before = simulator.observed().total();
        let mut child = start(&shell, &place, &["track"], 60, kill);
        // From its start on, and then a little later behind its first request each time.
        while kill > 0 && simulator.observed().total() == before && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // No wait for an event: the instant is the test's input.
        tokio::time::sleep(Duration::from_millis(40 * kill * kill)).await;
        child.kill().unwrap();
        let killed = end_of(child).await;
        falls_among_requests += u64::from(killed.code.is_none() && simulator.observed().total() > before);
    }
    assert!(falls_among_requests >= 3, "{falls_among_requests} kills fell among requests");
    ended(start(&shell, &place, &["track"], 1_000, KILLS)).await;

    assert_eq!(place.timeless_documents().await, unbroken.timeless_documents().await);
    assert_eq!(counts_seen(&place).await, counts_seen(&unbroken).await);
    let pages = no_page_of_a_walk_stands_twice_in_the_archive(&place);
    tell(format!("{KILLS} kills, {falls_among_requests} among requests, {pages} pages in the archive"));
}

/// What is on the disk is not asked for again: a walk has each of its pages once.
fn no_page_of_a_walk_stands_twice_in_the_archive(place: &Place) -> usize {
    let mut pages = BTreeSet::new();
    for segment in segments(&place.settings.data_dir).unwrap() {
        for page in RecordedPages::open(&segment).unwrap() {
            let page = page.unwrap();
            let page = (page.sec_user_id, page.walk, page.max_cursor);
            assert!(pages.insert(page.clone()), "{page:?} was paid twice");
        }
    }
    pages.len()
}

/// The clock of each process starts a little later than that of the one before.
fn start(shell: &Shell, place: &Place, command: &[&str], rate: u64, minute: u64) -> Child {
    let day = if command[0] == "track" { "2025-07-15" } else { "2025-06-20" };
    let now = format!("{day}T00:{minute:02}:00Z");
    let (rate, place) = (rate.to_string(), place.flags());
    let place: Vec<&str> = place.iter().map(String::as_str).collect();
    let how = ["--rate", &rate, "--page-size", PAGE_SIZE, "--no-scores", "--format", "json"];
    shell.beside().set("VIRALMINE_NOW", &now).spawn(&[command, &how, place.as_slice()].concat())
}

async fn ended(child: Child) {
    end_of(child).await.succeeded();
}

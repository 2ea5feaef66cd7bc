//! The same command, killed with SIGKILL at random instants and typed again, until it was killed often enough; then
//! once to its end. Compared with a run that was never killed.

use std::process::Child;
use std::time::Duration;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use viralmine::model::Secret;
use viralmine::simulator::{Simulator, SimulatorOptions};

use super::ledger::Ledger;
use super::{start_backfill, tell};
use crate::command_line::shell::{Shell, end_of};
use crate::support::place::Place;
use crate::support::run::quick;

/// Kills come from a process's start up to this moment of its life.
const LIVES_AT_MOST: Duration = Duration::from_millis(2_200);

/// In this part of it, which is its start, the way to its first request and the going on from the archive, it asks
/// nothing. Kills of later instants count from the first request, so that on a busy machine, too, half of them fall
/// among requests.
const ASKS_NOTHING: Duration = Duration::from_millis(1_100);

/// While processes are killed: 110 pages in the rest of a life.
const RATE: u64 = 100;

/// What one life brings, and more: the last kill, too, finds something left to do.
const CREATORS_PER_KILL: u32 = 12;
const VIDEOS: u32 = 60;
const PAGE_SIZE: u64 = 5;

/// How many kills the environment asks for.
pub fn kills_or(default: usize) -> usize {
    std::env::var("VIRALMINE_KILLS").map_or(default, |text| text.parse().expect("VIRALMINE_KILLS is a number"))
}

/// One process after another in one place.
struct Processes<'a> {
    simulator: &'a Simulator,
    place: &'a Place,
    /// The number of the process under way, which is the position of its key.
    number: usize,
    ledger: Ledger,
}

/// Kills so often, lets the last process come to its end, and compares.
pub async fn killed_again_and_again(place: Place, kills: usize) {
    let seed = Seed::new();
    let simulator = Simulator::start(options(kills)).await.unwrap();
    let unbroken = Place::embedded();
    let mut never_killed = Processes::new(&simulator, &unbroken, 1);
    never_killed.run_to_the_end().await;
    let minimum = simulator.observed().total();

    let mut killed = Processes::new(&simulator, &place, 2);
    for instant in instants(kills, seed.0) {
        killed.kill_at(instant).await;
    }
    let last = killed.run_to_the_end().await;
    assert!(last["requests"]["sent"].as_u64() > Some(0), "the last kill left something to do: {last}");

    assert_eq!(killed.ledger.pages(), never_killed.ledger.pages(), "both archives hold the same pages, each once");
    assert_eq!(minimum, never_killed.ledger.pages().len() as u64);
    let observed = simulator.observed();
    let in_vain = killed.ledger.paid_in_vain(&observed, 2..=killed.number);
    assert_eq!(observed.total() - minimum, minimum + in_vain as u64, "every request is accounted for");
    let documents = place.assert_same_as(&unbroken, &simulator.creators()).await;
    let store = place.settings.name();
    tell(format!(
        "{kills} kills, store {store}: {documents} documents and {} checkpoints as never killed; {minimum} requests needed, \
         {in_vain} more were in flight at the kills",
        simulator.creators().len()
    ));
}

fn options(kills: usize) -> SimulatorOptions {
    let creators = CREATORS_PER_KILL * u32::try_from(kills).unwrap();
    let keys = (1..=kills + 2).map(|process| Secret::new(&key_of(process))).collect();
    SimulatorOptions { creators, videos: VIDEOS, keys, latency: Duration::from_millis(30), ..quick() }
}

/// Each process has a key of its own: so a request tells who sent it, whenever it arrives.
fn key_of(process: usize) -> String {
    format!("key-of-process-{process}")
}

/// One instant from each of as many equal parts of a life, in random order.
fn instants(kills: usize, seed: u64) -> Vec<Duration> {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let part = LIVES_AT_MOST / u32::try_from(kills).unwrap();
    let instant = |number| part * number + part.mul_f64(draws.random());
    let mut instants: Vec<Duration> = (0..u32::try_from(kills).unwrap()).map(instant).collect();
    instants.shuffle(&mut draws);
    instants
}

impl<'a> Processes<'a> {
    fn new(simulator: &'a Simulator, place: &'a Place, first: usize) -> Self {
        Self { simulator, place, number: first, ledger: Ledger::default() }
    }

    async fn kill_at(&mut self, instant: Duration) {
        let shell = self.shell();
        let mut child = start_backfill(&shell, self.place, PAGE_SIZE, RATE, &[]);
        let rest = match instant.checked_sub(ASKS_NOTHING) {
            None => instant,
            Some(rest) => {
                self.until_it_asks(&mut child).await;
                rest
            }
        };
        // No wait for an event: the instant is the test's input.
        tokio::time::sleep(rest).await;
        child.kill().unwrap();
        let killed = end_of(child).await;
        assert_eq!(killed.code, None, "it lives until it is killed: {killed:#?}");
        self.ledger.take_in(&self.place.settings.data_dir, self.number);
        self.number += 1;
    }

    async fn until_it_asks(&self, child: &mut Child) {
        let has_asked =
            || self.simulator.observed().requests.iter().rev().any(|request| request.key == Some(self.number));
        while !has_asked() && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// As quick as it can; its report.
    async fn run_to_the_end(&mut self) -> serde_json::Value {
        let shell = self.shell();
        let ended = end_of(start_backfill(&shell, self.place, PAGE_SIZE, 1_000, &[])).await.succeeded();
        self.ledger.take_in(&self.place.settings.data_dir, self.number);
        let report = ended.json();
        assert_eq!(report["creators"]["done"], self.simulator.creators().len(), "{report}");
        assert_eq!(report["documents"]["dead"], 0, "{report}");
        report
    }

    fn shell(&self) -> Shell {
        Shell::with_api(self.simulator).without("VIRALMINE_NOW").set("VIRALMINE_API_KEYS", &key_of(self.number))
    }
}

/// The seed of the instants; told when the test fails.
struct Seed(u64);

impl Seed {
    fn new() -> Self {
        let given = std::env::var("VIRALMINE_KILLS_SEED").ok();
        Self(given.map_or_else(rand::random, |text| text.parse().expect("VIRALMINE_KILLS_SEED is a number")))
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tell(format!("the same instants again: VIRALMINE_KILLS_SEED={}", self.0));
        }
    }
}

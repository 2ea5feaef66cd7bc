//! The Elasticsearch node is killed with SIGKILL under a run, and comes up again: the run waits for it and ends well.
//! Compared with a run whose store was always there.

use std::process::Child;
use std::time::Duration;

use rand::Rng;
use viralmine::model::Secret;
use viralmine::simulator::{Simulator, SimulatorOptions};

use super::ledger::Ledger;
use super::{start_backfill, tell};
use crate::command_line::shell::{KEY, Shell, end_of};
use crate::support::node::{Node, until};
use crate::support::place::Place;
use crate::support::run::quick;

/// So many pages of 35 posts may be paid for and not be stored yet: 7,000 documents.
const PAGES_WITHOUT_A_STORE: u64 = 200;

/// What the node writes at most before it is killed.
const WRITES_AT_MOST: u64 = 1_000;

/// More than is paid for until the node is killed again: whenever that is, the run has something left to do. A creator
/// has about nine pages.
const PAGES_PER_KILL: u64 = PAGES_WITHOUT_A_STORE + WRITES_AT_MOST / 35;
const CREATORS_PER_KILL: u32 = 28;
const VIDEOS: u32 = 320;

/// A run into one node, which is killed so often.
pub async fn killed_under_a_run(kills: usize) {
    let node = Node::start().await;
    let corpus = Corpus { creators: CREATORS_PER_KILL * u32::try_from(kills).unwrap(), page_size: 35 };
    let mut run = LongRun::start(node.url(), &corpus, 100).await;
    assert!(run.minimum > PAGES_PER_KILL * kills as u64, "{} pages are too few", run.minimum);
    let mut most_asked = 0;
    for _ in 0..kills {
        let writes = rand::rng().random_range(1..WRITES_AT_MOST);
        until("the node has written", async || {
            run.assert_under_way();
            node.written(&run.videos()).await >= writes
        })
        .await;
        node.kill().await;
        let before = run.asked();
        node.start_again().await;
        run.assert_under_way();
        most_asked = most_asked.max(run.asked() - before);
    }
    assert!(most_asked <= PAGES_WITHOUT_A_STORE, "{most_asked} pages were paid for while there was no store");
    let documents = run.ends_as_if_nothing_had_happened().await;
    tell(format!(
        "{kills} kills of the node: {documents} documents, no page asked twice; at most {most_asked} while it was away"
    ));
}

/// What is to be fetched.
pub struct Corpus {
    pub creators: u32,
    pub page_size: u64,
}

/// A run under way.
pub struct LongRun {
    simulator: Simulator,
    /// Where the same was fetched with nothing in the way.
    unbroken: Place,
    /// Requests that it took.
    minimum: u64,
    place: Place,
    child: Child,
    _shell: Shell,
}

impl LongRun {
    /// Fetches the corpus into an embedded index, then starts to fetch it into Elasticsearch at `rate`.
    pub async fn start(store: &str, corpus: &Corpus, rate: u64) -> Self {
        let keys = vec![Secret::new(KEY)];
        let options = SimulatorOptions { keys, creators: corpus.creators, videos: VIDEOS, ..quick() };
        let options = SimulatorOptions { latency: Duration::from_millis(30), ..options };
        let simulator = Simulator::start(options).await.unwrap();
        let shell = Shell::with_api(&simulator).without("VIRALMINE_NOW");
        let (unbroken, place) = (Place::embedded(), Place::elastic_at(store));
        end_of(start_backfill(&shell, &unbroken, corpus.page_size, 1_000, &[])).await.succeeded();
        let minimum = simulator.observed().total();
        let child = start_backfill(&shell, &place, corpus.page_size, rate, &[]);
        Self { simulator, unbroken, minimum, place, child, _shell: shell }
    }

    /// What the names of its indices start with.
    pub fn prefix(&self) -> &str {
        &self.place.settings.prefix
    }

    /// The alias of the index of videos.
    pub fn videos(&self) -> String {
        format!("{}-videos", self.prefix())
    }

    /// Requests that it sent so far.
    pub fn asked(&self) -> u64 {
        self.simulator.observed().total() - self.minimum
    }

    /// A kill behind its end would prove nothing.
    pub fn assert_under_way(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "the run ended too early, {ended:?}, behind {} of {}", self.asked(), self.minimum);
    }

    /// Waits for its end, and compares; how many documents there are.
    pub async fn ends_as_if_nothing_had_happened(self) -> usize {
        let report = end_of(self.child).await.succeeded().json();
        let creators = self.simulator.creators();
        assert_eq!(report["creators"]["done"], creators.len(), "{report}");
        assert_eq!(report["documents"]["dead"], 0, "{report}");
        let dead_letters = std::fs::read_to_string(self.place.settings.data_dir.join("dead-letters.ndjson")).unwrap();
        assert_eq!(dead_letters, "");
        let (mut ledger, mut expected) = (Ledger::default(), Ledger::default());
        ledger.take_in(&self.place.settings.data_dir, 1);
        expected.take_in(&self.unbroken.settings.data_dir, 1);
        assert_eq!(ledger.pages(), expected.pages(), "the archives hold the same pages, each once");
        let observed = self.simulator.observed();
        assert_eq!(observed.total(), 2 * self.minimum, "no page was asked twice");
        self.place.assert_same_as(&self.unbroken, &creators).await
    }
}

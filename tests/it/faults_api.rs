//! Backfills from an API at its worst, into both stores: nothing lost, nothing twice, the counts add up (`Run::run`
//! asserts so after every run), and the pace is kept. The simulator's record is the witness of what was sent.

mod answers; // good-looking answers that contradict themselves, repeat posts, or come while posts appear
mod any; // random faults over random seeds
mod failures; // answers that fail: each kind alone, and all of them mixed
mod keys; // keys that are refused, one or all, and the pace of the others
mod size; // answers without an end, and what is kept of them

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::OnceCell;
use viralmine::model::{Checkpoint, Secret};
use viralmine::simulator::{Faults, Simulator, SimulatorOptions};

use crate::support::place::Place;
use crate::support::run::{Run, quick, simulator};

/// What a run without faults stores of the corpus of [`quick`], times left out.
struct FaultFree {
    documents: BTreeMap<String, Value>,
    checkpoints: Vec<Option<Checkpoint>>,
}

async fn fault_free() -> &'static FaultFree {
    static ONCE: OnceCell<FaultFree> = OnceCell::const_new();
    let run = || async {
        let (place, simulator) = (Place::embedded(), simulator(quick()).await);
        let backfill = Run::new(&place, &simulator).run().await;
        assert_eq!((backfill.report.creators.done, backfill.report.requests.failed), (12, 0));
        FaultFree {
            documents: place.timeless_documents().await,
            checkpoints: place.timeless_checkpoints(&simulator.creators()).await,
        }
    };
    ONCE.get_or_init(run).await
}

async fn faulty(spec: &str) -> Simulator {
    simulator(SimulatorOptions { faults: faults(spec), ..quick() }).await
}

fn faults(spec: &str) -> Faults {
    spec.parse().unwrap()
}

/// A run that no streak of bad luck ends: so many tries that the shares of these tests never use them up.
fn tireless<'a>(place: &'a Place, simulator: &Simulator) -> Run<'a> {
    let mut run = Run::new(place, simulator);
    run.api.retry.attempts = Some(50);
    run
}

fn three_keys() -> Vec<Secret> {
    ["test-key-1", "test-key-2", "test-key-3"].map(Secret::new).to_vec()
}

/// So long a time-out that a good answer is in time on a busy machine, and hanging ones do not hold up the test.
const SHORT_TIMEOUT: Duration = Duration::from_millis(1500);

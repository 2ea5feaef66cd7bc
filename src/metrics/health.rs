//! When a run is well: what `/healthz` answers.
//!
//! Paused keys are no trouble: the API said until when, and a run that is started anew for it would gain nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Stage;
use crate::model::Counters;

/// A store may stand still for this part of `--give-up-after`: a minute of the usual ten.
const PART_OF_PATIENCE: u32 = 10;

/// What is wrong, in words; `None` when all is well.
pub(super) fn trouble(stages: &[(Stage, Arc<Counters>)], now: Instant) -> Option<String> {
    stages.iter().find_map(|(_, counters)| of_the_store(counters, now).or_else(|| of_the_keys(counters)))
}

fn of_the_store(counters: &Counters, now: Instant) -> Option<String> {
    let still = counters.store.standstill(now)?;
    let seconds = |duration: Duration| duration.as_secs();
    (still.lasts > still.give_up_after / PART_OF_PATIENCE).then(|| {
        format!(
            "the store has taken nothing for {} s; nothing is lost, and the run ends after {} s of it",
            seconds(still.lasts),
            seconds(still.give_up_after)
        )
    })
}

fn of_the_keys(counters: &Counters) -> Option<String> {
    let (given, retired) = (counters.keys_given.get(), counters.keys_retired.get());
    (given > 0 && retired >= given).then(|| format!("the API refused every key ({given}): replace them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_mins(10);

    fn trouble_of(counters: &Arc<Counters>, now: Instant) -> Option<String> {
        trouble(&[(Stage::Score, Arc::default()), (Stage::Creators, Arc::clone(counters))], now)
    }

    #[test]
    fn a_store_that_takes_nothing_for_a_minute_is_trouble() {
        let counters = Arc::new(Counters::default());
        assert_eq!(trouble_of(&counters, Instant::now() + PATIENCE), None, "nothing is sent");
        let under_way = counters.store.begin(PATIENCE);
        let now = Instant::now();
        assert_eq!(trouble_of(&counters, now + Duration::from_secs(59)), None);
        let told = trouble_of(&counters, now + Duration::from_secs(61)).unwrap();
        assert!(told.contains("taken nothing for 61 s") && told.contains("600 s"), "{told}");
        drop(under_way);
        assert_eq!(trouble_of(&counters, now + PATIENCE), None);
    }

    #[test]
    fn keys_are_trouble_when_all_are_refused_and_not_when_they_pause() {
        let counters = Arc::new(Counters::default());
        counters.keys_given.set(2);
        counters.keys_paused.set(2);
        assert_eq!(trouble_of(&counters, Instant::now()), None);
        counters.keys_retired.add(1);
        assert_eq!(trouble_of(&counters, Instant::now()), None);
        counters.keys_retired.add(1);
        assert!(trouble_of(&counters, Instant::now()).unwrap().contains("every key (2)"));
    }
}

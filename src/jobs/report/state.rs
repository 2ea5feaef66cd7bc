//! How fresh and complete the data of a report are.

use super::ReportQuestion;
use super::answer::{AgeBand, Data, FailedCreator};
use crate::jobs::ask::AskError;
use crate::jobs::status::Status;
use crate::model::{Measure, PostTime, Scope, TimeSlot};
use crate::store::StoreReader;

const HOUR: u32 = 3_600;

/// Bounds of the bands of age (hours): a day, three (a post is mature then), a week, a month, a quarter.
const BOUNDS: [u64; 5] = [24, 72, 168, 720, 2_160];

/// When posts were fetched.
pub(super) struct Fetched {
    newest: Option<i64>,
    slots: Vec<TimeSlot>,
}

/// Asks when the posts of a scope were fetched, to the hour.
pub(super) async fn fetched(reader: &dyn StoreReader, scope: &Scope) -> Result<Fetched, AskError> {
    let (newest, slots) =
        tokio::try_join!(reader.newest_fetched_at(), reader.histogram(scope, PostTime::Fetched, HOUR))?;
    Ok(Fetched { newest, slots })
}

impl Data {
    /// Of what the walks left, when posts were fetched, and what was measured of them.
    pub(super) fn of(
        status: &Status,
        fetched: &Fetched,
        measure: &Measure,
        published: &[TimeSlot],
        question: &ReportQuestion,
    ) -> Self {
        let of_known_time: u64 = published.iter().map(|slot| slot.posts).sum();
        let failed = status.failed.iter().map(|walk| FailedCreator {
            sec_user_id: walk.sec_user_id.clone(),
            error: walk.last_error.clone().unwrap_or_default(),
        });
        Self {
            stored: status.videos,
            newest_fetched_at: fetched.newest,
            ages: ages(fetched.newest, &fetched.slots),
            of_unknown_time: measure.tally.posts.saturating_sub(of_known_time),
            windows: question.windows.as_ref().map(Into::into),
            scores: status.scores.clone(),
            creators: status.creators.clone(),
            failed: failed.collect(),
            settled: status.settled.clone(),
            dead_letters: question.dead_letters,
        }
    }
}

/// Posts by how many whole hours before the newest fetch they were fetched; every band, the empty ones too.
fn ages(newest: Option<i64>, slots: &[TimeSlot]) -> Vec<AgeBand> {
    let mut bands: Vec<AgeBand> =
        BOUNDS.into_iter().map(Some).chain([None]).map(|below_hours| AgeBand { below_hours, posts: 0 }).collect();
    let Some(newest) = newest else { return bands };
    let newest_hour = newest.div_euclid(1_000).div_euclid(HOUR.into());
    for slot in slots {
        let age = u64::try_from(newest_hour - slot.start.div_euclid(HOUR.into())).unwrap_or(0);
        let band = bands.iter_mut().find(|band| band.below_hours.is_none_or(|bound| age < bound));
        if let Some(band) = band {
            band.posts += slot.posts;
        }
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_counted_back_from_the_newest_fetch() {
        let day = 24 * i64::from(HOUR);
        let slot = |start, posts| TimeSlot { start, posts, plays: 0 };
        let newest = (400 * day + 59) * 1_000;
        let slots =
            [slot(200 * day, 1), slot(393 * day, 2), slot(394 * day, 4), slot(399 * day, 8), slot(400 * day, 16)];
        let posts = |bands: Vec<AgeBand>| bands.iter().map(|band| band.posts).collect::<Vec<_>>();
        assert_eq!(posts(ages(Some(newest), &slots)), [16, 8, 4, 2, 0, 1]);
        assert_eq!(posts(ages(None, &[])), [0; 6]);
    }
}

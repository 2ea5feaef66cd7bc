//! Hashtags that are newly said to burst: what `hashtags --sort growth` claims over all that is stored, and did not
//! claim at the round before.

use super::DigestParts;
use super::after_pass::LookError;
use crate::insight::groups::{GroupKind, GroupOrder, GroupRow};
use crate::jobs::ask::period::{self, Period};
use crate::jobs::ask::ranking::{Ranking, rank};
use crate::model::event::{Bursting, Event, Happening};
use crate::model::{Scope, Windows};
use crate::store::StoreView;

const DAY: i64 = 24 * 60 * 60;

/// The windows that are compared (days), as `hashtags` has them.
const WINDOW_DAYS: i64 = 7;

/// So many tags are looked at, those that grew most.
const TAGS_LOOKED_AT: usize = 200;

pub(super) async fn look(parts: &DigestParts, view: &dyn StoreView) -> Result<(), LookError> {
    let Some((windows, _)) = period::windows(view, &Period::default(), WINDOW_DAYS * DAY).await? else { return Ok(()) };
    let ranking = Ranking {
        windows: Some(windows.clone()),
        whole_windows: Some(windows.clone()),
        ..Ranking::new(GroupKind::Hashtag, GroupOrder::Growth, TAGS_LOOKED_AT)
    };
    let rows = rank(view, &Scope::all(), &ranking).await?;
    let bursting: Vec<GroupRow> = rows.into_iter().filter(|row| row.bursting).collect();
    let mut keys: Vec<String> = bursting.iter().map(|row| row.key.clone()).collect();
    keys.sort_unstable();
    let events = bursting.into_iter().map(|row| event(row, &windows, parts.clock.now_ms()));
    parts.append(events.collect()).await?;
    // Behind the events: killed in between, the next round finds them told.
    Ok(parts.in_ledger(move |ledger, now| ledger.bursting(keys, now)).await?)
}

fn event(row: GroupRow, windows: &Windows, now: i64) -> Event {
    let GroupRow { key, name, tally, creators, growth, .. } = row;
    let bursting = Bursting {
        hashtag: name,
        key,
        posts: tally.posts,
        creators,
        recent: tally.recent,
        earlier: tally.earlier,
        growth,
        window_days: WINDOW_DAYS,
        window_end: windows.recent.end - 1,
    };
    Event::new(now, Happening::Bursting(bursting))
}

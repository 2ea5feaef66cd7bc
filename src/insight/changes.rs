//! What changed on a page of a tracking walk, beside what was stored of its posts before: new posts, counts that
//! jumped, a new handle. Pure; `jobs::digest` asks, for every page, and keeps what is found. `seen` reads the
//! documents, `silence` (beside this file) judges who stopped posting.
//!
//! Each rule says less rather than more: a digest that tells of every post that grew is read by nobody.

pub mod seen;

#[cfg(test)]
mod tests;

use self::seen::Seen;
use super::HOUR;
use super::rounding::to_four_digits;
use super::virality::MATURE_AFTER;
use crate::model::event::{Event, Happening, Jump, NewPost, Renamed, Who};
use crate::model::{TrackedPage, TrackedPost};

/// A jump: plays now are at least so many times those of the look before …
pub const JUMP_MULTIPLE: f64 = 2.0;

/// … which is at least so many plays more …
pub const JUMP_GAIN: u64 = 10_000;

/// … gained at least so many times as fast as before: plays per hour between the looks, over plays per hour from the
/// posting to the look before. Posts slow down as they age, so that one which merely goes on is never faster.
pub const JUMP_PACE: f64 = 2.0;

/// A post that was younger at the look before (ms) is still being handed round: from 300 plays in its first half hour
/// to 30,000 by the evening is a usual day of a large account. Such a one jumps only where it is …
pub const YOUNG: i64 = 24 * HOUR;

/// … so many times beyond what the creator's grown posts of the same page have (their median) …
pub const YOUNG_MULTIPLE: f64 = 2.0;

/// … and so many grown posts are there at least.
pub const GROWN_POSTS: usize = 3;

/// The events of a page.
///
/// `known_newest`: when the creator's newest post was posted (seconds, UTC) that was known before this walk; only
/// needed where [`knows_by_itself`] says no. `None` there means that nobody knew the creator, and nothing of it is
/// news.
#[must_use]
pub fn changes(page: &TrackedPage, known_newest: Option<i64>) -> Vec<Event> {
    let looks: Vec<Look> = page.posts.iter().filter_map(|post| Look::at(post, page)).collect();
    let known_since = oldest_known(&looks);
    let new_posts = looks.iter().filter(|look| look.is_new(known_since, known_newest)).map(Look::new_post);
    let jumps = looks.iter().filter_map(|look| look.jump(&looks));
    let what = renamed(page, &looks).into_iter().chain(new_posts).chain(jumps);
    what.map(|what| Event::new(page.fetched_at, what)).collect()
}

/// Whether a page tells by itself which of its posts are new: it holds one that is known, is not pinned, and is dated.
/// (A known creator that posted a whole page since the last look leaves none such.) Also where nothing on it can be
/// new.
#[must_use]
pub fn knows_by_itself(page: &TrackedPage) -> bool {
    let nothing_new = page.posts.iter().all(|post| post.before.is_some());
    nothing_new || page.posts.iter().filter_map(|post| Look::at(post, page)).any(|look| look.known_since().is_some())
}

/// A post, as it is now and as it was stored before.
struct Look<'a> {
    post: &'a TrackedPost,
    creator: Who,
    fetched_at: i64,
    now: Seen,
    before: Option<Seen>,
}

impl<'a> Look<'a> {
    /// `None` for a document that cannot be read.
    fn at(post: &'a TrackedPost, page: &TrackedPage) -> Option<Self> {
        let now = Seen::read(&post.document)?;
        let creator = Who { sec_user_id: page.creator.to_string(), unique_id: now.handle().to_owned() };
        let before = post.before.as_deref().and_then(Seen::read);
        Some(Self { post, creator, fetched_at: page.fetched_at, now, before })
    }

    fn known_since(&self) -> Option<i64> {
        let is_ground = self.post.before.is_some() && !self.post.pinned;
        self.now.publish_ts.filter(|_| is_ground)
    }

    /// Not stored before, and posted after what was. An older one is only met for the first time: a backfill did not go
    /// so far back, or the post was private.
    fn is_new(&self, known_since: Option<i64>, known_newest: Option<i64>) -> bool {
        if self.post.before.is_some() {
            return false;
        }
        match (known_since, known_newest, self.now.publish_ts) {
            (Some(known), _, Some(posted)) => posted >= known,
            (Some(_), _, None) => true,
            (None, Some(known), Some(posted)) => posted > known,
            (None, Some(_), None) | (None, None, _) => false,
        }
    }

    fn new_post(&self) -> Happening {
        Happening::NewPost(NewPost { post: self.now.post(&self.post.id, &self.creator, self.fetched_at) })
    }

    fn jump(&self, page: &[Self]) -> Option<Happening> {
        let before = self.before.as_ref()?;
        let (plays, plays_before) = (self.now.plays(), before.plays());
        let before_at = before.fetched_at?;
        let between = self.fetched_at.checked_sub(before_at).filter(|between| *between > 0)?;
        let gained = plays.checked_sub(plays_before).filter(|gained| plays_before > 0 && *gained >= JUMP_GAIN)?;
        let multiple = plays as f64 / plays_before as f64;
        // Hours of at least one, as everywhere: minutes would make anything fast.
        let age_before = before_at.saturating_sub(self.now.posted_at()?).max(HOUR);
        let per_hour = gained as f64 / hours(between.max(HOUR));
        let usual_per_hour = plays_before as f64 / hours(age_before);
        let is_jump = multiple >= JUMP_MULTIPLE
            && per_hour >= JUMP_PACE * usual_per_hour
            && (age_before >= YOUNG || self.is_beyond_the_grown(page));
        is_jump.then(|| {
            Happening::Jump(Jump {
                post: self.now.post(&self.post.id, &self.creator, self.fetched_at),
                plays_before,
                before_at,
                gained,
                multiple: to_four_digits(multiple),
                hours: to_four_digits(hours(between)),
                per_hour: to_four_digits(per_hour),
                usual_per_hour: to_four_digits(usual_per_hour),
            })
        })
    }

    fn is_beyond_the_grown(&self, page: &[Self]) -> bool {
        let mut grown: Vec<u64> = page
            .iter()
            .filter(|look| look.post.id != self.post.id && look.is_grown())
            .map(|look| look.now.plays())
            .collect();
        grown.sort_unstable();
        // Of an even number the upper one of the two: rather too few jumps.
        let median = grown.get(grown.len() / 2).filter(|_| grown.len() >= GROWN_POSTS);
        median.is_some_and(|&median| self.now.plays() as f64 >= YOUNG_MULTIPLE * median as f64)
    }

    /// Old enough to say what is usual, with counts.
    fn is_grown(&self) -> bool {
        let is_old = |posted| self.fetched_at.saturating_sub(posted) >= MATURE_AFTER;
        self.now.plays() > 0 && self.now.posted_at().is_some_and(is_old)
    }
}

/// When the oldest known post of the page was posted, pinned ones aside: they are of any age.
fn oldest_known(looks: &[Look]) -> Option<i64> {
    looks.iter().filter_map(Look::known_since).min()
}

/// The handle of now beside that of the newest look before, of posts of the same account: a list may hold posts of
/// others, and posts that were not read again for long still have a handle from before the last change.
fn renamed(page: &TrackedPage, looks: &[Look]) -> Option<Happening> {
    let known = looks.iter().filter_map(|look| {
        let before = look.before.as_ref()?;
        let (handle, handle_before) = (look.now.handle(), before.handle());
        let is_same_account = look.now.uid() == before.uid();
        (is_same_account && !handle.is_empty() && !handle_before.is_empty()).then_some((
            before.fetched_at,
            handle,
            handle_before,
        ))
    });
    let (_, handle, handle_before) = known.max_by_key(|(fetched_at, _, _)| *fetched_at)?;
    (handle != handle_before).then(|| {
        let creator = Who { sec_user_id: page.creator.to_string(), unique_id: handle.to_owned() };
        Happening::Renamed(Renamed { creator, unique_id_before: handle_before.to_owned() })
    })
}

fn hours(milliseconds: i64) -> f64 {
    milliseconds as f64 / HOUR as f64
}

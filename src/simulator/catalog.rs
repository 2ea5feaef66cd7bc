//! The generated posts as the API serves them: pages by cursor, single posts by id. Nothing is kept; a page is made
//! when it is asked for, and is the same whenever it is asked for at the same simulated time.

use bytes::Bytes;

use super::body::{self, PageFrame};
use super::creator::{Corpus, Creator};
use super::draws::{Purpose, hash, text_hash};
use super::ids;
use super::post::Post;
use super::request::{ListRequest, Refusal};

/// Cursors from here on count the pinned posts that were shown, for pages that end among them; below, a cursor is the
/// time of the page's last post that is not pinned (ms, UTC).
const PINNED_CURSORS: i64 = 9_000_000_000_000;

/// So many posts of the page before open a page that repeats some, but no more than half of the page.
const REPEATED_POSTS: usize = 5;

/// Where a page begins.
#[derive(Debug, Clone, Copy)]
enum Position {
    /// Behind so many pinned posts, then at the newest post.
    Start { pinned_shown: usize },
    /// At the newest post before this time (seconds, UTC).
    Before(i64),
}

/// All generated creators with all their posts.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) corpus: Corpus,
}

impl Catalog {
    /// All creators' ids, in the order of their numbers.
    pub(super) fn creator_ids(&self) -> impl Iterator<Item = String> {
        let seed = self.corpus.seed;
        (0..self.corpus.creators).map(move |number| ids::sec_user_id(seed, number))
    }

    /// The creator's number, from 1.
    pub(super) fn number(&self, sec_user_id: &str) -> Option<u32> {
        ids::creator_of(self.corpus.seed, sec_user_id)
            .filter(|number| *number < self.corpus.creators)
            .map(|number| number + 1)
    }

    /// How many posts a creator has at `now` (seconds, UTC).
    pub(super) fn count(&self, sec_user_id: &str, now: i64) -> Option<u64> {
        let newest = self.creator(sec_user_id)?.schedule.newest_before(now + 1);
        Some(newest.map_or(0, |newest| newest.unsigned_abs() + 1))
    }

    /// The answer to a list request at `now` (seconds, UTC).
    pub(super) fn list(&self, request: &ListRequest<'_>, now: i64) -> Result<Bytes, Refusal> {
        let creator = self.creator(request.sec_user_id).ok_or(Refusal::UnknownCreator)?;
        let position = position(&creator, request.max_cursor)?;
        Ok(self.page(request, &creator, position, now))
    }

    /// The same answer, but opening with the last posts of the page before; `None` where no post stands before it.
    pub(super) fn list_again(&self, request: &ListRequest<'_>, now: i64) -> Result<Option<Bytes>, Refusal> {
        let creator = self.creator(request.sec_user_id).ok_or(Refusal::UnknownCreator)?;
        let Position::Before(time) = position(&creator, request.max_cursor)? else { return Ok(None) };
        let most = REPEATED_POSTS.min(request.limit / 2);
        let newer = newer_unpinned(&creator, time, now).take(most).last();
        let start = newer.map(|number| Position::Before(creator.schedule.time(number) + 1));
        Ok(start.map(|start| self.page(request, &creator, start, now)))
    }

    fn page(&self, request: &ListRequest<'_>, creator: &Creator, position: Position, now: i64) -> Bytes {
        let (pinned, mut below) = match position {
            Position::Start { pinned_shown } => (&creator.pinned[pinned_shown..], now + 1),
            Position::Before(time) => (&[][..], time.min(now + 1)),
        };
        let mut numbers: Vec<i64> = pinned.iter().copied().take(request.limit).collect();
        let pinned_here = numbers.len();
        while numbers.len() < request.limit
            && let Some(number) = next_unpinned(creator, below)
        {
            numbers.push(number);
            below = creator.schedule.time(number);
        }
        let has_more = pinned_here < pinned.len() || next_unpinned(creator, below).is_some();
        let unpinned = &numbers[pinned_here..];
        let max_cursor = match (unpinned.last(), position) {
            (Some(&last), _) => (creator.schedule.time(last) * 1000).to_string(),
            (None, Position::Start { pinned_shown }) => {
                let shown = i64::try_from(pinned_shown + pinned_here).unwrap_or(0);
                (PINNED_CURSORS + shown).to_string()
            }
            (None, Position::Before(_)) => request.max_cursor.to_owned(),
        };
        let min_cursor = match (unpinned.first(), position) {
            (Some(&first), Position::Before(_)) => (creator.schedule.time(first) * 1000).to_string(),
            _ => "0".to_owned(),
        };
        let frame = PageFrame { request_id: self.request_id(request, now), has_more, max_cursor, min_cursor };
        let posts: Vec<Post> = numbers.iter().map(|&number| Post::of(&self.corpus, creator, number)).collect();
        body::list(creator, &posts, frame, now)
    }

    /// The answer to a detail request at `now` (seconds, UTC).
    pub(super) fn detail(&self, aweme_id: &str, now: i64) -> Result<Bytes, Refusal> {
        let find = || -> Option<(Creator, i64)> {
            let (number, time) = ids::video_of(self.corpus.seed, aweme_id.parse().ok()?)?;
            let creator = (number < self.corpus.creators).then(|| Creator::of(&self.corpus, number))?;
            let post = creator.schedule.newest_before(time + 1)?;
            (time <= now && creator.schedule.time(post) == time).then_some((creator, post))
        };
        let (creator, number) = find().ok_or(Refusal::UnknownVideo)?;
        Ok(body::detail(&creator, &Post::of(&self.corpus, &creator, number), now))
    }

    fn creator(&self, sec_user_id: &str) -> Option<Creator> {
        let number = ids::creator_of(self.corpus.seed, sec_user_id)?;
        (number < self.corpus.creators).then(|| Creator::of(&self.corpus, number))
    }

    fn request_id(&self, request: &ListRequest<'_>, now: i64) -> String {
        let parts =
            [text_hash(request.sec_user_id), text_hash(request.max_cursor), request.limit as u64, now.unsigned_abs()];
        format!("tk_req_{:08}", hash(self.corpus.seed, Purpose::Request, &parts) % 100_000_000)
    }
}

fn position(creator: &Creator, cursor: &str) -> Result<Position, Refusal> {
    let cursor: i64 = cursor.parse().ok().filter(|&cursor| cursor >= 0).ok_or(Refusal::BadCursor)?;
    let pinned_shown = match cursor {
        0 => 0,
        PINNED_CURSORS.. => usize::try_from(cursor - PINNED_CURSORS).map_err(|_| Refusal::BadCursor)?,
        // The first second that no longer lies before the cursor.
        ms => return Ok(Position::Before((ms + 999) / 1000)),
    };
    if pinned_shown > creator.pinned.len() {
        return Err(Refusal::BadCursor);
    }
    Ok(Position::Start { pinned_shown })
}

/// The newest post before `time` (seconds, UTC) that is not pinned.
fn next_unpinned(creator: &Creator, time: i64) -> Option<i64> {
    let mut number = creator.schedule.newest_before(time)?;
    while creator.pinned.contains(&number) {
        number = number.checked_sub(1).filter(|&number| number >= 0)?;
    }
    Some(number)
}

/// The posts of `time` and later that there are at `now` (seconds, UTC) and are not pinned, the oldest first.
fn newer_unpinned(creator: &Creator, time: i64, now: i64) -> impl Iterator<Item = i64> {
    let first = creator.schedule.newest_before(time).map_or(0, |older| older + 1);
    let newest = creator.schedule.newest_before(now + 1).unwrap_or(-1);
    (first..=newest).filter(|number| !creator.pinned.contains(number))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::simulator::planted::strength::Strength;

    const NOW: i64 = 1_750_377_600;
    const MONTH: i64 = 30 * 86_400;

    fn page(catalog: &Catalog, sec_user_id: &str, max_cursor: &str, now: i64) -> Value {
        let bytes = catalog.list(&ListRequest { sec_user_id, max_cursor, limit: 35 }, now).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn later_there_are_more_posts_and_the_counts_have_grown() {
        let catalog =
            Catalog { corpus: Corpus { seed: 1, creators: 8, videos: 20, now: NOW, strength: Strength::STRONG } };
        let (mut posts_before, mut posts_later, mut grown) = (0, 0, 0);
        for creator in catalog.creator_ids() {
            posts_before += catalog.count(&creator, NOW).unwrap();
            posts_later += catalog.count(&creator, NOW + MONTH).unwrap();
            for post in page(&catalog, &creator, "0", NOW)["data"]["aweme_list"].as_array().unwrap() {
                let id = post["aweme_id"].as_str().unwrap();
                let later: Value = serde_json::from_slice(&catalog.detail(id, NOW + MONTH).unwrap()).unwrap();
                let later = &later["data"]["aweme_detail"];
                let plays = |post: &Value| post["statistics"]["play_count"].as_u64().unwrap();
                assert!(plays(later) >= plays(post) && later["desc"] == post["desc"], "{id}");
                grown += u32::from(plays(later) > plays(post));
            }
        }
        assert!(posts_later > posts_before && grown > 100, "{posts_before}, {posts_later}, {grown}");
    }

    #[test]
    fn a_page_that_repeats_posts_loses_none() {
        let catalog =
            Catalog { corpus: Corpus { seed: 1, creators: 8, videos: 200, now: NOW, strength: Strength::STRONG } };
        let ids = |page: &Value| -> Vec<Value> {
            page["data"]["aweme_list"].as_array().unwrap().iter().map(|post| post["aweme_id"].clone()).collect()
        };
        for creator in catalog.creator_ids() {
            let first = page(&catalog, &creator, "0", NOW);
            let max_cursor = first["data"]["max_cursor"].to_string().replace('"', "");
            let again = |limit, max_cursor| {
                catalog.list_again(&ListRequest { sec_user_id: &creator, max_cursor, limit }, NOW).unwrap()
            };
            assert!(again(35, "0").is_none() && again(1, &max_cursor).is_none());
            let repeated = ids(&serde_json::from_slice(&again(35, &max_cursor).unwrap()).unwrap());
            let (before, plain) = (ids(&first), ids(&page(&catalog, &creator, &max_cursor, NOW)));
            assert_eq!(repeated[..5], before[before.len() - 5..]);
            assert_eq!(repeated[5..], plain[..plain.len().min(30)]);
        }
    }

    #[test]
    fn posts_that_come_during_a_walk_do_not_disturb_it() {
        let catalog =
            Catalog { corpus: Corpus { seed: 1, creators: 8, videos: 200, now: NOW, strength: Strength::STRONG } };
        for creator in catalog.creator_ids() {
            let first = page(&catalog, &creator, "0", NOW);
            let cursor = first["data"]["max_cursor"].to_string().replace('"', "");
            let second = |now| -> Vec<Value> {
                let page = page(&catalog, &creator, &cursor, now);
                let posts = page["data"]["aweme_list"].as_array().unwrap().iter();
                posts.map(|post| post["aweme_id"].clone()).collect()
            };
            assert_eq!(second(NOW), second(NOW + MONTH));
        }
    }
}

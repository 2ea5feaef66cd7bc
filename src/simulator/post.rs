//! One post, as it is, before it is put into the provider's JSON (`body` does that).

use std::borrow::Cow;

use rand::Rng;

use super::caption::Caption;
use super::creator::{Corpus, Creator};
use super::draws::{Purpose, one_of, stream, text_hash};
use super::ids;
use super::planted::Plant;
use super::popularity::Popularity;
use super::vocabulary::{ARTISTS, SOUNDS};

/// A post of a creator.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) id: u64,
    /// Seconds, UTC.
    pub(super) time: i64,
    pub(super) caption: Caption,
    pub(super) media: Media,
    pub(super) music: Option<Music>,
    pub(super) popularity: Popularity,
    pub(super) is_private: bool,
    pub(super) is_pinned: bool,
}

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Media {
    Video { duration_ms: u32, width: u32, height: u32 },
    Photos { count: u8 },
}

/// The sound under a post.
#[derive(Debug)]
pub(super) struct Music {
    pub(super) id: String,
    pub(super) title: &'static str,
    pub(super) author: Cow<'static, str>,
}

impl Post {
    /// The creator's post with this number.
    pub(super) fn of(corpus: &Corpus, creator: &Creator, number: i64) -> Self {
        let mut rng = stream(corpus.seed, Purpose::Post, &[creator.number.into(), number.unsigned_abs()]);
        let time = creator.schedule.time(number);
        let plant = Plant::of(corpus, creator, number, time);
        Self {
            id: ids::video_id(corpus.seed, creator.number, time),
            time,
            popularity: Popularity::draw(&mut rng, &creator.audience, plant.factor),
            media: media(&mut rng),
            is_private: rng.random_bool(0.003),
            music: chosen_music(&mut rng, plant.sound),
            // Last, since more is drawn for a longer text: whatever is planted, all else stays the same.
            caption: Caption::draw(&mut rng, creator, plant.word, plant.tags),
            is_pinned: creator.pinned.contains(&number),
        }
    }
}

fn media(rng: &mut impl Rng) -> Media {
    if rng.random_bool(0.06) {
        return Media::Photos { count: rng.random_range(1..=6) };
    }
    let (width, height) = if rng.random_bool(0.9) { (1080, 1920) } else { (576, 1024) };
    Media::Video { duration_ms: rng.random_range(3_000..90_000), width, height }
}

/// A planted sound takes the chosen one's place, or none's.
fn chosen_music(rng: &mut impl Rng, planted: Option<Music>) -> Option<Music> {
    let chosen = (!rng.random_bool(0.07)).then(|| music(rng));
    planted.or(chosen)
}

fn music(rng: &mut impl Rng) -> Music {
    let title = one_of(rng, &SOUNDS).copied().unwrap_or_default();
    let author = one_of(rng, &ARTISTS).copied().unwrap_or_default();
    let id = 7_000_000_000_000_000_000 + (text_hash(title) ^ text_hash(author)) % 500_000_000_000_000_000;
    Music { id: id.to_string(), title, author: Cow::Borrowed(author) }
}

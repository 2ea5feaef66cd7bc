//! What was planted, as a list that answers can be compared with: the file of `simulate --truth`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::strength::Strength;
use super::{BURST, HOT_START, Plant, Role, names, role};
use crate::simulator::creator::{Corpus, Creator};
use crate::simulator::ids;
use crate::simulator::vocabulary;

/// So many of the tags that everybody uses stand in the list of confounders.
const GENERIC_TAGS: u32 = 5;

/// What was planted, and what only looks like it, as of the moment when the simulated time begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Truth {
    /// Everything depends on it.
    pub seed: u64,
    /// How strong it is: so many times as much as usual; 0 when nothing is planted.
    pub strength: Strength,
    /// When the simulated time begins (seconds, UTC).
    pub now: i64,
    /// The window before it in which tags and sounds burst (seconds).
    pub burst_seconds: i64,
    /// Posts that there are.
    pub videos: u64,
    /// Posts far above what is usual for their creator.
    pub outliers: Vec<Outlier>,
    /// Creators whose later posts are clearly above those before.
    pub creators: Vec<Rising>,
    /// Tags that are used much more in the last window, by several creators.
    pub hashtags: Vec<Bursting>,
    /// Sounds that are, by their `music_id`.
    pub sounds: Vec<Bursting>,
    /// Words whose posts are outliers much more often.
    pub words: Vec<Raising>,
    /// What is no finding, at any strength.
    pub confounders: Confounders,
}

/// A planted outlier.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlier {
    /// The post.
    pub aweme_id: String,
    /// Its creator.
    pub sec_user_id: String,
    /// Its plays are so many times what they would be.
    pub multiple: f64,
    /// The planted word that its text names.
    pub word: Option<&'static str>,
}

/// A planted rise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rising {
    /// The creator.
    pub sec_user_id: String,
    /// The handle.
    pub unique_id: String,
    /// The later posts have so many times the plays.
    pub multiple: f64,
    /// When the first of them was posted (seconds, UTC).
    pub since: i64,
    /// How many there are.
    pub posts: i64,
}

/// A planted burst.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bursting {
    /// The tag, or the sound's id.
    pub key: String,
    /// It is used so many times as often, as far as chance goes.
    pub multiple: f64,
    /// Posts of the last window that were given it.
    pub recent: u64,
    /// Posts of the window before that were given it.
    pub earlier: u64,
    /// Creators of the last window's posts.
    pub creators: u64,
}

/// A planted word.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Raising {
    /// The word.
    pub word: &'static str,
    /// Posts that name it.
    pub posts: u64,
    /// Outliers among them.
    pub outliers: u64,
}

/// What looks like a finding and is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Confounders {
    /// Creators (`sec_user_id`) whose old posts have far more plays than the new ones.
    pub fading_creators: Vec<String>,
    /// Creators with far more plays than others, always.
    pub giant_creators: Vec<String>,
    /// Tags that one account alone used, very often lately; in the order of `private_accounts`.
    pub private_tags: Vec<String>,
    /// Sounds likewise, by their `music_id`.
    pub private_sounds: Vec<String>,
    /// Whose they are.
    pub private_accounts: Vec<String>,
    /// The most common of the tags that everybody uses.
    pub generic_tags: Vec<String>,
    /// Tags that are used all the time as often as bursting ones lately.
    pub steady_tags: Vec<String>,
    /// Products that are named as often as planted words, and do nothing.
    pub plain_words: Vec<&'static str>,
    /// Posts too young to judge that start with `hot_start` times the plays; all others that young have few.
    pub young_posts: Vec<String>,
    /// So many times the plays.
    pub hot_start: f64,
    /// A giant has so many times the plays.
    pub giant: f64,
}

#[derive(Default)]
struct Uses {
    recent: u64,
    earlier: u64,
    creators: BTreeSet<u32>,
}

impl Truth {
    /// Goes through all posts that there are at the start.
    pub(in crate::simulator) fn of(corpus: &Corpus) -> Self {
        let mut found = Found::default();
        for number in 0..corpus.creators {
            found.look_at(corpus, &Creator::of(corpus, number));
        }
        found.told(corpus)
    }
}

/// What was met so far.
#[derive(Default)]
struct Found {
    videos: u64,
    outliers: Vec<Outlier>,
    creators: Vec<Rising>,
    tags: BTreeMap<String, Uses>,
    sounds: BTreeMap<String, Uses>,
    words: BTreeMap<&'static str, (u64, u64)>,
    confounders: Confounders,
}

impl Found {
    fn look_at(&mut self, corpus: &Corpus, creator: &Creator) {
        let sec_user_id = ids::sec_user_id(corpus.seed, creator.number);
        let count = creator.schedule.first_count;
        match creator.role {
            Role::Ordinary => {}
            Role::Rising { from } => self.creators.push(Rising {
                sec_user_id: sec_user_id.clone(),
                unique_id: creator.unique_id.clone(),
                multiple: corpus.strength.rise(),
                since: creator.schedule.time(from),
                posts: count - from,
            }),
            Role::Fading => self.confounders.fading_creators.push(sec_user_id.clone()),
            Role::Giant => self.confounders.giant_creators.push(sec_user_id.clone()),
            Role::Private => {
                self.confounders.private_accounts.push(sec_user_id.clone());
                self.confounders.private_tags.push(names::private_tag(creator));
                self.confounders.private_sounds.push(names::private_sound(corpus, creator).id);
            }
        }
        for number in 0..count {
            let time = creator.schedule.time(number);
            let plant = Plant::of(corpus, creator, number, time);
            let aweme_id = || ids::video_id(corpus.seed, creator.number, time).to_string();
            self.videos += 1;
            if plant.is_outlier {
                self.outliers.push(Outlier {
                    aweme_id: aweme_id(),
                    sec_user_id: sec_user_id.clone(),
                    multiple: corpus.strength.multiple(),
                    word: plant.word.filter(|word| is_raising(corpus, word)),
                });
            }
            if plant.is_hot_start {
                self.confounders.young_posts.push(aweme_id());
            }
            if let Some(word) = plant.word {
                let (posts, outliers) = self.words.entry(word).or_default();
                *posts += 1;
                *outliers += u64::from(plant.is_outlier);
            }
            for tag in plant.tags {
                count_use(self.tags.entry(tag.into_owned()).or_default(), corpus, creator, time);
            }
            if let Some(sound) = plant.sound {
                count_use(self.sounds.entry(sound.id).or_default(), corpus, creator, time);
            }
        }
    }

    fn told(mut self, corpus: &Corpus) -> Truth {
        let is_planted = corpus.strength.is_some();
        let multiple = corpus.strength.multiple();
        let bursting = |uses: &mut BTreeMap<String, Uses>, key: String| {
            let Uses { recent, earlier, creators } = uses.remove(&key).unwrap_or_default();
            Bursting { key, multiple, recent, earlier, creators: creators.len() as u64 }
        };
        let all = |count: u32| 0..if is_planted { count } else { 0 };
        let (tags, words) = (names::tags(corpus), names::words(corpus));
        let hashtags = all(tags).map(|number| bursting(&mut self.tags, names::bursting_tag(corpus, number))).collect();
        let sounds = all(names::sounds(corpus))
            .map(|number| bursting(&mut self.sounds, names::bursting_sound(corpus, number).id))
            .collect();
        let raising = all(words).map(|number| {
            let word = names::raising_word(corpus, number);
            let (posts, outliers) = self.words.get(word).copied().unwrap_or_default();
            Raising { word, posts, outliers }
        });
        Truth {
            seed: corpus.seed,
            strength: corpus.strength,
            now: corpus.now,
            burst_seconds: BURST,
            videos: self.videos,
            outliers: self.outliers,
            creators: self.creators,
            hashtags,
            sounds,
            words: raising.collect(),
            confounders: Confounders {
                generic_tags: (0..GENERIC_TAGS).map(|rank| vocabulary::tag(rank).into_owned()).collect(),
                steady_tags: (0..tags).map(|number| names::steady_tag(corpus, number)).collect(),
                plain_words: (0..words).map(|number| names::plain_word(corpus, number)).collect(),
                hot_start: HOT_START,
                giant: role::GIANT,
                ..self.confounders
            },
        }
    }
}

fn is_raising(corpus: &Corpus, word: &str) -> bool {
    (0..names::words(corpus)).any(|number| names::raising_word(corpus, number) == word)
}

fn count_use(uses: &mut Uses, corpus: &Corpus, creator: &Creator, time: i64) {
    if time >= corpus.now - BURST {
        uses.recent += 1;
        uses.creators.insert(creator.number);
    } else if time >= corpus.now - 2 * BURST {
        uses.earlier += 1;
    }
}

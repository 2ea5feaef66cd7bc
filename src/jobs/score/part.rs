//! The creators' posts between being read and being written: as entries of a spool, and one part of them at a time as
//! scores. Blocking.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ScoreError;
use super::stored::StoredVideo;
use crate::archive::ArchiveError;
use crate::insight::baseline::{Judged, Profile, creator_row};
use crate::insight::chance;
use crate::insight::corpus::CorpusFit;
use crate::insight::moments::{Moments, with_moments};
use crate::insight::prior::smoothed;
use crate::insight::virality::{Baseline, Post};
use crate::jobs::spool::{Entry, FilledSpool, Spool};
use crate::model::{Corpus, CreatorRow, Virality};
use crate::normalize::scores::Scores;
use crate::pipeline::Fatal;

/// A post by a creator, and one whose creator nobody knows: it is alone. Behind all of these, what their growth is
/// measured between.
const OF_A_CREATOR: u8 = 0;
const ALONE: u8 = 1;
const MOMENTS: u8 = 2;

/// One post as it lies in the spool (some 200 bytes; a stored video has about 2,500).
#[derive(Serialize, Deserialize)]
struct WrittenPost {
    aweme_id: String,
    fetched_at: i64,
    publish_ts: Option<i64>,
    plays: u64,
    interactions: u64,
    has_engagement: bool,
    /// Of the scores that are stored; `None` when some are not.
    stored: Option<u64>,
    unique_id: String,
    uid: String,
    nickname: String,
    is_verified: bool,
    region: Option<String>,
}

/// The two moments of a post.
#[derive(Serialize, Deserialize)]
struct WrittenMoments {
    aweme_id: String,
    moments: Moments,
}

/// A spool of posts that is being filled.
pub(super) struct Entries(Spool);

impl Entries {
    pub(super) fn create(data_folder: &Path) -> Result<Self, ScoreError> {
        Ok(Self(Spool::create(data_folder)?))
    }

    pub(super) fn add(&mut self, video: &StoredVideo, version: i64) -> Result<(), ArchiveError> {
        let (post, profile) = (video.post(), video.profile());
        let written = WrittenPost {
            aweme_id: video.aweme_id.clone(),
            fetched_at: post.fetched_at,
            publish_ts: post.publish_ts,
            plays: post.plays,
            interactions: post.interactions,
            has_engagement: video.has_engagement(),
            stored: video.scores().filter(|_| video.has_every_score()).map(|scores| hash(&scores)),
            unique_id: profile.unique_id,
            uid: profile.uid,
            nickname: profile.nickname,
            is_verified: profile.is_verified,
            region: profile.region,
        };
        let bytes = serde_json::to_vec(&written).unwrap_or_default();
        match &video.sec_user_id {
            Some(creator) => self.0.add(creator, version, OF_A_CREATOR, &bytes),
            None => self.0.add(&video.aweme_id, version, ALONE, &bytes),
        }
    }

    /// Adds the moments of a post of this creator; of one whose creator nobody knows, its own id stands for the
    /// creator.
    pub(super) fn add_moments(&mut self, creator: &str, video: &str, moments: &Moments) -> Result<(), ArchiveError> {
        let written = WrittenMoments { aweme_id: video.to_owned(), moments: *moments };
        let bytes = serde_json::to_vec(&written).unwrap_or_default();
        self.0.add(creator, moments.newest.fetched_at, MOMENTS, &bytes)
    }

    pub(super) fn finish(self) -> Result<FilledSpool, ArchiveError> {
        self.0.finish()
    }
}

/// The same scores have the same hash, within one process.
fn hash(scores: &Scores) -> u64 {
    let Scores { smoothed, virality } = *scores;
    let Virality { multiple, log_multiple, z, viral, immature, basis, plays_per_hour, growth, growth_hours } = virality;
    let figures = [smoothed, multiple, log_multiple, z, plays_per_hour, growth, growth_hours]
        .map(|figure| figure.map(f64::to_bits));
    let mut hasher = DefaultHasher::new();
    (figures, viral, immature, basis).hash(&mut hasher);
    hasher.finish()
}

/// All posts under one id of the spool.
#[derive(Default)]
struct Group {
    is_creator: bool,
    posts: Vec<GroupPost>,
    moments: HashMap<String, Moments>,
    /// The newest fetched post, and its profile; of several at once, the one with the highest id.
    newest: Option<((i64, String), Profile)>,
    is_broken: bool,
}

struct GroupPost {
    id: String,
    version: i64,
    post: Post,
    has_engagement: bool,
    stored: Option<u64>,
}

impl Group {
    fn add(&mut self, entry: &Entry) {
        if entry.kind == MOMENTS {
            match serde_json::from_slice::<WrittenMoments>(&entry.bytes) {
                Ok(written) => drop(self.moments.insert(written.aweme_id, written.moments)),
                Err(_) => self.is_broken = true,
            }
            return;
        }
        let Ok(written) = serde_json::from_slice::<WrittenPost>(&entry.bytes) else {
            self.is_broken = true;
            return;
        };
        self.is_creator = entry.kind == OF_A_CREATOR;
        let WrittenPost { aweme_id, fetched_at, publish_ts, plays, interactions, .. } = written;
        let is_newer = self.newest.as_ref().is_none_or(|((time, id), _)| (*time, id) < (fetched_at, &aweme_id));
        if is_newer {
            let profile = Profile {
                fetched_at,
                unique_id: written.unique_id,
                uid: written.uid,
                nickname: written.nickname,
                is_verified: written.is_verified,
                region: written.region,
            };
            self.newest = Some(((fetched_at, aweme_id.clone()), profile));
        }
        self.posts.push(GroupPost {
            id: aweme_id,
            version: entry.version,
            post: Post { plays, interactions, publish_ts, fetched_at },
            has_engagement: written.has_engagement,
            stored: written.stored,
        });
    }

    /// What its posts are compared with. Nobody knows what is usual for a post whose creator is not known.
    fn baseline(&self) -> Baseline {
        let posts = self.posts.iter().filter(|_| self.is_creator);
        Baseline::of(posts.map(|post| &post.post))
    }
}

fn groups(spool: &FilledSpool, part: usize) -> Result<Vec<(String, Group)>, ScoreError> {
    let groups = spool.groups_of(part, |group: &mut Group, entry| group.add(&entry))?;
    match groups.iter().find(|(_, group)| group.is_broken) {
        None => Ok(groups),
        Some((id, _)) => {
            let words = format!("what was written of {id:?} into a temporary file is not what is read back");
            Err(Fatal::Internal(words).into())
        }
    }
}

/// Adds to the corpus what only whole creators tell.
pub(super) fn add_creators(spool: &FilledSpool, mut fit: CorpusFit) -> Result<CorpusFit, ScoreError> {
    for part in 0..spool.parts() {
        for (_, group) in groups(spool, part)? {
            fit.add_creator(&group.baseline());
        }
    }
    Ok(fit)
}

/// One part of the creators, scored.
#[derive(Default)]
pub(super) struct Part {
    pub(super) videos: u64,
    pub(super) judged: u64,
    pub(super) viral: u64,
    /// How many of the judged would be viral by chance.
    pub(super) viral_by_chance: f64,
    /// All rows.
    pub(super) creators: Vec<CreatorRow>,
    /// The videos whose stored scores are others.
    pub(super) changed: Vec<Changed>,
}

/// A video whose scores are to be written.
pub(super) struct Changed {
    pub(super) id: String,
    /// Of the document that was scored.
    pub(super) version: i64,
    pub(super) scores: Scores,
}

/// Scores one part of the spool.
pub(super) fn score(spool: &FilledSpool, number: usize, corpus: &Corpus) -> Result<Part, ScoreError> {
    let mut part = Part::default();
    for (id, group) in groups(spool, number)? {
        let baseline = group.baseline();
        let mut judged = Vec::with_capacity(group.posts.len());
        for GroupPost { id, version, post, has_engagement, stored } in group.posts {
            let moments = group.moments.get(&id).copied();
            let virality = with_moments(baseline.compare(&post, corpus).virality, moments.as_ref());
            let smoothed = smoothed(post.interactions, post.plays, corpus.engagement_a, corpus.engagement_b);
            let scores = Scores { smoothed: smoothed.filter(|_| has_engagement), virality };
            part.videos += 1;
            if virality.z.is_some() && !virality.immature {
                part.judged += 1;
                part.viral_by_chance += chance::viral_share(virality.basis);
            }
            part.viral += u64::from(virality.viral);
            if stored != Some(hash(&scores)) {
                part.changed.push(Changed { id, version, scores });
            }
            judged.push(Judged { post, smoothed, virality, moments });
        }
        if let Some((_, profile)) = group.newest.filter(|_| group.is_creator) {
            part.creators.push(creator_row(&id, profile, &baseline, &judged, corpus));
        }
    }
    Ok(part)
}

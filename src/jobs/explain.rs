//! One post's scores, with every input and step, computed anew beside what is stored. Reads only.
//!
//! It asks the store for the post and its snapshots, for all posts of its creator, for the creator's row and for what
//! the last pass took of the whole corpus: nothing else goes into a score.

use serde::Serialize;
use serde_json::Value;

use super::score::standing::{recorded, unless_unreadable};
use super::score::stored::StoredVideo;
use crate::insight::engagement::Engagement;
use crate::insight::moments::{Moment, Moments, with_moments};
use crate::insight::prior::smoothed;
use crate::insight::virality::{Baseline, Comparison, log_plays};
use crate::model::video::Stats;
use crate::model::{Collection, Corpus, CreatorRow, Filters, Question, Snapshot, VideoId};
use crate::normalize::scores::Scores;
use crate::store::{StoreError, StoreView};

/// Why a post cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such post.
    #[error("no post {0} is stored: `viralmine search` finds those that are, `viralmine video {0}` fetches it")]
    Unknown(VideoId),
    /// What is stored makes no sense.
    #[error("the stored post {id} cannot be read: {reason}")]
    Unreadable {
        /// The post.
        id: String,
        /// Why.
        reason: String,
    },
}

/// Everything that goes into a post's scores; its shape is stable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The post.
    pub aweme_id: String,
    /// Its creator, as asked; null when it is known by its detail alone, and then nothing is compared.
    pub sec_user_id: Option<String>,
    /// When it was fetched (ms, UTC).
    pub fetched_at: i64,
    /// When it was posted (seconds, UTC).
    pub publish_ts: Option<i64>,
    /// Hours between the two.
    pub age_hours: Option<f64>,
    /// Its counts.
    pub stats: Stats,
    /// What viewers did, and the prior.
    pub engagement: EngagementSteps,
    /// The creator's other posts, and what they make of this one.
    pub comparison: ComparisonSteps,
    /// The looks at this one, and how it grew between two of them.
    pub growth: GrowthSteps,
    /// What the last pass took of the whole corpus; null when there was none: then there is no prior, and nothing is
    /// shrunk.
    pub globals: Option<Corpus>,
    /// The creator's row, as stored.
    pub creator: Option<CreatorRow>,
    /// All of it together.
    pub computed: Value,
    /// The scores that are stored; null when no pass has scored the post as it is.
    pub stored: Option<Value>,
    /// Scores that are stored otherwise than computed, as paths: the scores are behind.
    pub differing: Vec<String>,
}

/// How `engagement` comes about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EngagementSteps {
    /// Likes, comments, shares and bookmarks.
    pub interactions: u64,
    /// The same per play, each and together.
    #[serde(flatten)]
    pub of_counts: Engagement,
    /// Interactions that the prior adds.
    pub prior_a: f64,
    /// Plays without any that it adds.
    pub prior_b: f64,
    /// (interactions + a) / (plays + a + b); interactions count up to the plays.
    pub smoothed: Option<f64>,
}

/// How `virality` comes about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonSteps {
    /// Other posts of the creator that are evidence: 72 h old or older when fetched, plays not withheld.
    pub others: u64,
    /// Their plays, ascending.
    pub other_plays: Vec<u64>,
    /// The creator's other posts that are no evidence.
    pub left_out: u64,
    /// Their median plays.
    pub median_plays: Option<f64>,
    /// The median of their ln(1 + plays).
    pub log_median: Option<f64>,
    /// The median of the distances from it.
    pub log_mad: Option<f64>,
    /// The mean of the distances, where the MAD is 0.
    pub log_mean_deviation: Option<f64>,
    /// How much they count beside the corpus, where that would be more: others / 8, 1 at most.
    pub weight: f64,
    /// What ln(1 + plays) is compared with.
    pub centre: Option<f64>,
    /// In units of this.
    pub sigma: Option<f64>,
    /// ln(1 + plays) of the post; null when plays are withheld.
    pub log_plays: Option<f64>,
    /// Younger than 72 h when fetched, or of unknown age: it is scored, but is not viral, and no evidence for others.
    pub immature: bool,
}

/// How `virality.growth` comes about.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct GrowthSteps {
    /// All moments at which its plays were seen, its own among them, oldest first; plays of 0 are withheld, and no
    /// evidence.
    pub moments: Vec<Moment>,
    /// The newest one that is an hour older at least than the newest; null without such two, and so the rest.
    pub earlier: Option<Moment>,
    /// The newest one.
    pub newest: Option<Moment>,
    /// Hours between the two.
    pub hours: Option<f64>,
    /// Plays gained between them.
    pub gained: Option<f64>,
}

/// Explains one post.
pub async fn explain(view: &dyn StoreView, video: &VideoId) -> Result<Explanation, ExplainError> {
    let found = view.get(Collection::Videos, &[video.to_string()]).await?.into_iter().next().flatten();
    let found = found.ok_or_else(|| ExplainError::Unknown(video.clone()))?;
    let one = read(video.as_str(), &found.source)?;
    let posts = match &one.sec_user_id {
        Some(creator) => posts_of(view, creator).await?,
        None => Vec::new(),
    };
    let creator = match &one.sec_user_id {
        Some(creator) => row_of(view, creator).await?,
        None => None,
    };
    let globals = unless_unreadable(recorded(view).await, "what the last score pass recorded is not known")?;
    let snapshots = unless_unreadable(view.snapshots(video).await.map(Some), "growth is not told")?;
    Ok(explanation(one, &posts, &snapshots.unwrap_or_default(), creator, globals))
}

fn read(id: &str, source: &[u8]) -> Result<StoredVideo, ExplainError> {
    let wrong = |error: serde_json::Error| ExplainError::Unreadable { id: id.to_owned(), reason: error.to_string() };
    serde_json::from_slice(source).map_err(wrong)
}

async fn posts_of(view: &dyn StoreView, creator: &str) -> Result<Vec<StoredVideo>, ExplainError> {
    let filters = Filters { creator: Some(creator.to_owned()), ..Filters::default() };
    let hits = view.search(&Question { filters, ..Question::all() }).await?;
    let mut posts = Vec::with_capacity(hits.videos.len());
    for source in &hits.videos {
        let post = read("of its creator", source)?;
        // The filter takes handles and numbers, too.
        if post.sec_user_id.as_deref() == Some(creator) {
            posts.push(post);
        }
    }
    Ok(posts)
}

async fn row_of(view: &dyn StoreView, creator: &str) -> Result<Option<CreatorRow>, ExplainError> {
    let found = match view.get(Collection::Creators, &[creator.to_owned()]).await {
        Err(StoreError::Missing(_)) => Ok(None),
        found => found.map(|found| found.into_iter().next().flatten()),
    };
    let found = unless_unreadable(found, "the creator's row is not shown")?;
    Ok(found.and_then(|row| serde_json::from_slice(&row.source).ok()))
}

fn explanation(
    one: StoredVideo,
    posts: &[StoredVideo],
    snapshots: &[Snapshot],
    creator: Option<CreatorRow>,
    globals: Option<Corpus>,
) -> Explanation {
    let corpus = globals.clone().unwrap_or_default();
    let post = one.post();
    let all: Vec<_> = posts.iter().map(StoredVideo::post).collect();
    let baseline = Baseline::of(&all);
    let compared = baseline.compare(&post, &corpus);
    let mut other_plays = baseline.plays().to_vec();
    if let (true, Ok(itself)) = (post.is_evidence(), other_plays.binary_search(&post.plays)) {
        other_plays.remove(itself);
    }
    let growth = growth(&one, snapshots);
    let moments = growth.earlier.zip(growth.newest).map(|(earlier, newest)| Moments { earlier, newest });
    let smoothed = smoothed(post.interactions, post.plays, corpus.engagement_a, corpus.engagement_b);
    let virality = with_moments(compared.virality, moments.as_ref());
    let computed = Scores { smoothed: smoothed.filter(|_| one.has_engagement()), virality };
    let stored = one.scores().map(|scores| as_value(&scores));
    let computed = as_value(&computed);
    let Comparison { log_median, log_mad, log_mean_deviation, weight, centre, sigma, median_plays, .. } = compared;
    Explanation {
        age_hours: post.age().map(|age| age as f64 / 3_600_000.0),
        publish_ts: post.publish_ts,
        fetched_at: post.fetched_at,
        stats: one.stats,
        engagement: EngagementSteps {
            interactions: post.interactions,
            of_counts: Engagement::of(&one.stats),
            prior_a: corpus.engagement_a,
            prior_b: corpus.engagement_b,
            smoothed,
        },
        comparison: ComparisonSteps {
            others: other_plays.len() as u64,
            left_out: posts.iter().filter(|other| other.aweme_id != one.aweme_id && !other.post().is_evidence()).count()
                as u64,
            other_plays,
            median_plays,
            log_median,
            log_mad,
            log_mean_deviation,
            weight,
            centre,
            sigma,
            log_plays: (post.plays > 0).then(|| log_plays(post.plays)),
            immature: post.is_immature(),
        },
        growth,
        differing: stored.as_ref().map(|stored| differing(stored, &computed)).unwrap_or_default(),
        aweme_id: one.aweme_id,
        sec_user_id: one.sec_user_id,
        globals,
        creator,
        computed,
        stored,
    }
}

fn growth(one: &StoredVideo, snapshots: &[Snapshot]) -> GrowthSteps {
    let own = Moment { fetched_at: one.fetched_at, plays: one.stats.play.unwrap_or(0) };
    let seen =
        |snapshot: &Snapshot| Moment { fetched_at: snapshot.fetched_at, plays: snapshot.stats.play.unwrap_or(0) };
    let mut moments: Vec<Moment> = snapshots.iter().map(seen).chain([own]).collect();
    moments.sort_unstable();
    // The newest look may be kept as a snapshot, too.
    moments.dedup();
    let chosen = Moments::of(&moments);
    GrowthSteps {
        earlier: chosen.map(|chosen| chosen.earlier),
        newest: chosen.map(|chosen| chosen.newest),
        hours: chosen.map(|chosen| chosen.hours()),
        gained: chosen.map(|chosen| chosen.gained()),
        moments,
    }
}

/// As the document has them.
fn as_value(scores: &Scores) -> Value {
    serde_json::json!({ "engagement": { "smoothed": scores.smoothed }, "virality": scores.virality })
}

fn differing(stored: &Value, computed: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    for (object, fields) in computed.as_object().into_iter().flatten() {
        for (field, value) in fields.as_object().into_iter().flatten() {
            if stored[object][field] != *value {
                paths.push(format!("{object}.{field}"));
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn video(id: u32, plays: u64, more: &str) -> StoredVideo {
        let json = format!(
            r#"{{"aweme_id":"{id}","sec_user_id":"MS4w","publish_ts":1,"fetched_at":1750000000000,
                "stats":{{"play":{plays},"like":{}}},"engagement":{{"rate":0.1{more}}}}}"#,
            plays / 10
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_post_is_computed_without_a_pass_and_its_steps_add_up() {
        let posts: Vec<_> = (0..10).map(|id| video(id, 1_000 + u64::from(id) * 10, "")).collect();
        let one = video(77, 50_000, "");
        let all: Vec<_> = posts.iter().cloned().chain([one.clone(), video(78, 0, "")]).collect();
        let explained = explanation(one, &all, &[], None, None);
        let steps = &explained.comparison;
        assert_eq!((steps.others, steps.left_out, steps.other_plays.len()), (10, 1, 10));
        assert_eq!(steps.median_plays, Some(1_045.0));
        let z = (steps.log_plays.unwrap() - steps.centre.unwrap()) / steps.sigma.unwrap();
        let stored = explained.computed["virality"]["z"].as_f64().unwrap();
        assert!((stored - z).abs() < z * 0.000_51, "{explained:?}");
        assert_eq!((explained.stored, explained.differing), (None, Vec::new()));
    }

    #[test]
    fn growth_is_between_two_of_all_looks() {
        const HOUR: i64 = 3_600_000;
        let look = |hours: i64, plays: u64| Snapshot {
            aweme_id: "77".to_owned(),
            fetched_at: 1_750_000_000_000 + hours * HOUR,
            stats: Stats { play: Some(plays), ..Stats::default() },
            ..Snapshot::default()
        };
        let looks = [look(-48, 1_000), look(-24, 1_500), look(0, 3_500)];
        let explained = explanation(video(77, 3_500, ""), &[], &looks, None, None);
        let steps = &explained.growth;
        assert_eq!(steps.moments.len(), 3, "its own is one of them: {steps:?}");
        assert_eq!((steps.hours, steps.gained), (Some(24.0), Some(2_000.0)));
        let computed = &explained.computed["virality"];
        assert_eq!((computed["growth"].as_f64(), computed["growth_hours"].as_f64()), (Some(0.8), Some(24.0)));
        assert_eq!(computed["plays_per_hour"], 83.33);
        let alone = explanation(video(77, 3_500, ""), &[], &[], None, None);
        assert_eq!((alone.growth.moments.len(), alone.growth.earlier), (1, None));
        assert!(alone.computed["virality"]["growth"].is_null(), "{alone:?}");
    }

    #[test]
    fn what_is_stored_otherwise_is_named() {
        let stored = serde_json::json!({"engagement":{"smoothed":0.1},"virality":{"z":3.0,"basis":4}});
        let computed = serde_json::json!({"engagement":{"smoothed":0.1},"virality":{"z":3.1,"basis":4}});
        assert_eq!(differing(&stored, &computed), ["virality.z"]);
    }
}

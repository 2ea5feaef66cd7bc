//! A small corpus for the panels: posts of five creators, their rows, and snapshots of some posts, on the real node.
//! What the panels should show is counted from the same posts by the tests, without the node.

use serde_json::{Value, json};
use viralmine::commands::stores;
use viralmine::model::{BatchBuilder, CORPUS_ID, Collection, Verdict};

use super::fields;
use crate::elastic::rest;
use crate::support::place::Place;

/// When the first post was posted (seconds since 1970, UTC): 2025-06-15 15:06:40.
const FIRST: i64 = 1_750_000_000;

/// Between two posts (seconds): eleven hours and a bit, so that posts fall into every part of the day.
const STEP: i64 = 40_000;

const POSTS: u64 = 60;

/// The range that is looked at: some posts lie before it, some behind it (seconds since 1970; start and end are in it).
pub const FROM: i64 = FIRST + 5 * STEP;
pub const TO: i64 = FIRST + 54 * STEP;

pub const CREATORS: [&str; 5] = ["lily", "tom", "ana", "kim", "zoe"];

/// One post.
#[derive(Debug, Clone)]
pub struct Post {
    pub id: String,
    pub creator: &'static str,
    pub hashtags: Vec<&'static str>,
    pub posted: Option<i64>,
    pub plays: u64,
    pub engagement: Option<f64>,
    pub z: f64,
    pub is_viral: bool,
    pub plays_per_hour: Option<f64>,
    pub log_multiple: Option<f64>,
    pub is_immature: bool,
    pub region: &'static str,
}

impl Post {
    pub fn is_in_range(&self) -> bool {
        self.posted.is_some_and(|posted| (FROM..=TO).contains(&posted))
    }

    /// The hour of the day (UTC) that it was posted in.
    pub fn hour(&self) -> i64 {
        self.posted.unwrap().rem_euclid(86_400) / 3_600
    }

    /// The day (days since 1970, UTC).
    pub fn day(&self) -> i64 {
        self.posted.unwrap().div_euclid(86_400)
    }

    fn document(&self) -> Value {
        let mut document = json!({
            "aweme_id": self.id, "video_desc": "a text", "publish_ts": self.posted, "publish_time": self.posted.map(|s| s * 1_000),
            "author_info": {"unique_id": self.creator}, "stats": {"play": self.plays}, "hashtags": self.hashtags,
            "hashtag_keys": self.hashtags, "fetched_at": 1_760_000_000_000_i64, "engagement": {"smoothed": self.engagement},
            "virality": {"z": self.z, "viral": self.is_viral, "plays_per_hour": self.plays_per_hour,
                "log_multiple": self.log_multiple, "immature": self.is_immature}, "region": self.region,
        });
        document["engagement"]["rate"] = json!(self.engagement);
        document
    }
}

/// All posts: number 13 has no time, 17 withholds its plays.
pub fn posts() -> Vec<Post> {
    let post = |number: u64| {
        let tags = [(3, "ootd"), (4, "summer"), (7, "haul"), (1, "fyp")];
        let plays = if number == 17 { 0 } else { number * 7_919 % 10_007 + 100 };
        Post {
            id: (7_500_000_000_000_000_000 + number).to_string(),
            creator: CREATORS[usize::try_from(number * number % 7 % 5).unwrap()],
            hashtags: tags.iter().filter(|(every, _)| number.is_multiple_of(*every)).map(|(_, tag)| *tag).collect(),
            posted: (number != 13).then_some(FIRST + i64::try_from(number).unwrap() * STEP),
            plays,
            engagement: (plays > 0).then_some((number * 37 % 300) as f64 / 1_000.0),
            z: (number * 11 % 60) as f64 / 10.0,
            is_viral: number % 5 == 1,
            plays_per_hour: (plays > 0).then_some(plays as f64 / 8.0),
            log_multiple: (plays > 0).then_some((number * 53 % 40) as f64 / 10.0 - 2.0),
            is_immature: number % 9 == 4,
            region: if number.is_multiple_of(2) { "US" } else { "GB" },
        }
    };
    (0..POSTS).map(post).collect()
}

/// Those that the range leaves.
pub fn in_range() -> Vec<Post> {
    posts().into_iter().filter(Post::is_in_range).collect()
}

/// A creator's row: handle, posts judged, hit rate, median plays.
pub fn creators() -> Vec<(&'static str, u64, Option<f64>, f64)> {
    vec![
        ("lily", 5, Some(0.2), 1_000.0),
        ("tom", 9, Some(0.5), 50.0),
        ("ana", 4, Some(0.9), 70.0),
        ("kim", 20, Some(0.35), 123_456.0),
        ("zoe", 7, None, 9.0),
    ]
}

/// Snapshots: post, when it was read (ms since 1970), plays.
pub fn snapshots() -> Vec<(String, i64, u64)> {
    let of_post = |number: u64| {
        let read = move |reading: u64| {
            let at = 1_760_000_000_000 + i64::try_from(reading).unwrap() * 86_400_000;
            ((7_500_000_000_000_000_000 + number).to_string(), at, 1_000 * number + 10 * reading)
        };
        (0..3).map(read)
    };
    (1..=7).flat_map(of_post).collect()
}

/// The corpus, on the node; it goes with this value.
pub struct Corpus {
    place: Place,
}

impl Corpus {
    pub async fn index() -> Self {
        let corpus = Self { place: Place::elastic() };
        let store = stores::open_for_writing(&corpus.place.settings).await.unwrap();
        let mut videos = BatchBuilder::new(Collection::Videos);
        for post in posts() {
            videos.push(&post.id, 5, post.document().to_string().as_bytes());
        }
        let mut rows = BatchBuilder::new(Collection::Creators);
        for (creator, judged, hit_rate, median) in creators() {
            let row = json!({"sec_user_id": format!("MS4w{creator}"), "unique_id": creator, "judged": judged,
                "hit_rate": hit_rate, "median_plays": median, "posts_per_week": 3.5, "trend": 1.25});
            rows.push(&format!("MS4w{creator}"), 5, row.to_string().as_bytes());
        }
        // No creator, though it was judged by most.
        rows.push(CORPUS_ID, 5, json!({"judged": 900, "videos": 901, "viral_by_chance": 0.5}).to_string().as_bytes());
        for batch in [videos.finish(), rows.finish()] {
            let verdicts = store.bulk(&batch).await.unwrap();
            assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Stored { new: true }), "{verdicts:?}");
        }
        store.commit().await.unwrap();
        corpus.index_snapshots().await;
        corpus
    }

    async fn index_snapshots(&self) {
        let name = self.name("viralmine-snapshots");
        let url = crate::elastic::node_url();
        let (status, _) = rest(&url, "GET", &format!("_alias/{name}"), Value::Null).await;
        if status == 404 {
            let mappings = json!({"dynamic": "strict", "properties": fields::properties("snapshots")});
            let body = json!({"mappings": mappings, "aliases": {name.clone(): {}}});
            let (status, answer) = rest(&url, "PUT", &format!("{name}-000001"), body).await;
            assert_eq!(status, 200, "{answer}");
        }
        for (post, read, plays) in snapshots() {
            let snapshot =
                json!({"aweme_id": post, "sec_user_id": "MS4wlily", "fetched_at": read, "stats": {"play": plays}});
            let (status, answer) = rest(&url, "PUT", &format!("{name}/_doc/{post}-{read}"), snapshot).await;
            assert_eq!(status, 201, "{answer}");
        }
        rest(&url, "POST", &format!("{name}/_refresh"), Value::Null).await;
    }

    fn name(&self, view: &str) -> String {
        view.replace("viralmine", &self.place.settings.prefix)
    }

    /// Asks what a data view of the file stands for.
    pub async fn ask(&self, view: &str, body: Value) -> Value {
        let path = format!("{}/_search", self.name(view));
        let (status, answer) = rest(&crate::elastic::node_url(), "POST", &path, body).await;
        assert_eq!((status, &answer["_shards"]["failed"]), (200, &json!(0)), "{answer}");
        answer
    }
}

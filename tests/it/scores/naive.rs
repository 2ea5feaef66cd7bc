//! The scores' definitions, written down with copies and sorts over the documents' JSON, and compared with what is
//! stored.

use std::collections::BTreeMap;

use serde_json::Value;
use viralmine::model::{Corpus, CreatorRow};

const MATURE: i64 = 72 * 3_600_000;

struct Naive<'a> {
    document: &'a Value,
    plays: f64,
    age: Option<i64>,
}

impl<'a> Naive<'a> {
    fn of(document: &'a Value) -> Self {
        let posted = document["publish_ts"].as_i64();
        Self {
            document,
            plays: document["stats"]["play"].as_f64().unwrap(),
            age: posted.map(|posted| document["fetched_at"].as_i64().unwrap() - posted * 1000),
        }
    }

    fn is_evidence(&self) -> bool {
        self.plays > 0.0 && self.age.is_some_and(|age| age >= MATURE)
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some(f64::midpoint(values[last / 2], values[values.len() / 2]))
}

/// By creator.
fn posts(documents: &BTreeMap<String, Value>) -> BTreeMap<&str, Vec<Naive<'_>>> {
    let mut posts: BTreeMap<&str, Vec<Naive<'_>>> = BTreeMap::new();
    for document in documents.values() {
        posts.entry(document["sec_user_id"].as_str().unwrap()).or_default().push(Naive::of(document));
    }
    posts
}

/// Close enough for four significant digits.
fn assert_close(stored: &Value, expected: Option<f64>, what: &str, document: &Value) {
    match (stored.as_f64(), expected) {
        (None, None) => assert!(stored.is_null(), "{what} is there: {document}"),
        (Some(stored), Some(expected)) => {
            let apart = (stored - expected).abs();
            assert!(apart <= expected.abs() * 0.000_51 + 1e-9, "{what}: {stored} for {expected} in {document}");
        }
        (stored, expected) => panic!("{what}: {stored:?} for {expected:?} in {document}"),
    }
}

/// Checks every document; how many are judged, and how many are viral.
pub fn check(documents: &BTreeMap<String, Value>, corpus: &Corpus) -> (u64, u64) {
    let (mut judged, mut viral) = (0, 0);
    for posts in posts(documents).values() {
        for (position, one) in posts.iter().enumerate() {
            let virality = &one.document["virality"];
            check_post(posts, position, corpus);
            let is_judged = !virality["z"].is_null() && virality["immature"] == false;
            judged += u64::from(is_judged);
            viral += u64::from(is_judged && virality["z"].as_f64() >= Some(3.5));
            assert_eq!(virality["viral"], is_judged && virality["z"].as_f64() >= Some(3.5), "{}", one.document);
        }
    }
    (judged, viral)
}

fn check_post(posts: &[Naive<'_>], position: usize, corpus: &Corpus) {
    let one = &posts[position];
    let (document, virality) = (one.document, &one.document["virality"]);
    let others = posts.iter().enumerate().filter(|(other, post)| *other != position && post.is_evidence());
    let others: Vec<f64> = others.map(|(_, post)| post.plays).collect();
    let known = Some(one.plays).filter(|plays| *plays > 0.0);
    let logs: Vec<f64> = others.iter().map(|plays| plays.ln_1p()).collect();
    let centre = median(logs.clone());
    let deviations: Vec<f64> = logs.iter().map(|log| (log - centre.unwrap()).abs()).collect();
    let mean = deviations.iter().sum::<f64>() / deviations.len() as f64;
    let sigma = match median(deviations) {
        Some(0.0) => 1.253_314 * mean,
        mad => mad.unwrap_or(0.0) / 0.6745,
    };
    let weight = (others.len() as f64 / 8.0).min(1.0);
    let shrunk = |own: f64, corpus: f64| own.max(weight * own + (1.0 - weight) * corpus);
    let is_told = others.len() >= 3 && sigma > 1e-12;
    let z = known.filter(|_| is_told).map(|plays| {
        let centre = shrunk(centre.unwrap(), corpus.log_median.unwrap());
        (plays.ln_1p() - centre) / shrunk(sigma, corpus.log_mad.unwrap() / 0.6745)
    });
    assert_eq!(virality["basis"], others.len(), "{document}");
    assert_eq!(virality["immature"], one.age.is_none_or(|age| age < MATURE), "{document}");
    let multiple = known.zip(median(others)).map(|(plays, median)| plays / median);
    assert_close(&virality["multiple"], multiple, "multiple", document);
    let log_multiple = virality["multiple"].as_f64().map(|multiple| (multiple.ln() * 1e4).round() / 1e4);
    assert_eq!(virality["log_multiple"].as_f64(), log_multiple, "{document}");
    assert_close(&virality["z"], z, "z", document);
    // Of posts with growth, it is measured as that is.
    let hours = one.age.map(|age| age.max(3_600_000) as f64 / 3_600_000.0);
    if virality["growth"].is_null() {
        assert_close(
            &virality["plays_per_hour"],
            known.zip(hours).map(|(plays, hours)| plays / hours),
            "speed",
            document,
        );
    }
    let stats = &document["stats"];
    let interactions: f64 =
        ["like", "comment", "share", "collect"].map(|count| stats[count].as_f64().unwrap()).iter().sum();
    let (a, b) = (corpus.engagement_a, corpus.engagement_b);
    let smoothed = known.map(|plays| (interactions.min(plays) + a) / (plays + a + b));
    assert_close(&document["engagement"]["smoothed"], smoothed, "smoothed", document);
    let last = |object: &Value| object.as_object().unwrap().keys().len();
    assert_eq!(last(virality), 9, "{document}");
}

/// Checks the rows against the documents' scores.
pub fn check_rows(documents: &BTreeMap<String, Value>, rows: &[Option<CreatorRow>], corpus: &Corpus) {
    let posts = posts(documents);
    assert_eq!(rows.len(), posts.len());
    for row in rows {
        let row = row.as_ref().unwrap();
        let posts = &posts[row.sec_user_id.as_str()];
        let newest = posts.iter().max_by_key(|post| post.document["fetched_at"].as_i64()).unwrap().document;
        assert_eq!(row.fetched_at, newest["fetched_at"].as_i64().unwrap());
        assert_eq!(row.unique_id, newest["author_info"]["unique_id"].as_str().unwrap());
        assert_eq!(row.videos, posts.len() as u64);
        let evidence: Vec<&Naive<'_>> = posts.iter().filter(|post| post.is_evidence()).collect();
        assert_eq!(row.judged, evidence.len() as u64);
        assert_eq!(row.median_plays, median(evidence.iter().map(|post| post.plays).collect()));
        let multiples: Vec<f64> =
            evidence.iter().filter_map(|post| post.document["virality"]["multiple"].as_f64()).collect();
        let hits = multiples.iter().filter(|multiple| **multiple >= 3.0).count();
        let hit_rate = hits as f64 / multiples.len() as f64;
        assert!((row.hit_rate.unwrap() - hit_rate).abs() <= hit_rate * 0.000_51, "{row:?} {hit_rate}");
        let viral = posts.iter().filter(|post| post.document["virality"]["viral"] == true).count();
        assert_eq!(row.viral, viral as u64);
        let since = corpus.newest_fetched_at - 30 * 86_400_000;
        let is_recent = |post: &&&Naive<'_>| post.document["publish_ts"].as_i64().unwrap() * 1000 >= since;
        let recent: Vec<f64> = evidence.iter().filter(is_recent).map(|post| post.plays).collect();
        let earlier: Vec<f64> = evidence.iter().filter(|post| !is_recent(post)).map(|post| post.plays).collect();
        let is_told = recent.len() >= 3 && earlier.len() >= 3;
        let trend = median(recent).zip(median(earlier)).filter(|_| is_told).map(|(recent, earlier)| recent / earlier);
        assert_eq!(row.trend.is_some(), trend.is_some(), "{row:?}");
        assert!(row.trend.zip(trend).is_none_or(|(stored, trend)| (stored - trend).abs() <= trend * 0.000_51));
    }
}

/// Of a post's looks (its document's is one): plays and time (ms) of the newest with plays, and of the newest that is
/// an hour older at least.
fn two_looks(document: &Value, looks: &[(String, i64, Option<u64>)]) -> Option<((f64, i64), (f64, i64))> {
    let own = (document["stats"]["play"].as_f64().unwrap(), document["fetched_at"].as_i64().unwrap());
    let mut all: Vec<(f64, i64)> = looks
        .iter()
        .filter(|(id, ..)| document["aweme_id"] == *id)
        .map(|&(_, at, plays)| (plays.unwrap_or(0) as f64, at))
        .chain([own])
        .filter(|(plays, _)| *plays > 0.0)
        .collect();
    all.sort_by_key(|(_, at)| *at);
    let newest = *all.last()?;
    let earlier = all.iter().rfind(|(_, at)| newest.1 - at >= 3_600_000)?;
    Some((*earlier, newest))
}

/// Checks the growth of every document; how many have any.
pub fn check_growth(documents: &BTreeMap<String, Value>, looks: &[(String, i64, Option<u64>)]) -> u64 {
    let mut grown = 0;
    for document in documents.values() {
        let virality = &document["virality"];
        let Some((earlier, newest)) = two_looks(document, looks) else {
            assert!(virality["growth"].is_null() && virality["growth_hours"].is_null(), "{document}");
            continue;
        };
        grown += 1;
        let hours = (newest.1 - earlier.1) as f64 / 3_600_000.0;
        let gained = newest.0 - earlier.0;
        assert_close(&virality["growth_hours"], Some(hours), "hours", document);
        assert_close(&virality["plays_per_hour"], Some(gained / hours), "speed between looks", document);
        let growth = gained / (earlier.0 + 1_000.0) * 24.0 / hours;
        assert_close(&virality["growth"], Some(growth), "growth", document);
    }
    grown
}

/// Checks the growth of every row.
pub fn check_growth_of_creators(
    documents: &BTreeMap<String, Value>,
    looks: &[(String, i64, Option<u64>)],
    rows: &[CreatorRow],
) {
    for row in rows {
        let own = documents.values().filter(|document| document["sec_user_id"] == row.sec_user_id);
        let told: Vec<_> = own.filter_map(|document| two_looks(document, looks)).collect();
        let gained: f64 =
            told.iter().map(|(from, to)| (to.0 - from.0) * 24.0 * 3_600_000.0 / (to.1 - from.1) as f64).sum();
        let plays: f64 = told.iter().map(|(from, _)| from.0).sum();
        let growth = (!told.is_empty()).then(|| gained / (plays + 1_000.0));
        assert_close(&serde_json::json!(row.growth), growth, "growth", &serde_json::json!(row));
    }
}

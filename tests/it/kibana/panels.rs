//! What each panel asks, written by hand as Kibana would send it, on the real node; and what should come out, counted
//! from the posts by other means. A query names the same fields as its panel, and every panel has one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::objects::{data_view_of, layer, name_of, object, panels, spec};
use super::sample::{CREATORS, Corpus, FROM, Post, TO, creators, in_range, snapshots};

const VIDEOS: &str = "viralmine-videos";

/// The dashboard's time range, and what a panel filters by.
fn within_range(filters: &[Value]) -> Value {
    let day = |seconds: i64| jiff::Timestamp::from_second(seconds).unwrap().to_string();
    let range = json!({"format": "strict_date_optional_time", "gte": day(FROM), "lte": day(TO)});
    let filters = [&[json!({"range": {"publish_time": range}})][..], filters].concat();
    json!({"bool": {"filter": filters}})
}

/// The buckets of an aggregation, by key, with what `value` makes of each.
fn buckets<T>(answer: &Value, name: &str, value: impl Fn(&Value) -> T) -> BTreeMap<String, T> {
    let found = answer["aggregations"][name]["buckets"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let key = |bucket: &Value| bucket["key"].as_str().map_or_else(|| bucket["key"].to_string(), str::to_owned);
    found.iter().map(|bucket| (key(bucket), value(bucket))).collect()
}

/// The order of the buckets.
fn order(answer: &Value, name: &str) -> Vec<String> {
    let found = answer["aggregations"][name]["buckets"].as_array().unwrap();
    found.iter().map(|bucket| bucket["key"].as_str().unwrap().to_owned()).collect()
}

fn count(bucket: &Value) -> u64 {
    bucket["doc_count"].as_u64().unwrap()
}

/// Whether a median lies where it must: the middle value, or between the two in the middle.
fn is_median(found: &Value, mut values: Vec<f64>) -> bool {
    values.sort_by(f64::total_cmp);
    let (below, above) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    found.as_f64().is_some_and(|found| below <= found && found <= above)
}

fn counted<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// The fields that a query names under `field`.
fn fields_in(query: &Value, found: &mut BTreeSet<String>) {
    match query {
        Value::Object(fields) => {
            if let Some(Value::String(field)) = fields.get("field") {
                found.insert(field.clone());
            }
            fields.values().for_each(|inner| fields_in(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|item| fields_in(item, found)),
        _ => {}
    }
}

fn panel(name: &str) -> Value {
    panels().into_iter().find(|panel| name_of(panel) == name).unwrap_or_else(|| panic!("no panel {name}"))
}

/// Asks what a Lens panel asks: the query and the panel name the same fields.
async fn asked(corpus: &Corpus, name: &str, query: Value, aggregations: Value) -> Value {
    let panel = panel(name);
    let columns = layer(&panel).1["columns"].as_object().unwrap().clone();
    let sources = columns.values().map(|column| column["sourceField"].as_str().unwrap().to_owned());
    let of_panel: BTreeSet<String> = sources.filter(|field| field != "___records___").collect();
    let mut of_query = BTreeSet::new();
    fields_in(&aggregations, &mut of_query);
    assert_eq!(of_query, of_panel, "{name}");
    corpus.ask(&data_view_of(&panel), json!({"size": 0, "query": query, "aggs": aggregations})).await
}

#[tokio::test]
async fn every_panel_answers_what_the_posts_say() {
    let corpus = Corpus::index().await;
    let mut queried = BTreeSet::new();
    macro_rules! each {
        ($($name:literal => $check:ident),+ $(,)?) => {$(
            $check(&corpus).await;
            queried.insert($name.to_owned());
        )+};
    }
    each! {
        "viral-posts" => viral_posts,
        "hashtags-over-time" => hashtags_over_time,
        "tag-cloud" => tag_cloud,
        "creators" => creators_of_these_posts,
        "hit-rates" => hit_rates,
        "engagement" => engagement,
        "plays-by-hour" => plays_by_hour,
        "growth" => growth,
    }
    assert_eq!(queried, panels().iter().map(name_of).collect(), "each panel has its query");
}

/// The documents of a saved search, with the fields that it shows.
async fn found(corpus: &Corpus, search: &str, filter: Value, sort: &str) -> Vec<Value> {
    let attributes = object("search", search)["attributes"].clone();
    assert_eq!(attributes["sort"], json!([[sort, "desc"]]));
    let columns: Vec<Value> =
        attributes["columns"].as_array().unwrap().iter().map(|name| json!({"field": name})).collect();
    let sort = json!([{sort: {"order": "desc", "unmapped_type": "boolean"}}]);
    let body = json!({"size": 500, "query": within_range(&[filter]), "fields": columns, "sort": sort});
    corpus.ask(VIDEOS, body).await["hits"]["hits"].as_array().unwrap().clone()
}

fn ids(hits: &[Value]) -> Vec<&str> {
    hits.iter().map(|hit| hit["_id"].as_str().unwrap()).collect()
}

async fn viral_posts(corpus: &Corpus) {
    assert_eq!(data_view_of(&panel("viral-posts")), VIDEOS);
    let filter = json!({"match": {"virality.viral": true}});
    let hits = found(corpus, "viralmine-search-viral", filter, "virality.z").await;
    let mut expected: Vec<Post> = in_range().into_iter().filter(|post| post.is_viral).collect();
    expected.sort_by(|one, other| other.z.total_cmp(&one.z));
    assert!(expected.len() > 5 && expected.windows(2).all(|pair| pair[0].z > pair[1].z), "no ties");
    assert_eq!(ids(&hits), expected.iter().map(|post| post.id.as_str()).collect::<Vec<_>>());
    for (hit, post) in hits.iter().zip(&expected) {
        assert_eq!(hit["fields"]["aweme_id"], json!([post.id]));
        assert_eq!(hit["fields"]["stats.play"], json!([post.plays]));
    }
}

#[tokio::test]
async fn the_search_that_is_on_no_panel_answers_too() {
    let corpus = Corpus::index().await;
    let filter = json!({"range": {"virality.plays_per_hour": {"gt": "0"}}});
    let hits = found(&corpus, "viralmine-search-rising", filter, "virality.plays_per_hour").await;
    let mut expected: Vec<Post> = in_range().into_iter().filter(|post| post.plays_per_hour.is_some()).collect();
    expected.sort_by(|one, other| other.plays_per_hour.partial_cmp(&one.plays_per_hour).unwrap());
    assert_eq!(ids(&hits), expected.iter().map(|post| post.id.as_str()).collect::<Vec<_>>());
}

async fn hashtags_over_time(corpus: &Corpus) {
    let days = json!({"date_histogram": {"field": "publish_time", "calendar_interval": "1d", "time_zone": "UTC", "min_doc_count": 0,
        "extended_bounds": {"min": FROM * 1_000, "max": TO * 1_000}}});
    let terms = json!({"field": "hashtag_keys", "size": 8, "order": {"_count": "desc"}});
    let aggregations = json!({"hashtag": {"terms": terms, "aggs": {"posted": days}}});
    let answer = asked(corpus, "hashtags-over-time", within_range(&[]), aggregations).await;
    let found = buckets(&answer, "hashtag", |bucket| {
        let days = bucket["posted"]["buckets"].as_array().unwrap().iter();
        let filled = days.filter(|day| count(day) > 0);
        filled.map(|day| (day["key"].as_i64().unwrap() / 86_400_000, count(day))).collect::<BTreeMap<i64, u64>>()
    });
    let tagged = |tag: &str| in_range().into_iter().filter(|post| post.hashtags.contains(&tag)).collect::<Vec<_>>();
    let expected =
        ["fyp", "ootd", "summer", "haul"].map(|tag| (tag.to_owned(), counted(tagged(tag).iter().map(Post::day))));
    assert_eq!(found, expected.into());
    assert_eq!(order(&answer, "hashtag")[0], "fyp", "the most used comes first");
}

async fn tag_cloud(corpus: &Corpus) {
    let by = json!({"cardinality": {"field": "author_info.unique_id"}});
    let terms = json!({"field": "hashtag_keys", "size": 50, "order": {"creators": "desc"}});
    let aggregations = json!({"hashtag": {"terms": terms, "aggs": {"creators": by}}});
    let answer = asked(corpus, "tag-cloud", within_range(&[]), aggregations).await;
    let found = buckets(&answer, "hashtag", |bucket| bucket["creators"]["value"].as_u64().unwrap());
    let mut users: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for post in in_range() {
        for tag in &post.hashtags {
            users.entry((*tag).to_owned()).or_default().insert(post.creator);
        }
    }
    let expected: BTreeMap<String, u64> = users.into_iter().map(|(tag, users)| (tag, users.len() as u64)).collect();
    assert_eq!(found, expected);
}

async fn creators_of_these_posts(corpus: &Corpus) {
    let terms = json!({"field": "author_info.unique_id", "size": 50, "order": {"plays": "desc"}});
    let median = |field: &str| json!({"percentiles": {"field": field, "percents": [50]}});
    let aggregations = json!({"creator": {"terms": terms, "aggs": {
        "plays": {"sum": {"field": "stats.play"}},
        "viral": {"filter": {"match": {"virality.viral": true}}},
        "median": median("stats.play"),
        "engagement": median("engagement.smoothed"),
    }}});
    let answer = asked(corpus, "creators", within_range(&[]), aggregations).await;
    let found = buckets(&answer, "creator", Clone::clone);
    let of = |creator: &str| in_range().into_iter().filter(|post| post.creator == creator).collect::<Vec<_>>();
    let with_posts = CREATORS.iter().filter(|creator| !of(creator).is_empty());
    assert_eq!(found.len(), with_posts.count());
    let mut by_plays = Vec::new();
    for (creator, bucket) in &found {
        let posts = of(creator);
        let plays: u64 = posts.iter().map(|post| post.plays).sum();
        assert_eq!((count(bucket), bucket["plays"]["value"].as_f64()), (posts.len() as u64, Some(plays as f64)));
        assert_eq!(count(&bucket["viral"]), posts.iter().filter(|post| post.is_viral).count() as u64);
        let median = |name: &str| bucket[name]["values"]["50.0"].clone();
        assert!(is_median(&median("median"), posts.iter().map(|post| post.plays as f64).collect()), "{bucket}");
        assert!(
            is_median(&median("engagement"), posts.iter().filter_map(|post| post.engagement).collect()),
            "{bucket}"
        );
        by_plays.push((plays, creator.clone()));
    }
    by_plays.sort_by(|one, other| other.cmp(one));
    assert_eq!(order(&answer, "creator"), by_plays.into_iter().map(|(_, creator)| creator).collect::<Vec<_>>());
}

async fn hit_rates(corpus: &Corpus) {
    let terms = json!({"field": "unique_id", "size": 50, "order": {"hit-rate": "desc"}});
    let max = |field: &str| json!({"max": {"field": field}});
    let aggregations = json!({"creator": {"terms": terms, "aggs": {"hit-rate": max("hit_rate"), "median": max("median_plays"),
        "week": max("posts_per_week"), "trend": max("trend"), "judged": max("judged")}}});
    // Without a time field, the time range is none of it, and the controls are left out.
    let query =
        json!({"bool": {"filter": [{"exists": {"field": "sec_user_id"}}, {"range": {"judged": {"gte": "5"}}}]}});
    assert_eq!(layer(&panel("hit-rates")).1["ignoreGlobalFilters"], true);
    let answer = asked(corpus, "hit-rates", query, aggregations).await;
    let found = buckets(&answer, "creator", |bucket| {
        let value = |name: &str| bucket[name]["value"].as_f64();
        (value("judged"), value("hit-rate"), value("median").unwrap(), value("week"), value("trend"))
    });
    let expected =
        creators().into_iter().filter(|(_, judged, ..)| *judged >= 5).map(|(creator, judged, hits, median)| {
            (creator.to_owned(), (Some(judged as f64), hits, median, Some(3.5), Some(1.25)))
        });
    assert_eq!(found, expected.collect(), "*corpus* is no creator, and four posts are too few");
    assert_eq!(order(&answer, "creator")[..3], ["tom", "kim", "lily"]);
}

async fn engagement(corpus: &Corpus) {
    let column = layer(&panel("engagement")).1["columns"]["rate"].clone();
    let ranges = column["params"]["ranges"].as_array().unwrap().clone();
    let bounds = |range: &Value| (range["from"].as_f64().unwrap(), range["to"].as_f64());
    for (one, next) in ranges.iter().zip(&ranges[1..]) {
        assert_eq!(bounds(one).1, Some(bounds(next).0), "no gap and no overlap");
        assert!(!one["label"].as_str().unwrap().is_empty());
    }
    assert_eq!((bounds(&ranges[0]).0, bounds(&ranges[ranges.len() - 1]).1), (0.0, None), "all rates are in one");
    let sent: Vec<Value> = ranges
        .iter()
        .map(|range| match bounds(range) {
            (from, Some(to)) => json!({"from": from, "to": to}),
            (from, None) => json!({"from": from}),
        })
        .collect();
    let aggregations = json!({"rate": {"range": {"field": "engagement.rate", "ranges": sent}}});
    let answer = asked(corpus, "engagement", within_range(&[]), aggregations).await;
    let found: Vec<u64> = answer["aggregations"]["rate"]["buckets"].as_array().unwrap().iter().map(count).collect();
    let rates: Vec<f64> = in_range().iter().filter_map(|post| post.engagement).collect();
    let expected: Vec<u64> = ranges
        .iter()
        .map(|range| {
            let (from, to) = bounds(range);
            rates.iter().filter(|rate| from <= **rate && to.is_none_or(|to| **rate < to)).count() as u64
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(found.iter().sum::<u64>(), rates.len() as u64, "each post with a rate is in one, and no other");
    assert!(found.iter().filter(|posts| **posts > 0).count() > 4, "{found:?}");
}

/// The panel's own query, and then what it makes of the answer: `exp(log / posts)` of each hour of the day.
async fn plays_by_hour(corpus: &Corpus) {
    let panel = panel("plays-by-hour");
    let query = json!({"posted": {
        "date_histogram": {"field": "publish_time", "fixed_interval": "1h", "min_doc_count": 1},
        "aggs": {"judged": {
            "filter": {"bool": {"filter": [{"term": {"virality.immature": false}}, {"exists": {"field": "virality.log_multiple"}}]}},
            "aggs": {"log": {"sum": {"field": "virality.log_multiple"}}},
        }},
    }});
    let spec = spec(&panel);
    assert_eq!(spec["data"]["url"]["body"], json!({"size": 0, "aggs": query}), "by hand, and in the panel");
    assert_eq!(spec["data"]["format"]["property"], "aggregations.posted.buckets");
    let body = json!({"size": 0, "query": within_range(&[]), "aggs": query});
    let answer = corpus.ask(&data_view_of(&panel), body).await;
    let mut found: BTreeMap<i64, (u64, f64)> = BTreeMap::new();
    for bucket in answer["aggregations"]["posted"]["buckets"].as_array().unwrap() {
        let hour = found.entry(bucket["key"].as_i64().unwrap() / 3_600_000 % 24).or_default();
        hour.0 += count(&bucket["judged"]);
        hour.1 += bucket["judged"]["log"]["value"].as_f64().unwrap();
    }
    found.retain(|_, (posts, _)| *posts > 0);
    let mut expected: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for post in in_range().iter().filter(|post| !post.is_immature) {
        if let Some(log_multiple) = post.log_multiple {
            expected.entry(post.hour()).or_default().push(log_multiple.exp());
        }
    }
    assert!(expected.len() > 8 && found.keys().eq(expected.keys()), "{found:?}");
    for ((posts, log), multiples) in found.values().zip(expected.values()) {
        // The geometric mean, by its definition.
        let typical = multiples.iter().product::<f64>().powf(1.0 / multiples.len() as f64);
        assert_eq!(*posts, multiples.len() as u64);
        assert!(((log / *posts as f64).exp() - typical).abs() < 1e-9, "{log} {multiples:?}");
    }
}

async fn growth(corpus: &Corpus) {
    let most = || json!({"max": {"field": "stats.play"}});
    let days = json!({"field": "fetched_at", "calendar_interval": "1d", "time_zone": "UTC", "min_doc_count": 1});
    let read = json!({"date_histogram": days, "aggs": {"plays": most()}});
    let terms = json!({"field": "aweme_id", "size": 5, "order": {"plays": "desc"}});
    let aggregations = json!({"post": {"terms": terms, "aggs": {"plays": most(), "read": read}}});
    assert_eq!(layer(&panel("growth")).1["ignoreGlobalFilters"], true);
    let range =
        json!({"format": "strict_date_optional_time", "gte": "2025-10-01T00:00:00Z", "lte": "2025-11-01T00:00:00Z"});
    let query = json!({"bool": {"filter": [{"range": {"fetched_at": range}}]}});
    let answer = asked(corpus, "growth", query, aggregations).await;
    let found = buckets(&answer, "post", |bucket| {
        let reads = bucket["read"]["buckets"].as_array().unwrap().iter();
        reads.map(|read| read["plays"]["value"].as_f64().unwrap()).collect::<Vec<f64>>()
    });
    let mut expected: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (post, _, plays) in snapshots() {
        expected.entry(post).or_default().push(plays as f64);
    }
    // The five that are played most have the highest numbers.
    let expected: BTreeMap<_, _> = expected.into_iter().rev().take(5).collect();
    assert_eq!(found, expected);
}

//! What the controls ask for their lists, and what a choice leaves of the panels, on the real node.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::objects::{controls, dashboard, reference};
use super::sample::{Corpus, Post, posts};

fn field_of(name: &str) -> String {
    let control = controls().into_iter().find(|control| control["explicitInput"]["id"] == name).unwrap();
    control["explicitInput"]["fieldName"].as_str().unwrap().to_owned()
}

/// The values that a list offers, with how many posts each has.
async fn offered(corpus: &Corpus, name: &str) -> BTreeMap<String, u64> {
    let view = reference(&dashboard(), &format!("controlGroup_{name}:optionsListDataView"));
    let suggestions = json!({"terms": {"field": field_of(name), "size": 10, "order": {"_count": "desc"}}});
    let answer = corpus.ask(&view, json!({"size": 0, "aggs": {"suggestions": suggestions}})).await;
    let found = answer["aggregations"]["suggestions"]["buckets"].as_array().unwrap().iter();
    found.map(|one| (one["key"].as_str().unwrap().to_owned(), one["doc_count"].as_u64().unwrap())).collect()
}

/// How many posts are left with these choices, each of a control and its value.
async fn left(corpus: &Corpus, choices: &[(&str, &str)]) -> u64 {
    let filters: Vec<Value> =
        choices.iter().map(|(name, value)| json!({"match_phrase": {field_of(name): value}})).collect();
    let body = json!({"size": 0, "track_total_hits": true, "query": {"bool": {"filter": filters}}});
    corpus.ask("viralmine-videos", body).await["hits"]["total"]["value"].as_u64().unwrap()
}

#[tokio::test]
async fn lists_offer_what_there_is_and_choices_leave_what_has_it() {
    let corpus = Corpus::index().await;
    let posts = posts();
    let having = |test: &dyn Fn(&Post) -> bool| posts.iter().filter(|post| test(post)).count() as u64;
    for (name, has) in [
        ("hashtag", (|post, value| post.hashtags.contains(&value)) as fn(&Post, &str) -> bool),
        ("creator", |post, value| post.creator == value),
        ("region", |post, value| post.region == value),
    ] {
        let offered = offered(&corpus, name).await;
        assert!(offered.len() > 1, "{name}: {offered:?}");
        for (value, count) in offered {
            assert_eq!(count, having(&|post| has(post, &value)), "{name}: {value}");
            assert_eq!(left(&corpus, &[(name, &value)]).await, count, "{name}: {value}");
        }
    }
    let both = having(&|post| post.hashtags.contains(&"ootd") && post.region == "US");
    assert!(both > 0);
    assert_eq!(left(&corpus, &[("hashtag", "ootd"), ("region", "US")]).await, both);
}

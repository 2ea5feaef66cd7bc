//! The simulator over HTTP: whole walks, the provider's errors, the quota, and recorded pages; `faults` has the rest.

mod faults;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::time::Duration;

use serde_json::Value;
use viralmine::model::{CreatorId, Secret};
use viralmine::simulator::{Outcome, Simulator, SimulatorError, SimulatorOptions};

/// Answers at once, any number of them.
fn unhurried() -> SimulatorOptions {
    SimulatorOptions { rate: 0.0, latency: Duration::ZERO, creators: 12, ..SimulatorOptions::default() }
}

struct Client {
    http: reqwest::Client,
    url: String,
    key: &'static str,
}

impl Client {
    fn of(simulator: &Simulator) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, url: simulator.url(), key: "tk_test" }
    }

    async fn try_get(&self, path: &str) -> reqwest::Result<(u16, String)> {
        let request = self.http.get(format!("{}/api/v1/tiktok/{path}", self.url)).bearer_auth(self.key);
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    async fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.try_get(path).await.unwrap().1).unwrap()
    }

    async fn page(&self, creator: &CreatorId, cursor: &str, limit: usize) -> Value {
        self.get(&format!("user/post/list?sec_user_id={creator}&max_cursor={cursor}&limit={limit}&region=US")).await
    }

    /// All posts of a creator, page by page.
    async fn walk(&self, creator: &CreatorId, limit: usize) -> Vec<Value> {
        let (mut cursor, mut posts) = ("0".to_owned(), Vec::new());
        loop {
            let page = self.page(creator, &cursor, limit).await;
            assert_eq!(page["msg"], "success", "{page}");
            let items = page["data"]["aweme_list"].as_array().unwrap();
            posts.extend(items.iter().cloned());
            let next = text(&page["data"]["max_cursor"]);
            if !is_true(&page["data"]["has_more"]) {
                assert!(!next.is_empty(), "the last page still carries a cursor");
                return posts;
            }
            assert_eq!(items.len(), limit);
            assert_ne!(next, cursor);
            cursor = next;
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_true(value: &Value) -> bool {
    value == true || value == 1
}

fn id(post: &Value) -> String {
    post["aweme_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_walk_of_every_creator_meets_each_post_once_whatever_the_page_size() {
    let simulator = Simulator::start(unhurried()).await.unwrap();
    let client = Client::of(&simulator);
    let mut ids = HashSet::new();
    let mut announced = 0;
    for creator in simulator.creators() {
        let posts = client.walk(&creator, 35).await;
        announced += simulator.video_count(&creator).unwrap();
        ids.extend(posts.iter().map(id));
        assert_eq!(posts.len() as u64, simulator.video_count(&creator).unwrap());
        for limit in [1, 2, 7] {
            let other: Vec<_> = client.walk(&creator, limit).await.iter().map(id).collect();
            assert_eq!(other, posts.iter().map(id).collect::<Vec<_>>());
        }
        let unpinned: Vec<_> = posts.iter().skip_while(|post| post["is_top"] == 1).collect();
        let times: Vec<_> = unpinned.iter().map(|post| post["create_time"].as_i64().unwrap()).collect();
        assert!(times.is_sorted_by(|newer, older| newer > older));
        assert!(unpinned.iter().all(|post| post["is_top"].is_null()));
    }
    assert_eq!(ids.len() as u64, announced);
    assert!(ids.iter().all(|id| id.len() == 19));
    assert!((300..1500).contains(&announced), "12 creators of about 60 posts, not {announced}");
}

#[tokio::test]
async fn the_posts_have_the_shapes_of_real_ones() {
    let simulator = Simulator::start(SimulatorOptions { creators: 40, ..unhurried() }).await.unwrap();
    let client = Client::of(&simulator);
    let mut posts = Vec::new();
    let mut cursor_kinds = HashSet::new();
    for creator in simulator.creators() {
        cursor_kinds.insert(client.page(&creator, "0", 5).await["data"]["max_cursor"].is_number());
        posts.extend(client.walk(&creator, 35).await);
    }
    let tags = |post: &Value| -> Vec<String> {
        let names = post["text_extra"].as_array().unwrap().iter();
        names
            .filter_map(|extra| extra["hashtag_name"].as_str())
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let any = |test: &dyn Fn(&Value) -> bool| posts.iter().any(test);
    let desc = |post: &Value| post["desc"].as_str().unwrap().to_owned();
    assert_eq!(cursor_kinds.len(), 2, "cursors as text and as numbers");
    assert!(any(&|post| post["music"].is_null()), "no music");
    assert!(any(&|post| post["image_post_info"].is_object() && post["video"]["duration"] == 0), "a photo post");
    assert!(any(&|post| post["is_top"] == 1), "a pinned post");
    assert!(any(&|post| desc(post).is_empty()), "an empty text");
    assert!(any(&|post| tags(post).iter().any(|tag| !desc(post).contains(tag.as_str()))), "a tag only in text_extra");
    assert!(any(&|post| desc(post).matches('#').count() > tags(post).len()), "a tag only in the text");
    assert!(
        any(&|post| post["text_extra"].as_array().unwrap().iter().any(|extra| extra["hashtag_name"] == "")),
        "a mention"
    );
    for script in ['ア'..='ン', 'ก'..='๙', 'ء'..='ي', 'а'..='я', '一'..='龥', '가'..='힣'] {
        assert!(any(&|post| desc(post).chars().any(|character| script.contains(&character))), "{script:?}");
    }
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    posts.iter().flat_map(tags).for_each(|tag| *uses.entry(tag).or_default() += 1);
    let most = uses.values().max().unwrap();
    assert!(*most > posts.len() / 20 && uses.len() > 100, "few tags are common and many are rare");
    let detail = client.get(&format!("video/detail?aweme_id={}", id(&posts[7]))).await;
    let detail = &detail["data"]["aweme_detail"];
    assert_eq!((&detail["desc"], &detail["statistics"]), (&posts[7]["desc"], &posts[7]["statistics"]));
    assert!(detail["text_extra"].is_null() && detail["author"]["uid"].is_null());
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes_and_another_seed_others() {
    let first = Simulator::start(unhurried()).await.unwrap();
    let second = Simulator::start(unhurried()).await.unwrap();
    let other = Simulator::start(SimulatorOptions { seed: 2, ..unhurried() }).await.unwrap();
    assert_eq!(first.creators(), second.creators());
    assert!(first.creators().iter().all(|creator| !other.creators().contains(creator)));
    let path = format!("user/post/list?sec_user_id={}", first.creators()[3]);
    let (_, bytes) = Client::of(&first).try_get(&path).await.unwrap();
    assert_eq!(Client::of(&first).try_get(&path).await.unwrap().1, bytes);
    assert_eq!(Client::of(&second).try_get(&path).await.unwrap().1, bytes);
    assert!(bytes.starts_with("{\"code\":0,\"msg\":\"success\",\"request_id\":\"tk_req_"), "{bytes}");
}

#[tokio::test]
async fn options_that_make_no_sense_are_refused() {
    let wrong = [
        SimulatorOptions { clock_speed: -1.0, ..unhurried() },
        SimulatorOptions { rate: f64::NAN, ..unhurried() },
        SimulatorOptions { now: "1970-01-01T00:00:00Z".parse().unwrap(), ..unhurried() },
        SimulatorOptions { videos: u32::MAX, ..unhurried() },
    ];
    for options in wrong {
        assert!(matches!(Simulator::start(options).await, Err(SimulatorError::Options(_))));
    }
}

#[tokio::test]
async fn a_million_posts_cost_nothing_until_they_are_asked_for() {
    let options = SimulatorOptions { creators: 20_000, videos: 100, ..unhurried() };
    let simulator = Simulator::start(options).await.unwrap();
    let creator = simulator.creators().pop().unwrap();
    let posts = Client::of(&simulator).walk(&creator, 35).await;
    assert_eq!(posts.len() as u64, simulator.video_count(&creator).unwrap());
}

#[tokio::test]
async fn errors_are_told_in_the_providers_words() {
    let options = SimulatorOptions { keys: vec![Secret::new("tk_test")], ..unhurried() };
    let simulator = Simulator::start(options).await.unwrap();
    let creator = &simulator.creators()[0];
    let client = Client::of(&simulator);
    let list = format!("user/post/list?sec_user_id={creator}");
    for (path, code, words) in [
        ("user/post/list?sec_user_id=MS4wLjABAAAAnobody", 400, "sec_user_id not found"),
        ("user/post/list", 400, "sec_user_id not found"),
        (&format!("{list}&limit=0"), 400, "limit must be between 1 and 35"),
        (&format!("{list}&limit=36"), 400, "limit must be between 1 and 35"),
        (&format!("{list}&max_cursor=abc"), 400, "max_cursor invalid"),
        (&format!("{list}&max_cursor=9000000000009"), 400, "max_cursor invalid"),
        (&format!("{list}&region=nowhere"), 400, "region must be a code of two letters"),
        ("video/detail?aweme_id=7528963259874125698", 400, "aweme_id not found"),
        ("video/detail?aweme_id=x", 400, "aweme_id not found"),
        ("user/nothing", 404, "not found"),
    ] {
        let answer = client.get(path).await;
        assert_eq!((answer["code"].as_u64(), answer["msg"].as_str()), (Some(code), Some(words)), "{path}");
    }
    let stranger = Client { key: "tk_other", ..Client::of(&simulator) };
    let (status, body) = stranger.try_get(&list).await.unwrap();
    assert_eq!(status, 200);
    assert!(body.starts_with("{\"code\":401,\"msg\":\"ApiKey invalid or expired\",\"request_id\":\"tk_err_"), "{body}");
    let nobody = reqwest::Client::new().get(format!("{}/api/v1/tiktok/{list}", simulator.url())).send().await.unwrap();
    assert!(nobody.text().await.unwrap().starts_with("{\"code\":401"));
    let observed = simulator.observed();
    assert_eq!((observed.count(Outcome::Refused), observed.count(Outcome::Unauthorized)), (9, 2));
    assert!(!format!("{simulator:?}{observed:?}").contains("tk_test"));
}

#[tokio::test]
async fn parameters_may_come_in_the_body() {
    let simulator = Simulator::start(unhurried()).await.unwrap();
    let creator = &simulator.creators()[0];
    let body = format!("{{\"sec_user_id\":\"{creator}\",\"max_cursor\":\"0\",\"limit\":5,\"region\":\"US\"}}");
    let client = Client::of(&simulator);
    let url = format!("{}/api/v1/tiktok/user/post/list", simulator.url());
    let by_body = client.http.get(url).bearer_auth("k").body(body).send().await.unwrap().text().await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&by_body).unwrap(), client.page(creator, "0", 5).await);
}

#[tokio::test]
async fn a_key_over_its_quota_is_told_to_wait_and_another_is_not() {
    // One request in a thousand seconds: no test machine is slow enough to earn a second one.
    let simulator = Simulator::start(SimulatorOptions { rate: 0.001, ..unhurried() }).await.unwrap();
    let creator = &simulator.creators()[0];
    let client = Client::of(&simulator);
    assert_eq!(client.page(creator, "0", 5).await["code"], 0);
    let (status, body) = client.try_get("user/post/list").await.unwrap();
    assert_eq!(
        (status, body.as_str()),
        (200, "{\"code\":429,\"msg\":\"Request frequency limit, wait 1000s\",\"data\":{}}")
    );
    assert_eq!(Client { key: "other", ..Client::of(&simulator) }.page(creator, "0", 5).await["code"], 0);
    let observed = simulator.observed();
    assert_eq!((observed.count(Outcome::OverQuota), observed.total()), (1, 3));
    let times = observed.times_by_key();
    assert_eq!((times[&1].len(), times[&2].len()), (2, 1));
    assert_eq!(observed.pages_answered()[&(creator.to_string(), "0".to_owned())], 2);
}

#[tokio::test]
async fn recorded_pages_are_played_as_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pages.ndjson");
    let first = "{\"code\":0,\"data\":{\"has_more\":true,\"max_cursor\":17,\"aweme_list\":[{\"aweme_id\":\"7\",\"desc\":\"a b\",\"n\":1.50}]}}";
    let second = "{\"code\":0,\"data\":{\"has_more\":false,\"aweme_list\":[]}}";
    let line =
        |cursor: &str, rest: &str| format!("{{\"sec_user_id\":\"MS4wLjABAAAA0000\",\"max_cursor\":{cursor},{rest}}}\n");
    let lines = [
        line("\"0\"", &format!("\"response\":{}", first.replace(",\"", " , \""))),
        line("\"0\"", "\"status\":502,\"response_text\":\"<html>\""),
        line("17", &format!("\"response\":{second}")),
        line("\"18\"", "\"status\":502,\"response_text\":\"<html>\""),
    ];
    fs::write(&path, lines.concat()).unwrap();
    let options = SimulatorOptions { from: Some(path.clone()), ..unhurried() };
    let simulator = Simulator::start(options.clone()).await.unwrap();
    let client = Client::of(&simulator);
    assert_eq!(simulator.creators().iter().map(CreatorId::as_str).collect::<Vec<_>>(), ["MS4wLjABAAAA0000"]);
    let get = async |cursor: &str| {
        let list = format!("user/post/list?sec_user_id=MS4wLjABAAAA0000&max_cursor={cursor}");
        client.try_get(&list).await.unwrap()
    };
    assert_eq!(get("0").await, (200, first.to_owned()));
    assert_eq!(get("").await, (200, first.to_owned()));
    assert_eq!(get("17").await, (200, second.to_owned()));
    assert_eq!(get("18").await, (502, "<html>".to_owned()));
    assert!(get("19").await.1.contains("max_cursor invalid"));
    let (_, detail) = client.try_get("video/detail?aweme_id=7").await.unwrap();
    assert!(
        detail.ends_with("\"data\":{\"aweme_detail\":{\"aweme_id\":\"7\",\"desc\":\"a b\",\"n\":1.50}}}"),
        "{detail}"
    );
    assert_eq!(client.get("video/detail?aweme_id=8").await["msg"], "aweme_id not found");

    fs::write(&path, [&lines[0], "{\"response\":{}}\n"].concat()).unwrap();
    let error = Simulator::start(options.clone()).await.unwrap_err().to_string();
    assert!(error.contains("pages.ndjson, line 2: the page has no sec_user_id"), "{error}");
    fs::write(&path, "").unwrap();
    assert!(Simulator::start(options).await.unwrap_err().to_string().contains("holds no list page"));
}

#[tokio::test]
async fn a_taken_port_is_named_and_free_again_after_the_end() {
    let simulator = Simulator::start(unhurried()).await.unwrap();
    let port: u16 = simulator.url().rsplit(':').next().unwrap().parse().unwrap();
    let options = SimulatorOptions { port, ..unhurried() };
    assert!(matches!(Simulator::start(options.clone()).await, Err(SimulatorError::PortInUse(taken)) if taken == port));
    Client::of(&simulator).get("video/detail").await;
    simulator.shutdown().await;
    assert!(Simulator::start(options).await.is_ok());
}

#[tokio::test]
#[ignore = "needs VIRALMINE_SAMPLES"]
async fn real_recorded_pages_are_played() {
    let samples = std::path::PathBuf::from(std::env::var_os("VIRALMINE_SAMPLES").unwrap());
    for (file, posts) in [("timeline-2021.pages.ndjson", 65), ("posts-2025.pages.ndjson.gz", 7218)] {
        let options = SimulatorOptions { from: Some(samples.join(file)), ..unhurried() };
        let simulator = Simulator::start(options).await.unwrap();
        let client = Client::of(&simulator);
        let mut seen = 0;
        for creator in simulator.creators() {
            let mut cursor = "0".to_owned();
            loop {
                let page = client.page(&creator, &cursor, 35).await;
                seen += page["data"]["aweme_list"].as_array().unwrap().len();
                if page["data"]["has_more"] != true {
                    break;
                }
                cursor = text(&page["data"]["max_cursor"]);
            }
        }
        assert_eq!(seen, posts, "{file}");
    }
}

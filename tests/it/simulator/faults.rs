//! Faults on demand, as a client sees them: what each kind does to an answer, whom it is aimed at, what is put on
//! record.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use viralmine::model::Secret;
use viralmine::simulator::{FaultKind, Faults, Outcome, Simulator, SimulatorOptions};

use super::{Client, id, text, unhurried};

#[tokio::test]
async fn faults_spoil_the_answers_they_are_drawn_for() {
    let simulator = Simulator::start(unhurried()).await.unwrap();
    let client = Client::of(&simulator);
    let path = format!("user/post/list?sec_user_id={}", simulator.creators()[0]);
    let (_, good) = client.try_get(&path).await.unwrap();

    simulator.set_faults("cut=1".parse().unwrap());
    let request = client.http.get(format!("{}/api/v1/tiktok/{path}", simulator.url())).bearer_auth("k");
    let response = request.send().await.unwrap();
    assert_eq!(response.content_length(), Some(good.len() as u64));
    assert!(response.bytes().await.is_err(), "the body is cut");

    simulator.set_faults("500=1".parse().unwrap());
    let (status, body) = client.try_get(&path).await.unwrap();
    assert_eq!((status, body.starts_with("<html>")), (500, true));

    simulator.set_faults("429=1".parse().unwrap());
    assert_eq!(client.get(&path).await["msg"], "Request frequency limit, wait 1s");

    simulator.set_faults("500=0.3,seed=7".parse().unwrap());
    for _ in 0..100 {
        let (status, body) = client.try_get(&path).await.unwrap();
        assert_eq!(status == 200, body == good);
    }
    simulator.set_faults(Faults::default());
    assert_eq!(client.try_get(&path).await.unwrap().1, good);
    let observed = simulator.observed();
    let count = |kind| observed.count(Outcome::Fault(kind));
    assert_eq!((count(FaultKind::Cut), count(FaultKind::RateLimited)), (1, 1));
    assert!((15..47).contains(&count(FaultKind::ServerError)));
    assert_eq!(observed.count(Outcome::OverQuota), 0);
}

/// The second page of the first creator, with this fault done to it, and what the record says of it.
async fn spoilt(simulator: &Simulator, spec: &str) -> (u16, String, Outcome) {
    let client = Client::of(simulator);
    let creator = &simulator.creators()[0];
    let cursor = text(&client.page(creator, "0", 10).await["data"]["max_cursor"]);
    simulator.set_faults(spec.parse().unwrap());
    let path = format!("user/post/list?sec_user_id={creator}&max_cursor={cursor}&limit=10");
    let (status, body) = client.try_get(&path).await.unwrap();
    simulator.set_faults(Faults::default());
    (status, body, simulator.observed().requests.back().unwrap().outcome)
}

fn ids(page: &str) -> Vec<String> {
    let page: Value = serde_json::from_str(page).unwrap();
    page["data"]["aweme_list"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn each_kind_spoils_an_answer_in_its_own_way() {
    let simulator = Simulator::start(unhurried()).await.unwrap();
    let (_, good, outcome) = spoilt(&simulator, "").await;
    assert_eq!(outcome, Outcome::Answered);
    let page: Value = serde_json::from_str(&good).unwrap();
    let with = |field: &str, value: Value| {
        let mut page = page.clone();
        page["data"]["has_more"] = true.into();
        page["data"][field] = value;
        page
    };
    for (kind, spec, status, start) in [
        (
            FaultKind::RateLimited,
            "429=1,wait=7",
            200,
            r#"{"code":429,"msg":"Request frequency limit, wait 7s","data":{}}"#,
        ),
        (FaultKind::RateLimited, "429=1,wait=0.02", 200, r#"{"code":429,"msg":"Request frequency limit, wait 20ms""#),
        (FaultKind::RateLimitedBare, "429-bare=1", 200, r#"{"code":429,"msg":"Request frequency limit","data":{}}"#),
        (
            FaultKind::Unauthorized,
            "401=1",
            200,
            r#"{"code":401,"msg":"ApiKey invalid or expired","request_id":"tk_err_"#,
        ),
        (FaultKind::BadGateway, "502=1", 502, "<!DOCTYPE html>"),
        (FaultKind::Html, "html=1", 200, "<!DOCTYPE html>"),
        (FaultKind::Slow, "slow=1", 200, good.as_str()),
        (FaultKind::Truncated, "truncated=1", 200, &good[..good.len() / 2 - 4]),
    ] {
        let (spoilt_status, body, outcome) = spoilt(&simulator, spec).await;
        assert_eq!((spoilt_status, outcome), (status, Outcome::Fault(kind)), "{spec}");
        assert!(body.starts_with(start), "{spec}: {body}");
        assert_eq!(
            kind == FaultKind::Truncated,
            serde_json::from_str::<Value>(&body).is_err() && body.starts_with('{')
        );
    }
    let null = spoilt(&simulator, "null=1").await.1;
    assert_eq!(serde_json::from_str::<Value>(&null).unwrap()["data"]["aweme_list"], Value::Null);
    let empty = spoilt(&simulator, "empty=1").await.1;
    assert_eq!(serde_json::from_str::<Value>(&empty).unwrap(), with("aweme_list", Value::Array(Vec::new())));
    let repeated = spoilt(&simulator, "repeat=1").await.1;
    assert_eq!(serde_json::from_str::<Value>(&repeated).unwrap(), with("max_cursor", "0".into()));
}

#[tokio::test]
async fn a_page_may_open_with_posts_of_the_one_before() {
    let simulator = Simulator::start(unhurried()).await.unwrap();
    let first = Client::of(&simulator).page(&simulator.creators()[0], "0", 10).await.to_string();
    let (_, good, _) = spoilt(&simulator, "").await;
    let (_, repeated, outcome) = spoilt(&simulator, "duplicates=1").await;
    assert_eq!(outcome, Outcome::Fault(FaultKind::Duplicates));
    assert_eq!(ids(&repeated), [&ids(&first)[5..], &ids(&good)[..5]].concat());
    simulator.set_faults("duplicates=1".parse().unwrap());
    let again = Client::of(&simulator).page(&simulator.creators()[0], "0", 10).await.to_string();
    assert_eq!(ids(&again), ids(&first), "nothing stands before a first page");
    assert_eq!(simulator.observed().requests.back().unwrap().outcome, Outcome::Answered);
}

#[tokio::test]
async fn what_cannot_be_spoilt_is_answered_and_so_put_on_record() {
    let simulator = Simulator::start(unhurried()).await.unwrap();
    let client = Client::of(&simulator);
    let post = id(&client.page(&simulator.creators()[0], "0", 1).await["data"]["aweme_list"][0]);
    let detail = format!("video/detail?aweme_id={post}");
    simulator.set_faults("repeat=1".parse().unwrap());
    assert_eq!(client.get(&detail).await["data"]["aweme_detail"]["aweme_id"], post.as_str());
    assert_eq!(client.get("video/detail?aweme_id=8").await["code"], 400);
    simulator.set_faults("null=1".parse().unwrap());
    assert_eq!(client.get(&detail).await["data"], serde_json::json!({"aweme_detail": null}));
    let outcomes: Vec<Outcome> = simulator.observed().requests.iter().map(|request| request.outcome).skip(1).collect();
    assert_eq!(outcomes, [Outcome::Answered, Outcome::Refused, Outcome::Fault(FaultKind::Null)]);
}

/// Sends a request by hand, and reads until the connection is at its end.
async fn by_hand(simulator: &Simulator) -> std::io::Result<String> {
    let address = simulator.url().replace("http://", "");
    let mut stream = TcpStream::connect(&address).await?;
    let request = format!("GET /api/v1/tiktok/video/detail HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer k\r\n");
    stream.write_all(format!("{request}connection: close\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.map(|_| answer)
}

#[tokio::test]
async fn a_reset_connection_gives_no_byte_and_no_orderly_end() {
    let simulator = Simulator::start(unhurried()).await.unwrap();
    assert!(by_hand(&simulator).await.unwrap().starts_with("HTTP/1.1 200 OK"));
    simulator.set_faults("reset=1".parse().unwrap());
    let error = by_hand(&simulator).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(simulator.observed().faults(), [(FaultKind::Reset, 1)].into());
}

#[tokio::test]
async fn a_hanging_answer_never_comes() {
    let simulator = Simulator::start(unhurried()).await.unwrap();
    simulator.set_faults("hang=1".parse().unwrap());
    // However slow the machine: either it never comes, or this fails.
    let impatient = reqwest::Client::builder().no_proxy().timeout(Duration::from_millis(200)).build().unwrap();
    let error = Client { http: impatient, ..Client::of(&simulator) }.try_get("video/detail").await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn faults_meet_those_they_are_aimed_at() {
    let keys = ["tk_test", "tk_other"].map(Secret::new).to_vec();
    let simulator = Simulator::start(SimulatorOptions { keys, ..unhurried() }).await.unwrap();
    let (first, other) = (Client::of(&simulator), Client { key: "tk_other", ..Client::of(&simulator) });
    let creators = simulator.creators();
    let faults = "401@key-2=1,empty@creator-2=1,null@creator-3@page-2=1,429-bare@creator-4@try-1=1";
    simulator.set_faults(faults.parse().unwrap());
    assert_eq!(other.page(&creators[0], "0", 5).await["code"], 401);
    assert_eq!(first.page(&creators[0], "0", 5).await["code"], 0);
    assert_eq!(first.page(&creators[1], "0", 5).await["data"]["aweme_list"], serde_json::json!([]));
    let cursor = text(&first.page(&creators[2], "0", 5).await["data"]["max_cursor"]);
    for _ in 0..2 {
        assert_eq!(first.page(&creators[2], &cursor, 5).await["data"]["aweme_list"], Value::Null);
        assert_eq!(first.page(&creators[2], "0", 5).await["data"]["aweme_list"].as_array().unwrap().len(), 5);
    }
    assert_eq!(first.page(&creators[3], "0", 5).await["code"], 429);
    assert_eq!(first.page(&creators[3], "0", 5).await["code"], 0);
    let observed = simulator.observed();
    assert_eq!(observed.outcomes_by_key()[&2], [(Outcome::Fault(FaultKind::Unauthorized), 1)].into());
    assert_eq!(observed.pages_asked()[&(creators[2].to_string(), cursor)], 2);
    assert_eq!(observed.most_by_key(Duration::from_hours(1)), [(1, 9), (2, 1)].into());
}

#[tokio::test]
async fn time_can_be_moved_on_by_hand() {
    let simulator = Simulator::start(unhurried()).await.unwrap();
    let count = || simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum::<u64>();
    let before = count();
    simulator.advance(Duration::from_hours(24 * 30));
    assert!(count() > before);
}

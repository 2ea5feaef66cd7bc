//! What arrives at a server, byte by byte, and what is made of what it answers. Real sockets on loopback.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::model::Secret;
use crate::throttle::quota::Quota;
use crate::throttle::retry::RetryPolicy;

fn settings(base_url: &str, params: Params) -> ApiSettings {
    ApiSettings {
        base_url: ApiUrl::parse(base_url).unwrap(),
        keys: vec![Secret::new("tk_live_secret_1")],
        rate: 3.0,
        quota_margin: Duration::from_millis(20),
        region: None,
        page_size: 35,
        params,
        connect_timeout: Duration::from_secs(10),
        request_timeout: Duration::from_mins(1),
        retry: RetryPolicy::API,
        budget: None,
        unnamed_pause: Duration::from_secs(15),
    }
}

/// The first key of a quota: positions are made there only.
async fn first_key() -> KeyPosition {
    tokio::time::pause();
    let key = Quota::new(1, 1.0, Duration::ZERO).ready().await.unwrap();
    tokio::time::resume();
    key
}

/// Answers one request with `answer`, bytes as they are, then closes; gives the reply and what had arrived.
async fn exchange(ask: &Ask, params: Params, answer: &[u8]) -> (Result<RawReply, Unanswered>, String) {
    let key = first_key().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/gateway/", listener.local_addr().unwrap());
    let http = Http::new(&settings(&base_url, params)).unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut arrived = Vec::new();
        let is_whole = |arrived: &[u8]| match params {
            Params::Query => arrived.ends_with(b"\r\n\r\n"),
            Params::Body => arrived.ends_with(b"}"),
        };
        while !is_whole(&arrived) {
            assert_ne!(stream.read_buf(&mut arrived).await.unwrap(), 0);
        }
        stream.write_all(answer).await.unwrap();
        stream.shutdown().await.unwrap();
        String::from_utf8(arrived).unwrap()
    };
    tokio::join!(http.send(ask, key), serve)
}

fn passing(reply: Result<RawReply, Unanswered>) -> String {
    match reply {
        Err(Unanswered::Passing(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

fn list(region: Option<&str>) -> Ask {
    Ask::list("MS4wLjABAAAA8fKxxxxxxx", "17&50", 7, region, 35)
}

const OK: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nretry-after: 3\r\ndate: Wed, 18 Jun 2025 02:06:05 GMT\r\n\r\n{}";

#[tokio::test]
async fn parameters_go_into_the_query() {
    let (reply, arrived) = exchange(&list(Some("US")), Params::Query, OK).await;
    let first_line = arrived.lines().next().unwrap();
    let query = "sec_user_id=MS4wLjABAAAA8fKxxxxxxx&max_cursor=17%2650&limit=35&region=US";
    assert_eq!(first_line, format!("GET /gateway/api/v1/tiktok/user/post/list?{query} HTTP/1.1"));
    assert!(arrived.contains("authorization: Bearer tk_live_secret_1\r\n"), "{arrived}");
    assert!(arrived.contains("accept-encoding: gzip\r\n"), "{arrived}");
    assert!(arrived.contains(concat!("user-agent: viralmine/", env!("CARGO_PKG_VERSION"), "\r\n")), "{arrived}");
    let reply = reply.unwrap();
    assert_eq!((reply.status, reply.body.as_ref(), reply.cut), (200, &b"{}"[..], None));
    assert_eq!((reply.retry_after.as_deref(), reply.date.is_some()), (Some("3"), true));
}

#[tokio::test]
async fn parameters_go_into_a_json_body() {
    let (_, arrived) = exchange(&list(None), Params::Body, OK).await;
    assert!(arrived.starts_with("GET /gateway/api/v1/tiktok/user/post/list HTTP/1.1\r\n"), "{arrived}");
    assert!(arrived.contains("content-type: application/json\r\n"), "{arrived}");
    let body = arrived.split("\r\n\r\n").nth(1).unwrap();
    assert_eq!(body, r#"{"sec_user_id":"MS4wLjABAAAA8fKxxxxxxx","max_cursor":"17&50","limit":35}"#);
}

#[tokio::test]
async fn a_detail_is_asked_by_its_id_alone() {
    let (_, arrived) = exchange(&Ask::detail("7528963259874125698"), Params::Query, OK).await;
    let line = "GET /gateway/api/v1/tiktok/video/detail?aweme_id=7528963259874125698 HTTP/1.1\r\n";
    assert!(arrived.starts_with(line), "{arrived}");
}

#[tokio::test]
async fn a_cut_body_is_kept_as_far_as_it_came() {
    let by_length = &b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"code\":0"[..];
    let by_chunks = &b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"code\":0\r\n"[..];
    for answer in [by_length, by_chunks] {
        let reply = exchange(&list(None), Params::Query, answer).await.0.unwrap();
        assert_eq!(reply.body, "{\"code\":0");
        assert!(reply.cut.unwrap().contains("cut off after 9 bytes"));
    }
}

#[tokio::test]
async fn gzip_is_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, b"{\"code\":0}").unwrap();
    let packed = packed.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
    let reply = exchange(&list(None), Params::Query, &[head.as_bytes(), &packed].concat()).await.0.unwrap();
    assert_eq!((reply.body.as_ref(), reply.cut), (&b"{\"code\":0}"[..], None));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let answer = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(exchange(&list(None), Params::Query, answer).await.0.unwrap().status, 302);
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_names_the_url() {
    let reason = passing(exchange(&list(None), Params::Query, b"").await.0);
    assert!(
        reason.starts_with("the API at http://127.0.0.1:") && reason.contains("/gateway gave no answer"),
        "{reason}"
    );
}

#[tokio::test]
async fn an_api_that_is_not_there_is_named_with_what_to_do() {
    let key = first_key().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let http = Http::new(&settings(&base_url, Params::Query)).unwrap();
    let reason = passing(http.send(&list(None), key).await);
    assert!(reason.starts_with(&format!("the API at {base_url} cannot be reached (Connection refused")), "{reason}");
    assert!(reason.contains("check --api-url") && !format!("{http:?}").contains("tk_live"), "{reason}");
}

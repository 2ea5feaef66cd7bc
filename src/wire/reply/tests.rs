//! Every status and every code, each with its one meaning.

use proptest::prelude::*;

use super::*;

const LIST: &str = r#"{"code":0,"msg":"success","data":{"has_more":true,"max_cursor":"1","aweme_list":[{}]}}"#;

fn judged(status: u16, endpoint: Endpoint, body: &str) -> Judgement {
    judge(&Reply { status, retry_after: None, date: None, endpoint, body: body.as_bytes(), hide: "" })
}

/// The judgement's name, and the words of it that a table can hold.
fn shown(judgement: &Judgement) -> String {
    match judgement {
        Judgement::Success => "success".to_owned(),
        Judgement::RateLimited { wait, words } => format!("rate limited {wait:?}: {words}"),
        Judgement::KeyRefused { words } => format!("key: {words}"),
        Judgement::CursorRefused { words } => format!("cursor: {words}"),
        Judgement::CreatorRefused { words } => format!("creator: {words}"),
        Judgement::VideoRefused { words } => format!("video: {words}"),
        Judgement::RequestRefused { words } => format!("request: {words}"),
        Judgement::WithoutContent { reason } => format!("without content: {reason}"),
        Judgement::Transient { reason, wait } => format!("transient {wait:?}: {reason}"),
    }
}

#[test]
fn every_status_and_code_has_one_meaning() {
    let table = [
        // Success, in every spelling.
        (200, LIST, "success"),
        (200, r#"{"code":200,"data":{"aweme_list":[]}}"#, "success"),
        (200, r#"{"code":"0","data":{"aweme_list":[]}}"#, "success"),
        (201, r#"{"code":null,"status_code":0,"aweme_list":[]}"#, "success"),
        (200, r#" {"data":{"aweme_list" : [ ]},"extra":{"aweme_list":null}} "#, "success"),
        (200, r#"{"code":5,"code":0,"\ud83d":1,"data":{"\ud83d":1,"aweme_list":null,"aweme_list":[]}}"#, "success"),
        (200, r#"{"code":400,"msg":"no such user \ud83d"}"#, "creator: no such user \u{fffd}"),
        // One failure is enough, wherever it stands.
        (200, r#"{"code":0,"status_code":429,"msg":"busy","aweme_list":[]}"#, "rate limited None: busy"),
        (
            200,
            r#"{"code":0,"msg":"success","data":{"status_code":5,"status_msg":"later","aweme_list":[]}}"#,
            "transient None: HTTP 200, code 5: later",
        ),
        (200, r#"{"code":0,"status_code":"","data":{"status_code":"x","aweme_list":[]}}"#, "success"),
        // No list is a failed answer, never an empty page.
        (200, r#"{"code":0,"data":{"aweme_list":null}}"#, "without content: success without an aweme_list"),
        (200, r#"{"code":0,"data":{}}"#, "without content: success without an aweme_list"),
        (200, r#"{"code":0,"data":[]}"#, "without content: success without an aweme_list"),
        (200, r#"{"code":0,"data":{"aweme_list":{}}}"#, "without content: success without an aweme_list"),
        (200, "{}", "without content: success without an aweme_list"),
        (
            200,
            r#"{"status_code":5,"status_msg":"参数不合法","aweme_list":null}"#,
            "transient None: HTTP 200, code 5: 参数不合法",
        ),
        // The provider's own samples.
        (200, include_str!("../../../tests/fixtures/api/error-401.json"), "key: ApiKey invalid or expired"),
        (
            200,
            include_str!("../../../tests/fixtures/api/error-429.json"),
            "rate limited Some(15s): Request frequency limit, wait 15s",
        ),
        (200, include_str!("../../../tests/fixtures/api/error-400.json"), "creator: sec_user_id not found"),
        // The table of words.
        (
            400,
            r#"{"code":400,"msg":"Max_Cursor of this user is invalid"}"#,
            "cursor: Max_Cursor of this user is invalid",
        ),
        (200, r#"{"code":"400","msg":"No such User"}"#, "creator: No such User"),
        (200, r#"{"code":400,"msg":"User MS4w does not exist"}"#, "creator: User MS4w does not exist"),
        (200, r#"{"code":400,"msg":"user doesn't exist"}"#, "creator: user doesn't exist"),
        (200, r#"{"code":400,"msg":"Invalid user"}"#, "creator: Invalid user"),
        (200, r#"{"code":400,"msg":"the user_id is malformed"}"#, "creator: the user_id is malformed"),
        (200, r#"{"code":400,"msg":"用户不存在"}"#, "creator: 用户不存在"),
        (200, r#"{"code":400,"msg":"limit must be 1..35"}"#, "request: limit must be 1..35"),
        (400, "User-Agent is missing", "request: User-Agent is missing"),
        (400, "user-agent not found", "request: user-agent not found"),
        // Who pays is a user too.
        (200, r#"{"code":400,"msg":"User has no permission"}"#, "request: User has no permission"),
        (200, r#"{"code":400,"msg":"用户余额不足"}"#, "request: 用户余额不足"),
        (400, "<html>user</html>", "request: HTTP 400 without words"),
        // The status speaks where the body does not.
        (429, r#"{"code":0,"data":{"aweme_list":[]}}"#, "rate limited None: HTTP 429, code 0 without words"),
        (429, "<html>", "rate limited None: HTTP 429 without words"),
        (401, "", "key: HTTP 401 without words"),
        (403, r#"{"code":401,"message":"no"}"#, "key: no"),
        (301, "", "request: HTTP 301 without words"),
        (402, r#"{"code":1001,"msg":"no credit"}"#, "request: no credit"),
        (403, "Forbidden", "request: Forbidden"),
        (404, "<!doctype html>", "request: HTTP 404 without words"),
        (405, r#"{"msg":"use POST"}"#, "request: use POST"),
        (200, r#"{"code":403,"msg":"forbidden"}"#, "request: forbidden"),
        (408, "", "transient None: HTTP 408 without words"),
        (500, r#"{"code":0,"data":{"aweme_list":[]}}"#, "transient None: HTTP 500, code 0 without words"),
        (502, "<html>", "transient None: HTTP 502 without words"),
        (503, "try later", "transient None: HTTP 503: try later"),
        (200, r#"{"code":500,"msg":"internal"}"#, "transient None: HTTP 200, code 500: internal"),
        (200, r#"{"code":10001,"msg":"busy"}"#, "transient None: HTTP 200, code 10001: busy"),
        (200, r#"{"code":{},"msg":7}"#, "transient None: HTTP 200, code -1 without words"),
        // Not a whole JSON object.
        (200, "", "transient None: an empty body"),
        (200, " \n", "transient None: an empty body"),
        (200, "<html></html>", "transient None: HTML instead of JSON"),
        (200, "[]", "transient None: no JSON object"),
        (200, r#"{"code":0,"data":{"aweme_list":[{"#, "transient None: JSON that is cut off (line 1, column 33)"),
        (200, r#"{"code":0,}"#, "transient None: broken JSON (line 1, column 11)"),
    ];
    for (status, body, meaning) in table {
        assert_eq!(shown(&judged(status, Endpoint::List, body)), meaning, "HTTP {status} {body}");
    }
}

#[test]
fn a_detail_is_a_success_only_with_its_post() {
    for (body, meaning) in [
        (r#"{"code":0,"data":{"aweme_detail":{"aweme_id":"1"}}}"#, "success"),
        (r#"{"code":0,"data":{"aweme_detail":null}}"#, "without content: success without an aweme_detail"),
        (LIST, "without content: success without an aweme_detail"),
    ] {
        assert_eq!(shown(&judged(200, Endpoint::Detail, body)), meaning);
    }
}

#[test]
fn waits_are_read_in_every_spelling() {
    for (words, milliseconds) in [
        ("Request frequency limit, wait 15s", Some(15_000)),
        ("wait 15 s", Some(15_000)),
        ("Wait: 15 Seconds.", Some(15_000)),
        ("wait 15", Some(15_000)),
        ("请求过于频繁，请等待15秒", Some(15_000)),
        ("15秒后重试", Some(15_000)),
        ("等待2分钟30秒", Some(150_000)),
        ("limit of 3 per 1s, retry after 1.5 sec", Some(1_500)),
        ("wait 1m 30s please", Some(90_000)),
        ("wait 250ms", Some(250)),
        ("request tk_req_95s was one too many", None),
        ("3 requests a second", None),
        ("wait a while", None),
        ("wait 99999999999999999999999s", Some(86_400_000)),
    ] {
        let expected = milliseconds.map(Duration::from_millis);
        assert_eq!(wait::in_words(words), expected, "{words}");
    }
}

#[test]
fn retry_after_is_seconds_or_a_date_from_the_servers_own() {
    let date = Some("Wed, 18 Jun 2025 02:06:05 GMT");
    for (header, expected) in [
        ("20", Some(20)),
        ("Wed, 18 Jun 2025 02:06:35 GMT", Some(30)),
        ("Wed, 18 Jun 2025 02:06:00 GMT", Some(0)),
        ("-3", None),
        ("soon", None),
    ] {
        assert_eq!(wait::in_header(Some(header), date), expected.map(Duration::from_secs), "{header}");
    }
    assert_eq!(wait::in_header(Some("Wed, 18 Jun 2025 02:06:35 GMT"), None), None);
    let reply = |status, body| Reply { status, retry_after: Some("7"), date, endpoint: Endpoint::List, body, hide: "" };
    let seven = Some(Duration::from_secs(7));
    assert!(matches!(judge(&reply(429, b"")), Judgement::RateLimited { wait, .. } if wait == seven));
    assert!(matches!(judge(&reply(503, b"")), Judgement::Transient { wait, .. } if wait == seven));
    let both = judge(&reply(200, br#"{"code":429,"msg":"wait 15s"}"#));
    assert!(matches!(both, Judgement::RateLimited { wait: Some(wait), .. } if wait.as_secs() == 15));
}

#[test]
fn words_are_one_short_line_without_the_key() {
    let body = format!("{{\"code\":403,\"msg\":\"a\\u0007b\\nkey tk\\u005fsecret {}\"}}", "x".repeat(500));
    let reply = Reply {
        status: 200,
        retry_after: None,
        date: None,
        endpoint: Endpoint::List,
        body: body.as_bytes(),
        hide: "tk_secret",
    };
    let Judgement::RequestRefused { words } = judge(&reply) else { panic!("no refusal") };
    assert!(words.starts_with("a b key [redacted] xxx"), "{words}");
    assert_eq!(words.chars().count(), LONGEST_WORDS);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(status in 100_u16..600, body in proptest::collection::vec(any::<u8>(), 0..200), header in ".{0,30}") {
        let reply = Reply {
            status, retry_after: Some(&header), date: Some(&header), endpoint: Endpoint::List, body: &body, hide: "",
        };
        let _ = judge(&reply);
    }

    #[test]
    fn no_words_make_it_panic(words in "(wait|after|等待|[0-9.]{1,6}|s|秒|分钟|m|ms| |\\PC){0,12}") {
        let _ = wait::in_words(&words);
    }

    #[test]
    fn a_cut_answer_is_never_a_success(cut in 0..LIST.len()) {
        prop_assert!(!matches!(judged(200, Endpoint::List, &LIST[..cut]), Judgement::Success), "{}", &LIST[..cut]);
    }

    #[test]
    fn a_wait_is_read_as_it_was_written(seconds in 0_u64..86_400, blank in " ?", unit in "s|sec|seconds|秒") {
        let words = format!("Request frequency limit, wait {seconds}{blank}{unit}");
        prop_assert_eq!(wait::in_words(&words), Some(Duration::from_secs(seconds)));
    }
}

#[test]
fn a_byte_that_is_no_utf8_and_a_byte_order_mark_cost_no_page() {
    let list = b"\xEF\xBB\xBF{\"code\":0,\"data\":{\"aweme_list\":[{\"desc\":\"caf\xE9\"}]}}";
    let reply = Reply { status: 200, retry_after: None, date: None, endpoint: Endpoint::List, body: list, hide: "" };
    assert_eq!(judge(&reply), Judgement::Success);
}

/// Found by fuzzing: what is judged a success must be one for the reader of pages too, or a paid page is lost.
#[test]
fn blanks_that_json_does_not_know_make_no_success() {
    for body in ["\u{c}{\"code\":0,\"aweme_list\":[]}", "{\"code\":0,\"aweme_list\":[]}\u{c}\r"] {
        assert!(page::value(body).is_err());
        assert!(matches!(judged(200, Endpoint::List, body), Judgement::Transient { .. }), "{body:?}");
    }
    assert_eq!(judged(200, Endpoint::List, "\t{\"code\":0,\"aweme_list\":[]}\r\n"), Judgement::Success);
}

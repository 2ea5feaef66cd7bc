//! Whole answers into normalized pages and documents: the provider's samples, what must hold for any input,
//! and the job that reads files.

use proptest::prelude::*;
use serde_json::{Value, json};
use viralmine::jobs::normalize::{NormalizeError, NormalizeReport, run};
use viralmine::model::{DocumentPage, text::fold};
use viralmine::normalize::{PageContext, documents, page};
use viralmine::wire::page::PageError;

const LIST: &str = include_str!("../fixtures/api/list-response.json");
const DETAIL: &str = include_str!("../fixtures/api/detail-response.json");
const NORMALIZED: &str = include_str!("../fixtures/api/normalized.json");

const CONTEXT: PageContext<'static> =
    PageContext { sec_user_id: "MS4wLjABAAAA8fKxxxxxxx", region: Some("US"), fetched_at: 1_750_300_000_123 };

fn document(made: &DocumentPage, position: usize) -> Value {
    serde_json::from_slice(&made.sources[made.documents[position].source.clone()]).unwrap()
}

#[test]
fn the_list_sample_becomes_the_normalized_sample_key_for_key() {
    // The sample's publish_time contradicts its publish_ts; the timestamp is right.
    let expected = NORMALIZED
        .replace("2025-03-19 14:06:05", "2025-06-18 02:06:05")
        .replace("2025-03-19 09:37:32", "2025-06-17 22:17:32");
    let written = serde_json::to_string_pretty(&page(LIST).unwrap()).unwrap();
    assert_eq!(written, expected.trim_end());
}

#[test]
fn the_detail_sample_is_a_page_of_one_with_only_what_it_carries() {
    let written = serde_json::to_value(page(DETAIL).unwrap()).unwrap();
    let expected = json!({
        "next_cursor": "",
        "has_more": false,
        "video_list": [{
            "aweme_id": "7528963259874125698",
            "video_desc": "Summer daily outfit✨ #fashion #ootd #summerlook",
            "publish_ts": 1_750_212_365,
            "publish_time": "2025-06-18 02:06:05",
            "author_info": {"unique_id": "lily_fashion_us", "nickname": "Lily Fashion", "is_verified": true},
            "video_resource": {
                "duration_ms": 12800,
                "duration_sec": 12.8,
                "cover_img": "https://p3.tiktokcdn.com/cover1.jpg",
                "play_url": "https://v16-web.tiktok.com/xxx.mp4"
            },
            "music_info": {"music_name": "Sunny Day Vibe", "music_author": "DJ Mark"},
            "stats": {"play": 215_689, "like": 12_589, "comment": 892, "share": 326, "collect": 1_563},
            "hashtags": ["fashion", "ootd", "summerlook"]
        }]
    });
    assert_eq!(written, expected);
}

#[test]
fn a_document_is_the_model_and_what_is_asked_of() {
    let made = documents(LIST.as_bytes(), &CONTEXT).unwrap();
    assert_eq!((made.documents.len(), made.skipped.len(), made.has_more), (2, 0, true));
    assert_eq!(made.next_cursor.as_deref(), Some("1750236985000"));
    let head = &made.documents[0];
    assert_eq!((head.id.as_str(), head.publish_ts, head.pinned), ("7528963259874125698", Some(1_750_212_365), false));
    let first = document(&made, 0);
    let keys: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["aweme_id", "hashtags", "sec_user_id", "region", "fetched_at", "kind", "search_text", "engagement"] {
        assert!(keys.contains(&key), "{key}");
    }
    assert_eq!(first["sec_user_id"], CONTEXT.sec_user_id);
    assert_eq!(first["region"], "US");
    assert_eq!(first["fetched_at"], 1_750_300_000_123_i64);
    assert_eq!(first["kind"], "video");
    assert_eq!(first["hashtag_keys"], json!(["fashion", "ootd", "summerlook"]));
    assert_eq!(first["hashtag_spellings"], json!([]));
    assert_eq!(first["words"], json!(["summer", "daily", "summer daily", "outfit", "daily outfit"]));
    assert!(first["search_text"].as_array().unwrap().iter().all(Value::is_string));
    let engagement =
        json!({"rate": 0.07126, "like": 0.05837, "comment": 0.004_136, "share": 0.001_511, "collect": 0.007_247});
    assert_eq!(first["engagement"], engagement);
    let source = std::str::from_utf8(&made.sources[head.source.clone()]).unwrap();
    assert!(source.starts_with("{\"aweme_id\":\"7528963259874125698\",\"video_desc\":") && !source.contains('\n'));
}

#[test]
fn a_detail_document_leaves_out_what_it_does_not_carry() {
    let context = PageContext { sec_user_id: "", region: None, fetched_at: 7 };
    let made = documents(DETAIL.as_bytes(), &context).unwrap();
    let only = document(&made, 0);
    for key in ["sec_user_id", "region", "is_private"] {
        assert!(only.get(key).is_none(), "{key}");
    }
    assert_eq!((&only["kind"], &only["fetched_at"]), (&json!("video"), &json!(7)));
    let bare = documents(br#"{"aweme_detail":{"aweme_id":"1","create_time":0}}"#, &context).unwrap();
    assert_eq!(document(&bare, 0), json!({"aweme_id": "1", "fetched_at": 7}));
}

#[test]
fn a_failed_answer_carries_the_servers_words() {
    let refused = |code, message: &str| PageError::Refused { code, message: message.to_owned() };
    let read = |answer| page(answer).unwrap_err();
    assert_eq!(read(include_str!("../fixtures/api/error-400.json")), refused(400, "sec_user_id not found"));
    assert_eq!(read(include_str!("../fixtures/api/error-401.json")), refused(401, "ApiKey invalid or expired"));
    assert_eq!(read(include_str!("../fixtures/api/error-429.json")), refused(429, "Request frequency limit, wait 15s"));
    assert_eq!(read(" \n"), PageError::Empty);
    assert!(matches!(read("<html>"), PageError::NotJson(_)));
    for (answer, words) in [
        (r#"{"code":0,"data":{}}"#, "aweme_list is missing"),
        (r#"{"code":0,"data":{"aweme_list":null}}"#, "aweme_list is null"),
        (r#"{"code":200,"msg":"busy","aweme_list":{}}"#, "aweme_list is no list (the server says: busy)"),
        (r#"{"code":0,"data":{"aweme_detail":null}}"#, "aweme_detail is no post"),
        ("7", "it is neither an object nor a list"),
    ] {
        assert_eq!(read(answer), PageError::NoList(words.to_owned()));
    }
}

#[test]
fn an_id_that_stands_twice_is_decided_by_plays_then_by_order() {
    let item =
        |id: &str, plays: u64, text: &str| json!({"aweme_id": id, "desc": text, "statistics": {"play_count": plays}});
    let answer = json!({"aweme_list": [item("1", 5, "a"), item("2", 1, "b"), item("1", 9, "c"), item("2", 1, "d"), item("1", 7, "e")]});
    let made = documents(answer.to_string().as_bytes(), &CONTEXT).unwrap();
    let texts: Vec<Value> = (0..made.documents.len()).map(|at| document(&made, at)["video_desc"].take()).collect();
    assert_eq!(texts, ["b", "c"]);
    let positions: Vec<usize> = made.skipped.iter().map(|skip| skip.position).collect();
    assert_eq!(positions, [0, 3, 4]);
    assert_eq!(page(&answer.to_string()).unwrap().video_list.len(), 2);
}

#[test]
fn a_body_that_is_no_utf8_keeps_its_posts() {
    let body = [&br#"{"aweme_list":[{"aweme_id":"1","desc":"a"#[..], b"\xFF", br#"b"},{"aweme_id":"2"}]}"#].concat();
    let made = documents(&body, &CONTEXT).unwrap();
    assert_eq!(made.documents.len(), 2);
    assert_eq!(document(&made, 0)["video_desc"], "a\u{FFFD}b");
}

fn normalize(input: &[u8]) -> (Vec<Value>, Vec<NormalizeError>, NormalizeReport) {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let report = run("pages.ndjson", input, &mut output, &mut |error| errors.push(error)).unwrap();
    let lines = std::str::from_utf8(&output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap());
    (lines.collect(), errors, report)
}

#[test]
fn the_job_takes_every_layout_and_goes_on_after_what_is_broken() {
    let one_line = |json: &str| serde_json::from_str::<Value>(json).unwrap().to_string();
    let recorded =
        json!({"sec_user_id": "MS4w", "max_cursor": "0", "response": serde_json::from_str::<Value>(LIST).unwrap()});
    let archived = json!({"v": 1, "status": 200, "response": null, "response_text": DETAIL});
    let refused = json!({"status": 429, "response": {"code": 429, "msg": "wait 15s", "data": {}}});
    let html = json!({"status": 502, "response_text": "<html>"});
    let cut = &one_line(LIST)[..900];
    let input = [
        LIST,
        &recorded.to_string(),
        &archived.to_string(),
        &refused.to_string(),
        &html.to_string(),
        cut,
        DETAIL,
        "[]",
    ];
    let (pages, errors, report) = normalize(input.join("\n").as_bytes());
    let videos: Vec<usize> = pages.iter().map(|page| page["video_list"].as_array().unwrap().len()).collect();
    assert_eq!(videos, [2, 2, 1, 1, 0]);
    assert_eq!(report, NormalizeReport { pages: 5, videos: 6, skipped: 0, errors: 3 });
    let first = LIST.lines().count() as u64 + u64::from(LIST.ends_with('\n'));
    let lines: Vec<u64> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [first + 3, first + 4, first + 5]);
    assert!(errors[0].to_string().starts_with(&format!("pages.ndjson, line {} (byte ", first + 3)), "{}", errors[0]);
    assert!(errors[0].reason.contains("429") && errors[0].reason.contains("wait 15s"), "{}", errors[0]);
}

/// Keys that mean something.
const KNOWN: &str = "data aweme_list aweme_detail items aweme_info aweme_id id desc create_time author video music statistics text_extra hashtag_name play_count \
    digg_count uid unique_id short_id duration cover url_list max_cursor has_more code is_top aweme_type images mid cha_list title";

/// Any JSON, weighted toward the keys and shapes that mean something.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just(String::from("7528963259874125698")),
        Just(String::from("#a#A ＃ß #😍")),
        Just(String::from("1.4M")),
        Just(String::from("2025-05-19 15:45:53")),
        "\\PC{0,12}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0_u64..300).prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    let key = prop_oneof![4 => proptest::sample::select(KNOWN.split(' ').collect::<Vec<&str>>()).prop_map(str::to_owned), 1 => word];
    leaf.prop_recursive(6, 120, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..10)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn check(body: &[u8]) -> Result<(), TestCaseError> {
    let Ok(made) = documents(body, &CONTEXT) else { return Ok(()) };
    prop_assert_eq!(&made, &documents(body, &CONTEXT).unwrap());
    for position in 0..made.documents.len() {
        let document = document(&made, position);
        prop_assert_eq!(document["aweme_id"].as_str(), Some(made.documents[position].id.as_str()));
        let hashtags: Vec<&str> =
            document["hashtags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let keys: Vec<&str> =
            document["hashtag_keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        prop_assert!(hashtags.iter().map(|tag| fold(tag)).eq(keys.iter().map(|key| (*key).to_owned())));
        for field in ["hashtag_spellings", "words"] {
            prop_assert_eq!(document[field].is_array(), document["hashtag_keys"].is_array(), "{}", field);
        }
        let unique: std::collections::HashSet<&str> = keys.iter().copied().collect();
        prop_assert_eq!(unique.len(), keys.len());
        let rate = &document["engagement"]["rate"];
        prop_assert!(rate.is_null() || rate.as_f64().is_some_and(f64::is_finite));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        check(&bytes)?;
        run("x", &bytes[..], &mut Vec::new(), &mut |_| {}).unwrap();
    }

    #[test]
    fn any_json_does_no_harm(json in any_json()) {
        check(json.to_string().as_bytes())?;
        check(json!({"data": {"aweme_detail": json}}).to_string().as_bytes())?;
    }

    #[test]
    fn every_item_becomes_a_document_or_is_skipped(items in proptest::collection::vec(any_json(), 0..12), id in 0_u8..4) {
        let mut items = items;
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.entry("aweme_id").or_insert_with(|| json!(id.to_string()));
        }
        let body = json!({"code": 0, "data": {"aweme_list": items}}).to_string();
        check(body.as_bytes())?;
        let made = documents(body.as_bytes(), &CONTEXT).unwrap();
        prop_assert_eq!(made.documents.len() + made.skipped.len(), items.len());
    }
}

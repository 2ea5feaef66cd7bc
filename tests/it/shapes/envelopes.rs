//! Envelopes, cursors, the order of a list (1 to 8), and items that are no posts (61, 62).

use super::{made, post, printed};
use viralmine::normalize::page;

fn ids(answer: &str) -> Vec<String> {
    made(answer).0.iter().map(|document| document["aweme_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn shape_01_a_bare_list() {
    assert_eq!(ids(r#"[{"aweme_id":"1"},{"aweme_id":"2"}]"#), ["1", "2"]);
    assert_eq!(printed("[]").to_string(), r#"{"has_more":false,"next_cursor":"","video_list":[]}"#);
}

#[test]
fn shape_02_every_envelope_and_wrapper() {
    for answer in [
        r#"{"code":200,"msg":"成功","data":{"aweme_list":[{"aweme_id":"1"}]}}"#,
        r#"{"status_code":0,"aweme_list":[{"aweme_id":"1"}]}"#,
        r#"{"code":0,"data":{"status_code":0,"data":[{"type":1,"aweme_info":{"aweme_id":"1"}}]}}"#,
        r#"{"search_item_list":[{"aweme_info":{"aweme_id":"1"},"search_aweme_info":{"aweme_id":"9"}}]}"#,
        r#"{"status_code":0,"aweme_detail":{"aweme_id":"1"}}"#,
        r#"{"success":true,"items":[{"id":"1"}]}"#,
        r#"{"data":[{"aweme_info":{"aweme_id":"1"}}]}"#,
    ] {
        assert_eq!(ids(answer), ["1"], "{answer}");
    }
    let live = made(r#"{"data":[{"lives":{"aweme_type":101,"aweme_id":"1"}},{"user_list":[]}]}"#);
    assert!(live.0.is_empty());
    assert_eq!(live.1[0].reason, "a live room, no post");
    assert_eq!(live.1[1].reason, "no usable aweme_id");
}

#[test]
fn shape_03_has_more_is_a_number_a_flag_or_absent() {
    for (field, expected) in [
        (r#","has_more":1"#, true),
        (r#","has_more":true"#, true),
        (r#","has_more":"true""#, true),
        (r#","has_more":0"#, false),
        (r#","has_more":null"#, false),
        (r#","has_more":[1]"#, false),
        ("", false),
    ] {
        assert_eq!(printed(&format!(r#"{{"aweme_list":[]{field}}}"#))["has_more"], expected, "{field}");
    }
}

#[test]
fn shape_04_cursors_are_opaque_texts() {
    for (field, expected) in [
        (r#""max_cursor":1738435195000"#, "1738435195000"),
        (r#""max_cursor":"1716300000000""#, "1716300000000"),
        (r#""max_cursor":"00:ab=="  "#, "00:ab=="),
        (r#""max_cursor":null,"cursor":12"#, "12"),
        (r#""cursor":30,"max_cursor":"7""#, "7"),
        (r#""max_cursor":"","min_cursor":"3""#, ""),
        (r#""max_cursor":123456789012345678901234567890"#, "123456789012345678901234567890"),
    ] {
        let answer = format!(r#"{{"aweme_list":[],{field}}}"#);
        assert_eq!(printed(&answer)["next_cursor"], expected, "{field}");
    }
}

#[test]
fn shape_05_a_null_list_is_a_failed_answer() {
    let error = |answer| page(answer).unwrap_err().to_string();
    assert_eq!(error(r#"{"status_code":0,"aweme_list":null}"#), "the answer has no posts: aweme_list is null");
    let refused = error(r#"{"status_code":5,"status_msg":"参数不合法","aweme_list":null}"#);
    assert_eq!(refused, "the server refused with code 5: 参数不合法");
    for answer in [
        r#"{"aweme_list":null,"items":[]}"#,
        r#"{"aweme_list":null,"data":[]}"#,
        r#"{"data":{"aweme_list":null,"search_item_list":[]}}"#,
    ] {
        assert_eq!(error(answer), "the answer has no posts: aweme_list is null", "{answer}");
    }
    // Some servers write an empty object as a list.
    assert_eq!(error(r#"{"code":0,"data":[]}"#), "the answer has no posts: aweme_list is missing");
    assert_eq!(printed(r#"{"status_code":0,"aweme_list":[]}"#)["video_list"].to_string(), "[]");
}

#[test]
fn shape_06_an_empty_body_or_html() {
    assert_eq!(page("").unwrap_err().to_string(), "the answer is empty");
    assert!(page("<html><body>busy").unwrap_err().to_string().starts_with("the answer is no JSON: "));
}

#[test]
fn shape_07_pinned_posts_and_an_id_twice() {
    let answer = r#"[{"aweme_id":"1","is_top":1,"create_time":1600000000},{"aweme_id":"2","is_top":0,"create_time":1700000000},
        {"aweme_id":"3","is_top":true},{"aweme_id":"1","statistics":{"play_count":1}}]"#;
    let context = viralmine::normalize::PageContext { sec_user_id: "x", region: None, fetched_at: 1 };
    let page = viralmine::normalize::documents(answer.as_bytes(), &context).unwrap();
    let heads: Vec<(&str, bool)> = page.documents.iter().map(|head| (head.id.as_str(), head.pinned)).collect();
    assert_eq!(heads, [("2", false), ("3", true), ("1", false)]);
    assert_eq!(page.skipped[0].position, 0);
}

#[test]
fn shape_08_unknown_keys_are_ignored_and_null_is_absent() {
    let nulls = post(
        r#""desc":null,"create_time":null,"author":null,"video":null,"music":null,"statistics":null,"text_extra":null,
        "images":null,"image_post_info":null,"is_private":null,"duration":null,"anchors":[[[]]],"x":{"y":[1e999]}"#,
    );
    assert_eq!(nulls, post(""));
    assert_eq!(nulls["video_desc"], "");
    assert_eq!(post(r#""desc":"a","desc":"b","desc":null"#)["video_desc"], "b");
    let wrong = post(
        r#""desc":1,"create_time":[],"author":"x","video":[],"music":7,"statistics":"","text_extra":{},"is_private":{}"#,
    );
    assert_eq!(wrong, post(""));
}

#[test]
fn shape_61_a_live_room_in_a_list() {
    let (documents, skipped) = made(
        r#"{"aweme_list":[{"aweme_id":"1","aweme_type":101,"text_extra":null,"share_info":[]},{"aweme_id":"2"},7,null,[]]}"#,
    );
    assert_eq!(documents.len(), 1);
    let reasons: Vec<(usize, &str)> = skipped.iter().map(|skip| (skip.position, skip.reason.as_str())).collect();
    let no_object = "no object, so no post";
    assert_eq!(reasons, [(0, "a live room, no post"), (2, no_object), (3, no_object), (4, no_object)]);
}

#[test]
fn shape_62_the_type_tells_photos_from_videos() {
    for (number, kind) in [(0, "video"), (4, "video"), (68, "photo"), (150, "photo"), (51, "video")] {
        assert_eq!(post(&format!(r#""aweme_type":{number}"#))["kind"], kind, "{number}");
    }
    assert_eq!(post("")["kind"], "video");
}

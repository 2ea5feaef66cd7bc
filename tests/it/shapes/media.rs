//! Video, photo, music and counts (31 to 45).

use serde_json::{Value, json};

use super::post;

fn resource(fields: &str) -> Value {
    post(fields)["video_resource"].take()
}

fn plays(count: &str) -> Value {
    post(&format!(r#""statistics":{{"play_count":{count}}}"#))["stats"]["play"].take()
}

#[test]
fn shape_31_durations_are_milliseconds() {
    let resource = resource(r#""video":{"duration":844762},"music":{"duration":89}"#);
    assert_eq!((&resource["duration_ms"], &resource["duration_sec"]), (&json!(844_762), &json!(844.8)));
    assert_eq!(post(r#""video":{"duration":"00:31"}"#)["video_resource"]["duration_ms"], 0);
}

#[test]
fn shape_32_the_posts_own_duration_is_the_fallback() {
    assert_eq!(resource(r#""duration":9700"#)["duration_ms"], 9700);
    assert_eq!(resource(r#""duration":9700,"video":{"width":1}"#)["duration_sec"], 9.7);
    assert_eq!(resource(r#""duration":1,"video":{"duration":9700}"#)["duration_ms"], 9700);
}

#[test]
fn shape_33_no_duration_no_size() {
    for fields in [r#""video":{}"#, r#""video":{"duration":0,"width":0,"height":0}"#] {
        let expected = json!({"duration_ms":0,"duration_sec":0.0,"width":0,"height":0,"cover_img":"","play_url":""});
        assert_eq!(resource(fields), expected);
    }
}

#[test]
fn shape_34_no_video() {
    assert_eq!(post("")["video_resource"], resource(r#""video":{}"#));
}

#[test]
fn shape_35_covers_in_every_form() {
    for (cover, expected) in [
        (r#"{"url_list":["https://a"]}"#, "https://a"),
        (r#"{"url_list":["https://a","https://b","https://c"]}"#, "https://a"),
        (r#"{"url_list":[null,"https://b"]}"#, "https://b"),
        (r#""https://a""#, "https://a"),
        (r#"{"url_list":[]}"#, ""),
        (r#"{"url_list":null}"#, ""),
        ("null", ""),
    ] {
        assert_eq!(resource(&format!(r#""video":{{"cover":{cover}}}"#))["cover_img"], expected, "{cover}");
    }
}

#[test]
fn shape_36_a_photo_posts_sound_is_its_play_address() {
    let fields =
        r#""aweme_type":68,"video":{"play_addr":{"uri":"https://x/full","url_list":["https://x/ies-music/7.mp3"]}}"#;
    assert_eq!(resource(fields)["play_url"], "https://x/ies-music/7.mp3");
}

#[test]
fn shape_37_marks_of_photo_posts() {
    for fields in [
        r#""images":[{"url_list":["https://a"],"width":1}]"#,
        r#""images":["https://a"]"#,
        r#""image_post_info":{"images":[{"display_image":{}}]}"#,
        r#""content_type":"multi_photo""#,
    ] {
        assert_eq!(post(fields)["kind"], "photo", "{fields}");
    }
    for fields in
        [r#""images":null,"image_infos":null,"image_post_info":null"#, r#""images":[]"#, r#""content_type":"video""#]
    {
        assert_eq!(post(fields)["kind"], "video", "{fields}");
    }
}

#[test]
fn shape_38_the_videos_own_size_is_taken() {
    let fields = r#""video":{"width":1080,"height":1920,"play_addr":{"width":720,"height":720,"url_list":["u"]}}"#;
    assert_eq!((&resource(fields)["width"], &resource(fields)["height"]), (&json!(1080), &json!(1920)));
}

#[test]
fn shape_39_no_music_is_an_empty_object() {
    for fields in ["", r#""music":null"#, r#""music":{}"#, r#""music":[]"#] {
        assert_eq!(post(fields)["music_info"], json!({}), "{fields}");
    }
}

#[test]
fn shape_40_music_with_half_its_fields() {
    for title in ["original sound - …", "禁盗用", "nhạc nền - 🦩Trà Vy 👅"] {
        let music = post(&format!(r#""music":{{"title":"{title}","playUrl":""}}"#))["music_info"].take();
        assert_eq!(music, json!({"music_id":"","music_name":title,"music_author":"","music_cover":""}));
    }
}

#[test]
fn shape_41_withheld_plays_are_zero_and_no_evidence() {
    let document = post(r#""statistics":{"play_count":0,"digg_count":6400077}"#);
    assert_eq!((&document["stats"]["play"], &document["stats"]["like"]), (&json!(0), &json!(6_400_077)));
    assert_eq!(document["engagement"], json!({"rate":null,"like":null,"comment":null,"share":null,"collect":null}));
}

#[test]
fn shape_42_absent_counts_are_zero() {
    let zero = json!({"play":0,"like":0,"comment":0,"share":0,"collect":0});
    assert_eq!(post("")["stats"], zero);
    assert_eq!(post(r#""statistics":{}"#)["stats"], zero);
    assert_eq!(post(r#""statistics":{"play_count":3}"#)["stats"]["collect"], 0);
}

#[test]
fn shape_43_large_counts() {
    assert_eq!(plays("852942803"), 852_942_803);
    assert_eq!(plays("503200000000"), 503_200_000_000_u64);
    assert_eq!(plays("18446744073709551616"), 0);
}

#[test]
fn shape_44_counts_as_text() {
    for (count, expected) in
        [(r#""686000.0""#, 686_000), (r#""541.2K""#, 541_200), (r#""1.4M""#, 1_400_000), (r#""4800000""#, 4_800_000)]
    {
        assert_eq!(plays(count), expected, "{count}");
    }
    assert_eq!(plays("-3"), 0);
}

#[test]
fn shape_45_other_counts_are_ignored() {
    let fields =
        r#""statistics":{"play_count":3,"forward_count":9,"lose_count":9,"download_count":9,"repost_count":9}"#;
    assert_eq!(post(fields)["stats"], json!({"play":3,"like":0,"comment":0,"share":0,"collect":0}));
}

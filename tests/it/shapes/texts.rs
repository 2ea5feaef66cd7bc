//! Texts and times (18 to 30).

use serde_json::{Value, json};

use super::post;

fn with_text(text: &str) -> Value {
    post(&format!(r#""desc":{}"#, Value::from(text)))
}

fn published(create_time: &str) -> (Value, Value) {
    let mut document = post(&format!(r#""create_time":{create_time}"#));
    (document["publish_ts"].take(), document["publish_time"].take())
}

#[test]
fn shape_18_no_text() {
    for fields in [r#""desc":"""#, ""] {
        assert_eq!((&post(fields)["video_desc"], &post(fields)["hashtags"]), (&json!(""), &json!([])));
    }
}

#[test]
fn shape_19_blanks_of_every_kind_stay_and_end_tags() {
    for text in ["把东方美学带到欧洲 #卢浮宫\n#马面裙", "一只\u{a0} 灵感 #卢浮宫\u{a0}#马面裙", "#卢浮宫   #马面裙 \t "]
    {
        let document = with_text(text);
        assert_eq!(document["video_desc"], text);
        assert_eq!(document["hashtags"], json!(["卢浮宫", "马面裙"]), "{text:?}");
    }
}

#[test]
fn shape_20_no_blank_before_or_between_tags() {
    assert_eq!(with_text("冰天雪地交作业来晚了！#世界杯手势舞#黑丝")["hashtags"], json!(["世界杯手势舞", "黑丝"]));
    assert_eq!(with_text("#fyp#family#pov")["hashtags"], json!(["fyp", "family", "pov"]));
    assert_eq!(with_text("小技です👟✨#tiktok教室#tutorial")["hashtags"], json!(["tiktok教室", "tutorial"]));
}

#[test]
fn shape_21_a_bare_sign_is_no_tag() {
    assert_eq!(with_text("… #tik_tok #")["hashtags"], json!(["tik_tok"]));
    assert_eq!(with_text("#fans #valeria #live ##")["hashtags"], json!(["fans", "valeria", "live"]));
    assert_eq!(with_text("# xuhuong Ko thể…")["hashtags"], json!([]));
}

#[test]
fn shape_22_the_full_width_sign() {
    assert_eq!(with_text("＃春天＃spring#春天")["hashtags"], json!(["春天", "spring"]));
}

#[test]
fn shape_23_every_script_and_joined_emoji() {
    for tag in ["👩🏼‍❤️‍💋‍👩🏻", "السعودية🇸🇦", "ගමන", "កម្ពុជា", "မြန်မာ", "กรุงเทพฯ".trim_end_matches('ฯ')]
    {
        assert_eq!(with_text(&format!("x #{tag} y"))["hashtags"], json!([tag]));
    }
    let long = "ა".repeat(4011);
    assert_eq!(with_text(&long)["video_desc"], long.as_str());
}

#[test]
fn shape_24_text_escaped_twice_stays_as_it_is() {
    let tag = r"ThroughTheWork\ud83d\udcaa";
    let text = Value::from(format!("go #{tag} now"));
    let document = post(&format!(r#""desc":{text},"text_extra":[{{"hashtag_name":{}}}]"#, Value::from(tag)));
    assert_eq!((&document["video_desc"], &document["hashtags"]), (&text, &json!([tag])));
    assert_eq!(post(r#""desc":"cut \ud83d off""#)["video_desc"], "cut \u{fffd} off");
}

#[test]
fn shape_25_escaped_slashes() {
    assert_eq!(
        post(r#""video":{"cover":{"url_list":["https:\/\/a\/b"]}}"#)["video_resource"]["cover_img"],
        "https://a/b"
    );
}

#[test]
fn shape_26_seconds_or_nothing() {
    assert_eq!(published("1739470683"), (json!(1_739_470_683), json!("2025-02-13 18:18:03")));
    for unreadable in ["null", "0", "-1", r#""soon""#, "{}", "1e300", "99999999999"] {
        assert_eq!(published(unreadable), (Value::Null, Value::Null), "{unreadable}");
    }
    assert!(post("").as_object().unwrap().contains_key("publish_ts"));
}

#[test]
fn shape_27_seconds_as_text() {
    assert_eq!(published(r#""1569608224""#).0, 1_569_608_224);
    assert_eq!(post(r#""createTime":"1569608224""#)["publish_ts"], 1_569_608_224);
}

#[test]
fn shape_28_iso_text() {
    assert_eq!(published(r#""2026-03-24T04:25:45.000Z""#), (json!(1_774_326_345), json!("2026-03-24 04:25:45")));
    let both = post(r#""create_time":1739470683,"create_time_utc":"2026-03-24T04:25:45.000Z""#);
    assert_eq!(both["publish_ts"], 1_739_470_683);
}

#[test]
fn shape_29_a_date_without_a_zone_is_utc() {
    assert_eq!(published(r#""2025-05-19 15:45:53""#), (json!(1_747_669_553), json!("2025-05-19 15:45:53")));
    assert_eq!(published("1556887936").1, "2019-05-03 12:52:16");
}

#[test]
fn shape_30_milliseconds_are_told_by_their_size() {
    assert_eq!(published("1629096658000").0, 1_629_096_658);
    assert_eq!(post(r#""now":1629096658000,"extra":{"now":1629096658000}"#)["publish_ts"], Value::Null);
}

//! Author and ids (9 to 17).

use super::{made, post};

fn author(fields: &str) -> serde_json::Value {
    post(&format!(r#""author":{{{fields}}}"#))["author_info"].take()
}

#[test]
fn shape_09_ids_are_exact_wherever_they_stand() {
    for item in [
        r#"{"aweme_id":"7528963259874125698"}"#,
        r#"{"aweme_id":7528963259874125698}"#,
        r#"{"id":"7528963259874125698"}"#,
        r#"{"aweme_id":null,"statistics":{"aweme_id":"7528963259874125698"}}"#,
        r#"{"aweme_id":7.528963259874126e18,"id":7528963259874125698}"#,
    ] {
        assert_eq!(made(&format!("[{item}]")).0[0]["aweme_id"], "7528963259874125698", "{item}");
    }
    let unusable = made(r#"[{"aweme_id":7.528963259874126e18},{"aweme_id":""},{"aweme_id":0},{"desc":"x"}]"#);
    assert_eq!((unusable.0.len(), unusable.1.len()), (0, 4));
}

#[test]
fn shape_10_author_user_id_is_never_used() {
    let fields = r#""author_user_id":6659752019493208000,"author":{"uid":"6659752019493208069"}"#;
    assert_eq!(post(fields)["author_info"]["uid"], "6659752019493208069");
    assert_eq!(post(r#""author_user_id":179956704623694"#)["author_info"]["uid"], "");
    assert_eq!(author(r#""uid":6659752019493208069"#)["uid"], "6659752019493208069");
}

#[test]
fn shape_11_music_ids_by_their_exactness() {
    for (fields, expected) in [
        (r#""id":7470969632736710000,"id_str":"7470969632736709422","mid":"8""#, "7470969632736709422"),
        (r#""id":7470969632736710000,"mid":"7470969632736709422""#, "7470969632736709422"),
        (r#""music_id":"5","id_str":"6""#, "5"),
        (r#""id":6948086714175621121"#, "6948086714175621121"),
        (r#""id":"6948086714175621000""#, "6948086714175621000"),
        (r#""title":"x","id":6826943794529897000"#, ""),
    ] {
        assert_eq!(post(&format!(r#""music":{{{fields}}}"#))["music_info"]["music_id"], expected, "{fields}");
    }
}

#[test]
fn shape_12_a_float_is_no_music_id() {
    for number in [r#""7.506832745952218e+18""#, "7.506832745952218e+18", "-1"] {
        assert_eq!(post(&format!(r#""music":{{"title":"t","music_id":{number}}}"#))["music_info"]["music_id"], "");
    }
}

#[test]
fn shape_13_hashtag_ids_are_not_needed() {
    let entries = r#"{"hashtag_name":"a","hashtag_id":"229207"},{"hashtag_name":"b","hashtag_id":1590755687901197},
        {"hashtag_name":"c","hashtag_id":0},{"hashtag_name":"d","hashtag_id":""},{"hashtag_name":"e"}"#;
    assert_eq!(post(&format!(r#""text_extra":[{entries}]"#))["hashtags"].to_string(), r#"["a","b","c","d","e"]"#);
}

#[test]
fn shape_14_short_id_zero_is_none() {
    assert_eq!(author(r#""unique_id":"","short_id":"0""#)["unique_id"], "");
    assert_eq!(author(r#""unique_id":"","short_id":0"#)["unique_id"], "");
    assert_eq!(author(r#""id":"@withlovenazia""#)["uid"], "");
}

#[test]
fn shape_15_no_author() {
    let info = &post("")["author_info"];
    assert_eq!(info, &author(""));
    let expected = r#"{"avatar":"","is_verified":false,"nickname":"","signature":"","uid":"","unique_id":""}"#;
    assert_eq!(info.to_string(), expected);
}

#[test]
fn shape_16_the_handle_falls_to_the_short_id() {
    assert_eq!(author(r#""unique_id":"","short_id":"9337997""#)["unique_id"], "9337997");
    assert_eq!(author(r#""short_id":9337997"#)["unique_id"], "9337997");
    assert_eq!(author(r#""unique_id":"lily","short_id":"9337997""#)["unique_id"], "lily");
}

#[test]
fn shape_17_names_stay_as_they_are() {
    for name in ["🦩Trà Vy 👅", "小蔡\u{e04a}", "ㅤ", "𝐙", "杨老虎🐯（磕穿下巴掉牙版）"] {
        assert_eq!(author(&format!(r#""nickname":"{name}""#))["nickname"], name);
    }
}

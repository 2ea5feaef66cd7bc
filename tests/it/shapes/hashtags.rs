//! Where hashtags come from (46 to 60).

use serde_json::{Value, json};

use super::post;

/// The hashtags of a text and of these `text_extra` names.
fn tags(text: &str, names: &[&str]) -> Value {
    let entries: Vec<Value> = names.iter().map(|name| json!({"hashtag_name": name})).collect();
    post(&format!(r#""desc":{},"text_extra":{}"#, Value::from(text), Value::from(entries)))["hashtags"].take()
}

fn of(fields: &str) -> Value {
    post(fields)["hashtags"].take()
}

#[test]
fn shape_46_no_list_or_an_empty_one() {
    for fields in [r##""desc":"#a","text_extra":[]"##, r##""desc":"#a","text_extra":null"##, r##""desc":"#a""##] {
        assert_eq!(of(fields), json!(["a"]), "{fields}");
    }
}

#[test]
fn shape_47_mentions_are_no_tags() {
    let entries = r#"{"start":21,"end":33,"type":0,"user_id":"7195352304136406059","sec_uid":"MS4w"},
        {"hashtag_name":"","hashtag_id":0,"user_id":"@x"},{"sub_type":2,"hashtag_name":null}"#;
    assert_eq!(of(&format!(r#""desc":"with @Amici Pizza","text_extra":[{entries}]"#)), json!([]));
}

#[test]
fn shape_48_an_empty_entry_is_nothing() {
    assert_eq!(
        of(r#""text_extra":[{"start":0,"end":0,"type":0,"caption_start":0,"caption_end":0},null,[],3]"#),
        json!([])
    );
}

#[test]
fn shape_49_the_type_of_an_entry_tells_nothing() {
    let entries = r#"{"type":5,"search_text":"shoes","search_query_id":"1"},{"type":0,"hashtag_name":"a"}"#;
    assert_eq!(of(&format!(r#""text_extra":[{entries}]"#)), json!(["a"]));
}

#[test]
fn shape_50_case_differs_between_name_and_text() {
    assert_eq!(
        tags("#HECO #SuperBowl #apmmonaco", &["heco", "superbowl", "APMMONACO"]),
        json!(["heco", "superbowl", "APMMONACO"])
    );
}

#[test]
fn shape_51_the_same_tag_twice() {
    assert_eq!(tags("", &["casetify", "casetify", "原地猫步"]), json!(["casetify", "原地猫步"]));
}

#[test]
fn shape_52_one_name_that_holds_two_tags() {
    let document = post(r#""desc":"看 #经典港片#吴彦祖","text_extra":[{"hashtag_name":"经典港片#吴彦祖"}]"#);
    assert_eq!(document["hashtags"], json!(["经典港片", "吴彦祖"]));
    assert_eq!(document["hashtag_keys"], json!(["经典港片", "吴彦祖"]));
}

#[test]
fn shape_53_tags_of_the_text_alone() {
    assert_eq!(tags("#世界杯手势舞#黑丝", &["世界杯手势舞"]), json!(["世界杯手势舞", "黑丝"]));
    assert_eq!(
        tags("#fyp #ПорадуйМаму #KFCMakeItLegendary", &["fyp"]),
        json!(["fyp", "ПорадуйМаму", "KFCMakeItLegendary"])
    );
}

#[test]
fn shape_54_places_in_utf16_units_are_not_used() {
    let fields = r#""desc":"👟✨ #a","text_extra":[{"start":4,"end":6,"hashtag_name":"a"},{"start":-9,"end":99999,"hashtag_name":"b"}]"#;
    assert_eq!(of(fields), json!(["a", "b"]));
}

#[test]
fn shape_55_digits_emoji_and_signs_in_tags() {
    let names = ["2024", "🐍🐍🐍", "❤️", "🏳️‍🌈", "beautiful😍", "teacherhumor🍎📚✏️", "р_е_к"];
    let text = names.map(|name| format!("#{name} ")).concat();
    assert_eq!(tags(&text, &[]), json!(names));
    assert_eq!(
        tags("#blowup? #??? #cschd.gov.vn", &["blowup?", "???", "cschd.gov.vn"]),
        json!(["blowup?", "???", "cschd.gov.vn"])
    );
    assert_eq!(tags("#blowup? #??? #cschd.gov.vn", &[]), json!(["blowup", "cschd"]));
}

#[test]
fn shape_56_combining_marks_belong_to_the_tag() {
    assert_eq!(tags("#fypシ\u{309A} x", &[]), json!(["fypシ\u{309A}"]));
    assert_eq!(tags("#fypシ゚viral", &["fypシ゚viral"]), json!(["fypシ゚viral"]));
}

#[test]
fn shape_57_what_is_shown_is_not_folded() {
    assert_eq!(tags("#TİKTOK #beniöneçıkart", &["ti\u{307}ktok"]), json!(["ti\u{307}ktok", "beniöneçıkart"]));
    assert_eq!(tags("#ﬁt", &[]), json!(["ﬁt"]));
}

#[test]
fn shape_58_every_script() {
    let tags_of_all = [
        "卢浮宫",
        "かわいい",
        "カワイイー",
        "한국어",
        "ไทย",
        "ខ្មែរ",
        "ລາວ",
        "မြန်မာ",
        "සිංහල",
        "العربية",
        "русский",
        "ελληνικά",
        "ქართული",
        "বাংলা",
        "አማርኛ",
        "𝐙𝐨𝐞",
    ];
    let text = tags_of_all.map(|tag| format!("#{tag}")).concat();
    assert_eq!(tags(&text, &[]), json!(tags_of_all));
    let long = "x".repeat(70);
    assert_eq!(tags(&format!("#{long}"), &[]), json!([long]));
}

#[test]
fn shape_59_other_casings_of_the_keys() {
    assert_eq!(of(r#""textExtra":[{"hashtagName":"a"}]"#), json!(["a"]));
    assert_eq!(of(r#""TextExtra":[{"HashtagName":"a","Start":1,"End":2}]"#), json!(["a"]));
    assert_eq!(of(r#""text_extra":[{"hashtagName":"a"}]"#), json!(["a"]));
}

#[test]
fn shape_60_the_second_source() {
    assert_eq!(of(r##""desc":"#b","cha_list":[{"cha_name":"a"},null]"##), json!(["a", "b"]));
    assert_eq!(of(r#""text_extra":null,"challenges":[{"title":"a","desc":"x"}],"cha_list":null"#), json!(["a"]));
    assert_eq!(of(r#""challenges":[{"title":"a"}],"cha_list":[]"#), json!(["a"]));
    assert_eq!(of(r#""text_extra":[{"hashtag_name":"a"}],"cha_list":[{"cha_name":"b"}]"#), json!(["a"]));
}

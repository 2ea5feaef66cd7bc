//! What a detail may change and what it must leave alone.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::normalize::scores::{Scores, with_scores};
use crate::normalize::{PageContext, documents};

const LIST: &str = include_str!("../../../tests/fixtures/api/list-response.json");
const DETAIL: &str = include_str!("../../../tests/fixtures/api/detail-response.json");
const CREATOR: &str = "MS4wLjABAAAA8fKxxxxxxx";

/// The first document of an answer.
fn first(answer: &str, sec_user_id: &str, fetched_at: i64) -> Vec<u8> {
    let region = (!sec_user_id.is_empty()).then_some("US");
    let page = documents(answer.as_bytes(), &PageContext { sec_user_id, region, fetched_at }).unwrap();
    page.sources[page.documents[0].source.clone()].to_vec()
}

fn list_of(item: &Value, fetched_at: i64) -> Vec<u8> {
    first(&json!({ "code": 0, "data": { "aweme_list": [item] } }).to_string(), CREATOR, fetched_at)
}

fn detail_of(item: &Value, fetched_at: i64) -> Vec<u8> {
    first(&json!({ "code": 0, "data": { "aweme_detail": item } }).to_string(), "", fetched_at)
}

fn parsed(document: &[u8]) -> Value {
    serde_json::from_slice(document).unwrap()
}

fn keys(document: &[u8]) -> Vec<String> {
    Object::read(document).unwrap().entries().map(|(key, _)| key.to_owned()).collect()
}

fn post(text: &str) -> Value {
    json!({ "aweme_id": "7528963259874125698", "desc": text })
}

#[test]
fn the_samples_detail_changes_what_it_carries_and_erases_nothing() {
    let (list, detail) = (first(LIST, CREATOR, 1_000), first(DETAIL, "", 2_000));
    let merged = with_detail(&list, &detail).unwrap();
    let mut expected = parsed(&list);
    expected["fetched_at"] = json!(2_000);
    // The one value of the two samples that differs.
    expected["video_resource"]["cover_img"] = json!("https://p3.tiktokcdn.com/cover1.jpg");
    assert_eq!(parsed(&merged), expected);
    assert_eq!(keys(&merged), keys(&list));
    assert_eq!(parsed(&merged)["hashtags"], json!(["fashion", "ootd", "summerlook"]));
}

#[test]
fn new_counts_bring_new_engagement_drop_stale_scores_and_leave_what_others_wrote() {
    let mut list = parsed(&first(LIST, CREATOR, 1_000));
    list["virality"] = json!({ "z": 3.7 });
    list["engagement"]["smoothed"] = json!(0.05);
    list["note"] = json!({ "by": "hand" });
    let detail =
        json!({ "aweme_id": "7528963259874125698", "statistics": { "play_count": 400_000, "digg_count": 20_000 } });
    let merged = parsed(&with_detail(list.to_string().as_bytes(), &detail_of(&detail, 2_000)).unwrap());
    assert_eq!(
        merged["stats"],
        json!({ "play": 400_000, "like": 20_000, "comment": 892, "share": 326, "collect": 1_563 })
    );
    assert_eq!((&merged["engagement"]["like"], &merged["engagement"]["rate"]), (&json!(0.05), &json!(0.056_95)));
    assert_eq!((&merged["note"], &merged["video_desc"]), (&list["note"], &list["video_desc"]));
    assert!(merged.get("virality").is_none() && merged["engagement"].get("smoothed").is_none(), "{merged}");
}

#[test]
fn a_list_keeps_whose_it_is_and_a_detail_alone_takes_what_it_is_given() {
    let detail = first(DETAIL, "MS4wLjABAAAAsomebodyelse", 2_000);
    let merged = parsed(&with_detail(&first(LIST, CREATOR, 1_000), &detail).unwrap());
    assert_eq!((&merged["sec_user_id"], &merged["region"]), (&json!(CREATOR), &json!("US")));
    let alone = parsed(&with_detail(&first(DETAIL, "", 1_000), &detail).unwrap());
    assert_eq!(alone["sec_user_id"], "MS4wLjABAAAAsomebodyelse");
}

#[test]
fn hashtags_of_another_text_are_added_and_those_of_the_same_are_left() {
    let mut listed = post("#Amici Pizza #fyp");
    listed["text_extra"] =
        json!([{ "hashtag_name": "amici pizza" }, { "hashtag_name": "hidden" }, { "hashtag_name": "fyp" }]);
    let list = list_of(&listed, 1);
    let tags = |text: &str| {
        let merged = parsed(&with_detail(&list, &detail_of(&post(text), 2)).unwrap());
        let folded: Vec<Value> =
            merged["hashtags"].as_array().unwrap().iter().map(|tag| json!(fold(tag.as_str().unwrap()))).collect();
        assert_eq!(merged["hashtag_keys"], json!(folded));
        assert_eq!(merged["video_desc"], text);
        (merged["hashtags"].clone(), merged["search_text"].clone())
    };
    let same = tags("#Amici Pizza #fyp");
    assert_eq!(same, (json!(["amici pizza", "hidden", "fyp"]), parsed(&list)["search_text"].clone()));
    let (edited, search_text) = tags("#Amici Pizza #FYP #new");
    assert_eq!(edited, json!(["amici pizza", "hidden", "fyp", "new"]), "a piece of a known tag is none");
    assert_eq!(search_text, json!(["amici pizza fyp new", "hidden"]));
}

#[test]
fn a_photo_post_stays_one_and_one_that_turns_out_to_be_one_becomes_it() {
    let (mut photo, plain) = (post(""), post(""));
    photo["aweme_type"] = json!(150);
    let mut long = post("");
    long["duration"] = json!(9_000);
    let kind = |older: &Value, detail: &Value| {
        parsed(&with_detail(&list_of(older, 1), &detail_of(detail, 2)).unwrap())["kind"].clone()
    };
    assert_eq!((kind(&photo, &long), kind(&plain, &photo)), (json!("photo"), json!("photo")));
    assert_eq!((kind(&plain, &plain), kind(&plain, &long)), (json!("video"), json!("video")));
}

#[test]
fn details_alone_make_a_document_in_the_order_of_a_lists() {
    let (counts, texts) = (
        json!({ "aweme_id": "7528963259874125698", "statistics": { "collect_count": 3, "play_count": 30 } }),
        json!({ "aweme_id": "7528963259874125698", "desc": "a #b", "create_time": 1_750_212_365, "author": { "nickname": "N" } }),
    );
    let merged = with_detail(&detail_of(&counts, 5), &detail_of(&texts, 9)).unwrap();
    let expected = "aweme_id video_desc publish_ts publish_time author_info stats hashtags fetched_at hashtag_keys hashtag_spellings words search_text engagement";
    assert_eq!(keys(&merged).join(" "), expected);
    let other_way_round = with_detail(&detail_of(&texts, 9), &detail_of(&counts, 5)).unwrap();
    assert_eq!(merged, other_way_round, "they have nothing in common but the newer time");
}

/// The order that new keys are put in is the one that documents are written in.
#[test]
fn the_order_of_keys_is_the_documents_own() {
    let list = first(LIST, CREATOR, 1);
    let mut written = Vec::new();
    let object = Object::read(&list).unwrap();
    for (key, value) in object.entries() {
        written.push(key.to_owned());
        if MERGED_WITHIN.contains(&key) {
            written.extend(keys(value.get().as_bytes()));
        }
    }
    assert_eq!(written.join(" "), object::ORDER);
}

#[test]
fn what_is_no_document_is_named() {
    let list = first(LIST, CREATOR, 1);
    let other = detail_of(&json!({ "aweme_id": "7528959874125369852", "desc": "x" }), 2);
    let error = with_detail(&list, &other).unwrap_err();
    assert!(matches!(&error, MergeError::OtherVideo { detail, .. } if detail == "7528959874125369852"), "{error}");
    for (document, named) in [
        (&b"[]"[..], "an object"),
        (b"{\"aweme_id\":\"1\"", "EOF"),
        (b"{\"aweme_id\":7}", "aweme_id"),
        (b"{}", "no aweme_id"),
        (b"{\"aweme_id\":\"7528963259874125698\",\"stats\":[]}", "stats"),
    ] {
        let message = with_detail(&list, document).unwrap_err().to_string();
        assert!(message.contains(named), "{message}");
    }
}

/// A detail of an item, as the API gives it: some of the fields, never the ones that only a list has.
fn detail_like(item: &Value, carries: [bool; 5]) -> Value {
    let mut detail = json!({ "aweme_id": item["aweme_id"] });
    for (key, _) in ["desc", "create_time", "author", "statistics", "music"].iter().zip(carries).filter(|(_, is)| *is) {
        detail[*key] = item[*key].clone();
    }
    if let Some(author) = detail.get_mut("author").and_then(Value::as_object_mut) {
        author.remove("uid");
    }
    detail
}

prop_compose! {
    fn item()(
        text in "([#＃ aAİß😍\u{FE0F}\u{200D}@.]|\\PC){0,20}",
        names in proptest::collection::vec("[#a-c ß世]{0,4}", 0..4),
        plays in 0_u64..1_000_000,
        likes in 0_u64..1_000_000,
        posted in 1_000_000_000_i64..2_000_000_000,
        nickname in "\\PC{0,6}",
        has_music in any::<bool>(),
    ) -> Value {
        let names: Vec<Value> = names.iter().map(|name| json!({ "hashtag_name": name })).collect();
        json!({
            "aweme_id": "7528963259874125698", "desc": text, "create_time": posted, "text_extra": names,
            "author": { "uid": "1", "nickname": nickname }, "statistics": { "play_count": plays, "digg_count": likes },
            "music": if has_music { json!({ "title": "t", "id_str": "9" }) } else { Value::Null },
        })
    }
}

proptest! {
    #[test]
    fn a_detail_of_the_same_post_changes_only_the_time(item in item(), carries in any::<[bool; 5]>()) {
        let list = list_of(&item, 1);
        let merged = with_detail(&list, &detail_of(&detail_like(&item, carries), 2)).unwrap();
        prop_assert_eq!(String::from_utf8(merged), String::from_utf8(list_of(&item, 2)));
    }

    #[test]
    fn merging_again_changes_nothing(one in item(), other in item(), carries in any::<[bool; 5]>(), at in 1_i64..3) {
        let detail = detail_of(&detail_like(&other, carries), at);
        for older in [list_of(&one, 2), detail_of(&detail_like(&one, [true; 5]), 2)] {
            let once = with_detail(&older, &detail).unwrap();
            prop_assert_eq!(&with_detail(&once, &detail).unwrap(), &once);
            prop_assert_eq!(parsed(&once)["fetched_at"].as_i64(), Some(at.max(2)));
        }
    }

    /// What only counts differently is the same as if the list had counted so.
    #[test]
    fn new_counts_are_as_if_the_list_had_had_them(item in item(), plays in 0_u64..1_000_000) {
        let mut newer = item.clone();
        newer["statistics"]["play_count"] = json!(plays);
        let merged = with_detail(&list_of(&item, 1), &detail_of(&detail_like(&newer, [true; 5]), 2)).unwrap();
        prop_assert_eq!(String::from_utf8(merged), String::from_utf8(list_of(&newer, 2)));
    }

    /// A pass in between leaves no trace: scores are of the counts before.
    #[test]
    fn stale_scores_are_taken_out(item in item(), other in item(), carries in any::<[bool; 5]>()) {
        let (list, detail) = (list_of(&item, 1), detail_of(&detail_like(&other, carries), 2));
        let scores = Scores { smoothed: Some(0.5), ..Scores::default() };
        let scored = with_scores(&list, &scores).unwrap();
        prop_assert_eq!(with_detail(&scored, &detail).unwrap(), with_detail(&list, &detail).unwrap());
    }

    /// One detail after another is the same as both at once, where they carry different fields.
    #[test]
    fn details_of_different_fields_may_come_in_any_order(one in item(), other in item(), first in any::<[bool; 5]>()) {
        let list = list_of(&one, 1);
        let (left, right) = (detail_like(&other, first), detail_like(&other, first.map(|carries| !carries)));
        let (left, right) = (detail_of(&left, 2), detail_of(&right, 3));
        let one_way = with_detail(&with_detail(&list, &left).unwrap(), &right).unwrap();
        prop_assert_eq!(&with_detail(&with_detail(&list, &right).unwrap(), &left).unwrap(), &one_way);
        let of_both = with_detail(&list, &with_detail(&left, &right).unwrap()).unwrap();
        prop_assert_eq!(&of_both, &one_way);
    }
}

//! Documents at the edge of what an engine takes, made by the normalizer out of answers as an API could send them.

use serde_json::{Value, json};
use viralmine::model::text::LONGEST_TOKEN;
use viralmine::model::{Filters, Kind, Query, Question, Sort, Verdict};
use viralmine::normalize::PageContext;

use super::questions::Material;
use super::{Both, assert_tables, batch, naive, newest, parsed};

/// A post of this id with other fields besides.
fn post(id: &str, rest: &Value) -> Value {
    let mut post = json!({
        "aweme_id": id, "desc": "Summer daily outfit #ootd", "create_time": 1_750_212_365,
        "author": {"uid": "1", "unique_id": "lily", "nickname": "Lily"},
        "statistics": {"play_count": 1_000, "digg_count": 10},
    });
    for (name, value) in rest.as_object().unwrap() {
        post[name] = value.clone();
    }
    post
}

fn numbered(words: u32) -> String {
    (0..words).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ")
}

fn tagged(names: &[&str]) -> Value {
    json!(names.iter().map(|name| json!({"hashtag_name": name})).collect::<Vec<_>>())
}

fn posts() -> Vec<Value> {
    let controls: String =
        (0..0x20_u8).chain([0x7f]).map(char::from).flat_map(|control| ['a', control, 'b', ' ']).collect();
    let blanks = "x\u{1c}y\u{1f}z a\u{85}b c\u{a0}d e\u{1680}f g\u{180e}h i\u{2007}j k\u{2028}l m\u{202f}n o\u{3000}p q\u{200b}r";
    let long = |unit: &str, bytes: usize| unit.repeat(bytes / unit.len());
    let exact = |letter: &str, count: usize| letter.repeat(count);
    let tags = |names: &[String]| json!({"text_extra": tagged(&names.iter().map(String::as_str).collect::<Vec<_>>())});
    let text = |text: String| json!({"desc": text});
    let cases = [
        text(long("word ", 100_000)),
        text(numbered(16_000)),
        text(long("a", 100_000)),
        text(long("ภาษาไทย", 100_000)),
        text(long("手机壳", 100_000)),
        text(long("🐍", 100_000)),
        text(long("👩‍👩‍👧", 20_000)),
        text(format!("a{}", long("\u{301}", 100_000))),
        text(long("한국어 ", 100_000)),
        tags(&[long("t", 40_000)]),
        tags(&[long("表", 40_000)]),
        tags(&[long("😀", 40_000)]),
        tags(&[exact("k", 8_191), exact("l", 8_192), exact("é", 8_191), exact("ü", 8_192)]),
        tags(&[exact("😀", 4_095), exact("😃", 4_096), exact("😄", 8_191), exact("😁", 8_192)]),
        tags(&[
            exact("表", 8_191),
            exact("手", 8_192),
            format!("\"{}", exact("q", 8_190)),
            format!("\"{}", exact("r", 8_191)),
        ]),
        tags(&[format!("\"{}", exact("😇", 4_095)), format!("\"{}", exact("😈", 8_190)), "\\\"\n".to_owned()]),
        tags(&[exact("İ", 8_191), exact("ﷺ", 2_000)]),
        tags(&(0..3_000).map(|number| format!("tag{number}")).collect::<Vec<_>>()),
        json!({"desc": "", "text_extra": []}),
        json!({"desc": "no tags at all"}),
        json!({"desc": null, "text_extra": null, "statistics": null, "author": null, "create_time": null}),
        json!({"create_time": 0}),
        json!({"create_time": -5}),
        json!({"create_time": 253_402_300_799_i64}),
        json!({"create_time": 253_402_300_800_i64}),
        json!({"create_time": i64::MAX}),
        json!({"create_time": "soon"}),
        json!({"create_time": 1}),
        json!({"image_post_info": {"images": [{"display_image": {"url_list": ["https://x/1.jpg"]}}]}, "aweme_type": 150}),
        text(controls.clone()),
        text(blanks.to_owned()),
        tags(&[controls, blanks.to_owned(), "\0".to_owned(), "a\0b".to_owned(), "\u{feff}".to_owned()]),
        text([120, 121, 119, 240, 255, 256].map(|count| exact("e", count)).join(" ")),
        text([120, 121].map(|count| exact("é", count)).join(" ")),
        text([120, 121].map(|count| exact("𐐷", count)).join(" ")),
        text([120, 121].map(|count| exact("ж", count)).join(" ")),
        text("c++ a.b* (x|y) [z] \\ \" ' AND OR NOT -minus +plus ~ ^ : / {} <> = && || ! ?".to_owned()),
        text("🐍🐍🐍 ❤️❤ 🇸🇦🇺🇸 👩‍👩‍👧👩‍👩‍👦 #️⃣ 1️⃣ ©®™".to_owned()),
        json!({"author": {"uid": "", "unique_id": "", "nickname": ""}}),
        json!({"author": {"uid": exact("9", 9_000), "unique_id": long("u", 40_000), "nickname": long("n", 40_000), "signature": long("s ", 60_000)}}),
        json!({"music": {"id": long("m", 40_000), "title": long("t", 40_000), "author": long("a", 40_000)}}),
        json!({"video": {"cover": {"url_list": [long("https://x/", 40_000)]}, "play_addr": {"url_list": [long("https://y/", 40_000)]}, "duration": 1, "width": -1, "height": u64::MAX}}),
        json!({"statistics": {"play_count": u64::MAX, "digg_count": u64::MAX, "comment_count": 1}}),
        json!({"statistics": {"play_count": i64::MAX, "digg_count": 3}}),
        json!({"statistics": {"play_count": -1, "digg_count": -1}}),
        json!({"statistics": {"play_count": 1e30, "digg_count": 1.5}}),
        json!({"statistics": {"play_count": 3, "digg_count": u64::MAX, "share_count": u64::MAX, "collect_count": u64::MAX}}),
        json!({"statistics": {"play_count": u64::MAX, "digg_count": 1}}),
    ];
    let ids = (0..).map(|number| format!("75{number:017}"));
    ids.zip(&cases).map(|(id, rest)| post(&id, rest)).collect()
}

fn list(posts: &[Value]) -> String {
    json!({"code": 0, "data": {"aweme_list": posts, "has_more": false, "max_cursor": "0"}}).to_string()
}

/// Questions at the edges themselves.
fn edge_questions() -> Vec<Question> {
    let typed = |text: &str| Query::parse(text).unwrap();
    let key = |unit: &str, count: usize| Query::Tag { key: unit.repeat(count), prefix: false };
    let mut queries: Vec<Query> = [
        "",
        "word",
        "w15999",
        "w1599*",
        "\"w1 w2 w3\"",
        "\"w9 w1*\"",
        "ภาษาไทย",
        "ทย",
        "手机壳",
        "壳手",
        "壳",
        "🐍",
        "🐍🐍🐍",
        "-🐍",
        "👩‍👩‍👧",
        "❤",
        "❤️",
        "🇸🇦",
        "🇸🇦🇺🇸",
        "#️⃣",
        "©",
        "c++",
        "a.b",
        "AND",
        "-AND",
        "\"AND OR NOT\"",
        "x\u{1c}y",
        "xy",
        "c\u{a0}d",
        "\"a b\"",
        "한국어",
        "#tag*",
        "#tag299*",
        "#tag2999 -#tag0",
        "#t*",
        "#表*",
        "#😀*",
        "\u{301}*",
        "İ",
    ]
    .into_iter()
    .filter_map(|text| Query::parse(text).ok())
    .collect();
    for letter in ["e", "é", "𐐷", "ж"] {
        for count in [1, 119, LONGEST_TOKEN, LONGEST_TOKEN + 1, 240, 256, 9_000] {
            let word = letter.repeat(count);
            queries.extend([
                typed(&word),
                typed(&format!("{word}*")),
                typed(&format!("#{word}")),
                typed(&format!("#{word}*")),
            ]);
        }
    }
    for unit in ["k", "l", "é", "ü", "😀", "😃", "😄", "😁", "表", "手", "t"] {
        for count in [1, 4_095, 4_096, 8_191, 8_192, 10_000, 40_000] {
            queries.push(key(unit, count));
        }
    }
    for name in [
        "\"".to_owned() + &"q".repeat(8_190),
        "\"".to_owned() + &"r".repeat(8_191),
        "\"".to_owned() + &"😇".repeat(4_095),
        "\0".into(),
        "a\0b".into(),
    ] {
        queries.push(Query::Tag { key: name, prefix: false });
    }
    // Long captions, pasted.
    for unit in ["ภาษาไทย", "手机壳", "word ", "🐍"] {
        queries.push(typed(&unit.repeat(300)));
        queries.push(typed(&format!("\"{}\"*", unit.repeat(300))));
    }
    let caption = numbered(5_000);
    queries.extend([typed(&caption), typed(&format!("\"{caption}\"")), typed(&format!("-\"{caption} w1*\""))]);
    queries.push(Query::Words { tokens: Vec::new(), prefix: false });
    queries.push(Query::Words { tokens: Vec::new(), prefix: true });
    queries.push(Query::Tag { key: String::new(), prefix: true });
    queries.push(Query::Tag { key: String::new(), prefix: false });
    let mut questions: Vec<Question> = queries.into_iter().map(|query| Question { query, ..Question::all() }).collect();
    questions.extend(edge_filters());
    questions
}

fn edge_filters() -> Vec<Question> {
    let mut questions = Vec::new();
    let of = |filters: Filters| Question { filters, ..Question::all() };
    let none = Filters::default;
    for edge in [i64::MIN, -5, 0, 1, 253_402_300_799, i64::MAX] {
        questions.push(of(Filters { since: Some(edge), ..none() }));
        questions.push(of(Filters { until: Some(edge), ..none() }));
    }
    for plays in [0, 1, u64::MAX, i64::MAX.unsigned_abs(), i64::MAX.unsigned_abs() + 1] {
        questions.push(of(Filters { min_plays: Some(plays), ..none() }));
    }
    for creator in [String::new(), "lily".into(), "9".repeat(9_000), "u".repeat(40_000)] {
        questions.push(of(Filters { creator: Some(creator), ..none() }));
    }
    for kind in [Kind::Video, Kind::Photo] {
        questions.push(of(Filters { kind: Some(kind), ..none() }));
    }
    for sort in [Sort::Date, Sort::Engagement, Sort::Score] {
        questions.push(Question { sort, ..Question::all() });
    }
    questions
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_at_the_edges_are_stored_and_found_alike() {
    let context = PageContext { sec_user_id: "MS4wLjABAAAAlily", region: None, fetched_at: 1_750_300_000_000 };
    let detail = include_str!("../../fixtures/api/detail-response.json");
    let bare = json!({"code": 0, "data": {"aweme_detail": {"aweme_id": "7", "desc": "only this"}}}).to_string();
    let alone = PageContext { sec_user_id: "", ..context };
    let mut batches: Vec<_> = posts().iter().map(|post| batch(&list(std::slice::from_ref(post)), &context)).collect();
    batches.extend([
        batch(detail, &alone),
        batch(&bare, &alone),
        batch(include_str!("../../fixtures/api/list-response.json"), &context),
    ]);
    let both = Both::new().await;
    for batch in &batches {
        let verdicts = both.bulk(batch).await;
        assert!(
            !verdicts.is_empty() && verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })),
            "{verdicts:?}"
        );
    }
    both.commit().await;
    let expected = newest(&batches);
    let ids: Vec<String> = expected.keys().cloned().collect();
    for writer in &both.writers {
        let stored = writer.get(viralmine::model::Collection::Videos, &ids).await.unwrap();
        for (id, stored) in ids.iter().zip(stored) {
            let stored = stored.unwrap();
            assert!((stored.version, &stored.source) == (expected[id].0, &expected[id].1), "{id}");
        }
    }
    let naive = naive(&expected);
    let mut questions = edge_questions();
    let documents: Vec<Value> = expected.values().map(|(_, source)| parsed(source)).collect();
    // A pasted caption of more words than the server has clauses is refused in words (`failure`).
    let short = |document: &&Value| document["video_desc"].as_str().is_none_or(|text| text.len() < 5_000);
    questions.extend(Material::of(documents.iter().filter(short)).questions(5, 150));
    both.assert_answers(&naive, &questions).await;
    for reader in both.readers().await {
        assert_tables(reader.as_ref(), &naive, &[Question::all()]).await;
    }
}

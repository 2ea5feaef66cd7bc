//! What is typed finds what was stored, and is shown as data or for reading.

use bytes::Bytes;
use clap::Parser;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::json;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;
use viralmine::cli::ask::{HashtagsArgs, SearchArgs};
use viralmine::commands;
use viralmine::jobs::ask::AskError;
use viralmine::model::text::{fold, search_text};
use viralmine::model::{Marks, Query, Question};
use viralmine::output::videos;
use viralmine::store::StoreReader;

use crate::support::naive::{NaiveStore, matches};

#[derive(Debug, Parser)]
enum Typed {
    Search(SearchArgs),
    Hashtags(HashtagsArgs),
}

fn document(id: &str, plays: u64, publish_ts: Option<i64>, text: &str, hashtags: &[&str]) -> Bytes {
    let keys: Vec<String> = hashtags.iter().map(|hashtag| fold(hashtag)).collect();
    let written = hashtags.iter().zip(&keys).filter(|(hashtag, key)| **hashtag != key.as_str());
    let spellings: Vec<String> = written.map(|(hashtag, key)| format!("{key}\t{hashtag}")).collect();
    let rate = (plays > 0).then(|| 100.0 / plays as f64);
    let document = json!({
        "aweme_id": id, "video_desc": text, "publish_ts": publish_ts,
        "author_info": {"uid": "42", "unique_id": format!("creator_{}", id.len())},
        "stats": {"play": plays, "like": 100, "comment": 0, "share": 0, "collect": 0},
        "hashtags": hashtags, "sec_user_id": "MS4wLjABAAAAtest", "region": "US", "kind": "video",
        "fetched_at": 1_750_300_000_000_i64, "hashtag_keys": keys,
        "hashtag_spellings": spellings, "search_text": search_text(text, hashtags),
        "engagement": {"rate": rate},
    });
    Bytes::from(document.to_string())
}

fn store() -> NaiveStore {
    NaiveStore::new(vec![
        document("7001", 1_215_689, Some(1_750_212_365), "Summer daily outfit✨ #OOTD", &["OOTD", "summerlook"]),
        document("7002", 2_000, Some(1_750_100_000), "ชุดเดรสฤดูร้อน #เดรส", &["เดรส", "ootd"]),
        document("7003", 2_000, Some(1_740_000_000), "فستان صيفي #السعودية🇸🇦", &["السعودية🇸🇦"]),
        document("7004", 0, None, "夏のワンピース、コーデ #コーデ", &["コーデ"]),
        document("7005", 500, Some(1_750_000_000), "Летнее платье #ПорадуйМаму", &["ПорадуйМаму", "🐍🐍"]),
        document(
            "7006",
            40,
            Some(1_750_000_001),
            "=cmd|' /C calc'!A0 \u{1b}]0;owned\u{7}\u{202e}\n\"hi\", all",
            &["=evil", "ootd"],
        ),
    ])
}

/// Standard output and standard error of a line.
async fn asked(line: &[&str]) -> anyhow::Result<(String, String)> {
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    match Typed::try_parse_from([&["viralmine"], line].concat())? {
        Typed::Search(args) => commands::search::run(&store(), &args, &mut out, &mut notes).await?,
        Typed::Hashtags(args) => commands::hashtags::run(&store(), &args, &mut out, &mut notes).await?,
    }
    Ok((String::from_utf8(out)?, String::from_utf8(notes)?))
}

async fn found(line: &[&str]) -> Vec<String> {
    let (out, _) = asked(&[&["search", "--format", "json"], line].concat()).await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    let videos = answer["videos"].as_array().unwrap();
    assert!(answer["total"].as_u64().unwrap() >= videos.len() as u64);
    videos.iter().map(|video| video["aweme_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_script_is_found_by_text_and_tag() {
    for (query, ids) in [
        ("", &["7001", "7002", "7003", "7005", "7006", "7004"][..]),
        ("OUTFIT", &["7001"]),
        ("summerlook", &["7001"]),
        ("✨", &["7001"]),
        ("#ootd", &["7001", "7002", "7006"]),
        ("#ootd -summer -#=evil", &["7002"]),
        ("#summer*", &["7001"]),
        ("\"daily outfit\"", &["7001"]),
        ("\"outfit daily\"", &[]),
        ("เดรสฤดู", &["7002"]),
        ("السعودية", &["7003"]),
        ("🇸🇦", &["7003"]),
        ("ワンピース", &["7004"]),
        ("ピ", &["7004"]),
        ("コーデ", &["7004"]),
        ("ПЛАТЬЕ #порадуй*", &["7005"]),
        ("-#ootd -платье", &["7003", "7004"]),
    ] {
        assert_eq!(found(&[query]).await, ids, "{query}");
    }
}

#[tokio::test]
async fn filters_orders_and_limits() {
    assert_eq!(found(&["--sort", "date", "--limit", "2"]).await, ["7001", "7002"]);
    assert_eq!(found(&["--sort", "engagement", "--limit", "1"]).await, ["7006"]);
    assert_eq!(found(&["--hashtag", "#OOTD", "--min-plays", "2000"]).await, ["7001", "7002"]);
    assert_eq!(found(&["--since", "2025-06-18", "--timezone", "America/New_York"]).await, Vec::<String>::new());
    assert_eq!(
        found(&["--since", "2025-06-17", "--until", "2025-06-17", "--timezone", "America/New_York"]).await,
        ["7001"]
    );
    assert_eq!(found(&["--creator", "@creator_4", "--region", "GB"]).await, Vec::<String>::new());
    assert_eq!(found(&["--kind", "photo"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_window_says_where_it_ends() {
    let (out, notes) = asked(&["search", "--since", "30d", "--format", "ndjson"]).await.unwrap();
    assert_eq!(out.lines().count(), 4);
    assert_eq!(notes, "the window ends at the newest fetch stored: 2025-06-19 02:26:40 UTC\n");
}

#[tokio::test]
async fn wrong_use_is_told_from_a_failing_store() {
    for line in
        [&["search", "\"open"][..], &["search", "***"], &["search", "--since", "2025-06-18", "--until", "2025-06-01"]]
    {
        let error = asked(line).await.unwrap_err();
        assert!(error.downcast_ref::<AskError>().is_some_and(AskError::is_wrong_use), "{error}");
    }
}

#[tokio::test]
async fn documents_go_out_byte_for_byte() {
    let (out, _) = asked(&["search", "#ootd", "--format", "ndjson", "--limit", "1"]).await.unwrap();
    let stored =
        document("7001", 1_215_689, Some(1_750_212_365), "Summer daily outfit✨ #OOTD", &["OOTD", "summerlook"]);
    assert_eq!(out.trim_end().as_bytes(), stored);
}

#[tokio::test]
async fn videos_as_a_table() {
    let hits = store().search(&Question::all()).await.unwrap();
    let mut out = Vec::new();
    videos::write_table(&mut out, &hits, (&Marks::default(), false), &TimeZone::UTC, 120).unwrap();
    let out = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    let expected = "
    plays  likes  engagement  posted            creator     id    text
───────────────────────────────────────────────────────────────────────────────────────────────────────────
1 215 689    100       0.01%  2025-06-18 02:06  @creator_4  7001  Summer daily outfit✨ #OOTD
    2 000    100       5.00%  2025-06-16 18:53  @creator_4  7002  ชุดเดรสฤดูร้อน #เดรส
    2 000    100       5.00%  2025-02-19 21:20  @creator_4  7003  \u{200e}فستان صيفي #السعودية🇸🇦\u{200e}
      500    100      20.00%  2025-06-15 15:06  @creator_4  7005  Летнее платье #ПорадуйМаму
       40    100     250.00%  2025-06-15 15:06  @creator_4  7006  =cmd|' /C calc'!A0 \u{fffd}]0;owned\u{fffd} \"hi\", all
        –    100           –  –                 @creator_4  7004  夏のワンピース、コーデ #コーデ

showing 6 of 6 videos; times in UTC";
    let plain = lines.join("\n").replace('\u{2009}', " ");
    assert_eq!(format!("\n{plain}"), expected);
    assert!(lines.iter().all(|line| line.width() <= 120));
    assert_eq!(asked(&["search", "nowhere"]).await.unwrap().0, "no video matches\n");
}

#[tokio::test]
async fn videos_as_csv() {
    let (out, _) =
        asked(&["search", "#ootd", "--format", "csv", "--sort", "date", "--timezone", "Asia/Tokyo"]).await.unwrap();
    let expected = "\
aweme_id,publish_time,kind,region,creator,sec_user_id,plays,likes,comments,shares,collects,engagement_rate,hashtags,text,link,z,multiple,plays_per_hour,growth,growth_hours
7001,2025-06-18 11:06:05,video,US,creator_4,MS4wLjABAAAAtest,1215689,100,0,0,0,0.0000822578,#OOTD #summerlook,Summer daily outfit✨ #OOTD,https://www.tiktok.com/@creator_4/video/7001,,,,,
7002,2025-06-17 03:53:20,video,US,creator_4,MS4wLjABAAAAtest,2000,100,0,0,0,0.05,#เดรส #ootd,ชุดเดรสฤดูร้อน #เดรส,https://www.tiktok.com/@creator_4/video/7002,,,,,
7006,2025-06-16 00:06:41,video,US,creator_4,MS4wLjABAAAAtest,40,100,0,0,0,2.5,#=evil #ootd,\"'=cmd|' /C calc'!A0 ]0;owned
\"\"hi\"\", all\",https://www.tiktok.com/@creator_4/video/7006,,,,,
";
    let rate = (100.0 / 1_215_689.0_f64).to_string();
    assert_eq!(out, expected.replace("0.0000822578", &rate));
}

#[tokio::test]
async fn hashtags_in_every_form() {
    let (json, notes) = asked(&["hashtags", "--format", "json", "--limit", "2"]).await.unwrap();
    let rest = |entropy: &str| format!("\"lift\":null,\"growth\":null,{entropy},\"judged\":0,\"viral\":0,\"recent\":");
    let ootd = "{\"hashtag\":\"ootd\",\"posts\":3,\"creators\":1,\"plays\":1217729,\"median_plays\":2000,";
    let evil = "{\"hashtag\":\"=evil\",\"posts\":1,\"creators\":1,\"plays\":40,\"median_plays\":40,";
    let rest = rest("\"entropy\":0,\"effective_creators\":1");
    let claims = "\"earlier\":0,\"lifted\":false,\"bursting\":false,\"generic\":false}";
    assert_eq!(json, format!("[\n{ootd}{rest}3,{claims},\n{evil}{rest}1,{claims}\n]\n"));
    let note =
        "growth compares the 7 days up to the newest fetch stored, 2025-06-19 02:26:40 UTC, with the 7 days before\n";
    assert_eq!(notes, note);
    let (csv, _) = asked(&["hashtags", "--format", "csv", "--since", "2025-06-15"]).await.unwrap();
    let head = "hashtag,posts,creators,plays,median_plays,lift,growth,npmi,entropy,effective_creators,judged,viral,recent,\
        earlier,lifted,bursting,generic";
    let ootd = "ootd,3,1,1217729,2000,,,,0,1,0,0,0,0,false,false,false";
    let evil = "'=evil,1,1,40,40,,,,0,1,0,0,0,0,false,false,false";
    assert!(csv.starts_with(&format!("{head}\n{ootd}\n{evil}\n")), "{csv}");
    let lowest = ["--min-posts", "1", "--min-creators", "1"];
    let (table, _) = asked(&[&["hashtags", "--sort", "median"][..], &lowest].concat()).await.unwrap();
    let expected = "\
hashtag       posts  creators      plays  median plays  lift  growth  claims
──────────────────────────────────────────────────────────────────────────────
#summerlook       1         1  1 215 689     1 215 689     –       –
#ootd             3         1  1 217 729         2 000     –       –
\u{200e}#السعودية🇸🇦\u{200e}       1         1      2 000         2 000     –       –
#เดรส             1         1      2 000         2 000     –       –
#ПорадуйМаму      1         1        500           500     –       –
#🐍🐍             1         1        500           500     –       –
#=evil            1         1         40            40     –       –
#コーデ           1         1          0             –     –       –

showing 8";
    let plain: Vec<&str> = table.lines().map(str::trim_end).collect();
    assert_eq!(plain.join("\n").replace('\u{2009}', " "), expected);
    let (few, _) = asked(&["hashtags", "--limit", "2"]).await.unwrap();
    assert!(few.ends_with("\nshowing 2; --limit for more\n"), "{few}");
}

#[tokio::test]
async fn a_period_that_cuts_the_window_before_leaves_growth_out() {
    let (_, notes) = asked(&["hashtags", "--since", "7d"]).await.unwrap();
    assert!(notes.contains("growth is not told: --since leaves out posts of the window before"), "{notes}");
    let error = asked(&["hashtags", "--since", "7d", "--sort", "growth"]).await.unwrap_err();
    assert!(error.downcast_ref::<AskError>().is_some_and(AskError::is_wrong_use), "{error}");
    let (_, notes) = asked(&["hashtags", "--since", "7d", "--window", "84h"]).await.unwrap();
    assert!(notes.contains("growth compares the 84 hours up to the newest fetch stored"), "{notes}");
}

#[tokio::test]
async fn an_answer_without_rows_says_what_may_help() {
    for (line, words) in [
        (&["hashtags", "--sort", "median"][..], "no hashtag has 5 posts of 3 creators (--min-posts, --min-creators)\n"),
        (&["hashtags", "nowhere"], "no hashtag: no post that matches carries one\n"),
        (
            &["hashtags", "--related", "OOTD"],
            "no hashtag that is not generic stands beside #ootd in 5 posts of 3 creators (--min-posts",
        ),
        (&["hashtags", "--sort", "lift"], "no hashtag of 5 posts of 3 creators"),
        (&["hashtags", "--sort", "growth"], "no hashtag has 5 posts of 3 creators in the window"),
    ] {
        let (out, _) = asked(line).await.unwrap();
        assert!(out.starts_with(words), "{line:?}: {out}");
    }
}

/// Every `desc` of the recorded pages in the folder that `VIRALMINE_SAMPLES` names.
fn real_captions() -> Vec<String> {
    fn collect(value: &serde_json::Value, captions: &mut Vec<String>) {
        match value {
            serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, captions)),
            serde_json::Value::Object(fields) => {
                captions.extend(fields.get("desc").and_then(|desc| desc.as_str()).map(str::to_owned));
                fields.values().for_each(|value| collect(value, captions));
            }
            _ => {}
        }
    }
    let folder = std::path::PathBuf::from(std::env::var_os("VIRALMINE_SAMPLES").unwrap());
    let mut text = std::fs::read_to_string(folder.join("timeline-2021.pages.ndjson")).unwrap();
    let packed = std::fs::File::open(folder.join("posts-2025.pages.ndjson.gz")).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(packed), &mut text).unwrap();
    let mut captions = Vec::new();
    text.lines().for_each(|line| collect(&serde_json::from_str(line).unwrap(), &mut captions));
    captions
}

#[test]
#[ignore = "needs VIRALMINE_SAMPLES"]
fn real_captions_are_found_by_their_words() {
    let captions = real_captions();
    assert!(captions.len() > 1_000);
    for caption in captions.iter().filter(|caption| !caption.contains('"')) {
        let stored = search_text(caption, &[]);
        for word in caption.split_whitespace().filter(|word| !word.starts_with(['-', '#', '＃'])) {
            if let Ok(query) = Query::parse(word) {
                assert!(matches(&query, &stored, &[]), "{query:?} in {stored:?}");
            }
        }
        if let Ok(query) = Query::parse(&format!("\"{caption}\"")) {
            assert!(matches(&query, &stored, &[]), "{query:?} in {stored:?}");
        }
    }
}

/// Captions as people write them, and worse.
fn caption() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9_'.:-]{1,8}",
        "#[a-zé手ก]{1,6}",
        "[手机壳年轻人ーカナあい]{1,6}",
        "[ก-ฮ่ัาำเ]{1,6}",
        "[က-အ်ာခក្ខ]{1,5}",
        "(😀|👩🏼‍❤️‍💋‍👩🏻|🇸🇦|❤️|1️⃣|\u{200d}|\u{200b}|\u{301}|\u{3099}|゜|İ|Σ|ς|ﷺ|\u{600}){1,3}",
        "\\PC{1,4}",
    ];
    let glue = prop_oneof![3 => Just(" "), 2 => Just(""), 1 => Just("\n")];
    prop::collection::vec((piece, glue), 1..8)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, glue)| piece + glue).collect::<String>().replace('"', ""))
}

proptest! {
    #[test]
    fn words_of_a_caption_find_it(text in caption(), from in 0_usize..8, count in 1_usize..8) {
        let stored = search_text(&text, &[]);
        let words: Vec<&str> = text.split_whitespace().skip(from).take(count).collect();
        let phrase = format!("\"{}\"", words.join(" "));
        if let Ok(query) = Query::parse(&phrase) {
            prop_assert!(matches(&query, &stored, &[]), "{:?} in {:?}", query, stored);
        }
        let plain: Vec<&str> = words.into_iter().filter(|word| !word.starts_with(['-', '#', '＃'])).collect();
        if let Ok(query) = Query::parse(&plain.join(" ")) {
            prop_assert!(matches(&query, &stored, &[]), "{:?} in {:?}", query, stored);
        }
    }

    #[test]
    fn any_part_of_an_unspaced_run_finds_it(text in "[手机壳年轻人]{1,3}[ーカナあい]{0,3}[กขคงา่]{0,4}", from in 0_usize..8, count in 1_usize..8) {
        let part: String = text.graphemes(true).skip(from).take(count).collect();
        let stored = search_text(&format!("iPhone{text}😀"), &[]);
        if let Ok(query) = Query::parse(&part) {
            prop_assert!(matches(&query, &stored, &[]), "{:?} in {:?}", query, stored);
        }
    }

    #[test]
    fn a_tag_is_found_as_a_word_whether_or_not_the_text_holds_it(text in caption(), tag in "[a-z手机ก😀]{1,6}") {
        let key = fold(&tag);
        let stored = search_text(&text, &[tag.as_str()]);
        prop_assert!(matches(&Query::parse(&tag).unwrap(), &stored, &[]), "{} in {:?}", tag, stored);
        let query = Query::parse(&["#", &tag].concat()).unwrap();
        prop_assert!(matches(&query, &[], &[key]));
    }
}

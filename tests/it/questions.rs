//! The asking commands as they are typed, over a simulated corpus that was backfilled and scored: shapes, orders,
//! floors, filters, and words where there is nothing to show. That both stores answer alike is `alike`'s.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::command_line::shell::{Shell, simulator};
use crate::support::records::{list_record, post, write};

/// A folder with 40 creators' posts, scored, and nobody there to be asked for more.
async fn scored() -> Shell {
    let simulator = simulator(40).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    shell
}

async fn rows(shell: &Shell, line: &[&str]) -> Vec<Value> {
    let answer = shell.run(&[line, &["--format", "json"]].concat()).await.succeeded().json();
    answer.as_array().unwrap_or_else(|| panic!("{line:?}: {answer}")).clone()
}

fn keys(row: &Value) -> Vec<&str> {
    // `serde_json` sorts what it reads; the order on stdout is held by the unit tests of `insight::groups`.
    row.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn assert_has(row: &Value, names: &[&str]) {
    let found: BTreeSet<&str> = keys(row).into_iter().collect();
    let missing: Vec<&&str> = names.iter().filter(|name| !found.contains(**name)).collect();
    assert!(missing.is_empty(), "no {missing:?} in {row}");
}

/// Highest first, a missing value last.
#[track_caller]
fn assert_falls(rows: &[Value], pointer: &str) {
    let values: Vec<f64> =
        rows.iter().map(|row| row.pointer(pointer).and_then(Value::as_f64).unwrap_or(f64::NEG_INFINITY)).collect();
    assert!(values.is_sorted_by(|one, other| one >= other), "{pointer}: {values:?}");
}

#[tokio::test]
async fn viral_shows_what_is_unusual_for_its_creator_or_rising() {
    let shell = scored().await;
    for (by, pointer, is_viral) in [
        ("z", "/virality/z", true),
        ("multiple", "/virality/multiple", true),
        ("engagement", "/engagement/smoothed", false),
        ("plays_per_hour", "/virality/plays_per_hour", false),
        ("growth", "/virality/growth", false),
    ] {
        let posts = rows(&shell, &["viral", "--by", by, "--limit", "30"]).await;
        assert!(!posts.is_empty(), "{by}");
        assert_falls(&posts, pointer);
        assert!(!is_viral || posts.iter().all(|post| post["virality"]["viral"] == true), "{by}");
        assert!(is_viral || posts.len() == 30, "{by}: whatever is viral or not");
    }
    let table = shell.run(&["viral", "--limit", "3"]).await.succeeded().stdout;
    let head: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head, ["z", "multiple", "plays", "plays/h", "smoothed", "creator", "text", "link"]);
    assert!(table.contains("https://www.tiktok.com/@") && table.contains("\nshowing "), "{table}");
    let sorted = shell.run(&["search", "--sort", "z", "--format", "json"]).await.succeeded().json();
    assert_falls(sorted["videos"].as_array().unwrap(), "/virality/z");
    for line in [&["viral", "--by", "growth"][..], &["search", "--sort", "growth"], &["creators", "--by", "growth"]] {
        let told = shell.run(line).await.succeeded().stderr;
        assert!(told.contains("two looks at a post") && told.contains("viralmine track"), "{line:?}: {told}");
    }
}

#[tokio::test]
async fn groups_have_one_shape_and_their_orders() {
    let shell = scored().await;
    let shape = ["posts", "creators", "plays", "median_plays", "lift", "growth", "entropy", "effective_creators"];
    for (command, name) in
        [("hashtags", "hashtag"), ("keywords", "keyword"), ("sounds", "sound"), ("categories", "category")]
    {
        for sort in ["posts", "plays", "median", "lift", "growth"] {
            let line = [command, "--sort", sort, "--min-posts", "2", "--min-creators", "1", "--window", "30d"];
            let found = rows(&shell, &line).await;
            for row in &found {
                assert_has(row, &shape);
                assert_has(row, &[name, "lifted", "bursting", "judged", "viral", "recent", "earlier"]);
            }
            let pointer = if sort == "median" { "/median_plays".to_owned() } else { format!("/{sort}") };
            assert_falls(&found, &pointer);
            assert!(!found.is_empty() || matches!(sort, "lift" | "growth"), "{command} by {sort}");
        }
    }
    for (command, order) in
        [("hashtags", "/posts"), ("keywords", "/lift"), ("sounds", "/posts"), ("categories", "/plays")]
    {
        assert_falls(&rows(&shell, &[command]).await, order);
    }
    let floor = rows(&shell, &["hashtags", "--sort", "median", "--min-posts", "9", "--min-creators", "4"]).await;
    let count = |row: &Value, name: &str| row[name].as_u64().unwrap();
    assert!(floor.iter().all(|row| count(row, "posts") >= 9 && count(row, "creators") >= 4), "{floor:?}");
}

#[tokio::test]
async fn generic_tags_are_marked_and_can_be_left_out() {
    let shell = scored().await;
    let generic = |rows: &[Value]| rows.iter().filter(|row| row["generic"] == true).count();
    let all = rows(&shell, &["hashtags"]).await;
    assert!(generic(&all) > 0, "#fyp and its like: {all:?}");
    let without = rows(&shell, &["hashtags", "--no-generic"]).await;
    assert_eq!((generic(&without), without.len()), (0, all.len()), "others move up");
    let tag = all[0]["hashtag"].as_str().unwrap();
    let related = rows(&shell, &["hashtags", "--related", tag, "--min-posts", "2", "--min-creators", "1"]).await;
    assert_falls(&related, "/npmi");
    assert_eq!(generic(&related), 0);
    assert!(related.iter().all(|row| row["hashtag"] != tag), "{tag}: {related:?}");
}

#[tokio::test]
async fn creators_and_their_tiers() {
    let shell = scored().await;
    let shape =
        ["sec_user_id", "unique_id", "videos", "median_plays", "hit_rate", "posts_per_week", "engagement", "trend"];
    for by in ["hit_rate", "median_plays", "engagement", "trend", "growth"] {
        let found = rows(&shell, &["creators", "--by", by, "--limit", "all"]).await;
        assert!(found.len() > 10, "{by}: {}", found.len());
        assert_falls(&found, &format!("/{by}"));
        for row in &found {
            assert_has(row, &shape);
        }
    }
    let tiers = ["--tiers", "small=0,big=20k"];
    let big = rows(&shell, &[&["creators", "--tier", "big", "--limit", "all"][..], &tiers].concat()).await;
    let small = rows(&shell, &[&["creators", "--tier", "small", "--limit", "all"][..], &tiers].concat()).await;
    assert!(big.iter().all(|row| row["tier"] == "big" && row["median_plays"].as_f64().unwrap() >= 20_000.0));
    assert!(small.iter().all(|row| row["tier"] == "small" && row["median_plays"].as_f64().unwrap() < 20_000.0));
    assert_eq!(big.len() + small.len(), rows(&shell, &["creators", "--limit", "all"]).await.len());
    shell.write("viralmine.toml", "tiers = \"small=0,big=20k\"\n");
    assert_eq!(rows(&shell, &["creators", "--tier", "big", "--limit", "all"]).await, big, "by the configuration");
    shell.run(&["creators", "--tier", "nano"]).await.ends(2, &["--tier nano", "small, big"]);
    let tag =
        rows(&shell, &["hashtags", "--no-generic", "--limit", "1"]).await[0]["hashtag"].as_str().unwrap().to_owned();
    let with_tag = rows(&shell, &["creators", "--hashtag", &tag, "--limit", "all", "--min-judged", "0"]).await;
    let users: BTreeSet<String> = shell
        .run(&["search", "--hashtag", &tag, "--limit", "all", "--format", "json"])
        .await
        .succeeded()
        .json()["videos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|video| video["sec_user_id"].as_str().unwrap().to_owned())
        .collect();
    let found: BTreeSet<String> = with_tag.iter().map(|row| row["sec_user_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, users, "#{tag}");
}

#[tokio::test]
async fn categories_are_rows_and_a_filter_of_every_question() {
    let shell = scored().await;
    let sample = shell.run(&["categories", "--sample"]).await.succeeded().stdout;
    shell.write("sample.toml", &sample);
    let built_in = rows(&shell, &["categories", "--limit", "all"]).await;
    assert_eq!(rows(&shell, &["categories", "--limit", "all", "--categories", "sample.toml"]).await, built_in);
    assert_eq!(built_in.len(), sample.lines().filter(|line| line.starts_with('[')).count());
    let tag = rows(&shell, &["hashtags", "--limit", "1"]).await[0]["hashtag"].as_str().unwrap().to_owned();
    shell.write("mine.toml", &format!("[Best]\ntags = [\"#{tag}\"]\n\n[nothing]\nwords = [\"nobodysaysthis\"]\n"));
    let mine = ["--categories", "mine.toml"];
    let found = rows(&shell, &[&["categories"][..], &mine].concat()).await;
    let posts = |line: Vec<&'static str>| {
        let (shell, tag) = (&shell, tag.clone());
        async move {
            let line = [&["search", "--limit", "1", "--format", "json"][..], &line].concat();
            let line: Vec<&str> = line.into_iter().map(|word| if word == "TAG" { &tag } else { word }).collect();
            shell.run(&line).await.succeeded().json()["total"].clone()
        }
    };
    assert_eq!(
        (&found[0]["category"], &found[0]["posts"]),
        (&Value::from("Best"), &posts(vec!["--hashtag", "TAG"]).await)
    );
    assert_eq!((&found[1]["category"], &found[1]["posts"]), (&Value::from("nothing"), &Value::from(0)));
    let by_category = posts(vec!["--category", "best", "--categories", "mine.toml"]).await;
    assert_eq!(by_category, found[0]["posts"]);
    shell.write("viralmine.toml", "categories = \"mine.toml\"\n");
    for command in ["viral", "hashtags", "keywords", "sounds", "categories", "creators", "timing"] {
        shell.run(&[command, "--category", "best"]).await.succeeded();
        shell
            .run(&[command, "--category", "dresses"])
            .await
            .ends(2, &["--category dresses", "known are Best, nothing"]);
    }
    shell.write("broken.toml", "[a]\ntags = [\"x\"]\n\n[b]\nwords = ['\"open']\n");
    let broken = shell.run(&["categories", "--categories", "broken.toml"]).await;
    assert_eq!(broken.ends(2, &["broken.toml:5: the query has a quote"]).stdout, "");
    shell.run(&["viral", "--category", "x", "--categories", "nope.toml"]).await.ends(2, &["cannot read nope.toml"]);
}

#[tokio::test]
async fn timing_has_each_hour_of_the_week_once_and_every_judged_post() {
    let shell = scored().await;
    let utc = rows(&shell, &["timing"]).await;
    let hours: BTreeSet<String> = utc.iter().map(|row| format!("{} {}", row["weekday"], row["hour"])).collect();
    assert_eq!((utc.len(), hours.len()), (168, 168));
    let total = |rows: &[Value]| rows.iter().map(|row| row["posts"].as_u64().unwrap()).sum::<u64>();
    let videos = shell.run(&["search", "--limit", "all", "--format", "json"]).await.succeeded().json();
    let judged = videos["videos"].as_array().unwrap().iter().filter(|post| {
        let virality = &post["virality"];
        virality["z"].is_number() && virality["immature"] == false && post["stats"]["play"].as_u64() > Some(0)
    });
    assert_eq!(total(&utc), judged.count() as u64);
    for zone in ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"] {
        let elsewhere = rows(&shell, &["timing", "--timezone", zone]).await;
        assert_eq!((elsewhere.len(), total(&elsewhere)), (168, total(&utc)), "{zone}");
        assert_ne!(elsewhere, utc, "{zone}");
    }
    let table = shell.run(&["timing"]).await.succeeded().stdout;
    assert!(table.contains("Monday") && table.lines().any(|line| line.trim_start().starts_with("23:00")), "{table}");
}

#[tokio::test]
async fn without_scores_it_is_said_how_to_get_them() {
    let simulator = simulator(3).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt", "--no-scores"]).await.succeeded();
    let words = ["there are no scores yet", "run `viralmine score`"];
    for line in [
        &["viral"][..],
        &["viral", "--by", "plays_per_hour"],
        &["keywords"],
        &["timing"],
        &["hashtags", "--sort", "lift"],
        &["search", "--sort", "z"],
    ] {
        let told = shell.run(line).await.ends(0, &words);
        assert!(!told.stdout.is_empty(), "{line:?}");
    }
    shell.run(&["creators"]).await.ends(1, &words);
    let plain = shell.run(&["hashtags", "--format", "json"]).await.succeeded();
    assert!(!plain.stderr.contains("no scores"), "it is not made of scores: {}", plain.stderr);
    assert!(plain.json()[0]["lift"].is_null() && plain.json()[0]["posts"].as_u64() > Some(0));
    shell.run(&["score"]).await.succeeded();
    let told = shell.run(&["viral"]).await.succeeded();
    assert!(!told.stderr.contains("no scores"), "{}", told.stderr);
}

/// Every text that strangers write, by commands whose csv somebody may `cat`.
#[tokio::test]
async fn no_csv_holds_what_a_terminal_obeys() {
    const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}evil\u{2066}\r";
    let shell = Shell::new();
    let hostile = |id: u32| {
        let mut post = post(id, u64::from(id) * 1_000);
        post["desc"] = format!("{HOSTILE} dress #{HOSTILE}").into();
        post["region"] = HOSTILE.into();
        post["author"] = json!({ "uid": HOSTILE, "unique_id": HOSTILE, "nickname": HOSTILE, "region": HOSTILE });
        post["music"] = json!({ "mid": "77", "title": HOSTILE, "author": HOSTILE });
        post["text_extra"] = json!([{ "hashtag_name": HOSTILE }, { "hashtag_name": "ootd" }]);
        post
    };
    let posts: Vec<Value> = (1..=9).map(hostile).collect();
    write(&shell.path(""), "pages.ndjson", &[list_record(1_760_000_000_000, &posts)]);
    shell.run(&["replay", "pages.ndjson"]).await.succeeded();
    let low = ["--min-posts", "1", "--min-creators", "1"];
    for line in [
        &["search"][..],
        &["viral", "--by", "plays_per_hour"],
        &[&["hashtags"][..], &low].concat(),
        &[&["keywords", "--sort", "posts"][..], &low].concat(),
        &[&["sounds"][..], &low].concat(),
        &["categories"],
        &["creators", "--min-judged", "0"],
        &["timing"],
        &["export", "--to", "-"],
    ] {
        let csv = shell.run(&[line, &["--format", "csv"]].concat()).await.succeeded().stdout;
        assert!(csv.lines().count() > 1, "{line:?}: {csv}");
        let obeyed = |sign: char| sign != '\n' && sign.is_control() || matches!(sign, '\u{202e}' | '\u{2066}');
        assert!(!csv.contains(obeyed), "{line:?}: {csv:?}");
    }
    let found = shell.run(&["search", "--format", "ndjson"]).await.succeeded().stdout;
    assert!(found.contains("\u{202e}") || found.contains("\\u202e"), "whoever needs it exactly has it: {found}");
}

#[tokio::test]
async fn wrong_use_is_told_before_any_request() {
    let shell = Shell::new();
    for (line, words) in [
        (&["keywords", "--script", "klingon"][..], ["--script", "latin, han"]),
        (&["hashtags", "--window", "soon"], ["--window", "7d, 12h or 2w"]),
        (&["creators", "--tiers", "small=9"], ["--tiers", "small=0"]),
        (&["viral", "--by", "likes"], ["--by", "plays_per_hour"]),
        (&["timing", "--timezone", "Mars/Base"], ["--timezone", "IANA"]),
    ] {
        assert_eq!(shell.run(line).await.ends(2, &words).stdout, "");
    }
    shell.write("viralmine.toml", "tiers = \"small=9\"\n");
    shell.run(&["creators"]).await.ends(2, &["viralmine.toml:1: ", "small=0"]);
    assert_eq!(shell.entries(), ["viralmine.toml"], "nothing is made");
}

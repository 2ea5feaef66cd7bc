//! `report` as it is typed, over a scored corpus in either store: its numbers are those of the questions, and its page
//! is what a reader sees in a real browser (`page`).

mod page;

use std::io::Read as _;

use serde_json::{Value, json};
use viralmine::commands::stores;
use viralmine::model::text::fold;
use viralmine::model::{BatchBuilder, CORPUS_ID, Collection, Verdict};
use viralmine::settings::store::{StorePlace, StoreSettings};
use viralmine::store::ScannedDocument;

use crate::command_line::shell::{Ended, Shell, simulator};
use crate::support::place::{Place, on_both_stores};

on_both_stores!(the_numbers_are_those_of_the_questions, filters_and_windows, nothing_to_tell);

/// A folder with 30 creators' posts, scored.
async fn corpus() -> Shell {
    let simulator = simulator(30).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    shell
}

/// Puts all that a corpus holds into another place, each document as `change` leaves it, with its version.
async fn copy(corpus: &Shell, place: &Place, change: impl Fn(Collection, &mut Value)) {
    let folder = corpus.path("viralmine-data");
    let store = StorePlace::Embedded(folder.clone());
    let settings = StoreSettings { place: store, data_dir: folder, prefix: "viralmine".into() };
    let view = stores::open_view(&settings).await.unwrap();
    let writer = place.writer().await;
    for collection in [Collection::Videos, Collection::Creators, Collection::Checkpoints] {
        let (into, mut parts) = tokio::sync::mpsc::channel::<Vec<ScannedDocument>>(4);
        let reading = async {
            let mut all = Vec::new();
            while let Some(part) = parts.recv().await {
                all.extend(part);
            }
            all
        };
        let (scanned, mut all) = tokio::join!(view.scan(collection, into), reading);
        scanned.unwrap();
        if collection == Collection::Creators {
            let corpus = view.get(collection, &[CORPUS_ID.to_owned()]).await.unwrap().pop().flatten().unwrap();
            all.push(ScannedDocument { id: CORPUS_ID.to_owned(), document: corpus });
        }
        assert!(!all.is_empty());
        for some in all.chunks(500) {
            let mut builder = BatchBuilder::new(collection);
            for ScannedDocument { id, document } in some {
                let mut source: Value = serde_json::from_slice(&document.source).unwrap();
                change(collection, &mut source);
                builder.push(id, document.version, source.to_string().as_bytes());
            }
            let verdicts = writer.bulk(&builder.finish()).await.unwrap();
            assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })), "{verdicts:?}");
        }
    }
    writer.commit().await.unwrap();
}

async fn run(shell: &Shell, place: &Place, line: &[&str]) -> Ended {
    let flags = place.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    shell.run(&[line, &flags].concat()).await
}

async fn json_of(shell: &Shell, place: &Place, line: &[&str]) -> Value {
    run(shell, place, &[line, &["--format", "json"]].concat()).await.succeeded().json()
}

/// Some fields of each row.
fn fields(rows: &Value, names: &[&str]) -> Vec<Value> {
    let some = |row: &Value| names.iter().map(|name| row[*name].clone()).collect::<Value>();
    rows.as_array().unwrap_or_else(|| panic!("no rows: {rows}")).iter().map(some).collect()
}

async fn the_numbers_are_those_of_the_questions(place: Place) {
    let shell = corpus().await;
    copy(&shell, &place, |_, _| {}).await;
    let report = json_of(&shell, &place, &["report"]).await;
    let original = shell.run(&["report", "--format", "json"]).await.succeeded().json();
    for (part, numbers) in original.as_object().unwrap() {
        assert_eq!(&report[part], numbers, "{part}, here and in the original");
    }
    for (part, line) in [
        ("/hashtags/top", &["hashtags", "--limit", "20"][..]),
        ("/keywords/rows", &["keywords", "--limit", "20"]),
        ("/sounds", &["sounds", "--limit", "12"]),
        ("/categories", &["categories"]),
        ("/timing", &["timing"]),
    ] {
        assert_eq!(report.pointer(part).unwrap(), &json_of(&shell, &place, line).await, "{part}");
    }
    let rising = json_of(&shell, &place, &["hashtags", "--sort", "growth", "--no-generic", "--limit", "15"]).await;
    let growing: Vec<&Value> =
        rising.as_array().unwrap().iter().filter(|row| row["growth"].as_f64() > Some(1.0)).collect();
    assert_eq!(report["hashtags"]["rising"].as_array().unwrap().iter().collect::<Vec<_>>(), growing);
    let creators = json_of(&shell, &place, &["creators", "--limit", "200"]).await;
    let names = ["sec_user_id", "nickname", "videos", "judged", "viral", "median_plays", "hit_rate", "trend"];
    assert!(!creators.as_array().unwrap().is_empty());
    assert_eq!(fields(&report["creators"]["creators"], &names), fields(&creators, &names));
    for (list, by, limit) in
        [("unusual", "z", "20"), ("rising", "plays_per_hour", "10"), ("engaging", "engagement", "10")]
    {
        let posts = json_of(&shell, &place, &["viral", "--by", by, "--limit", limit]).await;
        let names = ["aweme_id", "video_desc", "publish_ts", "fetched_at"];
        assert_eq!(fields(&report["posts"][list]["posts"], &names), fields(&posts, &names), "{list}");
        assert!(!posts.as_array().unwrap().is_empty(), "{list}");
    }
    let all = json_of(&shell, &place, &["search", "--limit", "all"]).await;
    let videos = all["videos"].as_array().unwrap();
    let plays: u64 = videos.iter().map(|video| video["stats"]["play"].as_u64().unwrap()).sum();
    assert_eq!((&report["headline"]["posts"], &report["headline"]["plays"]), (&all["total"], &json!(plays)));
    let bars = report["over_time"]["bars"].as_array().unwrap();
    let sum = |name: &str| bars.iter().map(|bar| bar[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("plays"), sum("posts")), (plays, videos.len() as u64));
    assert_related(&report["related"], videos);
    let ages = report["data"]["ages"].as_array().unwrap();
    assert_eq!(ages.iter().map(|band| band["posts"].as_u64().unwrap()).sum::<u64>(), videos.len() as u64);
    assert_eq!(report["data"]["creators"]["done"], 30);
}

/// Each pair's posts are counted again, by looking at every post.
fn assert_related(related: &Value, videos: &[Value]) {
    let pairs = related["pairs"].as_array().unwrap();
    assert!(!pairs.is_empty());
    for pair in pairs {
        let carries = |video: &Value, name: &Value| {
            let wanted = fold(name.as_str().unwrap());
            video["hashtag_keys"].as_array().unwrap().iter().any(|key| key.as_str() == Some(&wanted))
        };
        let both = videos.iter().filter(|video| carries(video, &pair["one"]) && carries(video, &pair["other"]));
        assert_eq!(pair["posts"], both.count(), "{pair}");
        assert_eq!(pair["npmi"].is_null(), pair["posts"].as_u64() < Some(5), "{pair}");
    }
}

async fn filters_and_windows(place: Place) {
    let shell = corpus().await;
    copy(&shell, &place, |_, _| {}).await;
    let filters = ["--since", "60d", "--kind", "video", "--timezone", "Asia/Kathmandu"];
    let report = json_of(&shell, &place, &[&["report"][..], &filters].concat()).await;
    let found = json_of(&shell, &place, &[&["search", "--limit", "1"][..], &filters].concat()).await;
    assert_eq!(report["headline"]["posts"], found["total"]);
    assert!(report["headline"]["posts"].as_u64() < report["data"]["stored"].as_u64());
    assert_eq!((&report["about"]["kind"], &report["about"]["timezone"]), (&json!("video"), &json!("Asia/Kathmandu")));
    assert_eq!(report["timing"], json_of(&shell, &place, &[&["timing"][..], &filters].concat()).await);
    assert!(report["data"]["windows"]["recent"]["to"].as_i64() > report["data"]["windows"]["earlier"]["to"].as_i64());
    // A week leaves no room for two windows of one.
    let week = run(&shell, &place, &["report", "--since", "7d", "--format", "json"]).await;
    let week = week.ends(0, &["growth is not told", "the window ends at"]).json();
    assert_eq!((&week["data"]["windows"], &week["hashtags"]["rising"]), (&Value::Null, &json!([])));
    let page = run(&shell, &place, &["report", "--since", "7d", "--out", "-"]).await.succeeded().stdout;
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Growth is not told"));
    run(&shell, &place, &["report", "--category", "hats", "--out", "-"]).await.ends(2, &["--category hats"]);
}

async fn nothing_to_tell(place: Place) {
    let shell = corpus().await;
    // As a pass leaves it that was killed before it had written anything.
    copy(&shell, &place, |collection, document| {
        let fields = document.as_object_mut().unwrap();
        if collection == Collection::Videos {
            fields.remove("virality");
            fields["engagement"].as_object_mut().unwrap().remove("smoothed");
        } else if fields.contains_key("viral_by_chance") {
            fields["unfinished"] = true.into();
        }
    })
    .await;
    let report = json_of(&shell, &place, &["report"]).await;
    assert_eq!((&report["chance"], &report["data"]["scores"]["scored_at"]), (&Value::Null, &Value::Null));
    assert_eq!(report["posts"]["unusual"]["posts"], json!([]));
    assert_eq!((&report["keywords"]["by"], &report["headline"]["judged"]), (&json!("posts"), &json!(0)));
    let page = run(&shell, &place, &["report", "--out", "-"]).await.succeeded().stdout;
    assert!(page.contains("There are no scores yet") && page.contains("No post could be judged"));
    let none = run(&shell, &place, &["report", "nobodysaysthis", "--out", "-"]).await.succeeded().stdout;
    assert!(none.contains("No stored post matches"));
}

#[tokio::test]
async fn a_file_is_written_whole_where_it_can_be() {
    let shell = corpus().await;
    let told = shell.run(&["report"]).await.succeeded();
    assert_eq!(told.stdout, "");
    assert!(told.stderr.contains("the report is in report.html"), "{}", told.stderr);
    let page = std::fs::read_to_string(shell.path("report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
    shell.write("report.html", "an older one");
    shell.run(&["report", "-q", "--out", "report.html"]).await.succeeded();
    assert_eq!(std::fs::read_to_string(shell.path("report.html")).unwrap(), page, "the same data make the same page");
    assert_eq!(shell.run(&["report", "-o", "-"]).await.succeeded().stdout, page);
    shell.run(&["report", "--format", "json", "--out", "numbers.json"]).await.succeeded();
    let numbers = std::fs::read_to_string(shell.path("numbers.json")).unwrap();
    assert_eq!(shell.run(&["report", "--format", "json"]).await.succeeded().stdout, numbers);
    shell.run(&["report", "--out", "by-name.JSON"]).await.succeeded();
    assert_eq!(std::fs::read_to_string(shell.path("by-name.JSON")).unwrap(), numbers, "the name says it");
    shell.run(&["report", "--out", "by-name.json.gz"]).await.succeeded();
    let mut unpacked = String::new();
    let packed = std::fs::File::open(shell.path("by-name.json.gz")).unwrap();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, numbers, "both endings are heeded");
    shell.run(&["report", "--format", "html", "--out", "by-name.json"]).await.succeeded();
    assert_eq!(std::fs::read_to_string(shell.path("by-name.json")).unwrap(), page, "unless it is typed");
    let before = shell.entries();
    shell.run(&["report", "--out", "nowhere/report.html"]).await.ends(2, &["--out nowhere/report.html", "no folder"]);
    shell.run(&["report", "--out", "viralmine-data"]).await.ends(2, &["--out viralmine-data", "a folder"]);
    shell.run(&["report", "--store", "empty"]).await.ends(1, &["nothing was indexed yet", "viralmine backfill"]);
    assert_eq!(shell.entries(), before, "nothing is left of a report that failed");
}

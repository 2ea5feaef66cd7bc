//! All posts that match, as stored: the same from both stores, whole files or none, and nothing asked for a bad place.

use std::collections::BTreeSet;
use std::fs;

use viralmine::model::{Filters, Query, Question};

use crate::command_line::shell::{Shell, end_of, simulator};
use crate::elastic::{clean_up_blocking, node_url};
use crate::support::place::{Place, on_both_stores};
use crate::support::proxy::FaultProxy;
use crate::support::proxy::fault::{Fault, Gate};
use crate::support::run::{Run, quick, simulator as quick_simulator};

on_both_stores!(every_document_that_matches_comes_once, who_wants_no_more_gets_no_more);

async fn filled(place: &Place) -> u64 {
    // More than one page, or chunk, of either store.
    let options = viralmine::simulator::SimulatorOptions { creators: 24, videos: 60, ..quick() };
    let simulator = quick_simulator(options).await;
    let backfill = Run::new(place, &simulator).run().await;
    assert!(backfill.report.documents.stored > 1_100, "{:?}", backfill.report);
    backfill.report.documents.new
}

async fn every_document_that_matches_comes_once(place: Place) {
    let stored = filled(&place).await;
    let reader = place.reader().await;
    let narrow = Filters { min_plays: Some(10_000), ..Filters::default() };
    let both = Query::parse("#fyp").unwrap();
    for question in [
        Question::all(),
        Question { filters: narrow.clone(), ..Question::all() },
        Question { query: both, filters: narrow, ..Question::all() },
    ] {
        let mut handed = Vec::new();
        reader
            .documents(&question, &mut |document| {
                handed.push(document.to_vec());
                true
            })
            .await
            .unwrap();
        let found = reader.search(&question).await.unwrap();
        assert!(found.total > 0 && handed.len() as u64 == found.total, "{question:?}");
        let found: BTreeSet<Vec<u8>> = found.videos.iter().map(|document| document.to_vec()).collect();
        assert_eq!(handed.into_iter().collect::<BTreeSet<_>>(), found, "{question:?}");
    }
    let mut all = 0;
    reader
        .documents(&Question::all(), &mut |_| {
            all += 1;
            true
        })
        .await
        .unwrap();
    assert_eq!(all, stored);
}

async fn who_wants_no_more_gets_no_more(place: Place) {
    filled(&place).await;
    let reader = place.reader().await;
    for wanted in [1, 1_050] {
        let mut handed = 0;
        let mut each = |_| {
            handed += 1;
            handed < wanted
        };
        reader.documents(&Question::all(), &mut each).await.unwrap();
        assert_eq!(handed, wanted);
    }
}

/// The prefix is deleted at the end, also after a failure.
struct Prefix(String);

impl Drop for Prefix {
    fn drop(&mut self) {
        clean_up_blocking(&node_url(), &self.0);
    }
}

#[tokio::test]
async fn files_hold_what_search_finds_whatever_the_store_and_the_form() {
    let simulator = simulator(4).await;
    let (node, prefix) = (node_url(), Prefix(format!("export-{}", std::process::id())));
    for place in [&["--data-dir", "here"][..], &["--store", &node, "--index-prefix", &prefix.0]] {
        let shell = Shell::with_api(&simulator);
        shell.backfill(&[place, &["--creators", "creators.txt"]].concat()).await.succeeded();
        let run = async |arguments: &[&str]| shell.run(&[arguments, place].concat()).await;
        let filter = ["--min-plays", "5000"];
        let search = async |format| {
            let found = run(&[&["search", "--limit", "all", "--format", format], &filter[..]].concat()).await;
            sorted(&found.succeeded().stdout)
        };
        let (documents, lines) = (search("ndjson").await, search("csv").await);
        assert!(documents.len() > 20, "{documents:?}");
        let told = format!("{} posts, ", documents.len());
        for name in ["posts.ndjson", "posts.jsonl.gz", "posts.ndjson.zst", "posts.csv", "posts.csv.gz"] {
            let ended = run(&[&["export", "--to", name], &filter[..]].concat()).await;
            let ended = ended.ends(0, &[&told, &format!("written to {name}")]);
            assert_eq!(ended.stdout, "");
            let mut text = String::new();
            let mut file = viralmine::archive::input::open_input(Some(&shell.path(name))).unwrap();
            std::io::Read::read_to_string(&mut file, &mut text).unwrap();
            assert_eq!(&sorted(&text), if name.contains("csv") { &lines } else { &documents }, "{name}");
        }
        let piped = run(&[&["export", "--to", "-", "--format", "csv"], &filter[..]].concat()).await;
        assert_eq!(sorted(&piped.ends(0, &[&told]).stdout), lines);
        let piped = run(&[&["export", "--to", "-"], &filter[..]].concat()).await.ends(0, &[&told]);
        assert_eq!(sorted(&piped.stdout), documents, "as they are stored, and nothing else");
        let nothing = run(&["export", "a-word-that-nobody-says", "--to", "none.ndjson", "-q"]).await.succeeded();
        assert_eq!((nothing.stderr.as_str(), fs::read(shell.path("none.ndjson")).unwrap()), ("", Vec::new()));
        assert!(shell.entries().iter().all(|name| !name.starts_with('.')), "{:?}", shell.entries());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    fs::create_dir(shell.path("shared")).unwrap();
    for (command, flag, name) in [
        ("export", "--to", "posts.csv"),
        ("report", "--out", "page.html"),
        ("setup", "--kibana-export", "objects.ndjson"),
    ] {
        let file = shell.path("shared").join(name);
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(format!("shared/{name}"), shell.path(name)).unwrap();
        symlink(format!("shared/new-{name}"), shell.path(&format!("new-{name}"))).unwrap();
        for link in [name, &format!("new-{name}")] {
            shell.run(&[command, flag, link]).await.succeeded();
            assert!(fs::symlink_metadata(shell.path(link)).unwrap().is_symlink(), "{link}");
        }
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o640, "{name}");
        let (replaced, made) =
            (fs::read(&file).unwrap(), fs::read(shell.path("shared").join(format!("new-{name}"))).unwrap());
        assert!(replaced.len() > 1_000 && replaced.len() == made.len(), "{name}");
    }
    assert_eq!(fs::read_dir(shell.path("shared")).unwrap().count(), 6, "no draft is left");
}

#[tokio::test]
async fn interrupted_it_leaves_what_was_there() {
    let simulator = simulator(1).await;
    let prefix = Prefix(format!("export-interrupted-{}", std::process::id()));
    let (proxy, gate) = (FaultProxy::start(&node_url()).await, Gate::default());
    let (shell, url) = (Shell::with_api(&simulator), proxy.url());
    let place = ["--store", &url, "--index-prefix", &prefix.0];
    shell.backfill(&[&place[..], &["--creators", "creators.txt"]].concat()).await.succeeded();
    shell.write("posts.csv", "old");
    let before = shell.entries();
    let held = gate.clone();
    proxy.decide(Box::new(
        move |request| {
            if request.path().ends_with("/_search") { Fault::Hold(held.clone()) } else { Fault::Pass }
        },
    ));
    let child = shell.spawn(&[&["export", "--to", "posts.csv"], &place[..]].concat());
    gate.reached().await;
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    end_of(child).await.ends(130, &["interrupted, posts.csv is not written; run the same command again"]);
    assert_eq!((fs::read_to_string(shell.path("posts.csv")).unwrap().as_str(), shell.entries()), ("old", before));
}

/// What stands in the file before is another's.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_is_standard_output_is_not_replaced() {
    let shell = Shell::new();
    shell.write("log", "another's\n");
    for arguments in [&["export", "--to", "/dev/stdout", "--format", "ndjson"][..], &["report", "--out", "/dev/fd/1"]] {
        let log = fs::OpenOptions::new().append(true).open(shell.path("log")).unwrap();
        let child = shell.command(arguments).stdout(log).spawn().unwrap();
        end_of(child).await.ends(2, &["that is no file; name another file, or - for standard output"]);
    }
    assert_eq!(fs::read_to_string(shell.path("log")).unwrap(), "another's\n");
}

fn sorted(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_bad_place_is_told_before_anything_is_asked() {
    let shell = Shell::new();
    fs::create_dir(shell.path("folder")).unwrap();
    for (arguments, words) in [
        (&["--to", "nowhere/posts.csv"][..], "there is no folder nowhere; make it first"),
        (&["--to", "folder", "--format", "csv"], "--to folder: that is a folder; name a file"),
        (&["--to", "/dev/null", "--format", "csv"], "that is no file; name a file, or - for standard output"),
        // By way of links that lead to no name.
        (&["--to", "/dev/stdout", "--format", "csv"], "that is no file; name a file, or - for standard output"),
        (&["--to", "posts.txt"], "say --format ndjson or csv"),
        (&["--to", "posts.csv", "--format", "table"], "ndjson, csv"),
        (&[], "--to <FILE>"),
    ] {
        shell.run(&[&["export"], arguments].concat()).await.ends(2, &[words]);
    }
    // What is there stays, when nothing can be written in its place.
    shell.write("posts.ndjson", "old");
    shell.run(&["export", "--to", "posts.ndjson"]).await.ends(1, &["nothing was indexed yet"]);
    assert_eq!(fs::read_to_string(shell.path("posts.ndjson")).unwrap(), "old");
    assert_eq!(shell.entries(), ["folder", "posts.ndjson"]);
}

//! Real runs of the binary, scraped while the store's answers are held back: what is read then stands still.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr};

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::command_line::shell::{Ended, KEY, STRANGER, Shell, end_of, simulator};
use crate::elastic::{clean_up_blocking, node_url};
use crate::support::proxy::FaultProxy;
use crate::support::proxy::fault::{Fault, Gate, from_bulk};

/// A run under way, with what it says on stderr.
struct Running {
    child: Child,
    url: String,
    stderr: JoinHandle<BufReader<ChildStderr>>,
}

/// What `/metrics` says, by series.
struct Scraped(BTreeMap<String, f64>);

impl Scraped {
    #[track_caller]
    fn count(&self, series: &str) -> u64 {
        let value = *self.0.get(series).unwrap_or_else(|| panic!("no {series} in {:?}", self.0));
        assert!(value >= 0.0 && value.fract() == 0.0, "{series} {value}");
        format!("{value:.0}").parse().unwrap()
    }
}

impl Running {
    /// Starts a command that serves its metrics at a free port, and waits until it says where.
    async fn start(mut child: Child) -> Self {
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let (url, stderr) = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            stderr.read_line(&mut line).unwrap();
            let told: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            (told["fields"]["url"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned(), stderr)
        })
        .await
        .unwrap();
        Self { child, url, stderr: tokio::spawn(async move { stderr }) }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let url = self.url.replace("/metrics", path);
        let answer = reqwest::get(url).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn scrape(&self) -> Scraped {
        let (status, page) = self.get("/metrics").await;
        assert_eq!(status, 200);
        assert!(!page.contains(KEY) && !page.contains("MS4w"), "{page}");
        let samples = page.lines().filter(|line| !line.starts_with('#'));
        Scraped(
            samples
                .map(|line| line.rsplit_once(' ').unwrap())
                .map(|(series, value)| (series.to_owned(), value.parse().unwrap()))
                .collect(),
        )
    }

    /// Scrapes until it is as wanted; the run must last so long.
    async fn until(&self, wanted: impl Fn(&Scraped) -> bool) -> Scraped {
        loop {
            let scraped = self.scrape().await;
            if wanted(&scraped) {
                return scraped;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn end(self) -> Ended {
        let mut stderr = self.stderr.await.unwrap();
        let reading = tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let ended = end_of(self.child).await;
        Ended { stderr: reading.await.unwrap(), ..ended }
    }
}

/// An index prefix of its own on the real node, behind a proxy.
struct Node {
    proxy: FaultProxy,
    prefix: String,
}

impl Node {
    async fn new(name: &str) -> Self {
        let proxy = FaultProxy::start(&node_url()).await;
        Self { proxy, prefix: format!("operating-{name}-{}", std::process::id()) }
    }

    fn arguments<'a>(&'a self, url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let usual = ["--store", url, "--index-prefix", &self.prefix, "--metrics", ":0", "--log-format", "json"];
        [more, &usual].concat()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        clean_up_blocking(&node_url(), &self.prefix);
    }
}

const BACKFILL: [&str; 7] = ["backfill", "--creators", "creators.txt", "--rate", "1000", "--format", "json"];

#[tokio::test]
async fn what_is_scraped_is_what_the_report_says_in_the_end() {
    let simulator = simulator(8).await;
    simulator.set_faults("500=0.1,429=0.05,wait=0.05,seed=3".parse().unwrap());
    let (shell, node) = (Shell::with_api(&simulator), Node::new("report").await);
    // The first refresh comes when everything is settled, the first creators' rows with the score pass.
    let (settled, scored) = (Gate::default(), Gate::default());
    let (at_the_end, in_the_pass) = (settled.clone(), scored.clone());
    node.proxy.decide(Box::new(move |request| match request.path() {
        path if path.ends_with("/_refresh") => Fault::Hold(at_the_end.clone()),
        _ if request.is_bulk_of("creators") => Fault::Hold(in_the_pass.clone()),
        _ => Fault::Pass,
    }));
    let url = node.proxy.url();
    let running = Running::start(shell.spawn(&node.arguments(&url, &BACKFILL))).await;
    settled.reached().await;
    let scraped = running.scrape().await;
    assert_eq!(running.get("/healthz").await, (200, "ok\n".to_owned()));
    let (status, index) = running.get("/").await;
    assert!(status == 200 && index.contains("href=\"/metrics\""), "{index}");
    assert_eq!(running.get("/else").await.0, 404);
    let client = reqwest::Client::new();
    let answer = client.head(&running.url).send().await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    assert_eq!(client.post(&running.url).send().await.unwrap().status().as_u16(), 405);
    settled.open();
    scored.reached().await;
    let in_the_pass = running.scrape().await;
    scored.open();
    let ended = running.end().await.succeeded();

    let report = ended.json();
    let told = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}"));
    for (series, pointer) in [
        ("viralmine_requests_sent_total", "/requests/sent"),
        ("viralmine_requests_total{outcome=\"ok\"}", "/requests/ok"),
        ("viralmine_requests_total{outcome=\"rate_limited\"}", "/requests/rate_limited"),
        ("viralmine_requests_total{outcome=\"failed\"}", "/requests/failed"),
        ("viralmine_creators{state=\"done\"}", "/creators/done"),
        ("viralmine_pages_total{from=\"api\"}", "/pages"),
        ("viralmine_items_received_total{stage=\"fetch\"}", "/items/received"),
        ("viralmine_items_skipped_total{stage=\"fetch\"}", "/items/skipped"),
        ("viralmine_documents_fetched_total{stage=\"fetch\"}", "/documents/fetched"),
        ("viralmine_documents_total{stage=\"fetch\",verdict=\"stored\"}", "/documents/stored"),
        ("viralmine_documents_new_total{stage=\"fetch\"}", "/documents/new"),
        ("viralmine_documents_total{stage=\"fetch\",verdict=\"superseded\"}", "/documents/superseded"),
        ("viralmine_dead_letters_total{stage=\"fetch\"}", "/documents/dead"),
    ] {
        assert_eq!(scraped.count(series), told(pointer), "{series}");
    }
    assert!(told("/requests/failed") > 0 && told("/documents/stored") > 0, "{report}");
    let used = scraped.0["viralmine_quota_used_ratio"];
    assert!(used > 0.0 && (used - report["quota_used"].as_f64().unwrap()).abs() <= 0.005, "{used}: {report}");
    let flushed: u64 = ["bytes", "count", "age", "end"]
        .map(|reason| scraped.count(&format!("viralmine_bulk_flushes_total{{stage=\"fetch\",reason=\"{reason}\"}}")))
        .iter()
        .sum();
    let bulks = scraped.count("viralmine_bulk_requests_total{stage=\"fetch\"}");
    assert_eq!((flushed, scraped.count("viralmine_bulk_duration_seconds_count{stage=\"fetch\"}")), (bulks, bulks));
    assert_eq!(scraped.count("viralmine_bulk_documents_sum{stage=\"fetch\"}"), told("/documents/stored"));
    assert_eq!(scraped.count("viralmine_waiting_documents{stage=\"fetch\"}"), 0);
    assert!(scraped.0["viralmine_waiting_documents_limit{stage=\"fetch\"}"] > 0.0);
    assert!(!scraped.0.contains_key("viralmine_score_videos"), "no pass had begun");
    assert_eq!(in_the_pass.count("viralmine_score_videos"), told("/documents/new"));
    assert_eq!(
        in_the_pass.count("viralmine_documents_total{stage=\"fetch\",verdict=\"stored\"}"),
        told("/documents/stored")
    );
}

#[tokio::test]
async fn a_store_that_stalls_is_seen_and_is_no_longer_healthy() {
    let simulator = simulator(12).await;
    let (shell, node) = (Shell::with_api(&simulator), Node::new("stall").await);
    let gate = Gate::default();
    node.proxy.decide(from_bulk(1, Fault::Hold(gate.clone())));
    let url = node.proxy.url();
    // A tenth of it without a sign of life is too much.
    let patient = [&BACKFILL[..], &["--give-up-after", "20s", "--no-scores"]].concat();
    let running = Running::start(shell.spawn(&node.arguments(&url, &patient))).await;
    gate.reached().await;
    let waits = "viralmine_waiting_documents{stage=\"fetch\"}";
    let scraped = running.until(|scraped| scraped.0[waits] > 0.0).await;
    let sent = scraped.count("viralmine_bulk_requests_total{stage=\"fetch\"}");
    assert!(sent > scraped.count("viralmine_bulk_duration_seconds_count{stage=\"fetch\"}"), "one has no answer");
    let standstill = "viralmine_store_standstill_seconds{stage=\"fetch\"}";
    running
        .until(|scraped| {
            scraped.0[standstill] > 2.0 && scraped.0["viralmine_settle_lag_seconds{stage=\"fetch\"}"] > 0.0
        })
        .await;
    let (status, reason) = running.get("/healthz").await;
    assert_eq!(status, 503);
    assert!(reason.starts_with("the store has taken nothing for ") && reason.contains("after 20 s"), "{reason}");
    gate.open();
    running.end().await.succeeded();
}

#[tokio::test]
async fn a_replay_tells_how_far_it_is_and_a_score_pass_has_the_flag() {
    let simulator = simulator(2).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let segment = viralmine::archive::segments(&shell.path("viralmine-data")).unwrap().remove(0);
    let mut records = String::new();
    viralmine::archive::input::open_input(Some(&segment)).unwrap().read_to_string(&mut records).unwrap();
    let arguments = ["replay", "-", "--data-dir", "again", "--metrics", "127.0.0.1:0", "--log-format", "json"];
    let mut child = shell.command(&arguments).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let running = Running::start(child).await;
    stdin.write_all(records.as_bytes()).unwrap();
    stdin.flush().unwrap();
    // It waits for more, so that it lasts.
    let scraped = running.scrape().await;
    let documents = "viralmine_documents_total{stage=\"load\",verdict=\"stored\"}";
    assert!(scraped.0.contains_key("viralmine_records_total{outcome=\"page\"}") && scraped.0.contains_key(documents));
    assert!(!scraped.0.contains_key("viralmine_requests_sent_total"), "a replay asks nothing");
    drop(stdin);
    running.end().await.succeeded();
    let score = ["score", "--metrics", "[::1]:0", "--log-format", "json"];
    shell.run(&score).await.ends(0, &["http://[::1]:"]);
}

#[tokio::test]
async fn an_address_that_cannot_be_had_is_told_before_any_request() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let backfill = |address| ["backfill", STRANGER, "--metrics", address];
    shell.run(&backfill(&address)).await.ends(1, &["--metrics", &address, "in use", "port 0"]);
    // A documentation address, which is no machine's.
    let words = ["--metrics 192.0.2.1:9464 cannot be listened on", "an address of this machine"];
    shell.run(&backfill("192.0.2.1:9464")).await.ends(1, &words);
    for wrong in ["9464", "example.com:80", "http://127.0.0.1:9464", ":70000"] {
        shell.run(&backfill(wrong)).await.ends(2, &["--metrics", "127.0.0.1:9464"]);
    }
    assert_eq!((simulator.observed().total(), shell.entries()), (0, vec!["creators.txt".to_owned()]));
}

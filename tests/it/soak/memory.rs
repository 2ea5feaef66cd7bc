//! Memory: a long run needs no more than a short one, and neither does one whose store stalls for good. Reads /proc.

use std::fs;
use std::process::Child;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use viralmine::model::Secret;
use viralmine::simulator::{Simulator, SimulatorOptions};

use crate::command_line::shell::{Ended, KEY, Shell, end_of};
use crate::elastic::node_url;
use crate::kills::{start_backfill, tell};
use crate::support::node::until;
use crate::support::place::Place;
use crate::support::run::quick;

/// A peak may be so much above another one (KiB): 16 MB.
const LEEWAY: u64 = 16_000_000 / 1024;

/// In both runs there are more creators than walks side by side at this rate, which are 151 at first.
const RATE: u64 = 100;
const VIDEOS: u32 = 50;

/// So many pages of 35 posts may be paid for and not be stored yet: 7,000 documents.
const PAGES_WITHOUT_A_STORE: u64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: scripts/soak"]
async fn of_100_000_videos_is_that_of_10_000_embedded() {
    // An embedded index is read through mapped files. Those pages are the system's cache of them: it takes them back
    // when anybody needs memory, and they count as resident only because nobody did. The program holds what is not of a
    // file.
    compare_peaks(&Place::embedded(), &Place::embedded(), |peak| peak.anonymous).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: scripts/soak"]
async fn of_100_000_videos_is_that_of_10_000_elastic() {
    compare_peaks(&Place::elastic(), &Place::elastic(), |peak| peak.resident).await;
}

async fn compare_peaks(short: &Place, long: &Place, held: fn(Peak) -> u64) {
    let store = short.settings.name();
    let short = peak_of_run(short, 200).await;
    let long = peak_of_run(long, 2_000).await;
    tell(format!("{store}: peak of 10,000 videos {short}, of 100,000 videos {long}"));
    assert!(held(long) <= held(short) + LEEWAY, "the long run needs more memory");
}

async fn peak_of_run(place: &Place, creators: u32) -> Peak {
    let simulator = simulator(creators).await;
    let shell = Shell::with_api(&simulator).without("VIRALMINE_NOW");
    let (ended, peak) = watched(start_backfill(&shell, place, 35, RATE, &[])).await;
    let report = ended.succeeded().json();
    let posts: u64 = simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum();
    assert_eq!(report["documents"]["stored"], posts, "{report}");
    peak
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: scripts/soak"]
async fn stays_flat_when_the_store_stalls_and_the_run_can_be_resumed() {
    let simulator = simulator(2_000).await;
    let shell = Shell::with_api(&simulator).without("VIRALMINE_NOW");
    let proxy = Proxy::start(&node_url()).await;
    let place = Place::elastic_at(&proxy.url);
    let child = start_backfill(&shell, &place, 35, RATE, &["--give-up-after", "40s"]);
    let process = child.id();
    let run = tokio::spawn(watched(child));
    let asked = || simulator.observed().total();
    until("the run is well under way", async || asked() >= 1_000).await;

    proxy.stalls(true);
    let at_the_stall = asked();
    let mut before = 0;
    until("no more is asked", async || {
        tokio::time::sleep(Duration::from_secs(2)).await;
        std::mem::replace(&mut before, asked()) == asked()
    })
    .await;
    let (when_it_stopped, stopped_at) = (Peak::of(process).unwrap(), asked());
    assert!(stopped_at <= at_the_stall + PAGES_WITHOUT_A_STORE, "{at_the_stall}, then {stopped_at} requests");
    let (ended, peak) = run.await.unwrap();
    ended.ends(1, &["no answer within", "run the same command again"]);
    assert_eq!(asked(), stopped_at, "nothing is asked while the store stalls");
    tell(format!(
        "a store that stalls: {} requests more, then none; peak {when_it_stopped} when they stopped, {peak} at the end",
        stopped_at - at_the_stall
    ));
    assert!(peak.resident <= when_it_stopped.resident + LEEWAY, "memory grows while the store stalls");

    proxy.stalls(false);
    let resumed = end_of(start_backfill(&shell, &place, 35, 1_000, &[])).await.succeeded().json();
    assert_eq!(resumed["creators"]["done"], 2_000, "{resumed}");
    let pages = simulator.observed().pages_answered();
    assert_eq!(pages.len() as u64, asked(), "no page was asked twice");
    let posts: u64 = simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum();
    assert_eq!(place.documents().await.len() as u64, posts);
}

async fn simulator(creators: u32) -> Simulator {
    let options = SimulatorOptions { creators, videos: VIDEOS, keys: vec![Secret::new(KEY)], ..quick() };
    Simulator::start(SimulatorOptions { latency: Duration::from_millis(100), ..options }).await.unwrap()
}

/// The highest that a process's memory was (KiB).
#[derive(Debug, Clone, Copy, Default)]
struct Peak {
    /// All that was resident at a time, by the system's own count.
    resident: u64,
    /// Without the pages of files, such as those of an embedded index, which the system takes back when it needs them.
    /// As seen, looking often.
    anonymous: u64,
}

impl Peak {
    /// So far; `None` once the process has ended.
    fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').trim().strip_suffix(" kB")?.parse().ok()
        };
        Some(Self { resident: kib("VmHWM")?, anonymous: kib("RssAnon")? })
    }
}

impl std::fmt::Display for Peak {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = |kib: u64| kib as f64 / 1024.0;
        write!(formatter, "{:.1} MiB ({:.1} without files)", mib(self.resident), mib(self.anonymous))
    }
}

/// Waits for a process's end, and looks at its memory until then.
async fn watched(child: Child) -> (Ended, Peak) {
    let process = child.id();
    let ended = tokio::spawn(end_of(child));
    let mut peak = Peak::default();
    while let Some(now) = Peak::of(process) {
        peak.resident = peak.resident.max(now.resident);
        peak.anonymous = peak.anonymous.max(now.anonymous);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(peak.resident > 0, "the process ended before it was looked at");
    (ended.await.unwrap(), peak)
}

/// Stands before a node, and can stall: accept, take what is sent, and never answer.
struct Proxy {
    url: String,
    stalled: watch::Sender<bool>,
}

impl Proxy {
    async fn start(node: &str) -> Self {
        let node: reqwest::Url = node.parse().unwrap();
        let node = format!("{}:{}", node.host_str().unwrap(), node.port_or_known_default().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stalled, stalls) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, node.clone(), stalls.clone()));
            }
        });
        Self { url, stalled }
    }

    /// When it stalls no more, connections that it held are closed.
    fn stalls(&self, stalled: bool) {
        self.stalled.send_replace(stalled);
    }
}

async fn carry(mut client: TcpStream, node: String, mut stalled: watch::Receiver<bool>) {
    let carrying = async {
        if let Ok(mut server) = TcpStream::connect(node).await {
            // Whoever closes first is the tests' or the node's business.
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    };
    let has_stalled = tokio::select! {
        biased;
        stalls = stalled.wait_for(|&stalls| stalls) => stalls.is_ok(),
        () = carrying => false,
    };
    if has_stalled {
        let _ = stalled.wait_for(|&stalls| !stalls).await;
    }
}

//! Archive segments that are spoilt in the middle, or of a newer program, under walks that would go on from them; and
//! in the hands of who reads them as files.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{BACKFILL, OnTheNode, faultless, kill, simulator};
use crate::command_line::shell::{Shell, end_of};
use crate::support::proxy::fault::{Fault, from_bulk, none};

/// A run that was killed with pages in its archive that the store does not have.
struct Killed {
    api: viralmine::simulator::Simulator,
    node: OnTheNode,
    shell: Shell,
    /// Pages that were paid for.
    paid: u64,
    segment: PathBuf,
}

impl Killed {
    async fn new(name: &str) -> Self {
        let api = simulator(8, 100).await;
        let node = OnTheNode::new(name).await;
        let shell = Shell::with_api(&api);
        node.set_in(&shell);
        node.proxy.decide(from_bulk(1, Fault::Silence { applied: false }));
        let child = shell.spawn(&[&BACKFILL[..], &["-q"]].concat());
        node.proxy.until(|seen| seen.bulks_of("videos").count() > 0).await;
        kill(&child);
        end_of(child).await;
        node.proxy.decide(none());
        // Little later, so that no post is old enough to be judged meanwhile.
        let shell = shell.set("VIRALMINE_NOW", "2025-06-20T00:01:00Z");
        let segments: Vec<PathBuf> = fs::read_dir(shell.path("viralmine-data/archive"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(".zst"))
            .collect();
        let [segment] = &segments[..] else { panic!("{segments:?}") };
        Self { paid: api.observed().total(), segment: segment.clone(), api, node, shell }
    }

    fn pages(&self) -> u64 {
        self.api.creators().iter().filter_map(|creator| self.api.video_count(creator)).map(|n| n.div_ceil(35)).sum()
    }

    /// Runs again, to the end of a run without trouble; how many requests that took.
    async fn goes_on(&self, words: &[&str]) -> u64 {
        let report = self.shell.run(&BACKFILL).await.ends(0, words).json();
        let sent = self.api.observed().total() - self.paid;
        assert_eq!((&report["creators"]["done"], &report["documents"]["dead"]), (&Value::from(8), &Value::from(0)));
        assert_eq!(self.shell.documents().await, faultless(&self.api).await);
        sent
    }

    /// The records, rewritten by `change`.
    fn rewrite(&self, change: impl Fn(&mut Value)) {
        let reader = viralmine::archive::open_input(Some(&self.segment)).unwrap();
        let mut lines = Vec::new();
        for line in std::io::BufRead::lines(reader).map_while(Result::ok) {
            let mut record: Value = serde_json::from_str(&line).unwrap();
            change(&mut record);
            lines.extend(format!("{record}\n").into_bytes());
        }
        fs::write(&self.segment, zstd::encode_all(&lines[..], 3).unwrap()).unwrap();
    }

    fn name(&self) -> &str {
        self.segment.file_name().unwrap().to_str().unwrap()
    }
}

#[tokio::test]
async fn a_whole_segment_is_gone_on_from() {
    let killed = Killed::new("whole").await;
    let sent = killed.goes_on(&[]).await;
    // Those that were under way at the kill are asked again.
    assert!(killed.paid >= 8 && sent + killed.paid <= killed.pages() + 8, "{sent} and {} sent", killed.paid);
    drop(killed.node);
}

#[tokio::test]
async fn a_segment_that_is_spoilt_in_the_middle_costs_requests_and_nothing_else() {
    let killed = Killed::new("spoilt").await;
    let mut bytes = fs::read(&killed.segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xA5);
    fs::write(&killed.segment, bytes).unwrap();
    let sent = killed.goes_on(&["warning: ", killed.name(), "line ", "asked of the API again"]).await;
    assert!(sent < killed.pages(), "what lies before the damage is used: {sent} of {}", killed.pages());
    // Who reads it as a file is told where it ends.
    let path = killed.segment.to_str().unwrap();
    let normalized = killed.shell.run(&["normalize", path]).await.ends(3, &[killed.name(), "line "]);
    assert!(normalized.stdout.lines().count() > 0, "what lies before the damage is read");
    let before = killed.shell.documents().await;
    killed.shell.run(&["replay"]).await.ends(3, &[killed.name(), "line "]);
    assert_eq!(killed.shell.documents().await, before);
}

#[tokio::test]
async fn a_segment_of_a_newer_program_is_told_and_passed_over() {
    let killed = Killed::new("newer").await;
    killed.rewrite(|record| record["format"] = Value::from(99));
    let words = [killed.name(), "line 1", "format 99 is newer than this viralmine", "update it"];
    let sent = killed.goes_on(&words).await;
    assert_eq!(sent, killed.pages(), "all is asked again");
    let path = killed.segment.to_str().unwrap();
    let normalized = killed.shell.run(&["normalize", path]).await.ends(3, &words);
    assert_eq!(normalized.stdout, "");
    let before = killed.shell.documents().await;
    killed.shell.run(&["replay"]).await.ends(3, &words);
    killed.shell.run(&["verify"]).await.ends(3, &words);
    assert_eq!(killed.shell.documents().await, before);
}

#[tokio::test]
async fn a_segment_that_is_none_is_passed_over() {
    for (name, content) in [("empty", ""), ("words", "this is no archive\n\u{0}\u{1}\n"), ("cut", "(\u{b5}")] {
        let killed = Killed::new(name).await;
        fs::write(&killed.segment, content).unwrap();
        assert_eq!(killed.goes_on(&[]).await, killed.pages(), "{name}");
    }
}

/// A damaged block often unpacks into JSON all the same: other digits, or other words. None of it is taken for an
/// answer.
#[tokio::test]
async fn no_damage_makes_another_record_of_one() {
    let api = simulator(8, 100).await;
    let shell = Shell::with_api(&api);
    shell.run(&BACKFILL).await.succeeded();
    let [segment] = &viralmine::archive::segments(&shell.path("viralmine-data")).unwrap()[..] else { panic!() };
    let whole: HashSet<String> = responses(segment).collect();
    let bytes = fs::read(segment).unwrap();
    // Lines of files with other names may have been changed on purpose.
    let damaged = shell.path(segment.file_name().unwrap().to_str().unwrap());
    let (mut lost, mut read) = (0, 0);
    for at in (0..300).map(|step| step * (bytes.len() - 40) / 300) {
        let mut bytes = bytes.clone();
        bytes[at..at + [1, 4, 40][at % 3]].fill(0xA5);
        fs::write(&damaged, bytes).unwrap();
        let found: Vec<String> = responses(&damaged).collect();
        assert!(found.iter().all(|response| whole.contains(response)), "damage at byte {at} changed a record");
        (lost, read) = (lost + whole.len() - found.len(), read + found.len());
    }
    assert!(lost > 300 && read > 300, "{lost} lost, {read} read");
}

/// What can be read of a segment.
fn responses(segment: &Path) -> impl Iterator<Item = String> {
    let pages = viralmine::archive::RecordedPages::open(segment).into_iter().flatten();
    pages
        .filter_map(Result::ok)
        .map(|page| format!("{:?} {:?} {}", page.max_cursor, page.fetched_at, page.response.text()))
}

//! The page, read back by the grammar of the format; and against the table in docs/operating.md.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::families::{self, FAMILIES};
use super::text::{Kind, Page, Value};
use super::{Stage, Watched};
use crate::model::Counters;

/// One line that is no comment.
#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    /// A number, as it is written.
    value: String,
}

impl Sample {
    fn number(&self) -> f64 {
        self.value.parse().unwrap_or_else(|_| panic!("no number: {self:?}"))
    }
}

/// A family with its samples.
#[derive(Debug)]
struct Read {
    kind: String,
    help: String,
    samples: Vec<Sample>,
}

fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == ':');
    starts && text.chars().all(|other| other.is_ascii_alphanumeric() || other == '_' || other == ':')
}

/// `name{label="value",…} 1` by the grammar, escapes undone.
fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value in {line}"));
    assert!(value.parse::<f64>().is_ok(), "no number in {line}");
    let (name, rest) = series.split_once('{').unwrap_or((series, "}"));
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    let mut rest = rest.strip_suffix('}').unwrap_or_else(|| panic!("an open brace in {line}"));
    while !rest.is_empty() {
        let (label, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label in {line}"));
        assert!(is_name(label) && !label.contains(':'), "{line}");
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next().unwrap_or_else(|| panic!("an open quote in {line}")) {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next() {
                    Some((_, 'n')) => '\n',
                    Some((_, escaped @ ('\\' | '"'))) => escaped,
                    other => panic!("no such escape: {other:?} in {line}"),
                }),
                (_, plain) => value.push(plain),
            }
        };
        assert!(labels.insert(label.to_owned(), value).is_none(), "a label twice in {line}");
        rest = &after[end + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    Sample { name: name.to_owned(), labels, value: value.to_owned() }
}

/// Reads a page; asserts all that the format asks of it.
fn read(page: &str) -> BTreeMap<String, Read> {
    assert!(page.ends_with('\n') && !page.contains('\r'));
    let mut families: BTreeMap<String, Read> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut open = String::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(is_name(name), "{line}");
            let family = Read { kind: String::new(), help: help.to_owned(), samples: Vec::new() };
            assert!(families.insert(name.to_owned(), family).is_none(), "{name} is opened twice");
            name.clone_into(&mut open);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, open, "a type without its help");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            kind.clone_into(&mut families.get_mut(name).unwrap().kind);
        } else {
            let sample = sample(line);
            assert!(seen.insert(line.rsplit_once(' ').unwrap().0.to_owned()), "{line} stands there twice");
            let family = families.get_mut(&open).unwrap_or_else(|| panic!("{line} before any family"));
            let endings: &[&str] = if family.kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(endings.iter().any(|ending| sample.name == format!("{open}{ending}")), "{line} in {open}");
            family.samples.push(sample);
        }
    }
    families
}

fn watched(stages: Vec<(Stage, Arc<Counters>)>) -> Watched {
    Watched { command: "backfill", started: 1_750_377_600.5, stages: stages.into() }
}

/// Counters that all hold something.
fn busy() -> Arc<Counters> {
    let counters = Counters::default();
    counters.requests_sent.add(9);
    counters.requests_ok.add(6);
    counters.requests_rate_limited.add(2);
    counters.requests_failed.add(1);
    counters.request_latency_ms.set(250);
    counters.quota_used.set(0.97);
    counters.keys_given.set(4);
    counters.keys_paused.set(1);
    counters.keys_retired.add(1);
    counters.creators_total.set(10);
    counters.creators_done.add(3);
    counters.creators_failed.add(1);
    counters.creators_walking.set(2);
    counters.pages.add(6);
    counters.pages_from_archive.add(1);
    for (milliseconds, bytes, documents) in [(4, 10_000, 35), (30, 1 << 20, 1_000), (120_000, 1 << 30, 9_999)] {
        counters.bulks.add(Duration::from_millis(milliseconds), bytes, documents);
    }
    Arc::new(counters)
}

fn value<'a>(page: &'a BTreeMap<String, Read>, family: &str, labels: &[(&str, &str)]) -> &'a str {
    let wanted: BTreeMap<String, String> =
        labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let found = page[family].samples.iter().find(|sample| sample.labels == wanted);
    &found.unwrap_or_else(|| panic!("no {family}{wanted:?}: {:?}", page[family])).value
}

#[test]
fn every_line_is_by_the_grammar_and_named_as_is_usual() {
    let stages = [Stage::Creators, Stage::Load, Stage::Score, Stage::Videos].map(|stage| (stage, busy()));
    // Creators and videos have the label in common: no run has both.
    for without in [Stage::Creators, Stage::Videos] {
        let stages = stages.iter().filter(|(stage, _)| *stage != without).cloned().collect();
        for (name, family) in read(&families::text(&watched(stages), Instant::now())) {
            assert!(name.starts_with("viralmine_") || name == "process_start_time_seconds", "{name}");
            assert_eq!(name.ends_with("_total"), family.kind == "counter", "{name}");
            assert!(family.help.ends_with('.') && !family.samples.is_empty(), "{name}");
            assert!(!name.contains("_ms") && !name.contains("percent"), "base units: {name}");
        }
    }
}

#[test]
fn counters_are_told_as_they_are() {
    let page = read(&families::text(&watched(vec![(Stage::Creators, busy())]), Instant::now()));
    assert_eq!(value(&page, "viralmine_requests_sent_total", &[]), "9");
    assert_eq!(value(&page, "viralmine_requests_total", &[("outcome", "rate_limited")]), "2");
    assert_eq!(value(&page, "viralmine_request_latency_seconds", &[]), "0.25");
    assert_eq!(value(&page, "viralmine_quota_used_ratio", &[]), "0.97");
    for (state, keys) in [("active", "2"), ("paused", "1"), ("retired", "1")] {
        assert_eq!(value(&page, "viralmine_api_keys", &[("state", state)]), keys, "{state}");
    }
    for (state, creators) in [("waiting", "4"), ("walking", "2"), ("done", "3"), ("failed", "1")] {
        assert_eq!(value(&page, "viralmine_creators", &[("state", state)]), creators, "{state}");
    }
    assert_eq!(value(&page, "viralmine_pages_total", &[("from", "api")]), "5");
    assert_eq!(value(&page, "viralmine_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), "1");
    assert_eq!(value(&page, "process_start_time_seconds", &[]), "1750377600.5");
    assert!(!page.contains_key("viralmine_videos") && !page.contains_key("viralmine_score_videos"));
}

#[test]
fn histograms_grow_to_their_count_and_are_in_base_units() {
    let page = read(&families::text(&watched(vec![(Stage::Load, busy())]), Instant::now()));
    for (name, sum) in [
        ("viralmine_bulk_duration_seconds", 120.034),
        ("viralmine_bulk_size_bytes", 1_074_800_400.0),
        ("viralmine_bulk_documents", 11_034.0),
    ] {
        let family = &page[name];
        let buckets: Vec<&Sample> = family.samples.iter().filter(|sample| sample.name.ends_with("_bucket")).collect();
        let bounds: Vec<f64> = buckets.iter().map(|bucket| bucket.labels["le"].parse().unwrap()).collect();
        assert!(bounds.is_sorted() && buckets.last().unwrap().labels["le"] == "+Inf", "{bounds:?}");
        assert!(buckets.is_sorted_by_key(|bucket| bucket.number()), "{buckets:?}");
        assert_eq!(buckets[buckets.len() - 2].value, "2", "one is above every bound");
        let of = |ending: &str| family.samples.iter().find(|sample| sample.name == format!("{name}{ending}")).unwrap();
        assert_eq!((of("_count").value.as_str(), buckets.last().unwrap().value.as_str()), ("3", "3"));
        assert!((of("_sum").number() - sum).abs() < 1e-6 * sum, "{name}: {:?}", of("_sum"));
    }
}

#[test]
fn what_a_text_holds_breaks_no_line() {
    let mut page = Page::default();
    page.family("a_total", Kind::Counter, "back\\slash\nand line");
    page.sample("a_total", &vec![("label", "q\"uote \\ and\nline, {brace}")], &Value::Whole(1));
    let page = read(&page.finish());
    assert_eq!(page["a_total"].help, "back\\\\slash\\nand line");
    assert_eq!(page["a_total"].samples[0].labels["label"], "q\"uote \\ and\nline, {brace}");
}

#[test]
fn the_documentation_has_every_metric_with_its_kind() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operating.md");
    let text = std::fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.split(['`', '{']).next()?.to_owned();
        let kind = cells.next().filter(|kind| ["counter", "gauge", "histogram"].contains(kind))?;
        Some((name, kind.to_owned()))
    };
    let told: BTreeMap<String, String> = text.lines().filter_map(row).collect();
    let kind = |kind: Kind| format!("{kind:?}").to_lowercase();
    let mut made: BTreeMap<String, String> =
        FAMILIES.iter().map(|family| (family.name.to_owned(), kind(family.kind))).collect();
    for own in ["viralmine_build_info", "viralmine_run_info", "process_start_time_seconds"] {
        made.insert(own.to_owned(), "gauge".to_owned());
    }
    assert_eq!(told, made);
}

//! Looks at an embedded store without changing it: what `doctor` says of the folder, its indices and its disk.
//!
//! Every file of the indices in use is read. No lock is held, so a run may write meanwhile.

use std::fs;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::check;
use super::folder::{self, Opened};
use super::lock::{LockState, WriterLock};
use super::place::{Current, Place};
use super::stamp::Stamp;
use super::{snapshots, trouble};
use crate::model::host::free_space;
use crate::model::{Collection, size_in_words};
use crate::store::{Examine, Finding, Health, StoreError};

/// With less free than this (bytes), a run may end any moment.
const HARDLY_FREE: u64 = 256 << 20;
/// With less free than this (bytes), or than the indices take, merges and a reindexing may find no room.
const LITTLE_FREE: u64 = 1 << 30;

/// Looks at the embedded store in a data folder.
#[derive(Debug, Clone)]
pub struct EmbeddedExaminer {
    dir: PathBuf,
    prefix: String,
}

impl EmbeddedExaminer {
    /// One for the data folder `dir`; nothing is opened yet.
    #[must_use]
    pub fn new(dir: &Path, prefix: &str) -> Self {
        Self { dir: dir.to_owned(), prefix: prefix.to_owned() }
    }
}

#[async_trait]
impl Examine for EmbeddedExaminer {
    async fn examine(&self) -> Vec<Finding> {
        let examiner = self.clone();
        let joined = tokio::task::spawn_blocking(move || examiner.look()).await;
        joined.unwrap_or_else(|error| vec![bad("embedded store", error.to_string(), "run it again")])
    }
}

impl EmbeddedExaminer {
    fn look(&self) -> Vec<Finding> {
        let place = match Place::of(&self.dir, &self.prefix) {
            Ok(place) => place,
            Err(error) => return vec![refusal("embedded store", &error)],
        };
        let mut findings = match place.current() {
            Ok(current) => look_at(&place, current),
            Err(error) => vec![refusal("versions in use", &error)],
        };
        findings.extend([writers(place.root()), disk(&place)]);
        findings
    }
}

/// The indices in use, and the versions beside them.
fn look_at(place: &Place, current: Current) -> Vec<Finding> {
    let mut findings: Vec<_> =
        Collection::ALL.into_iter().map(|collection| index(place, current, collection)).collect();
    if let Err(error) = folder::refuse_lone_checkpoints(place) {
        findings.push(refusal("checkpoints and videos", &error));
    }
    findings.extend(versions(place, current));
    findings
}

/// One index: is it there, does it fit, is it whole?
fn index(place: &Place, current: Current, collection: Collection) -> Finding {
    let about = format!("{} index", collection.name());
    let folder = place.folder(collection, current.of(collection));
    let looked = trouble::caught(&folder, || {
        let Some(Opened { index, schema }) = folder::open_existing(&folder, collection)? else { return Ok(None) };
        let documents = trouble::guard(&folder, || check::whole(&folder, &index))?;
        Ok(Some((documents, Stamp::read(&folder)?, Stamp::own(&schema))))
    });
    match looked {
        Ok(Some((documents, stamp, own))) => {
            let mapping = if stamp == own { String::new() } else { format!(" ({stamp}, as good as {own})") };
            let shown = folder.display();
            good(&about, format!("{documents} documents in {shown}{mapping}, all files as they were written"))
        }
        Ok(None) if collection != Collection::Videos => good(&about, "none were written yet".to_owned()),
        Ok(None) => {
            let words = format!("nothing was indexed yet in {}", folder.display());
            finding(Health::Warning, &about, words, "run `viralmine backfill`, or name the store with --store")
        }
        // Nothing else is held up by them.
        Err(error) if collection == Collection::Creators => {
            let words = without_advice(&error.to_string());
            finding(Health::Warning, &about, words, "run `viralmine score`, which makes it anew of the videos")
        }
        Err(error) if collection == Collection::Snapshots => refusal(&about, &snapshots::in_other_words(error)),
        Err(error) => refusal(&about, &error),
    }
}

/// Versions that are not in use: a reindexing that did not end, or one that did.
fn versions(place: &Place, current: Current) -> Vec<Finding> {
    let (mut unfinished, mut kept) = (Vec::new(), Vec::new());
    for collection in Collection::ALL {
        let versions = match place.versions(collection) {
            Ok(versions) => versions,
            Err(error) => return vec![refusal("versions", &error)],
        };
        for version in versions {
            let name = place.name(collection, version);
            match version.cmp(&current.of(collection)) {
                std::cmp::Ordering::Greater => unfinished.push(name),
                std::cmp::Ordering::Less => kept.push(name),
                std::cmp::Ordering::Equal => {}
            }
        }
    }
    let mut findings = Vec::new();
    if !unfinished.is_empty() {
        let words = format!("a reindexing did not end: {} is not in use", unfinished.join(", "));
        let advice = "run `viralmine reindex`, which goes on with it; nothing is lost meanwhile";
        findings.push(finding(Health::Warning, "versions", words, advice));
    }
    if !kept.is_empty() {
        findings.push(good("versions", format!("kept since a reindexing, no longer in use: {}", kept.join(", "))));
    }
    findings
}

fn writers(root: &Path) -> Finding {
    let about = "writing";
    let advice = "make the folder writable for whoever runs viralmine; questions are answered all the same";
    match WriterLock::look(root) {
        LockState::Held => good(about, "another viralmine process is writing at the moment".to_owned()),
        LockState::Closed(error) => bad(about, format!("{} cannot be written ({error})", root.display()), advice),
        LockState::Free if fs::metadata(root).is_ok_and(|folder| folder.permissions().readonly()) => {
            bad(about, format!("{} is read-only", root.display()), advice)
        }
        LockState::Free => good(about, "no process is writing".to_owned()),
    }
}

fn disk(place: &Place) -> Finding {
    let about = "disk";
    let shown = place.root().display();
    let free = match free_space(place.root()) {
        Ok(free) => free,
        Err(error) => {
            let words = format!("how much is free on the disk of {shown} cannot be told ({error})");
            return finding(Health::Warning, about, words, "see to the folder's permissions");
        }
    };
    let used = bytes_below(place.root());
    let words =
        format!("{} free on the disk of {shown}; the indices take {}", size_in_words(free), size_in_words(used));
    match free {
        free if free < HARDLY_FREE => {
            bad(about, words, "make room: a run ends when the disk is full, and goes on later")
        }
        free if free < used.max(LITTLE_FREE) => {
            let advice = "make room: merging and reindexing may need as much again as the indices take";
            finding(Health::Warning, about, words, advice)
        }
        _ => good(about, words),
    }
}

/// The bytes of the indices' files; what cannot be looked at is left out.
fn bytes_below(root: &Path) -> u64 {
    let files = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = |folder: &Path| -> u64 { files(folder).filter_map(|file| Some(file.metadata().ok()?.len())).sum() };
    files(root).map(|folder| bytes(&folder.path())).sum()
}

/// What a command would say, cut where its advice begins.
fn refusal(about: &str, error: &StoreError) -> Finding {
    let text = error.to_string();
    match text.rsplit_once("): ").map(|(words, advice)| (format!("{words})"), advice)) {
        Some((words, advice)) => bad(about, words, advice),
        None => bad(about, text.clone(), "see to that, then run `viralmine doctor` again"),
    }
}

/// What a command would say, without its advice.
fn without_advice(text: &str) -> String {
    text.rsplit_once("): ").map_or_else(|| text.to_owned(), |(words, _)| format!("{words})"))
}

fn good(about: &str, words: String) -> Finding {
    Finding { about: about.to_owned(), health: Health::Good, words, advice: None }
}

fn bad(about: &str, words: String, advice: &str) -> Finding {
    finding(Health::Bad, about, words, advice)
}

fn finding(health: Health, about: &str, words: String, advice: &str) -> Finding {
    Finding { about: about.to_owned(), health, words, advice: Some(advice.to_owned()) }
}

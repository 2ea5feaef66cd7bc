//! The moments of posts between being read and being measured: all snapshots and all documents go into a spool of their
//! own, by video; of each video with two moments these two come out of it, to lie beside the video among its creator's
//! posts.
//!
//! Only where there are snapshots. They may have been written by anybody: one that cannot be read is counted and passed
//! over; and where their index cannot be read, growth is not told, and nothing else is held up.

use std::path::Path;

use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::ScoreError;
use super::part::Entries;
use super::stored::StoredVideo;
use crate::archive::ArchiveError;
use crate::insight::moments::{Moment, Moments};
use crate::jobs::spool::{Entry, FilledSpool, Spool};
use crate::jobs::tasks;
use crate::model::Collection;
use crate::model::video::Stats;
use crate::pipeline::Fatal;
use crate::store::{ScannedDocument, StoreError, StoreView};

/// Of a document, whose creator's entries its moments go to, or of one whose creator nobody knows; and of a snapshot.
const OF_A_CREATOR: u8 = 0;
const ALONE: u8 = 1;
const OF_A_SNAPSHOT: u8 = 2;

/// How many snapshots there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct SnapshotCounts {
    pub(super) read: u64,
    /// Those of them that make no sense.
    pub(super) unreadable: u64,
}

/// Whether there is any snapshot.
pub(super) async fn are_there(view: &dyn StoreView) -> Result<bool, StoreError> {
    Ok(unless_unreadable(view.count(Collection::Snapshots).await)?.unwrap_or(0) > 0)
}

/// Scores need no snapshots: `None`, with a warning, where these cannot be read.
fn unless_unreadable<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(error @ (StoreError::Denied(_) | StoreError::Unfit(_) | StoreError::Broken(_))) => {
            tracing::warn!("growth is not told, since the snapshots cannot be read: {error}");
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// A spool of moments that is being filled.
pub(super) struct MomentEntries(Spool);

impl MomentEntries {
    pub(super) fn create(data_folder: &Path) -> Result<Self, ArchiveError> {
        Ok(Self(Spool::create(data_folder)?))
    }

    /// Adds a video's own moment.
    pub(super) fn add_video(&mut self, video: &StoredVideo) -> Result<(), ArchiveError> {
        let plays = video.stats.play.unwrap_or(0).to_le_bytes();
        let (kind, creator) = match &video.sec_user_id {
            Some(creator) => (OF_A_CREATOR, creator.as_bytes()),
            None => (ALONE, &[][..]),
        };
        self.0.add(&video.aweme_id, video.fetched_at, kind, &[&plays, creator].concat())
    }

    fn add_snapshot(&mut self, snapshot: &StoredSnapshot) -> Result<(), ArchiveError> {
        let plays = snapshot.stats.play.unwrap_or(0).to_le_bytes();
        self.0.add(&snapshot.aweme_id, snapshot.fetched_at, OF_A_SNAPSHOT, &plays)
    }
}

/// What is needed of a snapshot.
#[derive(Deserialize)]
struct StoredSnapshot {
    aweme_id: String,
    fetched_at: i64,
    #[serde(default)]
    stats: Stats,
}

/// Reads all snapshots, and adds the moments of each video that has two to `entries`. `None` when it was stopped.
pub(super) async fn add_moments(
    view: &dyn StoreView,
    moments: MomentEntries,
    entries: Entries,
    stop: &CancellationToken,
) -> Result<Option<(Entries, SnapshotCounts)>, ScoreError> {
    let (into, chunks) = tasks::from_a_scan();
    let stopped = stop.clone();
    let taking = tasks::start_blocking(move || take_all(chunks, moments, &stopped));
    let scanned = view.scan(Collection::Snapshots, into).await;
    let taken = tasks::joined(taking).await??;
    let is_whole = unless_unreadable(scanned).map_err(|error| ScoreError::Fatal(error.into()))?.is_some();
    let Some((moments, counts)) = taken else { return Ok(None) };
    if !is_whole {
        return Ok(Some((entries, counts)));
    }
    if counts.unreadable > 0 {
        tracing::warn!("snapshots that cannot be read, and are passed over: {} of {}", counts.unreadable, counts.read);
    }
    let entries = tasks::blocking(move || choose(&moments, entries)).await??;
    Ok(Some((entries, counts)))
}

fn take_all(
    mut chunks: mpsc::Receiver<Vec<ScannedDocument>>,
    mut moments: MomentEntries,
    stop: &CancellationToken,
) -> Result<Option<(FilledSpool, SnapshotCounts)>, ScoreError> {
    let mut counts = SnapshotCounts::default();
    while let Some(chunk) = chunks.blocking_recv() {
        if stop.is_cancelled() {
            return Ok(None);
        }
        for scanned in &chunk {
            counts.read += 1;
            match serde_json::from_slice::<StoredSnapshot>(&scanned.document.source) {
                Ok(snapshot) => moments.add_snapshot(&snapshot)?,
                Err(error) => {
                    counts.unreadable += 1;
                    tracing::debug!(id = scanned.id, %error, "a snapshot cannot be read");
                }
            }
        }
    }
    Ok(Some((moments.0.finish()?, counts)))
}

/// All moments of a video.
#[derive(Default)]
struct Seen {
    moments: Vec<Moment>,
    /// Where its moments go to; `None` for a video that is not stored.
    video: Option<Owner>,
    is_broken: bool,
}

enum Owner {
    Creator(String),
    Nobody,
}

impl Seen {
    fn add(&mut self, entry: &Entry) {
        let Some((plays, creator)) = entry.bytes.split_first_chunk() else {
            self.is_broken = true;
            return;
        };
        self.moments.push(Moment { fetched_at: entry.version, plays: u64::from_le_bytes(*plays) });
        match (entry.kind, std::str::from_utf8(creator)) {
            (OF_A_SNAPSHOT, _) => {}
            (OF_A_CREATOR, Ok(creator)) => self.video = Some(Owner::Creator(creator.to_owned())),
            (ALONE, _) => self.video = Some(Owner::Nobody),
            _ => self.is_broken = true,
        }
    }
}

fn choose(moments: &FilledSpool, mut entries: Entries) -> Result<Entries, ScoreError> {
    for part in 0..moments.parts() {
        for (video, seen) in moments.groups_of(part, |seen: &mut Seen, entry| seen.add(&entry))? {
            if seen.is_broken {
                let words = format!("the moments of {video:?} in a temporary file are not what was written");
                return Err(Fatal::Internal(words).into());
            }
            if let (Some(owner), Some(chosen)) = (&seen.video, Moments::of(&seen.moments)) {
                let creator = match owner {
                    Owner::Creator(creator) => creator,
                    Owner::Nobody => &video,
                };
                entries.add_moments(creator, &video, &chosen)?;
            }
        }
    }
    Ok(entries)
}

//! Everything that is stored, read once: into a spool by creator, and into what is taken of the whole corpus.
//! Where there are snapshots, they are read behind the videos.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::part::Entries;
use super::report::RefusedScores;
use super::snapshots::{self, MomentEntries, SnapshotCounts};
use super::stored::StoredVideo;
use super::{ScoreError, ScoreParts};
use crate::insight::corpus::CorpusFit;
use crate::jobs::spool::FilledSpool;
use crate::jobs::tasks;
use crate::model::{Collection, Counters};
use crate::pipeline::Fatal;
use crate::pipeline::deliver::Patience;
use crate::store::{ScannedDocument, StoreError};
use crate::throttle::retry::Retry;

/// What was read.
pub(super) struct Gathered {
    pub(super) spool: FilledSpool,
    pub(super) fit: CorpusFit,
    /// Videos that cannot be read.
    pub(super) unreadable: RefusedScores,
    pub(super) snapshots: SnapshotCounts,
}

/// The videos read.
struct Taken {
    entries: Entries,
    moments: Option<MomentEntries>,
    fit: CorpusFit,
    unreadable: RefusedScores,
}

/// Reads everything; `None` when it was stopped. A scan that breaks off is begun anew, as long as the patience lasts.
pub(super) async fn gather(parts: &ScoreParts, patience: Patience) -> Result<Option<Gathered>, ScoreError> {
    let (started, mut retry) = (Instant::now(), Retry::new(patience.retry));
    loop {
        match gather_once(parts).await {
            Err(ScoreError::Fatal(Fatal::Store(error)))
                if error.is_passing() && started.elapsed() < patience.give_up_after && !parts.stop.is_cancelled() =>
            {
                let delay = retry.after_failure(None).unwrap_or(patience.retry.longest);
                tracing::warn!("{error}; reading again in {:.1} s, nothing is lost", delay.as_secs_f64());
                sleep(delay).await;
            }
            gathered => return gathered,
        }
    }
}

async fn gather_once(parts: &ScoreParts) -> Result<Option<Gathered>, ScoreError> {
    parts.counters.videos_read.set(0);
    let (into, chunks) = tasks::from_a_scan();
    let (folder, counters, stop) = (parts.data_folder.clone(), Arc::clone(&parts.counters), parts.stop.clone());
    let are_tracked = snapshots::are_there(parts.view.as_ref()).await?;
    let spools = tasks::blocking(move || {
        let moments = if are_tracked { Some(MomentEntries::create(&folder)?) } else { None };
        Ok::<_, ScoreError>((Entries::create(&folder)?, moments))
    });
    let (entries, moments) = spools.await??;
    let reading = tasks::start_blocking(move || take_all(chunks, entries, moments, &counters, || stop.is_cancelled()));
    let scanned = parts.view.scan(Collection::Videos, into).await;
    let taken = tasks::joined(reading).await?;
    // A full disk ends the scan, too.
    let taken = taken?;
    scanned.map_err(|error: StoreError| ScoreError::Fatal(error.into()))?;
    let Some(Taken { entries, moments, fit, unreadable }) = taken else { return Ok(None) };
    let with_moments = match moments {
        Some(moments) => snapshots::add_moments(parts.view.as_ref(), moments, entries, &parts.stop).await?,
        None => Some((entries, SnapshotCounts::default())),
    };
    let Some((entries, snapshots)) = with_moments else { return Ok(None) };
    let spool = tasks::blocking(move || entries.finish()).await??;
    Ok(Some(Gathered { spool, fit, unreadable, snapshots }))
}

/// On a thread of its own: parsing takes most of the time.
fn take_all(
    mut chunks: mpsc::Receiver<Vec<ScannedDocument>>,
    mut entries: Entries,
    mut moments: Option<MomentEntries>,
    counters: &Counters,
    is_stopped: impl Fn() -> bool,
) -> Result<Option<Taken>, ScoreError> {
    let (mut fit, mut unreadable) = (CorpusFit::default(), RefusedScores::default());
    while let Some(chunk) = chunks.blocking_recv() {
        if is_stopped() {
            return Ok(None);
        }
        for scanned in &chunk {
            match serde_json::from_slice::<StoredVideo>(&scanned.document.source) {
                Ok(video) => {
                    fit.add_post(&video.post(), video.sec_user_id.is_some());
                    entries.add(&video, scanned.document.version)?;
                    if let Some(moments) = &mut moments {
                        moments.add_video(&video)?;
                    }
                }
                Err(error) => {
                    fit.add_unreadable();
                    unreadable.push(&scanned.id, error.to_string());
                }
            }
        }
        counters.videos_read.add(chunk.len() as u64);
    }
    Ok(Some(Taken { entries, moments, fit, unreadable }))
}

//! Versions of an index: the one in use is read, whatever its mapping, and the next one is filled. What `reindex`
//! needs.
//!
//! Killed at any point, it leaves the old version in use, or the new one, never a part of each: the next version's
//! files are complete and durable before one rename puts it in use, together with the checkpoints that belong to it.
//! When the checkpoints' index is of an older mapping, or that of the snapshots, it is copied into a next version as
//! well, before that rename and under the writer's lock, so that no checkpoint can move meanwhile. What was half made
//! is gone on with, or made again.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::collection::CollectionWriter;
use super::contents::Contents;
use super::engine::CommitLimits;
use super::folder::{self, OpenedAnyhow};
use super::lock::WriterLock;
use super::place::Place;
use super::stamp::Age;
use super::{derived, trouble};
use crate::model::{Batch, BatchBuilder, Collection, Verdict};
use crate::store::{BulkTarget, IndexVersions, Leases, Lookup, ScanSender, StoreError, StoredDocument, VersionNames};

/// What has no other source than its index, and is copied when that is of an older mapping.
const COPIED: [Collection; 2] = [Collection::Snapshots, Collection::Checkpoints];

/// The versions of an embedded store's indices. It holds the writer's lock as long as it lives, so no run writes
/// meanwhile; questions are answered from the old version until the switch.
pub struct EmbeddedVersions {
    shared: Arc<Shared>,
}

struct Shared {
    place: Place,
    limits: CommitLimits,
    state: Mutex<State>,
    _lock: WriterLock,
}

struct State {
    /// The videos in use when this was opened; let go of before their folder is removed.
    old: Option<Arc<Contents>>,
    old_version: u32,
    /// What is written: from `begin` to the switch.
    next: Option<CollectionWriter>,
    /// Once writing failed, nothing is accepted, and nothing is switched.
    failure: Option<StoreError>,
}

impl EmbeddedVersions {
    /// Opens the store in the data folder `dir` and takes its lock. Blocks for some files' opening.
    ///
    /// [`StoreError::Busy`] while another process writes there, [`StoreError::Missing`] when nothing was indexed there
    /// yet, [`StoreError::Unfit`] for an index of a newer version, [`StoreError::Broken`] for a damaged index or a
    /// folder that cannot be written.
    pub fn open(dir: &Path, prefix: &str) -> Result<Self, StoreError> {
        Self::open_with_limits(dir, prefix, CommitLimits::default())
    }

    /// The same, with other commit limits than the default; their age is not used.
    pub fn open_with_limits(dir: &Path, prefix: &str, limits: CommitLimits) -> Result<Self, StoreError> {
        let place = Place::of(dir, prefix)?;
        // Asked first, since taking the lock makes the folder.
        let Some(_) = folder::open_anyhow(&place.current_folder(Collection::Videos)?, Collection::Videos)? else {
            return Err(folder::nothing_indexed(&place.current_folder(Collection::Videos)?));
        };
        let lock = WriterLock::take(place.root())?;
        folder::refuse_lone_checkpoints(&place)?;
        let old_version = place.current()?.of(Collection::Videos);
        let Some((old, _)) = open_contents(&place, Collection::Videos, old_version)? else {
            return Err(folder::nothing_indexed(&place.folder(Collection::Videos, old_version)));
        };
        // A newer one is found now, not after the long work.
        for collection in COPIED {
            folder::open_anyhow(&place.current_folder(collection)?, collection)?;
        }
        let state = State { old: Some(Arc::new(old)), old_version, next: None, failure: None };
        Ok(Self { shared: Arc::new(Shared { place, limits, state: Mutex::new(state), _lock: lock }) })
    }

    async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        let joined = tokio::task::spawn_blocking(move || trouble::caught(shared.place.root(), || act(&shared))).await;
        // The program's end: panics were caught.
        joined.unwrap_or_else(|error| Err(trouble::broken(self.shared.place.root(), &error)))
    }
}

#[async_trait]
impl BulkTarget for EmbeddedVersions {
    /// Into the next version.
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        let batch = batch.clone();
        self.run(move |shared| {
            let limits = shared.limits;
            shared.write(|next| {
                if batch.collection != Collection::Videos {
                    return Err(StoreError::Unfit("a reindexing writes videos alone".to_owned()));
                }
                let verdicts = (0..batch.items.len()).map(|position| next.index(&batch, position)).collect();
                let (documents, bytes) = next.uncommitted();
                if documents >= limits.documents || bytes >= limits.bytes {
                    next.commit()?;
                }
                verdicts
            })
        })
        .await
    }
}

#[async_trait]
impl Lookup for EmbeddedVersions {
    /// In the next version.
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        if collection != Collection::Videos {
            return Err(StoreError::Unfit("a reindexing reads videos alone".to_owned()));
        }
        let ids = ids.to_vec();
        self.run(move |shared| {
            shared.write(|next| {
                if next.holds_back(&ids) {
                    next.commit()?;
                }
                next.get(&ids)
            })
        })
        .await
    }
}

/// Its lock on the folder is the lease: nobody else writes there at all.
#[async_trait]
impl Leases for EmbeddedVersions {
    async fn take_lease(&self, _holder: &str, _lasts: Duration) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release_lease(&self, _holder: &str) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl IndexVersions for EmbeddedVersions {
    async fn begin(&self) -> Result<VersionNames, StoreError> {
        self.run(Shared::begin).await
    }

    async fn scan_old(&self, into: ScanSender) -> Result<(), StoreError> {
        self.run(move |shared| {
            let old = shared.state().old.clone().ok_or_else(|| shared.out_of_turn())?;
            trouble::guard(old.folder(), || old.scan(&into))
        })
        .await
    }

    async fn next_versions(&self, ids: &[String]) -> Result<Vec<Option<i64>>, StoreError> {
        let ids = ids.to_vec();
        self.run(move |shared| shared.write(|next| ids.iter().map(|id| next.version(id)).collect())).await
    }

    async fn commit_next(&self) -> Result<(), StoreError> {
        self.run(|shared| shared.write(CollectionWriter::commit)).await
    }

    /// The lock keeps every other writer out.
    async fn freeze_old(&self, _frozen: bool) -> Result<(), StoreError> {
        Ok(())
    }

    async fn switch(&self) -> Result<(), StoreError> {
        self.run(Shared::switch).await
    }

    async fn drop_old(&self) -> Result<Vec<String>, StoreError> {
        self.run(Shared::drop_old).await
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> Result<VersionNames, StoreError> {
        let mut state = self.state();
        if self.place.current()?.of(Collection::Videos) != state.old_version {
            return Err(self.out_of_turn());
        }
        let version = state.old_version + 1;
        if state.next.is_none() {
            state.next = Some(self.open_next(Collection::Videos, version)?);
        }
        let name = |version| self.place.name(Collection::Videos, version);
        Ok(VersionNames { old: name(state.old_version), next: name(version) })
    }

    /// What an unfinished reindexing left is gone on with when it is whole and of this program's mapping. Else it is
    /// made again: all that it holds is in the old version or in the archive. Not so one of a newer program.
    fn open_next(&self, collection: Collection, version: u32) -> Result<CollectionWriter, StoreError> {
        let folder = self.place.folder(collection, version);
        let left = folder::open_anyhow(&folder, collection);
        if matches!(&left, Ok(Some(OpenedAnyhow { age: Age::Same, .. })))
            && let Ok(next) = CollectionWriter::open(folder, collection)
        {
            return Ok(next);
        }
        if let Err(error) = left {
            if matches!(error, StoreError::Unfit(_)) {
                return Err(error);
            }
            tracing::info!("making {} again: {error}", self.place.name(collection, version));
        }
        self.place.remove(collection, version)?;
        CollectionWriter::open(self.place.folder(collection, version), collection)
    }

    fn write<T>(&self, act: impl FnOnce(&mut CollectionWriter) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut state = self.state();
        if let Some(failure) = &state.failure {
            return Err(failure.clone());
        }
        let next = state.next.as_mut().ok_or_else(|| self.out_of_turn())?;
        let done = trouble::caught(self.place.root(), || act(next));
        if let Err(error) = &done {
            state.failure = Some(error.clone());
        }
        done
    }

    fn switch(&self) -> Result<(), StoreError> {
        self.write(CollectionWriter::commit)?;
        let mut state = self.state();
        let next = state.next.take().ok_or_else(|| self.out_of_turn())?;
        // Merges are finished before anybody opens it.
        next.close()?;
        let mut current = self.place.current()?.with(Collection::Videos, state.old_version + 1);
        for collection in COPIED {
            let version = current.of(collection);
            if self.copy_older(collection, version)? {
                current = current.with(collection, version + 1);
            }
        }
        self.place.switch_to(derived::without_unfit(&self.place, current)?)
    }

    /// Copies an index of an older mapping into its next version; `false` when there is nothing to do.
    fn copy_older(&self, collection: Collection, version: u32) -> Result<bool, StoreError> {
        let Some((contents, Age::Older)) = open_contents(&self.place, collection, version)? else { return Ok(false) };
        let mut next = self.open_next(collection, version + 1)?;
        let mut failure = None;
        trouble::guard(contents.folder(), || {
            contents.each(|scanned| {
                let mut batch = BatchBuilder::new(collection);
                batch.push(&scanned.id, scanned.document.version, &scanned.document.source);
                match next.index(&batch.finish(), 0) {
                    Ok(Verdict::Refused(reason) | Verdict::Again(reason)) => {
                        let folder = contents.folder().display();
                        failure = Some(StoreError::Unfit(format!(
                            "{} of {folder} does not fit this viralmine's mapping: {reason}",
                            scanned.id
                        )));
                    }
                    Ok(_) => return ControlFlow::Continue(()),
                    Err(error) => failure = Some(error),
                }
                ControlFlow::Break(())
            })
        })?;
        failure.map_or(Ok(()), Err)?;
        next.commit()?;
        next.close().map(|()| true)
    }

    fn drop_old(&self) -> Result<Vec<String>, StoreError> {
        let current = self.place.current()?;
        if current.of(Collection::Videos) != self.state().old_version {
            // A folder whose files are open cannot be removed everywhere.
            self.state().old = None;
        }
        let mut removed = Vec::new();
        for collection in Collection::ALL {
            for version in self.place.half_removed(collection)? {
                self.place.clear_removed(collection, version)?;
            }
            for version in self.place.versions(collection)? {
                if version < current.of(collection) {
                    self.place.remove(collection, version)?;
                    removed.push(self.place.name(collection, version));
                }
            }
        }
        Ok(removed)
    }

    fn out_of_turn(&self) -> StoreError {
        let folder = self.place.root().display();
        StoreError::Unfit(format!("no reindexing is under way in {folder}: run `viralmine reindex` again"))
    }
}

/// Opens one version of an index, of whatever mapping; `None` when it was not made.
fn open_contents(place: &Place, collection: Collection, version: u32) -> Result<Option<(Contents, Age)>, StoreError> {
    let folder = place.folder(collection, version);
    let Some(OpenedAnyhow { index, core, age }) = folder::open_anyhow(&folder, collection)? else { return Ok(None) };
    Ok(Some((Contents::open_anew(collection, &folder, &index, core)?, age)))
}

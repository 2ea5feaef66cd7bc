//! `.verified.json` in an index's folder: which of its files were found as they were written, by size and time of their
//! last change. Reading a million videos' files takes longer than answering most questions about them, so a command
//! that only asks reads a file again when it was changed since.
//!
//! Whoever writes, copies or examines an index reads every file, whatever stands here (`check`).

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// Starts with a dot, as what belongs to no index does.
const FILE: &str = ".verified.json";

/// How a file was when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    bytes: u64,
    /// Nanoseconds since 1970.
    changed: u64,
}

impl Mark {
    /// How it is now; `None` when that cannot be told.
    pub(super) fn of(folder: &Path, file: &Path) -> Option<Self> {
        let metadata = fs::metadata(folder.join(file)).ok()?;
        let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self { bytes: metadata.len(), changed: changed.as_nanos().try_into().ok()? })
    }
}

/// What was found whole before; nothing when there is no list, or none that can be read.
pub(super) fn load(folder: &Path) -> HashMap<PathBuf, Mark> {
    let text = fs::read(folder.join(FILE)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Remembers these files, and no others. Who may not write here reads them again the next time.
pub(super) fn save(folder: &Path, marks: &HashMap<PathBuf, Mark>) {
    if let Err(error) = replace(folder, marks) {
        tracing::debug!(%error, "what was verified in {} cannot be remembered", folder.display());
    }
}

fn replace(folder: &Path, marks: &HashMap<PathBuf, Mark>) -> io::Result<()> {
    static DRAFTS: AtomicU64 = AtomicU64::new(0);
    // Its own name, as other processes and threads may do the same. Not synced: what a power cut leaves of it is no
    // list.
    let draft = format!("{FILE}.{}-{}", std::process::id(), DRAFTS.fetch_add(1, Ordering::Relaxed));
    let draft = folder.join(draft);
    let done = fs::write(&draft, serde_json::to_vec(marks)?).and_then(|()| fs::rename(&draft, folder.join(FILE)));
    done.inspect_err(|_| drop(fs::remove_file(&draft)))
}

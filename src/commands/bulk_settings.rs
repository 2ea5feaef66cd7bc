//! `--bulk-settings`: the videos' index without refresh and replicas while a run writes, and the way back.
//!
//! Each command that writes many documents begins and ends with this, with or without the flag: a killed run may have
//! left its settings behind. What they were is written down, and put back, by the store.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::interrupt;
use crate::pipeline::deliver::{Patience, patiently};
use crate::store::{StoreError, StoreWriter};
use crate::throttle::retry::RetryPolicy;

/// For so long a store that is away is asked again to take its settings back; it may be why the run ended.
const PATIENCE: Patience = Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_secs(30) };

/// The settings of one writing run. [`BulkSettings::end`] has to be called on every way out; after a kill, the next run
/// does what is left of it.
#[must_use = "settings that are relaxed have to be put back: call end"]
pub(super) struct BulkSettings {
    store: Arc<dyn StoreWriter>,
    relaxed: bool,
}

impl BulkSettings {
    /// Puts back what an earlier run may have left, and relaxes the settings when that is `asked` for. Ends with
    /// [`Interrupted`](super::exit::Interrupted) while a store does not answer.
    pub(super) async fn begin(
        store: &Arc<dyn StoreWriter>,
        asked: bool,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let restored = interrupt::unless_stopped(stop, async {
            let restored = store.restore_settings().await;
            restored.context("the index settings that an earlier run relaxed cannot be put back")
        });
        if restored.await? {
            tracing::warn!(
                "an earlier run was killed while it wrote with --bulk-settings; the index settings are put back"
            );
        }
        let mut settings = Self { store: Arc::clone(store), relaxed: false };
        if asked {
            // Not given up halfway: nobody would put back what it did.
            match store.relax_settings().await {
                Ok(relaxed) => settings.relaxed = relaxed,
                Err(error) => {
                    // It may have been half done.
                    settings.relaxed = true;
                    settings.end().await;
                    return Err(error).context("--bulk-settings: the index settings cannot be relaxed");
                }
            }
            if !settings.relaxed {
                tracing::warn!("--bulk-settings changes nothing here: an embedded index has no such settings");
            }
        }
        Ok(settings)
    }

    /// Puts the settings back if they were relaxed. `false`, and told, when that failed.
    pub(super) async fn end(self) -> bool {
        if !self.relaxed {
            return true;
        }
        match patiently(PATIENCE, || self.store.restore_settings()).await {
            Ok(_) => true,
            Err(error) => {
                tell_of_failure(&error);
                false
            }
        }
    }
}

fn tell_of_failure(error: &StoreError) {
    tracing::error!(
        "the index settings that --bulk-settings relaxed could not be put back ({error}): the index has no refresh and no \
         replicas until the next run, or `viralmine doctor`, puts them back"
    );
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::model::{Batch, Collection, Verdict};
    use crate::store::{BulkTarget, Lookup, StoredDocument};

    /// Notes what it is told to do.
    #[derive(Default)]
    struct Noting {
        calls: Mutex<Vec<&'static str>>,
        has_settings: bool,
        /// An earlier run left its settings behind.
        was_left: Mutex<bool>,
        fails_to: Option<&'static str>,
    }

    impl Noting {
        fn note(&self, call: &'static str) -> Result<(), StoreError> {
            self.calls.lock().unwrap().push(call);
            if self.fails_to == Some(call) { Err(StoreError::Denied("403".into())) } else { Ok(()) }
        }
    }

    #[async_trait]
    impl BulkTarget for Noting {
        async fn bulk(&self, _batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
            Ok(Vec::new())
        }
    }

    #[async_trait]
    impl Lookup for Noting {
        async fn get(
            &self,
            _collection: Collection,
            _ids: &[String],
        ) -> Result<Vec<Option<StoredDocument>>, StoreError> {
            Ok(Vec::new())
        }
    }

    #[async_trait]
    impl StoreWriter for Noting {
        async fn prepare(&self) -> Result<(), StoreError> {
            Ok(())
        }

        async fn sync(&self) -> Result<(), StoreError> {
            Ok(())
        }

        async fn commit(&self) -> Result<(), StoreError> {
            Ok(())
        }

        async fn relax_settings(&self) -> Result<bool, StoreError> {
            self.note("relax").map(|()| self.has_settings)
        }

        async fn restore_settings(&self) -> Result<bool, StoreError> {
            self.note("restore").map(|()| std::mem::take(&mut *self.was_left.lock().unwrap()))
        }
    }

    /// What was called by a run, and whether it began, and ended, well.
    async fn calls(store: Noting, asked: bool) -> (Vec<&'static str>, Option<bool>) {
        let store = Arc::new(store);
        let writer: Arc<dyn StoreWriter> = Arc::clone(&store) as Arc<_>;
        let ended = match BulkSettings::begin(&writer, asked, &CancellationToken::new()).await {
            Ok(settings) => Some(settings.end().await),
            Err(_) => None,
        };
        let calls = store.calls.lock().unwrap().clone();
        (calls, ended)
    }

    #[tokio::test]
    async fn every_run_puts_back_what_was_left_and_one_that_relaxes_ends_with_it() {
        let left = || Noting { has_settings: true, was_left: Mutex::new(true), ..Noting::default() };
        assert_eq!(calls(left(), false).await, (vec!["restore"], Some(true)));
        assert_eq!(calls(left(), true).await, (vec!["restore", "relax", "restore"], Some(true)));
        assert_eq!(calls(Noting::default(), true).await, (vec!["restore", "relax"], Some(true)));
    }

    #[tokio::test]
    async fn what_cannot_be_put_back_ends_a_run_before_it_begins_and_is_told_behind_it() {
        let failing = |call| Noting { has_settings: true, fails_to: Some(call), ..Noting::default() };
        assert_eq!(calls(failing("restore"), true).await, (vec!["restore"], None));
        assert_eq!(calls(failing("relax"), true).await, (vec!["restore", "relax", "restore"], None));
        let store: Arc<dyn StoreWriter> = Arc::new(failing("restore"));
        assert!(!BulkSettings { store, relaxed: true }.end().await);
    }
}

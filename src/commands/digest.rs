//! What a tracking command needs to tell of changes: the ledger and the webhook opened, and a round made around its
//! walks.

use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::stores;
use crate::archive::EventLedger;
use crate::jobs::digest::{self as job, Digest, DigestParts};
use crate::model::{CreatorId, Observer};
use crate::notify::{Webhook, WebhookSettings};
use crate::output::digest::message;
use crate::pipeline::deliver::Patience;
use crate::settings::UsageError;
use crate::settings::store::StoreSettings;
use crate::store::{StoreView, StoreWriter};
use crate::throttle::clock::Clock;

/// Tells of changes, round after round.
pub struct Digests {
    parts: DigestParts,
    store: StoreSettings,
}

impl Digests {
    /// Opens the ledger of a data folder that this process has locked. Nothing is sent yet. `stop` is Ctrl-C's token,
    /// not one that a run cancels by itself.
    pub fn open(
        data_folder: &Path,
        store: &StoreSettings,
        webhook: Option<WebhookSettings>,
        clock: &Clock,
        patience: Patience,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let webhook = webhook.map(Webhook::new).transpose().map_err(UsageError)?.map(Arc::new);
        let ledger = Arc::new(EventLedger::open(data_folder, clock.now_ms())?);
        let parts = DigestParts { ledger, webhook, text: message::text, clock: clock.clone(), patience, stop };
        Ok(Self { parts, store: store.clone() })
    }

    /// What the walks show their pages to.
    #[must_use]
    pub fn observer(&self, store: &Arc<dyn StoreWriter>) -> Arc<dyn Observer> {
        Arc::new(self.parts.observer(Arc::clone(store) as Arc<_>))
    }

    /// Before the walks of each round.
    pub async fn begin(&self) -> anyhow::Result<()> {
        Ok(job::begin(&self.parts, self.view().await.as_deref()).await?)
    }

    /// Behind the walks and the score pass of each round; about these creators, or, where the store is not to be asked
    /// any more, about what the walks found alone.
    pub async fn round(&self, creators: Option<&Vec<CreatorId>>) -> anyhow::Result<Digest> {
        let view = if creators.is_some() { self.view().await } else { None };
        Ok(job::round(&self.parts, view.as_deref(), creators.map(Vec::as_slice).unwrap_or_default()).await?)
    }

    /// Behind the showing.
    pub async fn shown(&self, digest: &Digest) -> anyhow::Result<()> {
        Ok(job::shown(&self.parts, digest).await?)
    }

    /// What was answered is findable only in a view that is opened behind it. A store that cannot be opened for reading
    /// has nothing in it yet, or is what the walks told of, or will.
    async fn view(&self) -> Option<Arc<dyn StoreView>> {
        match stores::open_view(&self.store).await {
            Ok(view) => Some(view),
            Err(error) => {
                tracing::info!("the store cannot be asked what changed: {error:#}");
                None
            }
        }
    }
}

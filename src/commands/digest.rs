//! What a tracking command needs to tell of changes: the ledger and the webhook opened, a round made around its walks, and
//! what there is to show written to stdout.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::stores;
use crate::archive::EventLedger;
use crate::cli::backfill::ReportFormat;
use crate::jobs::digest::{self as job, Digest, DigestParts};
use crate::model::{CreatorId, Observer};
use crate::notify::{Webhook, WebhookSettings};
use crate::output::digest;
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
    /// Opens the ledger of a data folder that this process has locked. Nothing is sent yet. `stop` is Ctrl-C's token, not one
    /// that a run cancels by itself.
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
        let parts = DigestParts { ledger, webhook, text: digest::message::text, clock: clock.clone(), patience, stop };
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

    /// Behind the walks and the score pass of each round.
    pub async fn round(&self, creators: &[CreatorId]) -> anyhow::Result<Digest> {
        Ok(job::round(&self.parts, self.view().await.as_deref(), creators).await?)
    }

    /// Writes a digest to stdout, and notes that it was shown.
    pub async fn show(&self, shown: &Digest, format: ReportFormat) -> anyhow::Result<()> {
        write(shown, format)?;
        Ok(job::shown(&self.parts, shown).await?)
    }

    /// What was answered is findable only in a view that is opened behind it. A store that cannot be opened for reading has
    /// nothing in it yet, or is what the walks told of, or will.
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

fn write(shown: &Digest, format: ReportFormat) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match format {
        ReportFormat::Text => stdout.write_all(digest::text(shown).as_bytes())?,
        ReportFormat::Json => {
            serde_json::to_writer(&mut stdout, shown)?;
            writeln!(stdout)?;
        }
    }
    stdout.flush()
}

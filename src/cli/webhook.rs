//! Where what changed is sent.

use std::convert::Infallible;

use clap::Args;

use crate::model::Secret;

const WEBHOOK: &str = "Send what changed to this address, too, as JSON with a text that chat services show; it counts as a \
                       secret, so rather name it in the environment or the file [env: VIRALMINE_WEBHOOK]";

/// Where what changed is sent.
#[derive(Debug, Clone, Default, Args)]
pub struct WebhookArgs {
    /// The webhook's address.
    #[arg(long, value_name = "URL", value_parser = secret, help = WEBHOOK)]
    pub webhook: Option<Secret>,
}

/// What it means is found later, by who does not repeat it.
#[expect(clippy::unnecessary_wraps, reason = "as clap calls it")]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

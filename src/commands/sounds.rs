//! `sounds`: flags → ranking → rows per sound in the form asked for.

use std::io::Write;

use super::groups::{answer, order, ranking};
use crate::cli::ask::SoundsArgs;
use crate::insight::groups::{GroupKind, GroupOrder};
use crate::store::StoreReader;

/// Whether the order goes by what the score pass stores.
pub(super) fn needs_scores(args: &SoundsArgs) -> bool {
    order(&args.groups) == Some(GroupOrder::Lift)
}

/// Writes the answer to `out`, and which windows it speaks of to `notes` (stderr).
pub async fn run(
    reader: &dyn StoreReader,
    args: &SoundsArgs,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> anyhow::Result<()> {
    let (asked, ranking) = ranking(reader, &args.groups, GroupKind::Sound, GroupOrder::Posts, notes).await?;
    answer(reader, &asked, &ranking, args.groups.ask.format, out).await
}

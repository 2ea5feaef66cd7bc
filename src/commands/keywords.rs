//! `keywords`: flags → ranking → rows per word or pair of words in the form asked for.

use std::io::Write;

use super::groups::{answer, order, ranking};
use crate::cli::ask::KeywordsArgs;
use crate::insight::groups::{GroupKind, GroupOrder};
use crate::jobs::ask::ranking::Ranking;
use crate::store::StoreReader;

/// Whether the order goes by what the score pass stores.
pub(super) fn needs_scores(args: &KeywordsArgs) -> bool {
    matches!(order(&args.groups), None | Some(GroupOrder::Lift))
}

/// Writes the answer to `out`, and which windows it speaks of to `notes` (stderr).
pub async fn run(
    reader: &dyn StoreReader,
    args: &KeywordsArgs,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> anyhow::Result<()> {
    let (asked, ranking) = ranking(reader, &args.groups, GroupKind::Keyword, GroupOrder::Lift, notes).await?;
    let ranking = Ranking { script: args.script, ..ranking };
    answer(reader, &asked, &ranking, args.groups.ask.format, out).await
}

//! `hashtags`: flags → ranking → rows per hashtag in the form asked for.

use std::io::Write;

use super::groups::{answer, order, ranking};
use crate::cli::ask::HashtagsArgs;
use crate::insight::groups::{GroupKind, GroupOrder};
use crate::jobs::ask::ranking::Ranking;
use crate::store::StoreReader;

/// Whether the order goes by what the score pass stores.
pub(super) fn needs_scores(args: &HashtagsArgs) -> bool {
    order(&args.groups) == Some(GroupOrder::Lift)
}

/// Writes the answer to `out`, and which windows it speaks of to `notes` (stderr).
pub async fn run(
    reader: &dyn StoreReader,
    args: &HashtagsArgs,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> anyhow::Result<()> {
    let default = if args.related.is_some() { GroupOrder::Relation } else { GroupOrder::Posts };
    let (asked, ranking) = ranking(reader, &args.groups, GroupKind::Hashtag, default, notes).await?;
    let ranking = Ranking { without_generic: args.no_generic, related_to: args.related.clone(), ..ranking };
    answer(reader, &asked, &ranking, args.groups.ask.format, out).await
}

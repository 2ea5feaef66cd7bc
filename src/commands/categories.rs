//! `categories`: a file of categories, and a row for each in the form asked for.

use std::io::Write;

use super::groups::{order, ranking, write};
use crate::cli::ask::CategoriesArgs;
use crate::insight::groups::{GroupKind, GroupOrder};
use crate::jobs::ask::categories::rank;
use crate::settings::categories;
use crate::store::StoreReader;

/// Whether the order goes by what the score pass stores.
pub(super) fn needs_scores(args: &CategoriesArgs) -> bool {
    order(&args.groups) == Some(GroupOrder::Lift)
}

/// Prints the sample of a file.
pub(super) fn print_sample(out: &mut dyn Write) -> anyhow::Result<()> {
    out.write_all(categories::SAMPLE.as_bytes())?;
    Ok(out.flush()?)
}

/// Writes the answer to `out`, and which windows it speaks of to `notes` (stderr).
pub async fn run(
    reader: &dyn StoreReader,
    args: &CategoriesArgs,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> anyhow::Result<()> {
    let categories = categories::load(args.groups.ask.filters.categories.as_deref())?;
    let (asked, ranking) = ranking(reader, &args.groups, GroupKind::Category, GroupOrder::Plays, notes).await?;
    let rows = rank(reader, &asked.scope, &categories, &ranking).await?;
    write(&rows, &ranking, args.groups.ask.format, out)
}

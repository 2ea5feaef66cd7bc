//! One id: what was archived against what is stored. Pure.

use super::report::GapKind;

/// How an id came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The store holds the archive's newest version.
    Same,
    /// The store holds a newer one: from another machine, or of a run that goes on.
    Newer,
    /// The store lacks something.
    Gap(GapKind),
}

/// Compares the archive's newest version of an id with the stored one (ms, UTC). `dead` are the versions that are dead
/// letters.
#[must_use]
pub fn compare(archived: i64, stored: Option<i64>, dead: &[i64]) -> Finding {
    match stored {
        Some(stored) if stored == archived => Finding::Same,
        Some(stored) if stored > archived => Finding::Newer,
        _ if dead.contains(&archived) => Finding::Gap(GapKind::Dead),
        Some(_) => Finding::Gap(GapKind::Older),
        None => Finding::Gap(GapKind::Missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_has_its_finding() {
        let cases = [
            (Some(5), &[][..], Finding::Same),
            (Some(5), &[5], Finding::Same),
            (Some(6), &[5], Finding::Newer),
            (Some(4), &[], Finding::Gap(GapKind::Older)),
            (Some(4), &[4], Finding::Gap(GapKind::Older)),
            (Some(4), &[3, 5], Finding::Gap(GapKind::Dead)),
            (None, &[4], Finding::Gap(GapKind::Missing)),
            (None, &[5], Finding::Gap(GapKind::Dead)),
        ];
        for (stored, dead, expected) in cases {
            assert_eq!(compare(5, stored, dead), expected, "{stored:?} {dead:?}");
        }
    }
}

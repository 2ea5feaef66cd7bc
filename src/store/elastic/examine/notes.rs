//! What is under way, or was left unfinished: the lease, settings that were turned off, a version that is being filled.

use jiff::Timestamp;

use super::{good, unseen, warning};
use crate::model::Collection;
use crate::store::Finding;
use crate::store::elastic::journal::{self, Journal};
use crate::store::elastic::lease::{self, Lease};
use crate::store::elastic::{ElasticStore, versions};

pub(super) async fn examine(store: &ElasticStore) -> Vec<Finding> {
    let (client, checkpoints) = (&store.client, store.alias(Collection::Checkpoints));
    let now = store.clock.now();
    let mut findings = Vec::new();
    findings.push(match lease::note(client, &checkpoints).read::<Lease>().await {
        Ok(found) => judge_lease(found.content.as_ref(), now),
        Err(error) => unseen("lease", "read (on viralmine's indices)", &error),
    });
    match journal::note(client, &checkpoints).read::<Journal>().await {
        Ok(found) => findings.extend(found.content.map(|journal| turned_off(&journal))),
        Err(error) => findings.push(unseen("bulk settings", "read (on viralmine's indices)", &error)),
    }
    match versions::being_filled(client, &store.alias(Collection::Videos)).await {
        Ok(next) => findings.extend(next.map(|next| unfinished(&next))),
        Err(error) => findings.push(unseen("reindex", "view_index_metadata (on viralmine's indices)", &error)),
    }
    findings
}

pub(super) fn judge_lease(lease: Option<&Lease>, now: Timestamp) -> Finding {
    const ABOUT: &str = "lease";
    match lease {
        None => good(ABOUT, "nobody holds it".to_owned()),
        Some(lease) if lease.is_alive(now) => {
            good(ABOUT, format!("{} holds it until {:.0}", lease.holder, lease.until))
        }
        Some(lease) => warning(
            ABOUT,
            format!(
                "{} held it until {:.0} and did not give it back: it was probably killed",
                lease.holder, lease.until
            ),
            "run the command that was killed again, to finish what it began; the lease keeps nobody out any more",
        ),
    }
}

fn turned_off(journal: &Journal) -> Finding {
    warning(
        "bulk settings",
        format!("refresh and replicas of {} are turned off, and what they were is written down", journal.index),
        "if a run with --bulk-settings is under way, it puts them back at its end; if it was killed, the next run does",
    )
}

fn unfinished(next: &str) -> Finding {
    warning(
        "reindex",
        format!("{next} is being filled, or was left unfinished"),
        "if no reindex is under way, run `viralmine reindex` again, which goes on with it; or delete that index",
    )
}

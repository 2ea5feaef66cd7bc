//! Bulk settings with a way back: refresh and replicas of the videos' index are turned off for a run, after what they
//! were was written down in a document among the checkpoints, where any later run finds it and puts it back.
//!
//! A kill between any two steps leaves a document that a later run makes right. Several runs may do this at a time:
//! each writes into the document before it turns settings off, so that nobody strikes out what it did not read, and
//! looks for it afterwards. A setting that somebody changed meanwhile is no longer as this turned it, and is left as it
//! is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client::{Body, Client, Method};
use super::note::{Mark, Note};
use crate::store::StoreError;

/// Runs that get in each other's way so often are no accident.
const ATTEMPTS: usize = 5;

/// The document's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    /// The concrete index: the alias may point elsewhere when it is put right.
    pub(super) index: String,
    /// `None` while nothing was turned off yet.
    pub(super) before: Option<Settings>,
}

/// The settings that are turned off, as they are set on the index; `None` for one that is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) refresh_interval: Option<String>,
    pub(super) auto_expand_replicas: Option<String>,
    pub(super) number_of_replicas: Option<String>,
}

impl Settings {
    const NAMES: [&str; 3] = ["index.refresh_interval", "index.auto_expand_replicas", "index.number_of_replicas"];

    fn relaxed() -> Self {
        let [refresh_interval, auto_expand_replicas, number_of_replicas] =
            ["-1", "false", "0"].map(|it| Some(it.into()));
        Self { refresh_interval, auto_expand_replicas, number_of_replicas }
    }

    fn values(&self) -> [&Option<String>; 3] {
        [&self.refresh_interval, &self.auto_expand_replicas, &self.number_of_replicas]
    }

    /// What takes an index from its settings `now` back to these: only what still is as it was turned.
    fn way_back(&self, now: &Self) -> Map<String, Value> {
        let relaxed = Self::relaxed();
        let still_relaxed = now.values().into_iter().zip(relaxed.values()).map(|(now, relaxed)| now == relaxed);
        let back = Self::NAMES.into_iter().zip(self.values()).zip(still_relaxed);
        back.filter(|(_, is_relaxed)| *is_relaxed)
            .map(|((name, value), _)| (name.to_owned(), (*value).clone().into()))
            .collect()
    }

    fn all(&self) -> Map<String, Value> {
        Self::NAMES
            .into_iter()
            .zip(self.values())
            .map(|(name, value)| (name.to_owned(), value.clone().into()))
            .collect()
    }
}

/// The document that holds it.
pub(super) fn note<'a>(client: &'a Client, checkpoints: &'a str) -> Note<'a> {
    Note { client, alias: checkpoints, id: "bulk-settings", field: "bulk_settings" }
}

/// Turns the settings of `index` off.
pub(super) async fn relax(note: &Note<'_>, index: &str, now: Timestamp) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(before) = write_down(note, index, now).await? else { continue };
        put(note.client, index, Settings::relaxed().all()).await?;
        if note.read::<Journal>().await?.content.is_some_and(|journal| journal.before.is_some()) {
            return Ok(());
        }
        // Another run put everything back between our two steps, and struck the journal out.
        put(note.client, index, before.all()).await?;
    }
    Err(StoreError::Busy(
        "other runs put the index settings back, again and again: try without --bulk-settings".to_owned(),
    ))
}

/// Sees to it that the journal tells of `index`, and has been written by this run; what it says. `None` when another
/// run came between, or when there was a journal of another index to settle first.
async fn write_down(note: &Note<'_>, index: &str, now: Timestamp) -> Result<Option<Settings>, StoreError> {
    let found = note.read::<Journal>().await?;
    let (mark, known) = match found.content {
        Some(journal) if journal.index != index => return restore(note, now).await.map(|_| None),
        Some(journal) => (found.mark, journal.before),
        // The name first: while it stands there nobody is about to put anything back, so that what is read next is
        // nobody's relaxed settings.
        None => {
            let claim = Journal { index: index.to_owned(), before: None };
            let Some(mark) = note.write(Some(&claim), found.mark, now).await? else { return Ok(None) };
            (mark, None)
        }
    };
    let before = match known {
        Some(before) => before,
        None => settings_of(note.client, index).await?.ok_or_else(|| gone(index))?,
    };
    let journal = Journal { index: index.to_owned(), before: Some(before.clone()) };
    Ok(note.write(Some(&journal), mark, now).await?.map(|_| before))
}

/// Puts back what a journal says, and strikes it out; whether there was something to put back.
pub(super) async fn restore(note: &Note<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let found = note.read::<Journal>().await?;
    let Some(journal) = found.content else { return Ok(false) };
    let is_put_back = match &journal.before {
        Some(before) => put_back(note.client, &journal.index, before).await?,
        None => false,
    };
    strike_out(note, found.mark, now).await?;
    Ok(is_put_back)
}

/// Whether the index is still there.
async fn put_back(client: &Client, index: &str, before: &Settings) -> Result<bool, StoreError> {
    let Some(current) = settings_of(client, index).await? else {
        tracing::warn!(index, "its settings were turned off and cannot be put back: the index is gone");
        return Ok(false);
    };
    let way_back = before.way_back(&current);
    if !way_back.is_empty() {
        put(client, index, way_back).await.map_err(|error| pending(index, error))?;
    }
    Ok(true)
}

/// Without the rights to put it right, a run says at least what it is about.
fn pending(index: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::Denied(words) => StoreError::Denied(format!(
            "the settings of {index} were turned off by --bulk-settings and cannot be put back: {words}"
        )),
        other => other,
    }
}

/// Refused when another run wrote into the journal since: then it is that run's.
async fn strike_out(note: &Note<'_>, mark: Mark, now: Timestamp) -> Result<(), StoreError> {
    note.write::<Journal>(None, mark, now).await.map(drop)
}

/// As they are set on the index; `None` when there is no such index.
pub(super) async fn settings_of(client: &Client, index: &str) -> Result<Option<Settings>, StoreError> {
    let path = format!("{index}/_settings/{}", Settings::NAMES.join(","));
    let Some(bytes) = client.find(&path, &[("flat_settings", "true")]).await? else { return Ok(None) };
    // Without one of these settings the answer has no entry of the index at all.
    let found: Value = serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
    let [refresh_interval, auto_expand_replicas, number_of_replicas] =
        Settings::NAMES.map(|name| found[index]["settings"][name].as_str().map(ToOwned::to_owned));
    Ok(Some(Settings { refresh_interval, auto_expand_replicas, number_of_replicas }))
}

async fn put(client: &Client, index: &str, settings: Map<String, Value>) -> Result<(), StoreError> {
    client.send(Method::Put, &format!("{index}/_settings"), &[], Body::Json(settings.into())).await.map(drop)
}

fn gone(index: &str) -> StoreError {
    StoreError::Unavailable(format!("the index {index} went away while its settings were read"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(refresh: Option<&str>, expand: Option<&str>, replicas: &str) -> Settings {
        Settings {
            refresh_interval: refresh.map(Into::into),
            auto_expand_replicas: expand.map(Into::into),
            number_of_replicas: Some(replicas.into()),
        }
    }

    #[test]
    fn what_was_not_set_is_put_back_to_null() {
        let back = settings(None, Some("0-1"), "1").way_back(&Settings::relaxed());
        let expected = json!({"index.refresh_interval": null, "index.auto_expand_replicas": "0-1",
            "index.number_of_replicas": "1"});
        assert_eq!(Value::from(back), expected);
    }

    #[test]
    fn what_somebody_changed_meanwhile_is_left_alone() {
        let before = settings(Some("5s"), None, "1");
        let back = before.way_back(&settings(Some("30s"), Some("false"), "2"));
        assert_eq!(Value::from(back), json!({"index.auto_expand_replicas": null}));
        assert!(before.way_back(&before).is_empty(), "nothing was turned off yet, or all is put back already");
    }
}

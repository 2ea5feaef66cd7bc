//! A document of our own among the checkpoints: read with its place in the shard's order of writes, and written only
//! over what was read, so that of two processes one wins. `lease` and `journal` are made of this.
//!
//! Done with, it is emptied and not deleted: who may write checkpoints may do that without the right to delete.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::client::{Body, Client, Method};
use crate::store::StoreError;

/// One such document: where it lies, and the field that its content stands under.
pub(super) struct Note<'a> {
    /// The connection to the server.
    pub(super) client: &'a Client,
    /// The alias of the checkpoints.
    pub(super) alias: &'a str,
    /// Its `_id`.
    pub(super) id: &'static str,
    /// The field of its content.
    pub(super) field: &'static str,
}

/// What was read; `content` is `None` when it is empty or was never written.
pub(super) struct Found<T> {
    pub(super) content: Option<T>,
    pub(super) mark: Mark,
}

/// A state of the document that a write builds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// It is not there.
    Absent,
    /// It was written by the shard's operation of this number, under this primary.
    Written { seq_no: i64, primary_term: i64 },
}

#[derive(Deserialize)]
struct Place {
    #[serde(rename = "_seq_no")]
    seq_no: i64,
    #[serde(rename = "_primary_term")]
    primary_term: i64,
}

impl From<Place> for Mark {
    fn from(place: Place) -> Self {
        Self::Written { seq_no: place.seq_no, primary_term: place.primary_term }
    }
}

impl Note<'_> {
    /// As it is now, refreshed or not. Without an index it is absent.
    pub(super) async fn read<T: DeserializeOwned>(&self) -> Result<Found<T>, StoreError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(flatten)]
            place: Place,
            #[serde(rename = "_source", default)]
            source: Map<String, Value>,
        }
        let Some(bytes) = self.client.find(&self.path("_doc"), &[]).await? else {
            return Ok(Found { content: None, mark: Mark::Absent });
        };
        let mut answer: Answer = serde_json::from_slice(&bytes).map_err(|error| self.client.nonsense(&error))?;
        let content = answer.source.remove(self.field).unwrap_or_default();
        let content = serde_json::from_value(content).map_err(|error| self.unreadable(&error))?;
        Ok(Found { content, mark: answer.place.into() })
    }

    /// Writes it over the state that was read; `None` when another process wrote meanwhile.
    pub(super) async fn write<T: Serialize>(
        &self,
        content: Option<&T>,
        over: Mark,
        now: Timestamp,
    ) -> Result<Option<Mark>, StoreError> {
        let body = Body::Json(json!({ self.field: content, "updated_at": now.as_millisecond() }));
        // `require_alias`: an index that was deleted is not made anew without its mapping.
        let require_alias = ("require_alias", "true");
        let sent = match over {
            Mark::Absent => {
                self.client.send_unless(409, Method::Put, &self.path("_create"), &[require_alias], body).await?
            }
            Mark::Written { seq_no, primary_term } => {
                let (seq_no, primary_term) = (seq_no.to_string(), primary_term.to_string());
                let query = [require_alias, ("if_seq_no", &seq_no), ("if_primary_term", &primary_term)];
                self.client.send_unless(409, Method::Put, &self.path("_doc"), &query, body).await?
            }
        };
        let place = |bytes: bytes::Bytes| {
            serde_json::from_slice::<Place>(&bytes).map(Mark::from).map_err(|error| self.client.nonsense(&error))
        };
        sent.map(place).transpose()
    }

    fn path(&self, endpoint: &str) -> String {
        format!("{}/{endpoint}/{}", self.alias, self.id)
    }

    fn unreadable(&self, error: &serde_json::Error) -> StoreError {
        StoreError::Broken(format!(
            "the document {} of {} is none of this viralmine's ({error}): use the version that wrote it, or delete the \
             document",
            self.id, self.alias
        ))
    }
}

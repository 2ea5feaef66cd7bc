//! A point in time: what is written while it is read, page after page, neither doubles nor hides a hit.
//! `search`, `scan`, `groups` and `slots` read of one; what they ask and what they make of the answers is theirs.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Body, Client, Method};
use crate::store::StoreError;

/// How long the server keeps one after each page.
const KEEP_ALIVE: &str = "5m";

/// One that is open.
pub(super) struct PointInTime<'a> {
    pub(super) client: &'a Client,
    id: String,
}

impl<'a> PointInTime<'a> {
    /// Opens one on what is findable now.
    pub(super) async fn open(client: &'a Client, target: &str) -> Result<Self, StoreError> {
        #[derive(Deserialize)]
        struct Opened {
            id: String,
        }
        let keep_alive = [("keep_alive", KEEP_ALIVE)];
        let bytes = client.send(Method::Post, &format!("{target}/_pit"), &keep_alive, Body::Empty).await?;
        let opened: Opened = serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
        Ok(Self { client, id: opened.id })
    }

    /// Searches it with `body`; it lives on from now.
    pub(super) async fn search(&self, body: &mut Value) -> Result<Bytes, StoreError> {
        body["pit"] = json!({ "id": self.id, "keep_alive": KEEP_ALIVE });
        search(self.client, "_search", body).await
    }

    /// Searches it with each of these bodies, in one request; the answer's bytes, cut down to `parts`.
    pub(super) async fn search_all(&self, bodies: &[Value], parts: &str) -> Result<Bytes, StoreError> {
        let mut lines = Vec::new();
        for body in bodies {
            let mut body = body.clone();
            body["pit"] = json!({ "id": self.id, "keep_alive": KEEP_ALIVE });
            // Half an answer is none.
            lines.push(json!({ "allow_partial_search_results": false }).to_string());
            lines.push(body.to_string());
        }
        // The last line needs its end, too.
        lines.push(String::new());
        let body = Body::Lines { bytes: lines.join("\n").into(), compress: false };
        self.client.send(Method::Post, "_msearch", &[("filter_path", parts)], body).await
    }

    /// Each answer may name it anew.
    pub(super) fn renamed(&mut self, id: Option<String>) {
        if let Some(id) = id {
            self.id = id;
        }
    }

    /// It ends by itself too; until then the server keeps merged segments for it.
    pub(super) async fn close(self) {
        let closed = self.client.send(Method::Delete, "_pit", &[], Body::Json(json!({ "id": self.id }))).await;
        if let Err(error) = closed {
            tracing::debug!(%error, "the point in time was not closed");
        }
    }
}

/// Sends a search; the answer's bytes. Half an answer is none: every number shown is exact.
pub(super) async fn search(client: &Client, path: &str, body: &Value) -> Result<Bytes, StoreError> {
    let query = [("allow_partial_search_results", "false")];
    client.send(Method::Post, path, &query, Body::Json(body.clone())).await
}

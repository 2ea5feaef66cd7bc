//! Doors for the fuzz targets and property tests to the readers of Elasticsearch's answers; built for them alone.
//! Nothing is sent.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Url;

use super::client::Client;
use super::failure::Server;
use super::settings::{Credentials, ElasticSettings};
use super::{bulk, read, search};
use crate::model::{Hits, Secret, Verdict};
use crate::store::{StoreError, StoredDocument};

/// What reads answers, as it stands behind a store that talks to a server with this API key.
pub struct Answers {
    client: Client,
    server: Server,
}

impl Answers {
    /// The readers of a store on a server that is never asked.
    pub fn with_api_key(key: &str) -> Result<Self, StoreError> {
        let settings = ElasticSettings {
            url: Url::parse("http://localhost:9200/").map_err(|error| StoreError::Unfit(error.to_string()))?,
            prefix: "viralmine".to_owned(),
            credentials: Credentials::ApiKey(Secret::new(key)),
            ca_cert: None,
            compress: false,
            request_timeout: Duration::from_secs(1),
        };
        Ok(Self { client: Client::new(&settings)?, server: Server::new(&settings) })
    }

    /// The verdicts of a bulk answer on so many documents.
    pub fn verdicts(&self, answer: &[u8], documents: usize) -> Result<Vec<Verdict>, StoreError> {
        bulk::verdicts(&self.client, answer, documents)
    }

    /// The documents of an answer to `_mget` for so many ids.
    pub fn documents(&self, answer: &[u8], ids: usize) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        read::documents(&self.client, answer, ids)
    }

    /// What a search found, of one page.
    pub fn hits(&self, answer: &Bytes) -> Result<Hits, StoreError> {
        search::hits(&self.client, answer)
    }

    /// What a refusal means.
    #[must_use]
    pub fn refusal(&self, status: u16, body: &[u8]) -> StoreError {
        self.server.refusal(status, body)
    }
}

//! Doors for the fuzz targets and property tests to the readers of Elasticsearch's answers; built for them alone.
//! Nothing is sent.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Url;

use super::client::Client;
use super::failure::Server;
use super::settings::{Credentials, ElasticSettings};
use super::{answer, bulk, read, search};
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

    /// Reads what so many searches counted.
    pub fn counts(&self, answer: &[u8], searches: usize) -> Result<(), StoreError> {
        answer::found(&self.client, answer, searches).map(drop)
    }

    /// What a refusal means.
    #[must_use]
    pub fn refusal(&self, status: u16, body: &[u8]) -> StoreError {
        self.server.refusal(status, body)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = "tk_live_1";

    fn item() -> impl Strategy<Value = Value> {
        let kind = "document_parsing_exception|version_conflict_engine_exception|cluster_block_exception|[a-z_]{0,9}";
        (any::<u16>(), prop::option::of((kind, "(immense term)?\\PC{0,400}"))).prop_map(|(status, error)| match error {
            None => json!({"index": {"status": status}}),
            Some((kind, reason)) => json!({"index": {"status": status, "error": {"type": kind, "reason": reason}}}),
        })
    }

    proptest! {
        #[test]
        fn each_document_has_its_verdict_in_its_place(items in prop::collection::vec(item(), 0..12), sent in 0_usize..14) {
            let answers = Answers::with_api_key(KEY).unwrap();
            let answer = json!({"errors": true, "items": items}).to_string();
            let verdicts = answers.verdicts(answer.as_bytes(), sent);
            prop_assert_eq!(verdicts.is_ok(), sent == items.len());
            for (verdict, item) in verdicts.into_iter().flatten().zip(&items) {
                let status = item["index"]["status"].as_u64().unwrap();
                match verdict {
                    Verdict::Stored { new } => prop_assert!((200..300).contains(&status) && new == (status == 201)),
                    Verdict::Superseded => prop_assert_eq!(status, 409),
                    Verdict::Refused(reason) | Verdict::Again(reason) => {
                        let told = format!("(status {status})");
                        prop_assert!(reason.contains(&told) && reason.chars().count() < 500, "{}", reason);
                    }
                }
            }
        }

        #[test]
        fn no_answer_makes_a_reader_panic_or_show_the_key(
            start in "(\\{\"items\":|\\{\"responses\":\\[|\\{\"docs\":\\[|\\{\"hits\":\\{\"hits\":|\\{\"error\":)?",
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..60),
                "([{}\\[\\]\":,0-9]|tk_live_1|\"_source\"|\"status\"|\"type\"|\\PC){0,30}".prop_map(String::into_bytes),
            ],
            status in 300_u16..600,
        ) {
            let answers = Answers::with_api_key(KEY).unwrap();
            let answer = Bytes::from([start.as_bytes(), &bytes].concat());
            let told = [
                answers.verdicts(&answer, 1).err(),
                answers.documents(&answer, 1).err(),
                answers.hits(&answer).err(),
                answers.counts(&answer, 1).err(),
                Some(answers.refusal(status, &answer)),
            ];
            for error in told.into_iter().flatten().map(|error| error.to_string()) {
                prop_assert!(!error.contains(KEY) && error.chars().count() < 1000, "{}", error);
            }
        }
    }
}

//! What is asked of the API: everything of a request but its key.

use serde::Serialize;

use crate::model::{Answer, Endpoint};

/// One request, whichever key it is sent with and however often.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) endpoint: Endpoint,
    /// The creator's `sec_user_id` (list), or the video's `aweme_id` (detail).
    pub(super) subject: String,
    pub(super) max_cursor: Option<String>,
    pub(super) walk: Option<i64>,
    pub(super) region: Option<String>,
    pub(super) page_size: Option<u8>,
}

/// The parameters as the API names them, in the order of its document.
#[derive(Debug, Serialize)]
pub(super) struct Parameters<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sec_user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_cursor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aweme_id: Option<&'a str>,
}

impl Ask {
    /// A page of a creator's posts.
    pub(super) fn list(creator: &str, cursor: &str, walk: i64, region: Option<&str>, page_size: u8) -> Self {
        Self {
            endpoint: Endpoint::List,
            subject: creator.to_owned(),
            max_cursor: Some(cursor.to_owned()),
            walk: Some(walk),
            region: region.map(str::to_owned),
            page_size: Some(page_size),
        }
    }

    /// One post.
    pub(super) fn detail(aweme_id: &str) -> Self {
        Self {
            endpoint: Endpoint::Detail,
            subject: aweme_id.to_owned(),
            max_cursor: None,
            walk: None,
            region: None,
            page_size: None,
        }
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        let is_list = self.endpoint == Endpoint::List;
        Parameters {
            sec_user_id: is_list.then_some(&self.subject),
            max_cursor: self.max_cursor.as_deref(),
            limit: self.page_size,
            region: self.region.as_deref(),
            aweme_id: (!is_list).then_some(&self.subject),
        }
    }

    /// For people: `creator MS4w…`, `video 7…`.
    pub(super) fn subject_in_words(&self) -> String {
        match self.endpoint {
            Endpoint::List => format!("creator {}", self.subject),
            Endpoint::Detail => format!("video {}", self.subject),
        }
    }

    /// The answer to this, for the recorder.
    pub(super) fn answered(&self, fetched_at: i64, key: usize, status: u16, body: bytes::Bytes) -> Answer {
        Answer {
            endpoint: self.endpoint,
            subject: self.subject.clone(),
            max_cursor: self.max_cursor.clone(),
            walk: self.walk,
            region: self.region.clone(),
            page_size: self.page_size,
            fetched_at,
            key,
            status,
            body,
        }
    }
}

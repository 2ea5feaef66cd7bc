//! What was asked: parameters of the query string or of a JSON body, read and checked; and how a wrong one is refused.

use std::collections::HashMap;

use axum::extract::Query;
use axum::http::Uri;
use serde_json::Value;

use crate::model::Endpoint;

const FIRST_CURSOR: &str = "0";
const DEFAULT_LIMIT: usize = 20;
const HIGHEST_LIMIT: usize = 35;

/// A refusal with code 400; the texts are the provider's where its document has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    UnknownCreator,
    UnknownVideo,
    BadCursor,
    BadLimit,
    BadRegion,
    BadBody,
}

impl Refusal {
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::UnknownCreator => "sec_user_id not found",
            Self::UnknownVideo => "aweme_id not found",
            Self::BadCursor => "max_cursor invalid",
            Self::BadLimit => "limit must be between 1 and 35",
            Self::BadRegion => "region must be a code of two letters",
            Self::BadBody => "request body must be a JSON object",
        }
    }
}

/// The parameters of a request, as given.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    given: HashMap<String, String>,
    is_broken: bool,
}

/// The checked parameters of a list request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListRequest<'a> {
    pub(super) sec_user_id: &'a str,
    pub(super) max_cursor: &'a str,
    pub(super) limit: usize,
}

impl Parameters {
    /// Reads the query string, then the body, which wins.
    pub(super) fn read(uri: &Uri, body: &[u8]) -> Self {
        let query = Query::<HashMap<String, String>>::try_from_uri(uri);
        let mut parameters = Self { is_broken: query.is_err(), ..Self::default() };
        if let Ok(Query(given)) = query {
            parameters.given = given;
        }
        if !body.is_empty() {
            match serde_json::from_slice(body) {
                Ok(Value::Object(given)) => parameters.given.extend(given.into_iter().filter_map(plain)),
                _ => parameters.is_broken = true,
            }
        }
        parameters
    }

    /// The creator or video asked for, for the record of requests.
    pub(super) fn subject(&self, endpoint: Endpoint) -> &str {
        self.get(match endpoint {
            Endpoint::List => "sec_user_id",
            Endpoint::Detail => "aweme_id",
        })
    }

    /// The cursor asked with; none and an empty one mean the first.
    pub(super) fn cursor(&self) -> &str {
        Some(self.get("max_cursor")).filter(|cursor| !cursor.is_empty()).unwrap_or(FIRST_CURSOR)
    }

    /// The list request that this is.
    pub(super) fn list(&self) -> Result<ListRequest<'_>, Refusal> {
        self.check_common()?;
        let limit = match self.get("limit") {
            "" => DEFAULT_LIMIT,
            text => text.parse().map_err(|_| Refusal::BadLimit)?,
        };
        if !(1..=HIGHEST_LIMIT).contains(&limit) {
            return Err(Refusal::BadLimit);
        }
        Ok(ListRequest { sec_user_id: self.subject(Endpoint::List), max_cursor: self.cursor(), limit })
    }

    /// The id of the detail request that this is.
    pub(super) fn detail(&self) -> Result<&str, Refusal> {
        self.check_common()?;
        Ok(self.subject(Endpoint::Detail))
    }

    fn check_common(&self) -> Result<(), Refusal> {
        let region = self.get("region");
        let is_code = region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_alphabetic());
        match (self.is_broken, region.is_empty() || is_code) {
            (true, _) => Err(Refusal::BadBody),
            (false, false) => Err(Refusal::BadRegion),
            (false, true) => Ok(()),
        }
    }

    fn get(&self, name: &str) -> &str {
        self.given.get(name).map_or("", String::as_str)
    }
}

/// Numbers may stand as numbers or as text; null is absent.
fn plain((name, value): (String, Value)) -> Option<(String, String)> {
    match value {
        Value::Null => None,
        Value::String(text) => Some((name, text)),
        other => Some((name, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list_of(query: &str, body: &str) -> Result<(String, String, usize), Refusal> {
        let parameters = Parameters::read(&format!("/list?{query}").parse().unwrap(), body.as_bytes());
        parameters.list().map(|list| (list.sec_user_id.to_owned(), list.max_cursor.to_owned(), list.limit))
    }

    #[test]
    fn query_and_body_say_the_same() {
        let expected = Ok(("MS4w".to_owned(), "17".to_owned(), 20));
        assert_eq!(list_of("sec_user_id=MS4w&max_cursor=17&limit=20&region=US", ""), expected);
        assert_eq!(list_of("", r#"{"sec_user_id":"MS4w","max_cursor":17,"limit":20,"region":"US"}"#), expected);
        assert_eq!(list_of("", r#"{"sec_user_id":"MS4w","max_cursor":"17","limit":"20","region":null}"#), expected);
        assert_eq!(list_of("sec_user_id=MS4w", ""), Ok(("MS4w".to_owned(), "0".to_owned(), 20)));
    }

    #[test]
    fn wrong_parameters_are_refused() {
        for limit in ["0", "36", "-1", "x", "2.5"] {
            assert_eq!(list_of(&format!("limit={limit}"), ""), Err(Refusal::BadLimit), "{limit}");
        }
        assert_eq!(list_of("region=USA", ""), Err(Refusal::BadRegion));
        assert_eq!(list_of("", "[1]"), Err(Refusal::BadBody));
        assert_eq!(list_of("", "{"), Err(Refusal::BadBody));
    }
}

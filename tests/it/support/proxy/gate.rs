//! An authenticating proxy: who asks is known by the `Authorization` header, and may read, or write too. Its refusals
//! are those that Elasticsearch gives with security turned on.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fault::{Decide, Fault};
use super::wire::{Answer, Request};

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    All,
    Read,
}

/// The header of an API key, `id:key`.
pub fn api_key(id_and_key: &str) -> String {
    format!("ApiKey {}", STANDARD.encode(id_and_key))
}

/// The header of a user, `name:password`.
pub fn user(name_and_password: &str) -> String {
    format!("Basic {}", STANDARD.encode(name_and_password))
}

/// Lets in who has one of these headers.
pub fn authenticated<const N: usize>(known: [(String, Rights); N]) -> Decide {
    let known = HashMap::from(known);
    Box::new(move |request| match request.header("authorization").and_then(|header| known.get(header)) {
        Some(Rights::All) => Fault::Pass,
        Some(Rights::Read) if is_read(request) => Fault::Pass,
        Some(Rights::Read) => Fault::Answer(unauthorized()),
        None => Fault::Answer(unauthenticated(request)),
    })
}

pub fn unauthenticated(request: &Request) -> Answer {
    let reason = match request.header("authorization") {
        Some(_) => format!("unable to authenticate with provided credentials for REST request [{}]", request.target),
        None => format!("missing authentication credentials for REST request [{}]", request.target),
    };
    Answer::of_elasticsearch(401, "security_exception", &reason).with_header("www-authenticate", "ApiKey")
}

pub fn unauthorized() -> Answer {
    Answer::of_elasticsearch(403, "security_exception", UNAUTHORIZED)
}

pub const UNAUTHORIZED: &str = "action [indices:data/write/bulk[s]] is unauthorized for this user on indices [x]";

fn is_read(request: &Request) -> bool {
    let path = request.path();
    let asks = ["/_search", "/_msearch", "/_mget", "/_count", "/_pit"].iter().any(|end| path.ends_with(end));
    matches!(request.method.as_str(), "GET" | "HEAD") || asks
}

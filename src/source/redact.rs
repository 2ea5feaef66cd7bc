//! Takes the key out of what a server echoes, before it is recorded, judged or shown.

use bytes::Bytes;

use crate::model::Secret;
use crate::model::redact::without_secret;

/// A shorter key is no secret, but may be a word of somebody's post ("demo", "k1"), which must stay as it is.
const SHORTEST_SECRET: usize = 8;

/// `body` without the key it was asked with, however it is spelt. Usually the same bytes, not copied.
pub(super) fn without_key(body: Bytes, key: &Secret) -> Bytes {
    if key.expose().len() < SHORTEST_SECRET {
        return body;
    }
    without_secret(&body, key).map_or(body, Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_echo_is_taken_out() {
        let key = Secret::new("tk/se+cret");
        for (body, expected) in [
            ("nothing here", "nothing here"),
            ("tk/se+crettk/se+cret!", "[redacted][redacted]!"),
            (r#"{"msg":"tk\/se+cret"}"#, r#"{"msg":"[redacted]"}"#),
            (r#"{"msg":"tk/se\u002Bcret"}"#, r#"{"msg":"[redacted]"}"#),
            ("", ""),
            ("tk/se+cre", "tk/se+cre"),
        ] {
            assert_eq!(without_key(Bytes::from(body), &key), expected.as_bytes());
        }
        assert_eq!(without_key(Bytes::from("a demo of k1"), &Secret::new("demo")), "a demo of k1");
    }
}

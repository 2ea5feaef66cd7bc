//! Takes the key out of what a server echoes, before it is recorded, judged or shown.

use bytes::Bytes;

use crate::model::Secret;

const REDACTED: &[u8] = b"[redacted]";

/// A shorter key is no secret, but may be a word of somebody's post ("demo", "k1"), which must stay as it is.
const SHORTEST_SECRET: usize = 8;

/// `body` without the key it was asked with, as it is or as JSON may escape it. Usually the same bytes, not copied.
pub(super) fn without_key(body: Bytes, key: &Secret) -> Bytes {
    let key = key.expose();
    if key.len() < SHORTEST_SECRET {
        return body;
    }
    let spellings = [key.to_owned(), key.replace('/', "\\/"), key.replace('+', "\\u002B"), key.replace('+', "\\u002b")];
    spellings.iter().fold(body, |body, spelling| replaced(body, spelling.as_bytes()))
}

fn replaced(body: Bytes, spelling: &[u8]) -> Bytes {
    let Some(first) = find(&body, spelling) else { return body };
    let mut cleaned = Vec::with_capacity(body.len());
    let (mut rest, mut next) = (&body[..], Some(first));
    while let Some(position) = next {
        cleaned.extend_from_slice(&rest[..position]);
        cleaned.extend_from_slice(REDACTED);
        rest = &rest[position + spelling.len()..];
        next = find(rest, spelling);
    }
    cleaned.extend_from_slice(rest);
    cleaned.into()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let (&first, _) = wanted.split_first()?;
    let starts = text.iter().enumerate().filter(|(_, byte)| **byte == first).map(|(position, _)| position);
    starts.into_iter().find(|&position| text[position..].starts_with(wanted))
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

//! One raw answer as one line: a superset of a recorded page, which `recorded` reads back. No I/O.

use std::borrow::Cow;

use memchr::memmem;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::{Answer, Endpoint};

/// The version of the record's form; a reader refuses a higher one.
pub(super) const FORMAT: u32 = 2;

/// Records of the first version have no checksum.
const FORMAT_WITHOUT_CHECKSUM: u64 = 1;

/// Refuses the version of a record's form that a newer program wrote; says what to do.
pub fn refuse_newer(format: u64) -> Result<(), String> {
    if format <= u64::from(FORMAT) {
        return Ok(());
    }
    Err(format!("format {format} is newer than this viralmine, which reads up to {FORMAT}: update it"))
}

#[derive(Serialize)]
struct Record<'a> {
    format: u32,
    endpoint: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sec_user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aweme_id: Option<&'a str>,
    max_cursor: Option<&'a str>,
    walk: Option<i64>,
    fetched_at: i64,
    key: usize,
    status: u16,
    region: Option<&'a str>,
    page_size: Option<u8>,
    store: &'a str,
    index_prefix: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_text: Option<Cow<'a, str>>,
    /// Bytes that were no UTF-8 stand as U+FFFD in `response_text`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    response_text_lossy: bool,
}

/// The answer's line, with its newline.
pub(super) fn line(answer: &Answer, store: &str, index_prefix: &str) -> serde_json::Result<Vec<u8>> {
    let text = String::from_utf8_lossy(&answer.body);
    let lossy = matches!(text, Cow::Owned(_));
    let one_line = on_one_line(&text);
    let response = if lossy { None } else { serde_json::from_str::<&RawValue>(&one_line).ok() };
    let is_list = answer.endpoint == Endpoint::List;
    let record = Record {
        format: FORMAT,
        endpoint: if is_list { "list" } else { "detail" },
        sec_user_id: is_list.then_some(&answer.subject),
        aweme_id: (!is_list).then_some(&answer.subject),
        max_cursor: answer.max_cursor.as_deref(),
        walk: answer.walk,
        fetched_at: answer.fetched_at,
        key: answer.key,
        status: answer.status,
        region: answer.region.as_deref(),
        page_size: answer.page_size,
        store,
        index_prefix,
        response,
        response_text: response.is_none().then(|| text.clone()),
        response_text_lossy: lossy,
    };
    let mut line = serde_json::to_vec(&record)?;
    add_checksum(&mut line);
    line.push(b'\n');
    Ok(line)
}

/// A damaged block of a compressed file may still unpack into JSON, with other digits in it. So each line carries, as
/// its last field, the CRC-32 of all that stands before that field.
const CHECKSUM_FIELD: &[u8] = b",\"crc32\":\"";
const CHECKSUM_DIGITS: usize = 8;

fn add_checksum(line: &mut Vec<u8>) {
    let end = line.pop();
    debug_assert_eq!(end, Some(b'}'), "a record is an object");
    let checksum = crc32fast::hash(line);
    line.extend_from_slice(CHECKSUM_FIELD);
    line.extend_from_slice(format!("{checksum:08x}\"}}").as_bytes());
}

/// Refuses a line of a segment that is not as it was written. One without a checksum passes when it says that it is of
/// a version that had none; what is no JSON, or of a newer version, is refused by who reads it.
pub(super) fn refuse_damaged(line: &[u8]) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Versioned {
        format: Option<u64>,
    }
    if has_its_checksum(line) {
        return Ok(());
    }
    if memmem::find(line, CHECKSUM_FIELD).is_none() {
        match serde_json::from_slice::<Versioned>(line) {
            Ok(Versioned { format: Some(format) })
                if format <= FORMAT_WITHOUT_CHECKSUM || format > u64::from(FORMAT) =>
            {
                return Ok(());
            }
            Err(_) => return Ok(()),
            Ok(_) => {}
        }
    }
    Err("its checksum does not fit: it was damaged (or changed by hand: then give the file another name)".to_owned())
}

fn has_its_checksum(line: &[u8]) -> bool {
    let digits = line.trim_ascii_end().strip_suffix(b"\"}").and_then(|line| line.split_last_chunk::<CHECKSUM_DIGITS>());
    let Some((before, digits)) = digits else { return false };
    let Some(content) = before.strip_suffix(CHECKSUM_FIELD) else { return false };
    format!("{:08x}", crc32fast::hash(content.trim_ascii_start())).as_bytes() == digits
}

/// JSON on one line, its values unchanged: JSON has line breaks only between its tokens, where a blank means the same.
/// A text that is no JSON before is none after: a bare line break inside a string would be accepted as a blank.
pub(super) fn on_one_line(json: &str) -> Cow<'_, str> {
    let has_breaks = json.bytes().any(|byte| byte == b'\n' || byte == b'\r');
    if has_breaks && serde_json::from_str::<&RawValue>(json).is_ok() {
        Cow::Owned(json.replace(['\n', '\r'], " "))
    } else {
        Cow::Borrowed(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &'static [u8]) -> Answer {
        Answer {
            endpoint: Endpoint::List,
            subject: "MS4wLjABAAAA8fKxxxxxxx".to_owned(),
            max_cursor: Some("0".to_owned()),
            walk: Some(7),
            region: None,
            page_size: Some(35),
            fetched_at: 9,
            key: 1,
            status: 200,
            body: bytes::Bytes::from_static(body),
        }
    }

    fn text_of(body: &'static [u8]) -> String {
        let line = line(&answer(body), "./data", "viralmine").unwrap();
        assert_eq!(refuse_damaged(&line), Ok(()));
        String::from_utf8(line).unwrap()
    }

    /// Without the checksum.
    fn content_of(body: &'static [u8]) -> String {
        let text = text_of(body);
        format!("{}}}", text.split(",\"crc32\":").next().unwrap())
    }

    #[test]
    fn json_stands_as_received_on_one_line() {
        let text = text_of(b"{\n \"id\": 7528963259874125698,\r\n \"n\": 1.50}\n");
        assert_eq!(
            text,
            concat!(
                r#"{"format":2,"endpoint":"list","sec_user_id":"MS4wLjABAAAA8fKxxxxxxx","max_cursor":"0","walk":7,"#,
                r#""fetched_at":9,"key":1,"status":200,"region":null,"page_size":35,"store":"./data","#,
                r#""index_prefix":"viralmine","response":{  "id": 7528963259874125698,   "n": 1.50},"#,
                r#""crc32":"715930cf"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_line_with_any_bit_changed_is_refused() {
        let line = text_of(br#"{"code":0}"#).into_bytes();
        let checked = line.len() - b"\",\"crc32\":\"01234567\"}\n".len();
        for at in 0..checked * 8 {
            let mut damaged = line.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            assert!(refuse_damaged(&damaged).is_err(), "bit {at}");
        }
        // Damage to the checksum itself makes no line without one.
        let text = String::from_utf8(line).unwrap();
        for (from, to) in [("\"}\n", "\t\"}\n"), ("\"}\n", "\",\"more\":1}\n"), ("crc32\":\"", "crc32\":\"0")] {
            assert!(refuse_damaged(text.replace(from, to).as_bytes()).is_err(), "{to:?}");
        }
        let edited = text.replace("\"crc32\"", "\"was\"");
        assert!(refuse_damaged(edited.as_bytes()).is_err());
        for other in ["{}", r#"{"a":"01234567"}"#, r#"{"response":1}"#, r#"{"format":2}"#] {
            assert!(refuse_damaged(other.as_bytes()).is_err(), "{other}");
        }
        // No JSON, and what others refuse or know: records of the first version had none.
        for other in ["", "\"}", r#"{"format":1,"response":1}"#, r#"{"format":99}"#] {
            assert_eq!(refuse_damaged(other.as_bytes()), Ok(()), "{other}");
        }
    }

    #[test]
    fn what_is_no_json_stands_as_text() {
        assert!(content_of(b"<html>\nx").ends_with("\"response_text\":\"<html>\\nx\"}"));
        assert!(content_of(b"").ends_with("\"response_text\":\"\"}"));
        assert!(content_of(b"\"a\nb\"").ends_with("\"response_text\":\"\\\"a\\nb\\\"\"}"));
        assert!(
            content_of(b"\"\xff\"").ends_with("\"response_text\":\"\\\"\u{fffd}\\\"\",\"response_text_lossy\":true}")
        );
    }
}

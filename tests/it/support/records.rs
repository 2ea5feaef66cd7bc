//! Archive records made by hand: posts whose counts tell which record they came from.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

pub const CREATOR: &str = "MS4wLjABAAAA8fKxxxxxxx";

/// A post as a list gives it; `plays` and the text tell it from others of the same id.
pub fn post(id: u32, plays: u64) -> Value {
    json!({
        "aweme_id": id_of(id), "desc": format!("seen {plays} #tag{plays}"), "create_time": 1_750_000_000, "aweme_type": 0,
        "author": { "uid": "5", "unique_id": "lily", "nickname": "Lily" },
        "video": { "duration": 12_800, "width": 720, "height": 1280 },
        "text_extra": [{ "hashtag_name": format!("tag{plays}") }],
        "statistics": { "play_count": plays, "digg_count": 3, "comment_count": 2, "share_count": 1, "collect_count": 0 },
    })
}

/// What a detail says of a post: its counts and its text, no more.
pub fn detailed(id: u32, plays: u64) -> Value {
    json!({ "aweme_id": id_of(id), "desc": format!("detail {plays}"), "statistics": { "play_count": plays, "digg_count": 4 } })
}

/// Ids have nineteen digits.
pub fn id_of(id: u32) -> String {
    format!("7528963259874{id:06}")
}

/// The record of a list's page.
pub fn list_record(fetched_at: i64, posts: &[Value]) -> Value {
    json!({
        "format": 1, "endpoint": "list", "sec_user_id": CREATOR, "max_cursor": "0", "walk": 1, "fetched_at": fetched_at,
        "key": 1, "status": 200, "region": "US", "page_size": 35, "store": "s", "index_prefix": "p",
        "response": { "code": 0, "data": { "aweme_list": posts, "has_more": 0, "max_cursor": 0 } },
    })
}

/// The record of a single post's answer.
pub fn detail_record(fetched_at: i64, post: &Value) -> Value {
    json!({
        "format": 1, "endpoint": "detail", "aweme_id": post["aweme_id"], "max_cursor": null, "walk": null,
        "fetched_at": fetched_at, "key": 1, "status": 200, "region": null, "page_size": null, "store": "s",
        "index_prefix": "p", "response": { "code": 0, "data": { "aweme_detail": post } },
    })
}

/// The record of an answer that failed.
pub fn failed_record(fetched_at: i64, status: u16, body: &Value) -> Value {
    let mut record = list_record(fetched_at, &[]);
    record["status"] = json!(status);
    record["response"] = body.clone();
    record
}

/// Writes records into a file, one a line.
pub fn write(folder: &Path, name: &str, records: &[Value]) -> PathBuf {
    let path = folder.join(name);
    let lines: Vec<String> = records.iter().map(|record| format!("{record}\n")).collect();
    fs::write(&path, lines.concat()).unwrap();
    path
}

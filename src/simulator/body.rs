//! The provider's JSON, written: same keys in the same order as its samples. Its own types, apart from those that
//! the program reads with, or the simulator would test itself.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::caption::Extra;
use super::creator::Creator;
use super::draws::text_hash;
use super::post::{Media, Music, Post};

/// What a list answer says besides its posts.
pub(super) struct PageFrame {
    pub(super) request_id: String,
    pub(super) has_more: bool,
    pub(super) max_cursor: String,
    pub(super) min_cursor: String,
}

#[derive(Serialize)]
struct Envelope<'a, T> {
    code: u16,
    msg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    data: T,
}

#[derive(Serialize)]
struct ListData<'a> {
    has_more: Value,
    max_cursor: Value,
    min_cursor: String,
    aweme_list: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct DetailData<'a> {
    aweme_detail: Item<'a>,
}

#[derive(Serialize)]
struct Item<'a> {
    aweme_id: String,
    desc: &'a str,
    create_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_private: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_top: Option<u8>,
    author: Author<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    video: Option<Video>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_post_info: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    music: Option<Sound<'a>>,
    statistics: Statistics,
    #[serde(skip_serializing_if = "Option::is_none")]
    text_extra: Option<Vec<TextExtra<'a>>>,
}

#[derive(Serialize)]
struct Author<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
    unique_id: &'a str,
    nickname: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a str>,
    is_verified: bool,
}

#[derive(Serialize)]
struct Video {
    duration: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    cover: Addresses,
    play_addr: Addresses,
}

#[derive(Serialize)]
struct Addresses {
    url_list: Vec<String>,
}

#[derive(Serialize)]
struct Sound<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    music_id: Option<&'a str>,
    title: &'a str,
    author: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cover: Option<String>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the provider's names")]
struct Statistics {
    digg_count: u64,
    comment_count: u64,
    share_count: u64,
    collect_count: u64,
    play_count: u64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TextExtra<'a> {
    Tag { hashtag_name: &'a str, hashtag_id: String },
    Mention { hashtag_name: &'a str, hashtag_id: u8, r#type: u8, user_id: String },
    Empty { start: u8, end: u8, r#type: u8 },
}

/// A list answer at `now` (seconds, UTC).
pub(super) fn list(creator: &Creator, posts: &[Post], frame: PageFrame, now: i64) -> Bytes {
    let data = ListData {
        has_more: if creator.has_numbers { u8::from(frame.has_more).into() } else { frame.has_more.into() },
        max_cursor: match frame.max_cursor.parse::<i64>() {
            Ok(number) if creator.has_numbers => number.into(),
            _ => frame.max_cursor.into(),
        },
        min_cursor: frame.min_cursor,
        aweme_list: posts.iter().map(|post| item(creator, post, now, true)).collect(),
    };
    written(&Envelope { code: 0, msg: "success", request_id: Some(frame.request_id), data })
}

/// A detail answer at `now` (seconds, UTC): the same post with fewer fields.
pub(super) fn detail(creator: &Creator, post: &Post, now: i64) -> Bytes {
    written(&Envelope {
        code: 0,
        msg: "success",
        request_id: None,
        data: DetailData { aweme_detail: item(creator, post, now, false) },
    })
}

/// An answer in the form of [`detail`], around an item's JSON as it stands.
pub(super) fn detail_around(item: &[u8]) -> Bytes {
    [br#"{"code":0,"msg":"success","data":{"aweme_detail":"#, item, b"}}"].concat().into()
}

/// An error answer; the provider sends it with HTTP 200, and a request id with 401 only.
pub(super) fn error(code: u16, message: &str, request_id: Option<String>) -> Bytes {
    written(&Envelope { code, msg: message, request_id, data: serde_json::Map::new() })
}

fn written<T: Serialize>(value: &T) -> Bytes {
    // Plain data with text keys cannot fail to be written.
    serde_json::to_vec(value).unwrap_or_default().into()
}

fn item<'a>(creator: &'a Creator, post: &'a Post, now: i64, is_list: bool) -> Item<'a> {
    let counts = post.popularity.at(now - post.time);
    Item {
        aweme_id: post.id.to_string(),
        desc: &post.caption.text,
        create_time: post.time,
        is_private: is_list.then_some(post.is_private),
        is_top: (is_list && post.is_pinned).then_some(1),
        author: Author {
            uid: is_list.then_some(&creator.uid),
            unique_id: &creator.unique_id,
            nickname: &creator.nickname,
            avatar: is_list.then(|| format!("https://p3.tiktokcdn.com/tos-maliva-avt/{}.jpg", creator.uid)),
            signature: is_list.then_some(&creator.signature),
            is_verified: creator.is_verified,
        },
        video: Some(video(post, is_list)),
        image_post_info: photos(post),
        music: post.music.as_ref().map(|music| sound(music, is_list)),
        statistics: Statistics {
            digg_count: counts.likes,
            comment_count: counts.comments,
            share_count: counts.shares,
            collect_count: counts.collects,
            play_count: counts.plays,
        },
        text_extra: is_list.then(|| post.caption.extras.iter().map(extra).collect()),
    }
}

fn video(post: &Post, is_list: bool) -> Video {
    let (duration, width, height, play_url) = match post.media {
        Media::Video { duration_ms, width, height } => {
            (duration_ms, width, height, format!("https://v16-web.tiktok.com/{}.mp4", post.id))
        }
        // A photo post "plays" its sound.
        Media::Photos { .. } => (0, 0, 0, format!("https://v16-web.tiktok.com/music/{}.mp3", post.id)),
    };
    let cover = format!("https://p3.tiktokcdn.com/tos-maliva-video/{}.jpg", post.id);
    Video {
        duration,
        width: is_list.then_some(width),
        height: is_list.then_some(height),
        cover: Addresses { url_list: vec![cover] },
        play_addr: Addresses { url_list: vec![play_url] },
    }
}

fn photos(post: &Post) -> Option<Value> {
    let Media::Photos { count } = post.media else { return None };
    let image = |number| {
        let url = format!("https://p3.tiktokcdn.com/tos-maliva-photo/{}-{number}.jpg", post.id);
        json!({"display_image": {"url_list": [url], "width": 1080, "height": 1440}})
    };
    Some(json!({"images": (1..=count).map(image).collect::<Vec<_>>()}))
}

fn sound(music: &Music, is_list: bool) -> Sound<'_> {
    Sound {
        music_id: is_list.then_some(&music.id),
        title: music.title,
        author: &music.author,
        cover: is_list.then(|| format!("https://p3.tiktokcdn.com/tos-maliva-music/{}.jpg", music.id)),
    }
}

fn extra(extra: &Extra) -> TextExtra<'_> {
    match extra {
        Extra::Tag(name) => {
            TextExtra::Tag { hashtag_name: name, hashtag_id: (text_hash(name) % 1_000_000_000).to_string() }
        }
        Extra::Mention(handle) => {
            let user = 6_800_000_000_000_000_000 + text_hash(handle) % 500_000_000_000_000_000;
            TextExtra::Mention { hashtag_name: "", hashtag_id: 0, r#type: 0, user_id: user.to_string() }
        }
        Extra::Empty => TextExtra::Empty { start: 0, end: 0, r#type: 0 },
    }
}

//! One item of an answer into one post of the model, or the reason why it is none.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{hashtags, time};
use crate::model::Kind;
use crate::model::video::{AuthorInfo, Given, MusicInfo, Stats, Video, VideoResource};
use crate::wire::post::{Author, Footage, Post, Sound, Statistics};

/// `aweme_type` of a live room, which stands in ordinary lists.
const LIVE_ROOM: u64 = 101;
/// `aweme_type` of photo posts (Douyin, TikTok).
const PHOTO_POSTS: [u64; 2] = [68, 150];

/// A post of the model, and what its document needs besides.
#[derive(Debug)]
pub(super) struct Normalized<'a> {
    pub(super) video: Video<'a>,
    /// The hashtags, folded, position by position.
    pub(super) hashtag_keys: Vec<String>,
    /// `None` when a detail does not tell.
    pub(super) kind: Option<Kind>,
    pub(super) pinned: bool,
}

impl Normalized<'_> {
    pub(super) fn plays(&self) -> u64 {
        self.video.stats.and_then(|stats| stats.play).unwrap_or(0)
    }
}

/// Reads an item. In a list every field is filled; a detail keeps to what it carries.
pub(super) fn normalize(item: &RawValue, is_detail: bool) -> Result<Normalized<'_>, &'static str> {
    let mut post = Post::read(item).ok_or("no object, so no post")?;
    if post.is_live_wrapper || post.aweme_type == Some(LIVE_ROOM) {
        return Err("a live room, no post");
    }
    let aweme_id = post.post_id().cloned().ok_or("no usable aweme_id")?;
    let (hashtags, hashtag_keys) = hashtags_of(&post).unzip();
    let (publish_ts, publish_time) = publishing(post.create_time.as_deref());
    let kind = kind(&post).or_else(|| (!is_detail).then_some(Kind::Video));
    let mut video = Video {
        aweme_id,
        publish_ts,
        publish_time,
        is_private: post.is_private,
        author_info: post.author.take().and_then(author_info),
        video_resource: video_resource(post.video.take(), post.duration),
        music_info: post.music.take().and_then(music_info),
        stats: post.statistics.take().and_then(|statistics| stats(&statistics)),
        hashtags,
        video_desc: post.desc.take(),
    };
    if !is_detail {
        video.complete();
    }
    Ok(Normalized { video, hashtag_keys: hashtag_keys.unwrap_or_default(), kind, pinned: post.is_top == Some(true) })
}

/// `None` when the post carries neither a text nor a list of tags.
fn hashtags_of<'a>(post: &Post<'a>) -> Option<(Vec<Cow<'a, str>>, Vec<String>)> {
    let names = post.text_extra.as_ref().or(post.challenges.as_ref());
    if names.is_none() && post.desc.is_none() {
        return None;
    }
    let names = names.map(Vec::as_slice).unwrap_or_default();
    Some(hashtags::collect(names, post.desc.as_deref().unwrap_or_default()))
}

fn publishing(create_time: Option<&str>) -> (Given<i64>, Given<String>) {
    match create_time.and_then(time::seconds) {
        Some(seconds) => (Given::Value(seconds), Given::Value(time::written(seconds))),
        None => (Given::Absent, Given::Absent),
    }
}

fn author_info(author: Author<'_>) -> Option<AuthorInfo<'_>> {
    let handle = author.unique_id.filter(|handle| !handle.trim().is_empty());
    let short_id = author.short_id.filter(|short_id| short_id != "0");
    let info = AuthorInfo {
        uid: author.uid,
        unique_id: handle.or(short_id),
        nickname: author.nickname,
        avatar: author.avatar.or(author.sized_avatar),
        signature: author.signature,
        is_verified: author.is_verified,
    };
    (info != AuthorInfo::default()).then_some(info)
}

fn video_resource(footage: Option<Footage<'_>>, post_duration: Option<u64>) -> Option<VideoResource<'_>> {
    let footage = footage.unwrap_or_default();
    let duration_ms = footage.duration.or(post_duration);
    let resource = VideoResource {
        duration_ms,
        duration_sec: duration_ms.map(to_seconds),
        width: footage.width,
        height: footage.height,
        cover_img: footage.cover,
        play_url: footage.play_addr,
    };
    (resource != VideoResource::default()).then_some(resource)
}

fn music_info(sound: Sound<'_>) -> Option<MusicInfo<'_>> {
    let info = MusicInfo {
        music_id: sound.music_id.or(sound.id_str).or(sound.mid).or(sound.id),
        music_name: sound.title,
        music_author: sound.author,
        music_cover: sound.cover.or(sound.sized_cover),
    };
    (info != MusicInfo::default()).then_some(info)
}

fn stats(statistics: &Statistics<'_>) -> Option<Stats> {
    let stats = Stats {
        play: statistics.play_count,
        like: statistics.digg_count,
        comment: statistics.comment_count,
        share: statistics.share_count,
        collect: statistics.collect_count,
    };
    (stats != Stats::default()).then_some(stats)
}

/// `None` when nothing tells: no mark of a photo post, no type, no length.
fn kind(post: &Post<'_>) -> Option<Kind> {
    let content_type = post.content_type.as_deref().filter(|text| !text.is_empty());
    let is_photo = post.has_images
        || post.has_image_post_info
        || content_type.is_some_and(|text| text.contains("photo"))
        || post.aweme_type.is_some_and(|number| PHOTO_POSTS.contains(&number));
    if is_photo {
        return Some(Kind::Photo);
    }
    let length = post.video.as_ref().and_then(|footage| footage.duration).or(post.duration);
    let tells = content_type.is_some() || post.aweme_type.is_some() || length.is_some_and(|length| length > 0);
    tells.then_some(Kind::Video)
}

/// Milliseconds to seconds with one decimal, ties to even, without passing through a binary fraction.
fn to_seconds(milliseconds: u64) -> f64 {
    let tenths = milliseconds / 100;
    let round_up = match milliseconds % 100 {
        0..50 => false,
        50 => tenths % 2 == 1,
        _ => true,
    };
    (tenths + u64::from(round_up)) as f64 / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_to_one_decimal_ties_to_even() {
        let cases = [(12_800, 12.8), (9_650, 9.6), (9_750, 9.8), (49, 0.0), (50, 0.0), (150, 0.2), (844_762, 844.8)];
        for (milliseconds, seconds) in cases {
            assert_eq!(to_seconds(milliseconds).to_string(), f64::to_string(&seconds), "{milliseconds}");
        }
    }
}

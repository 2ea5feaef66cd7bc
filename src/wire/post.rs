//! One post as the provider (or the mobile and web shapes it is cut from) sends it, typed and borrowed.
//!
//! Every field may be absent, and what is unusable is absent too; `normalize` decides what that means.
//! Keys that nobody asks for are skipped without being decoded.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::lenient::{self, Fields, keep};

/// One item of a list, or the single post of a detail.
#[derive(Debug, Clone, Default)]
pub struct Post<'a> {
    /// `aweme_id`.
    pub aweme_id: Option<Cow<'a, str>>,
    /// `id`: stands in for `aweme_id` in search answers.
    pub id: Option<Cow<'a, str>>,
    /// `desc`, the text.
    pub desc: Option<Cow<'a, str>>,
    /// `create_time` (or `createTime`) as sent: seconds, or a written date.
    pub create_time: Option<Cow<'a, str>>,
    /// `is_private`.
    pub is_private: Option<bool>,
    /// `is_top`: pinned to the top of the creator's page.
    pub is_top: Option<bool>,
    /// `aweme_type`: 0 and 4 are videos, 68 and 150 photo posts, 101 live rooms.
    pub aweme_type: Option<u64>,
    /// `content_type` ("video", "`multi_photo`").
    pub content_type: Option<Cow<'a, str>>,
    /// Whether `images` is a list with something in it.
    pub has_images: bool,
    /// Whether `image_post_info` is an object with something in it.
    pub has_image_post_info: bool,
    /// Whether this is a `{"lives": {…}}` wrapper of a live search.
    pub is_live_wrapper: bool,
    /// `duration` of the post (ms), the fallback for the video's own.
    pub duration: Option<u64>,
    /// `author`.
    pub author: Option<Author<'a>>,
    /// `video`.
    pub video: Option<Footage<'a>>,
    /// `music`.
    pub music: Option<Sound<'a>>,
    /// `statistics`.
    pub statistics: Option<Statistics<'a>>,
    /// The hashtag names of `text_extra` that are not blank, in order; `None` when there is no such list.
    pub text_extra: Option<Vec<Cow<'a, str>>>,
    /// The names of `cha_list` or `challenges`: a second source of hashtags.
    pub challenges: Option<Vec<Cow<'a, str>>>,
    wrapped: Option<&'a RawValue>,
}

impl<'a> Post<'a> {
    /// Reads an item, out of its `aweme_info` wrapper if it has one; `None` when it is no object.
    #[must_use]
    pub fn read(item: &'a RawValue) -> Option<Self> {
        let post = lenient::object::<Self>(item)?;
        match post.wrapped.and_then(lenient::object) {
            Some(inner) => Some(inner),
            None => Some(post),
        }
    }

    /// The post's id: `aweme_id`, else `id`, else the one that `statistics` repeats. "0" names nothing.
    #[must_use]
    pub fn post_id(&self) -> Option<&Cow<'a, str>> {
        let repeated = self.statistics.as_ref().and_then(|statistics| statistics.aweme_id.as_ref());
        [self.aweme_id.as_ref(), self.id.as_ref(), repeated].into_iter().flatten().find(|id| *id != "0")
    }
}

impl<'a> Fields<'a> for Post<'a> {
    fn field(&mut self, key: &[u8], value: &'a RawValue) {
        match key {
            b"aweme_id" => keep(&mut self.aweme_id, lenient::id(value)),
            b"id" => keep(&mut self.id, lenient::id(value)),
            b"desc" => keep(&mut self.desc, lenient::text(value)),
            b"create_time" | b"createTime" => keep(&mut self.create_time, lenient::scalar(value)),
            b"is_private" => keep(&mut self.is_private, lenient::flag(value)),
            b"is_top" => keep(&mut self.is_top, lenient::flag(value)),
            b"aweme_type" => keep(&mut self.aweme_type, lenient::count(value)),
            b"content_type" => keep(&mut self.content_type, lenient::text(value)),
            b"images" => self.has_images |= lenient::list(value).is_some_and(|images| !images.is_empty()),
            b"image_post_info" => {
                self.has_image_post_info |= lenient::object::<AnyEntry>(value).is_some_and(|any| any.0);
            }
            b"lives" => self.is_live_wrapper |= value.get().starts_with('{'),
            b"duration" => keep(&mut self.duration, lenient::count(value)),
            b"author" => keep(&mut self.author, lenient::object(value)),
            b"video" => keep(&mut self.video, lenient::object(value)),
            b"music" => keep(&mut self.music, lenient::object(value)),
            b"statistics" => keep(&mut self.statistics, lenient::object(value)),
            b"text_extra" | b"textExtra" | b"TextExtra" => keep(&mut self.text_extra, names(value)),
            b"cha_list" | b"challenges" => {
                // Two keys for one thing: an empty one says nothing against the other.
                let is_better = |names: &Vec<_>| self.challenges.is_none() || !names.is_empty();
                let found = names(value).filter(is_better);
                keep(&mut self.challenges, found);
            }
            b"aweme_info" => self.wrapped = Some(value),
            _ => {}
        }
    }
}

/// `author`.
#[derive(Debug, Clone, Default)]
pub struct Author<'a> {
    /// `uid`. The item's `author_user_id` is a number that browsers round: never used.
    pub uid: Option<Cow<'a, str>>,
    /// `unique_id`, the handle.
    pub unique_id: Option<Cow<'a, str>>,
    /// `short_id`: the handle of some accounts; "0" means none.
    pub short_id: Option<Cow<'a, str>>,
    /// `nickname`.
    pub nickname: Option<Cow<'a, str>>,
    /// `avatar`: an address.
    pub avatar: Option<Cow<'a, str>>,
    /// `avatar_larger`, `avatar_medium` or `avatar_thumb` of the mobile shape, which has no `avatar`.
    pub sized_avatar: Option<Cow<'a, str>>,
    /// `signature`, the profile's text.
    pub signature: Option<Cow<'a, str>>,
    /// `is_verified`.
    pub is_verified: Option<bool>,
}

impl<'a> Fields<'a> for Author<'a> {
    fn field(&mut self, key: &[u8], value: &'a RawValue) {
        match key {
            b"uid" => keep(&mut self.uid, lenient::id(value)),
            b"unique_id" => keep(&mut self.unique_id, lenient::scalar(value)),
            b"short_id" => keep(&mut self.short_id, lenient::id(value)),
            b"nickname" => keep(&mut self.nickname, lenient::text(value)),
            b"avatar" => keep(&mut self.avatar, lenient::address(value)),
            b"avatar_larger" => keep(&mut self.sized_avatar, lenient::address(value)),
            b"avatar_medium" | b"avatar_thumb" if self.sized_avatar.is_none() => {
                self.sized_avatar = lenient::address(value);
            }
            b"signature" => keep(&mut self.signature, lenient::text(value)),
            b"is_verified" => keep(&mut self.is_verified, lenient::flag(value)),
            _ => {}
        }
    }
}

/// `video`.
#[derive(Debug, Clone, Default)]
pub struct Footage<'a> {
    /// `duration` (ms).
    pub duration: Option<u64>,
    /// `width` (pixels).
    pub width: Option<u64>,
    /// `height` (pixels).
    pub height: Option<u64>,
    /// `cover`: the first address.
    pub cover: Option<Cow<'a, str>>,
    /// `play_addr`: the first address; of a photo post it is its sound.
    pub play_addr: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> for Footage<'a> {
    fn field(&mut self, key: &[u8], value: &'a RawValue) {
        match key {
            b"duration" => keep(&mut self.duration, lenient::count(value)),
            b"width" => keep(&mut self.width, lenient::count(value)),
            b"height" => keep(&mut self.height, lenient::count(value)),
            b"cover" => keep(&mut self.cover, lenient::address(value)),
            b"play_addr" => keep(&mut self.play_addr, lenient::address(value)),
            _ => {}
        }
    }
}

/// `music`.
#[derive(Debug, Clone, Default)]
pub struct Sound<'a> {
    /// `music_id`.
    pub music_id: Option<Cow<'a, str>>,
    /// `id_str`.
    pub id_str: Option<Cow<'a, str>>,
    /// `mid`.
    pub mid: Option<Cow<'a, str>>,
    /// `id`, unless it is a number that a browser rounded.
    pub id: Option<Cow<'a, str>>,
    /// `title`.
    pub title: Option<Cow<'a, str>>,
    /// `author`.
    pub author: Option<Cow<'a, str>>,
    /// `cover`: an address.
    pub cover: Option<Cow<'a, str>>,
    /// `cover_large`, `cover_medium` or `cover_thumb` of the mobile shape, which has no `cover`.
    pub sized_cover: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> for Sound<'a> {
    fn field(&mut self, key: &[u8], value: &'a RawValue) {
        match key {
            b"music_id" => keep(&mut self.music_id, lenient::id(value)),
            b"id_str" => keep(&mut self.id_str, lenient::id(value)),
            b"mid" => keep(&mut self.mid, lenient::id(value)),
            b"id" if !lenient::is_rounded_number(value) => keep(&mut self.id, lenient::id(value)),
            b"title" => keep(&mut self.title, lenient::text(value)),
            b"author" => keep(&mut self.author, lenient::text(value)),
            b"cover" => keep(&mut self.cover, lenient::address(value)),
            b"cover_large" => keep(&mut self.sized_cover, lenient::address(value)),
            b"cover_medium" | b"cover_thumb" if self.sized_cover.is_none() => {
                self.sized_cover = lenient::address(value);
            }
            _ => {}
        }
    }
}

/// `statistics`.
#[derive(Debug, Clone, Default)]
pub struct Statistics<'a> {
    /// `aweme_id`, repeated here by some shapes.
    pub aweme_id: Option<Cow<'a, str>>,
    /// `play_count`; 0 where it is withheld.
    pub play_count: Option<u64>,
    /// `digg_count`: likes.
    pub digg_count: Option<u64>,
    /// `comment_count`.
    pub comment_count: Option<u64>,
    /// `share_count`.
    pub share_count: Option<u64>,
    /// `collect_count`.
    pub collect_count: Option<u64>,
}

impl<'a> Fields<'a> for Statistics<'a> {
    fn field(&mut self, key: &[u8], value: &'a RawValue) {
        match key {
            b"aweme_id" => keep(&mut self.aweme_id, lenient::id(value)),
            b"play_count" => keep(&mut self.play_count, lenient::count(value)),
            b"digg_count" => keep(&mut self.digg_count, lenient::count(value)),
            b"comment_count" => keep(&mut self.comment_count, lenient::count(value)),
            b"share_count" => keep(&mut self.share_count, lenient::count(value)),
            b"collect_count" => keep(&mut self.collect_count, lenient::count(value)),
            _ => {}
        }
    }
}

/// The filled names of a list of tags; `None` when it is no list. Mentions, search words and empty entries
/// have no name; `type` is not to be trusted.
fn names(value: &RawValue) -> Option<Vec<Cow<'_, str>>> {
    let entries = lenient::list(value)?;
    Some(entries.into_iter().filter_map(|entry| lenient::object::<TagEntry>(entry)?.name).collect())
}

/// An entry of `text_extra`, `cha_list` or `challenges`.
#[derive(Default)]
struct TagEntry<'a> {
    name: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> for TagEntry<'a> {
    fn field(&mut self, key: &[u8], value: &'a RawValue) {
        if matches!(key, b"hashtag_name" | b"hashtagName" | b"HashtagName" | b"cha_name" | b"title") {
            keep(&mut self.name, lenient::filled_text(value));
        }
    }
}

/// Whether an object has any entry at all.
#[derive(Default)]
struct AnyEntry(bool);

impl Fields<'_> for AnyEntry {
    fn field(&mut self, _key: &[u8], _value: &RawValue) {
        self.0 = true;
    }
}

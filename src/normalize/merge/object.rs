//! A JSON object whose values are not looked at: entries in their order, each value as it stands in the text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// The keys of a list's document and of the objects in it, in their order: where a key goes that was not there.
pub(super) const ORDER: &str = "aweme_id video_desc publish_ts publish_time is_private \
    author_info uid unique_id nickname avatar signature is_verified \
    video_resource duration_ms duration_sec width height cover_img play_url \
    music_info music_id music_name music_author music_cover \
    stats play like comment share collect \
    hashtags sec_user_id region fetched_at kind hashtag_keys hashtag_spellings words search_text engagement";

/// An object's entries.
#[derive(Debug, Clone, Default)]
pub(in crate::normalize) struct Object<'a>(Vec<(String, Cow<'a, RawValue>)>);

impl<'a> Object<'a> {
    /// Reads a JSON text that is one object.
    pub(in crate::normalize) fn read(json: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Cow<'a, RawValue>)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    pub(in crate::normalize) fn get(&self, key: &str) -> Option<&RawValue> {
        self.entries().find(|(known, _)| *known == key).map(|(_, value)| value.as_ref())
    }

    /// The value under `key`; `None` when it is absent or null.
    pub(in crate::normalize) fn value<T: DeserializeOwned>(&self, key: &str) -> serde_json::Result<Option<T>> {
        self.get(key).map_or(Ok(None), |value| serde_json::from_str(value.get()))
    }

    /// Puts a value in the place of the one that is there; a new key goes before the first that comes after it.
    pub(super) fn set(&mut self, key: &str, value: Cow<'a, RawValue>) {
        if let Some((_, slot)) = self.0.iter_mut().find(|(known, _)| known == key) {
            *slot = value;
            return;
        }
        let rank = |key: &str| ORDER.split_ascii_whitespace().position(|known| known == key).unwrap_or(usize::MAX);
        let place = self.0.iter().position(|(known, _)| rank(known) > rank(key)).unwrap_or(self.0.len());
        self.0.insert(place, (key.to_owned(), value));
    }

    /// The same with a value that was made.
    pub(in crate::normalize) fn put(&mut self, key: &str, value: &impl Serialize) -> serde_json::Result<()> {
        self.set(key, Cow::Owned(to_raw_value(value)?));
        Ok(())
    }
}

impl Object<'_> {
    /// Takes an entry out, if it is there.
    pub(in crate::normalize) fn remove(&mut self, key: &str) {
        self.0.retain(|(known, _)| known != key);
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut object = Object::default();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    object.0.push((key, Cow::Borrowed(value)));
                }
                Ok(object)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.entries() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

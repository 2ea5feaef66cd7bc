//! The shapes that a field of the provider's JSON may come in, read without ever failing.
//!
//! A value is looked at as raw text (`RawValue`), so that ids never pass through floating point, one odd
//! value never fails its neighbours, and nothing is decoded that nobody asks for. Whatever has the wrong
//! type is absent, just as `null` is. `post`, `page` and `reply` call this; there is no I/O and no recursion.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The longest id that is taken, in bytes: Elasticsearch's limit for `_id`.
pub const MAX_ID_BYTES: usize = 512;

/// The largest count that is taken: the stores keep counts as signed 64-bit integers.
pub const MAX_COUNT: u64 = i64::MAX as u64;

/// A type that is filled field by field from a JSON object. Unknown keys are to be ignored.
pub trait Fields<'a>: Default {
    /// Takes one entry of the object. Called once per entry, in their order; keys may repeat.
    fn field(&mut self, key: &[u8], value: &'a RawValue);
}

/// Reads an object; `None` for any other type.
#[must_use]
pub fn object<'a, T: Fields<'a>>(value: &'a RawValue) -> Option<T> {
    if !value.get().starts_with('{') {
        return None;
    }
    serde_json::Deserializer::from_str(value.get()).deserialize_map(ObjectVisitor(PhantomData)).ok()
}

/// The elements of a list; `None` for any other type.
#[must_use]
pub fn list(value: &RawValue) -> Option<Vec<&RawValue>> {
    if value.get().starts_with('[') { serde_json::from_str(value.get()).ok() } else { None }
}

/// A text; `None` for any other type. Half surrogate pairs become U+FFFD.
#[must_use]
pub fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let inside = value.get().strip_prefix('"')?.strip_suffix('"')?;
    if !inside.contains('\\') {
        return Some(Cow::Borrowed(inside));
    }
    let unescaped = serde_json::from_str::<String>(value.get());
    unescaped.or_else(|_| serde_json::from_str(&without_half_surrogates(value.get()))).ok().map(Cow::Owned)
}

/// A text that is not blank, with nothing else changed.
#[must_use]
pub fn filled_text(value: &RawValue) -> Option<Cow<'_, str>> {
    text(value).filter(|text| !text.trim().is_empty())
}

/// A number's own digits, or a text that is not blank: what ids, cursors, codes and times come as.
#[must_use]
pub fn scalar(value: &RawValue) -> Option<Cow<'_, str>> {
    match value.get().as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => Some(Cow::Borrowed(value.get())),
        _ => filled_text(value),
    }
}

/// An id: an integer's digits or a text as it is. What reads as a fraction, a power or a negative number
/// ("7.506832745952218e+18") went through floating point and names nothing: absent.
#[must_use]
pub fn id(value: &RawValue) -> Option<Cow<'_, str>> {
    let id = match scalar(value)? {
        Cow::Borrowed(id) => Cow::Borrowed(id.trim()),
        Cow::Owned(id) => Cow::Owned(id.trim().to_owned()),
    };
    let digits = id.bytes().all(|byte| byte.is_ascii_digit());
    (id.len() <= MAX_ID_BYTES && (digits || id.parse::<f64>().is_err())).then_some(id)
}

/// An id that is a number and cannot be told from one that a browser rounded: above 2^53, and just what
/// JavaScript prints for the nearest double (6826943794529897000).
#[must_use]
pub fn is_rounded_number(value: &RawValue) -> bool {
    const EXACT_UP_TO: u64 = 1 << 53;
    let Ok(number) = value.get().parse::<u64>() else { return false };
    number > EXACT_UP_TO && format!("{}", number as f64) == value.get()
}

/// A count: 686000, "686000", "686000.0", "541.2K", "1.4M", "2B". Negative ones and those past
/// [`MAX_COUNT`] are absent.
#[must_use]
pub fn count(value: &RawValue) -> Option<u64> {
    let text = scalar(value)?;
    let text = text.trim();
    if let Ok(count) = text.parse::<u64>() {
        return (count <= MAX_COUNT).then_some(count);
    }
    let factor = match text.bytes().last()? {
        b'K' | b'k' => 1e3,
        b'M' | b'm' => 1e6,
        b'B' | b'b' => 1e9,
        _ => 1.0,
    };
    let number = if factor > 1.0 { text[..text.len() - 1].trim_end() } else { text };
    let count = (number.parse::<f64>().ok()? * factor).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
    (0.0..MAX_COUNT as f64).contains(&count).then_some(count as u64)
}

/// A flag: true, 1, "true", "1", and their opposites.
#[must_use]
pub fn flag(value: &RawValue) -> Option<bool> {
    match value.get() {
        "true" => return Some(true),
        "false" => return Some(false),
        _ => {}
    }
    let text = scalar(value)?;
    match text.trim() {
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        number => number.parse::<f64>().ok().filter(|number| !number.is_nan()).map(|number| number != 0.0),
    }
}

/// An address: a plain text, or the first filled text of `{"url_list": […]}`.
#[must_use]
pub fn address(value: &RawValue) -> Option<Cow<'_, str>> {
    filled_text(value).or_else(|| object::<Addresses>(value)?.first)
}

/// Overwrites `slot` unless `found` is absent, so that a later `null` erases nothing.
pub fn keep<T>(slot: &mut Option<T>, found: Option<T>) {
    if found.is_some() {
        *slot = found;
    }
}

#[derive(Default)]
struct Addresses<'a> {
    first: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> for Addresses<'a> {
    fn field(&mut self, key: &[u8], value: &'a RawValue) {
        if key == b"url_list" {
            keep(&mut self.first, list(value).unwrap_or_default().into_iter().find_map(filled_text));
        }
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'a, T: Fields<'a>> Visitor<'a> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<T, A::Error> {
        let mut filled = T::default();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            filled.field(&key, map.next_value::<&'a RawValue>()?);
        }
        Ok(filled)
    }
}

/// Reads keys as bytes: as text, a half surrogate pair in a key would fail the whole object.
struct KeySeed;

impl<'a> DeserializeSeed<'a> for KeySeed {
    type Value = Cow<'a, [u8]>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'a> Visitor<'a> for KeySeed {
    type Value = Cow<'a, [u8]>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_bytes<E>(self, key: &'a [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_vec()))
    }
}

/// The JSON string `quoted` with each escape of half a surrogate pair replaced. Servers that cut texts by
/// UTF-16 units leave such halves behind.
fn without_half_surrogates(quoted: &str) -> String {
    let unit_at = |at: usize| -> Option<u16> {
        let digits = quoted.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut mended = String::with_capacity(quoted.len());
    let mut rest_from = 0;
    while let Some(found) = quoted[rest_from..].find('\\') {
        let at = rest_from + found;
        mended.push_str(&quoted[rest_from..at]);
        let pair = (unit_at(at), unit_at(at + 6));
        let (length, is_half) = match pair {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, false),
            (Some(0xD800..=0xDFFF), _) => (6, true),
            (Some(_), _) => (6, false),
            (None, _) => (2, false),
        };
        let end = (at + length).min(quoted.len());
        mended.push_str(if is_half { "\\ufffd" } else { &quoted[at..end] });
        rest_from = end;
    }
    mended.push_str(&quoted[rest_from..]);
    mended
}

#[cfg(test)]
mod tests;

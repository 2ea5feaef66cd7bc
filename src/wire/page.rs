//! The envelopes that posts come in: one answer (or one recorded list) in, its items as raw JSON out.
//!
//! Items are not looked at here, so that a bad one never fails its page; `post` reads them. Whether a
//! failed answer is asked again is `reply`'s business: here a failure only gets its words.
//! Called by `normalize`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::lenient::{self, Fields, keep};

/// The longest piece of a server's own words that an error repeats, in characters.
const MAX_WORDS: usize = 300;

/// The items of one answer.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The posts, as received, in order.
    pub items: Vec<&'a RawValue>,
    /// Whether this is the answer for a single post, which carries fewer fields.
    pub is_detail: bool,
    /// The cursor of the next page, opaque; `None` when the answer gave none, or an empty one.
    pub next_cursor: Option<Cow<'a, str>>,
    /// Whether the answer says that there is more; false when it does not say.
    pub has_more: bool,
}

/// Why an answer has no posts to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Nothing but blanks.
    #[error("the answer is empty")]
    Empty,
    /// No JSON, or cut off; says where.
    #[error("the answer is no JSON: {0}")]
    NotJson(String),
    /// The body's `code` (or `status_code`) is no success.
    #[error("the server refused with code {code}: {message}")]
    Refused {
        /// The server's code.
        code: i64,
        /// The server's words.
        message: String,
    },
    /// Success, but without posts: never to be taken for an empty page.
    #[error("the answer has no posts: {0}")]
    NoList(String),
}

/// The body as text: without a byte order mark, what is no UTF-8 replaced by U+FFFD.
#[must_use]
pub fn text(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body))
}

/// Checks the syntax of a whole JSON text, without recursion, and returns it as one raw value.
pub fn value(text: &str) -> Result<&RawValue, PageError> {
    if text.trim().is_empty() {
        return Err(PageError::Empty);
    }
    serde_json::from_str(text).map_err(|error| PageError::NotJson(error.to_string()))
}

/// Finds the posts of an answer: the provider's `data.aweme_list` and `data.aweme_detail`, the same at the
/// top level, `search_item_list`, `items`, `data[]`, `data.data[]`, or a bare list.
pub fn read(answer: &RawValue) -> Result<Page<'_>, PageError> {
    if let Some(items) = lenient::list(answer) {
        return Ok(Page { items, is_detail: false, next_cursor: None, has_more: false });
    }
    let top = lenient::object::<Level>(answer)
        .ok_or_else(|| PageError::NoList("it is neither an object nor a list".to_owned()))?;
    let inner = top.data.and_then(lenient::object::<Level>).unwrap_or_default();
    for level in [&top, &inner] {
        level.refuse_failure()?;
    }
    let Some((items, is_detail)) = inner.posts().or_else(|| top.posts()) else {
        return Err(PageError::NoList(top.lacks(&inner)));
    };
    let next_cursor = if is_detail { None } else { inner.cursor().or_else(|| top.cursor()) };
    let has_more = !is_detail && inner.has_more.or(top.has_more).unwrap_or(false);
    Ok(Page { items, is_detail, next_cursor, has_more })
}

/// What may stand at the top level of an answer, and again in its `data`.
#[derive(Default)]
struct Level<'a> {
    code: Option<Cow<'a, str>>,
    status_code: Option<Cow<'a, str>>,
    words: Option<Cow<'a, str>>,
    data: Option<&'a RawValue>,
    aweme_list: Option<&'a RawValue>,
    aweme_detail: Option<&'a RawValue>,
    search_item_list: Option<&'a RawValue>,
    items: Option<&'a RawValue>,
    has_more: Option<bool>,
    max_cursor: Option<Cow<'a, str>>,
    other_cursor: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> for Level<'a> {
    fn field(&mut self, key: &[u8], value: &'a RawValue) {
        match key {
            b"code" => keep(&mut self.code, lenient::scalar(value)),
            b"status_code" => keep(&mut self.status_code, lenient::scalar(value)),
            b"msg" | b"message" | b"status_msg" => keep(&mut self.words, lenient::filled_text(value)),
            b"data" => self.data = Some(value),
            b"aweme_list" => self.aweme_list = Some(value),
            b"aweme_detail" => self.aweme_detail = Some(value),
            b"search_item_list" => self.search_item_list = Some(value),
            b"items" => self.items = Some(value),
            b"has_more" => keep(&mut self.has_more, lenient::flag(value)),
            b"max_cursor" => keep(&mut self.max_cursor, lenient::scalar(value)),
            b"cursor" => keep(&mut self.other_cursor, lenient::scalar(value)),
            _ => {}
        }
    }
}

impl<'a> Level<'a> {
    /// A code that is no integer says nothing; the posts decide then.
    fn refuse_failure(&self) -> Result<(), PageError> {
        let codes = [&self.code, &self.status_code].into_iter().flatten();
        match codes.filter_map(|code| code.trim().parse::<i64>().ok()).find(|code| !matches!(code, 0 | 200)) {
            Some(code) => Err(PageError::Refused { code, message: self.words().unwrap_or_default() }),
            None => Ok(()),
        }
    }

    fn posts(&self) -> Option<(Vec<&'a RawValue>, bool)> {
        if let Some(items) = self.aweme_list.and_then(lenient::list) {
            return Some((items, false));
        }
        if let Some(detail) = self.aweme_detail.filter(|detail| detail.get().starts_with('{')) {
            return Some((vec![detail], true));
        }
        // An empty list says that there is nothing only under its own name: an empty `data`, or one beside an
        // unusable `aweme_list`, comes with failed answers.
        let named = [self.search_item_list, self.items].map(|list| (list, self.aweme_list.is_none()));
        let lists = named.into_iter().chain([(self.data, false)]);
        let filled = |(list, may_be_empty): (Option<&'a RawValue>, bool)| {
            lenient::list(list?).filter(|items| may_be_empty || !items.is_empty())
        };
        lists.into_iter().find_map(filled).map(|items| (items, false))
    }

    fn cursor(&self) -> Option<Cow<'a, str>> {
        self.max_cursor.clone().or_else(|| self.other_cursor.clone())
    }

    fn words(&self) -> Option<String> {
        self.words.as_ref().map(|words| words.chars().take(MAX_WORDS).collect())
    }

    /// Names what is missing from this level and from its `data`.
    fn lacks(&self, inner: &Self) -> String {
        let state =
            |value: Option<&RawValue>| value.map(|value| if value.get() == "null" { "null" } else { "no list" });
        let missing = if let Some(state) = state(inner.aweme_list.or(self.aweme_list)) {
            format!("aweme_list is {state}")
        } else if inner.aweme_detail.or(self.aweme_detail).is_some() {
            "aweme_detail is no post".to_owned()
        } else {
            "aweme_list is missing".to_owned()
        };
        match inner.words().or_else(|| self.words()) {
            Some(words) => format!("{missing} (the server says: {words})"),
            None => missing,
        }
    }
}

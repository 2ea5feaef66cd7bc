//! What a reply of the API means: success, or which refusal. Pure; called by `source` for every answer.
//!
//! The body's `code` decides, whatever the HTTP status; where the body says nothing, the status does. A 400 does not
//! say what it refuses but in the words of its `msg`: `WORDS` is the one table of them. When to try again is
//! `throttle::retry`'s; what stands in a page is `page`'s.

mod wait;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::Duration;

use serde_json::value::RawValue;

use super::lenient::{self, Fields};
use super::page;
use crate::model::Endpoint;

/// The wait of a `Retry-After` header, for whoever else talks HTTP.
pub use wait::in_header as wait_in_header;

/// One whole answer, and what is needed to judge it.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// HTTP status.
    pub status: u16,
    /// The `Retry-After` header: seconds, or an HTTP date.
    pub retry_after: Option<&'a str>,
    /// The `Date` header: what an HTTP date in `Retry-After` is counted from, so that no clock of ours matters.
    pub date: Option<&'a str>,
    /// What was asked.
    pub endpoint: Endpoint,
    /// The body, as received.
    pub body: &'a [u8],
    /// What must not stand in the server's words, should it echo it: the API key. Empty for nothing.
    pub hide: &'a str,
}

/// What a reply means. The server's words are cleaned: one line, at most [`LONGEST_WORDS`] characters, no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The body carries what was asked for: a list (an empty one too), or a detail.
    Success,
    /// Too many requests with this key (429).
    RateLimited {
        /// How long to wait, from the words, else from `Retry-After`; `None` when neither says.
        wait: Option<Duration>,
        /// The server's words.
        words: String,
    },
    /// The key is wrong or has expired (401).
    KeyRefused {
        /// The server's words.
        words: String,
    },
    /// A 400 that speaks of the cursor: the walk starts again.
    CursorRefused {
        /// The server's words.
        words: String,
    },
    /// A 400 that speaks of the creator: there is no such creator.
    CreatorRefused {
        /// The server's words.
        words: String,
    },
    /// A 400 to a detail, which is asked by nothing but the video's id: there is no such video.
    VideoRefused {
        /// The server's words.
        words: String,
    },
    /// Any other 400, 4xx or redirect: the same request would be refused again.
    RequestRefused {
        /// The server's words.
        words: String,
    },
    /// Success by its code, but without the list (or detail) asked for: the API withholds this one. It may go well
    /// next time, and says nothing of others.
    WithoutContent {
        /// What was missing.
        reason: String,
    },
    /// A failed answer that may go well next time: 408, 5xx, HTML, nothing, broken JSON, an unknown code.
    Transient {
        /// What was wrong with it.
        reason: String,
        /// How long to wait, when `Retry-After` says.
        wait: Option<Duration>,
    },
}

/// The server's words are cut to so many characters.
pub const LONGEST_WORDS: usize = 200;

/// What a 400 refuses.
#[derive(Clone, Copy)]
enum Refused {
    Cursor,
    Creator,
}

/// The words (lower case) by which the `msg` of a 400 tells what it refuses; the first row whose words all stand in it
/// decides. "User" alone may be who pays for the API (a balance, a right), so it counts only with what is said of it: a
/// creator parked by mistake is not asked again.
const WORDS: [(&[&str], Refused); 15] = [
    (&["cursor"], Refused::Cursor),
    (&["游标"], Refused::Cursor),
    // `sec_user_id` too.
    (&["user_id"], Refused::Creator),
    (&["user id"], Refused::Creator),
    (&["userid"], Refused::Creator),
    (&["sec_uid"], Refused::Creator),
    (&["用户id"], Refused::Creator),
    (&["user", "not exist"], Refused::Creator),
    (&["user", "n't exist"], Refused::Creator),
    (&["user", "not found"], Refused::Creator),
    (&["no such user"], Refused::Creator),
    (&["unknown user"], Refused::Creator),
    (&["invalid user"], Refused::Creator),
    (&["用户", "不存在"], Refused::Creator),
    (&["用户", "找不到"], Refused::Creator),
];

/// Tells what `reply` means.
#[must_use]
pub fn judge(reply: &Reply<'_>) -> Judgement {
    // Read as the normalizer will: one byte that is no UTF-8, in one caption, must not cost the page.
    let text = page::text(reply.body);
    let envelope = Envelope::read(&text);
    let code = envelope.as_ref().ok().and_then(Envelope::code);
    let told_by_header = || wait::in_header(reply.retry_after, reply.date);
    let words = || words_of(reply, envelope.as_ref().ok());
    match deciding(reply.status, code) {
        200 => match envelope {
            Ok(envelope) if envelope.carries(reply.endpoint) => Judgement::Success,
            Ok(_) => Judgement::WithoutContent { reason: format!("success without {}", carried_by(reply.endpoint)) },
            Err(reason) => transient(reason, None),
        },
        429 => {
            let words = words();
            Judgement::RateLimited { wait: wait::in_words(&words).or_else(told_by_header), words }
        }
        401 => Judgement::KeyRefused { words: words() },
        400 if reply.endpoint == Endpoint::Detail => Judgement::VideoRefused { words: words() },
        400 => refused_by(words()),
        300..=407 | 409..=499 => Judgement::RequestRefused { words: words() },
        _ => transient(reason_of(reply, code, words()), told_by_header()),
    }
}

fn reason_of(reply: &Reply<'_>, code: Option<i64>, words: String) -> String {
    let described = described(reply.status, code);
    if words.starts_with(&described) { words } else { format!("{described}: {words}") }
}

fn described(status: u16, code: Option<i64>) -> String {
    code.map_or_else(|| format!("HTTP {status}"), |code| format!("HTTP {status}, code {code}"))
}

/// The one number to judge by: 200 for success, else a code in HTTP's meaning (or an unknown one below 300).
fn deciding(status: u16, code: Option<i64>) -> u16 {
    let status_is_success = (200..300).contains(&status);
    match code {
        _ if status == 429 => 429,
        Some(refusal @ 300..=599) => u16::try_from(refusal).unwrap_or(500),
        _ if !status_is_success => status,
        None | Some(0 | 200) => 200,
        Some(_) => 0,
    }
}

fn refused_by(words: String) -> Judgement {
    // A User-Agent header says nothing of the creator.
    let spoken = words.to_lowercase().replace("user-agent", "").replace("user agent", "");
    match WORDS.iter().find(|(words, _)| words.iter().all(|word| spoken.contains(word))) {
        Some((_, Refused::Cursor)) => Judgement::CursorRefused { words },
        Some((_, Refused::Creator)) => Judgement::CreatorRefused { words },
        None => Judgement::RequestRefused { words },
    }
}

fn transient(reason: String, wait: Option<Duration>) -> Judgement {
    Judgement::Transient { reason, wait }
}

fn carried_by(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::List => "an aweme_list",
        Endpoint::Detail => "an aweme_detail",
    }
}

/// An answer, and what stands in its `data`.
struct Envelope<'a> {
    top: Level<'a>,
    inner: Level<'a>,
}

/// One of the two. Values stay text: a code may be a number or a string, `data` anything.
#[derive(Default)]
struct Level<'a> {
    code: Option<&'a RawValue>,
    status_code: Option<&'a RawValue>,
    msg: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    status_msg: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
    aweme_list: Option<&'a RawValue>,
    aweme_detail: Option<&'a RawValue>,
}

impl<'a> Fields<'a> for Level<'a> {
    fn field(&mut self, key: &[u8], value: &'a RawValue) {
        let field = match key {
            b"code" => &mut self.code,
            b"status_code" => &mut self.status_code,
            b"msg" => &mut self.msg,
            b"message" => &mut self.message,
            b"status_msg" => &mut self.status_msg,
            b"data" => &mut self.data,
            b"aweme_list" => &mut self.aweme_list,
            b"aweme_detail" => &mut self.aweme_detail,
            _ => return,
        };
        *field = Some(value);
    }
}

impl<'a> Level<'a> {
    /// `None` for one that is no whole number.
    fn codes(&self) -> impl Iterator<Item = Option<i64>> + use<'a> {
        let raw = [self.code, self.status_code].into_iter().flatten().map(RawValue::get).filter(|raw| *raw != "null");
        raw.map(|raw| raw.trim_matches('"').trim().parse().ok())
    }

    fn failure(&self) -> Option<i64> {
        self.codes().flatten().find(|code| !matches!(code, 0 | 200))
    }

    fn words(&self) -> Option<String> {
        let mut texts = [self.msg, self.message, self.status_msg].into_iter().flatten();
        texts.find_map(lenient::filled_text).map(Cow::into_owned)
    }
}

impl<'a> Envelope<'a> {
    /// Reads a body, or says what is wrong with it (without its text).
    fn read(body: &'a str) -> Result<Self, String> {
        // JSON's own blanks alone: with a form feed around it, the normalizer would refuse what was judged a success.
        let text = body.trim_matches([' ', '\t', '\n', '\r']);
        match text.as_bytes().first() {
            None => Err("an empty body".to_owned()),
            Some(b'<') => Err("HTML instead of JSON".to_owned()),
            Some(b'{') => {
                let whole: &RawValue = serde_json::from_str(text).map_err(|error| {
                    let kind = if error.is_eof() { "JSON that is cut off" } else { "broken JSON" };
                    format!("{kind} (line {}, column {})", error.line(), error.column())
                })?;
                // Field by field, as the normalizer will: a repeated or odd key must not cost the page.
                let top: Level<'_> = lenient::object(whole).ok_or_else(|| "broken JSON".to_owned())?;
                let inner = top.data.and_then(lenient::object).unwrap_or_default();
                Ok(Self { top, inner })
            }
            Some(_) => Err("no JSON object".to_owned()),
        }
    }

    /// `code` or `status_code`, here or in `data`: one that is no success wins, as it will with the normalizer. Without
    /// such a one the first here, -1 for what is no whole number.
    fn code(&self) -> Option<i64> {
        let failure = self.top.failure().or_else(|| self.inner.failure());
        failure.or_else(|| self.top.codes().next().map(|code| code.unwrap_or(-1)))
    }

    /// Of the level that tells of a failure, which may be the inner one alone.
    fn words(&self) -> Option<String> {
        let inner_alone = self.top.failure().is_none() && self.inner.failure().is_some();
        let inner = if inner_alone { self.inner.words() } else { None };
        inner.or_else(|| self.top.words())
    }

    fn carries(&self, endpoint: Endpoint) -> bool {
        let levels = [&self.inner, &self.top];
        let mut found = levels.into_iter().filter_map(|level| match endpoint {
            Endpoint::List => level.aweme_list,
            Endpoint::Detail => level.aweme_detail,
        });
        let bracket = match endpoint {
            Endpoint::List => '[',
            Endpoint::Detail => '{',
        };
        found.any(|raw| raw.get().starts_with(bracket))
    }
}

/// The server's own words, cleaned; where it has none, the status and the code.
fn words_of(reply: &Reply<'_>, envelope: Option<&Envelope<'_>>) -> String {
    let said = match envelope {
        Some(envelope) => envelope.words(),
        None => plain_text(reply.body),
    };
    let said = clean(&said.unwrap_or_default(), reply.hide);
    if !said.is_empty() {
        return said;
    }
    format!("{} without words", described(reply.status, envelope.and_then(Envelope::code)))
}

/// A body that is neither JSON nor HTML, such as a gateway's one line.
fn plain_text(body: &[u8]) -> Option<String> {
    let body = body.trim_ascii();
    let is_markup = body.first().is_none_or(|byte| b"<{".contains(byte));
    // A little more than the words may have, so that what is hidden is found whole before the cut.
    let start = &body[..body.len().min(16 * LONGEST_WORDS)];
    (!is_markup).then(|| String::from_utf8_lossy(start).into_owned())
}

/// One line, without the hidden text and without control characters, cut.
fn clean(words: &str, hide: &str) -> String {
    let shown = if hide.is_empty() { words.to_owned() } else { words.replace(hide, "[redacted]") };
    let line: String = shown.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    line.trim().chars().take(LONGEST_WORDS).collect()
}

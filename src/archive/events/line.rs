//! A line of the ledger: an event, or what became of events that stand before it. Every key but `at` may be missing; a
//! line has one of them.

use serde::{Deserialize, Serialize};

use super::memory::Standing;
use crate::model::Event;

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When it was written (ms, UTC).
    pub at: i64,
    /// Whether the event is still to be delivered; with `event`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub send: bool,
    /// Whether the event is still to be shown; with `event`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub show: bool,
    /// An event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// Ids that are known, without an event: of events that are done, or that are not to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Vec<String>>,
    /// The ids of events that the receiver took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Vec<String>>,
    /// The event that the receiver refused for what is in it: it is not sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// The id of the last event that was shown; all before it were, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The tags that were bursting at a round, folded and sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bursting: Option<Vec<String>>,
    /// What was viral before the first round is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub begun: bool,
    /// What stood when the file was made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// An event that was refused when it was sent alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its id.
    pub id: String,
    /// The status that the receiver answered with.
    pub status: u16,
}

impl Line {
    /// An event that was found.
    #[must_use]
    pub fn of_event(at: i64, event: Event, send: bool) -> Self {
        Self { at, send, show: true, event: Some(event), ..Self::default() }
    }

    /// Ids that are known.
    #[must_use]
    pub fn of_known(at: i64, ids: Vec<String>) -> Self {
        Self { at, known: Some(ids), ..Self::default() }
    }

    /// Ids that were delivered.
    #[must_use]
    pub fn of_delivered(at: i64, ids: Vec<String>) -> Self {
        Self { at, delivered: Some(ids), ..Self::default() }
    }

    /// An event that was refused alone.
    #[must_use]
    pub fn of_refused(at: i64, id: String, status: u16) -> Self {
        Self { at, refused: Some(Refused { id, status }), ..Self::default() }
    }

    /// The last event shown.
    #[must_use]
    pub fn of_shown(at: i64, id: String) -> Self {
        Self { at, shown: Some(id), ..Self::default() }
    }

    /// The tags bursting.
    #[must_use]
    pub fn of_bursting(at: i64, tags: Vec<String>) -> Self {
        Self { at, bursting: Some(tags), ..Self::default() }
    }

    /// The first round begins.
    #[must_use]
    pub fn of_begun(at: i64) -> Self {
        Self { at, begun: true, ..Self::default() }
    }

    /// What stands.
    #[must_use]
    pub fn of_standing(at: i64, standing: Standing) -> Self {
        Self { at, standing: Some(standing), ..Self::default() }
    }

    /// Whether it says anything that is known here.
    #[must_use]
    pub fn says_something(&self) -> bool {
        let Self { event, known, delivered, refused, shown, bursting, begun, standing, .. } = self;
        *begun
            || event.is_some()
            || known.is_some()
            || delivered.is_some()
            || refused.is_some()
            || shown.is_some()
            || bursting.is_some()
            || standing.is_some()
    }

    /// Adds the line with its end.
    pub fn write(&self, into: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(&mut *into, self)?;
        into.push(b'\n');
        Ok(())
    }
}

//! The scores of a stored document, put in and taken out: `engagement.smoothed` and `virality`. All other bytes stay as
//! they are. Pure; the formulas are `insight`'s. Called by `jobs::score`, and by `merge`, whose new counts make scores
//! stale.

use serde_json::value::RawValue;

use super::merge::object::Object;
use super::words;
use crate::model::Virality;

const ENGAGEMENT: &str = "engagement";
const SMOOTHED: &str = "smoothed";
const VIRALITY: &str = "virality";

/// What a pass stores in a document.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scores {
    /// `engagement.smoothed`; a document without counts has no `engagement` to hold it.
    pub smoothed: Option<f64>,
    /// `virality`.
    pub virality: Virality,
}

/// The document (a JSON object, as stored) with these scores: `smoothed` as the last of `engagement`, `virality` as the
/// last of all. Scores that are there are replaced. Words are added to a document that an older viralmine made without.
pub fn with_scores(document: &[u8], scores: &Scores) -> serde_json::Result<Vec<u8>> {
    let mut fields = Object::read(document)?;
    if let Some(engagement) = fields.get(ENGAGEMENT).map(RawValue::get).map(str::to_owned) {
        let mut engagement = Object::read(engagement.as_bytes())?;
        engagement.remove(SMOOTHED);
        engagement.put(SMOOTHED, &scores.smoothed)?;
        fields.put(ENGAGEMENT, &engagement)?;
    }
    words::add_missing(&mut fields)?;
    fields.remove(VIRALITY);
    fields.put(VIRALITY, &scores.virality)?;
    serde_json::to_vec(&fields)
}

/// The document as it was before any pass.
pub fn without_scores(document: &[u8]) -> serde_json::Result<Vec<u8>> {
    let mut fields = Object::read(document)?;
    take_out(&mut fields)?;
    serde_json::to_vec(&fields)
}

/// The same, of a document that is being made.
pub(super) fn take_out(fields: &mut Object<'_>) -> serde_json::Result<()> {
    fields.remove(VIRALITY);
    let Some(engagement) = fields.get(ENGAGEMENT).map(RawValue::get).map(str::to_owned) else { return Ok(()) };
    let mut engagement = Object::read(engagement.as_bytes())?;
    if engagement.get(SMOOTHED).is_some() {
        engagement.remove(SMOOTHED);
        fields.put(ENGAGEMENT, &engagement)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str =
        r#"{"aweme_id":"7","video_desc":"a\/\u00e9 𝄞","stats":{"play":1e2},"engagement":{"rate":0.10,"collect":null}}"#;

    fn scored(document: &str, smoothed: f64) -> String {
        let virality = Virality { multiple: Some(2.5), immature: true, basis: 4, ..Virality::default() };
        let scores = Scores { smoothed: Some(smoothed), virality };
        String::from_utf8(with_scores(document.as_bytes(), &scores).unwrap()).unwrap()
    }

    #[test]
    fn scores_are_the_last_and_nothing_else_changes() {
        let expected = r#"{"aweme_id":"7","video_desc":"a\/\u00e9 𝄞","stats":{"play":1e2},"engagement":{"rate":0.10,"collect":null,"smoothed":0.05},"virality":{"multiple":2.5,"log_multiple":null,"z":null,"viral":false,"immature":true,"basis":4,"plays_per_hour":null,"growth":null,"growth_hours":null}}"#;
        let once = scored(PLAIN, 0.05);
        assert_eq!(once, expected);
        assert_eq!(scored(&once, 0.05), once, "scoring again changes nothing");
        assert_eq!(scored(&scored(PLAIN, 0.9), 0.05), once, "newer scores replace");
        assert_eq!(without_scores(once.as_bytes()).unwrap(), PLAIN.as_bytes());
        assert_eq!(without_scores(PLAIN.as_bytes()).unwrap(), PLAIN.as_bytes());
    }

    #[test]
    fn a_document_without_counts_gets_no_engagement() {
        let scored = scored(r#"{"aweme_id":"7"}"#, 0.05);
        assert!(scored.starts_with(r#"{"aweme_id":"7","virality":{"#), "{scored}");
    }

    #[test]
    fn a_document_from_before_there_were_words_gets_them() {
        let old = r#"{"aweme_id":"7","video_desc":"Summer Dress #OOTD","hashtags":["OOTD"],"hashtag_keys":["ootd"],"search_text":["x"]}"#;
        let scored = with_scores(old.as_bytes(), &Scores::default()).unwrap();
        let scored: serde_json::Value = serde_json::from_slice(&scored).unwrap();
        assert_eq!(scored["words"], serde_json::json!(["summer", "dress", "summer dress"]));
        assert_eq!(scored["hashtag_spellings"], serde_json::json!(["ootd\tOOTD"]));
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        assert!(with_scores(b"[]", &Scores::default()).is_err());
        assert!(with_scores(br#"{"engagement":7}"#, &Scores::default()).is_err());
    }
}

//! The saved objects: data views, saved searches and the dashboard, as `mappings/kibana.ndjson` has them for the
//! default prefix. Ids, and the indices that they name, start with the prefix, so that those of several live side by
//! side.

use serde::{Deserialize, Serialize};

const FILE: &str = include_str!("../../mappings/kibana.ndjson");

/// In the file, ids and indices start so…
const IN_IDS: &str = "viralmine-";

/// …and titles so.
const IN_TITLES: &str = "[viralmine]";

/// The type of the objects that one opens first.
pub const DASHBOARD: &str = "dashboard";

/// An object, as a person knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedObject {
    /// Kibana's name for what it is: `index-pattern`, `search`, `dashboard`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id, unique with `kind`.
    pub id: String,
    /// What Kibana shows.
    pub title: String,
}

/// What Kibana imports: one object a line, for the indices of `prefix`, which needs no escaping in JSON.
#[must_use]
pub fn ndjson(prefix: &str) -> String {
    FILE.replace(IN_IDS, &format!("{prefix}-")).replace(IN_TITLES, &format!("[{prefix}]"))
}

/// The objects of such a text, in its order; a line that is none is left out.
#[must_use]
pub fn listed(ndjson: &str) -> Vec<SavedObject> {
    #[derive(Deserialize)]
    struct Line {
        #[serde(rename = "type")]
        kind: String,
        id: String,
        attributes: Attributes,
    }
    #[derive(Deserialize)]
    struct Attributes {
        title: String,
        /// A data view's title is its index; what is shown is its name.
        name: Option<String>,
    }
    let lines = ndjson.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let object =
        |Line { kind, id, attributes }| SavedObject { kind, id, title: attributes.name.unwrap_or(attributes.title) };
    lines.map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_prefix_is_the_file_itself() {
        assert_eq!(ndjson("viralmine"), FILE);
        let objects = listed(FILE);
        assert_eq!(objects.len(), FILE.lines().count(), "each line is an object");
        assert!(objects.iter().all(|object| object.id.starts_with(IN_IDS) && object.title.starts_with(IN_TITLES)));
        assert_eq!(objects.iter().filter(|object| object.kind == DASHBOARD).count(), 1);
    }

    #[test]
    fn another_prefix_shares_nothing_with_the_default_one() {
        let text = ndjson("us-2");
        for word in FILE.match_indices("viralmine").map(|(at, _)| &FILE[at..]) {
            let is_renamed = word.starts_with(IN_IDS) || word.starts_with("viralmine]");
            let is_a_command = word.starts_with("viralmine ");
            assert!(is_renamed || is_a_command, "{}", &word[..40]);
        }
        for (ours, theirs) in listed(&text).iter().zip(listed(FILE)) {
            assert_eq!(ours.id, theirs.id.replace("viralmine", "us-2"));
            assert_eq!(ours.title, theirs.title.replace("viralmine", "us-2"));
        }
    }
}

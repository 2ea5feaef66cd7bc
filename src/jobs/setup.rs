//! What a setup made and found: compares what there was with what there is, and takes in what Kibana took. Making it is
//! the store's own `prepare`.

use serde::Serialize;

use crate::kibana::{DASHBOARD, Imported, Kibana, KibanaError};
use crate::store::IndexFound;

/// What became of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It was not there.
    Made,
    /// An older one was there.
    Replaced,
    /// It was there.
    Found,
    /// It is made with its first document, as the embedded store does.
    Later,
    /// It is not there still, though it should be.
    Missing,
}

/// One collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CollectionReport {
    /// `videos`, `creators`, …
    pub collection: &'static str,
    /// The alias, or name, that it is asked under.
    pub name: String,
    /// The index behind it; null when there is none.
    pub index: Option<String>,
    /// What became of the index.
    pub fate: Fate,
    /// The index template; null in the embedded store, and when it may not be seen.
    pub template: Option<TemplateReport>,
}

/// One index template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateReport {
    /// Its version.
    pub version: i64,
    /// What became of it.
    pub fate: Fate,
}

/// What Kibana took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KibanaReport {
    /// Its address.
    pub url: String,
    /// Its version.
    pub version: String,
    /// Where the dashboard can be opened; null when it was not taken.
    pub dashboard: Option<String>,
    /// Each object.
    #[serde(flatten)]
    pub imported: Imported,
}

/// What was there before, and what is there now, collection by collection. `makes_late`: some are made once they are
/// needed.
#[must_use]
pub fn compared(before: &[IndexFound], now: Vec<IndexFound>, makes_late: bool) -> Vec<CollectionReport> {
    let one = |now: IndexFound| {
        let before = before.iter().find(|before| before.collection == now.collection);
        let template = now.template.map(|version| {
            let fate = match before.and_then(|before| before.template) {
                None => Fate::Made,
                Some(older) if older < version => Fate::Replaced,
                Some(_) => Fate::Found,
            };
            TemplateReport { version, fate }
        });
        let fate = match (before.and_then(|before| before.index.as_ref()), &now.index) {
            (_, None) if makes_late => Fate::Later,
            (_, None) => Fate::Missing,
            (None, Some(_)) => Fate::Made,
            (Some(_), Some(_)) => Fate::Found,
        };
        CollectionReport { collection: now.collection.name(), name: now.name, index: now.index, fate, template }
    };
    now.into_iter().map(one).collect()
}

/// Imports the objects into a Kibana that was asked for its version.
pub async fn import(kibana: &Kibana, version: String, prefix: &str) -> Result<KibanaReport, KibanaError> {
    let imported = kibana.import(prefix).await?;
    let dashboard = imported.objects.iter().find(|object| object.kind == DASHBOARD);
    let dashboard = dashboard.map(|dashboard| kibana.page_of(dashboard));
    Ok(KibanaReport { url: kibana.address(), version, dashboard, imported })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Collection;

    fn found(index: Option<&str>, template: Option<i64>) -> Vec<IndexFound> {
        let index = index.map(str::to_owned);
        vec![IndexFound { collection: Collection::Videos, name: "x-videos".to_owned(), index, template }]
    }

    #[test]
    fn made_replaced_and_found_are_told_apart() {
        for (before, now, fate, template) in [
            (found(None, None), found(Some("x-videos-000001"), Some(2)), Fate::Made, Some(Fate::Made)),
            (found(Some("a"), Some(1)), found(Some("a"), Some(2)), Fate::Found, Some(Fate::Replaced)),
            (found(Some("a"), Some(3)), found(Some("a"), Some(3)), Fate::Found, Some(Fate::Found)),
            (found(None, None), found(Some("a"), None), Fate::Made, None),
            (found(None, None), found(None, Some(2)), Fate::Missing, Some(Fate::Made)),
        ] {
            let report = compared(&before, now, false);
            assert_eq!((report.len(), report[0].collection), (1, "videos"));
            assert_eq!((report[0].fate, report[0].template.as_ref().map(|made| made.fate)), (fate, template));
        }
        assert_eq!(compared(&found(None, None), found(None, None), true)[0].fate, Fate::Later);
    }
}

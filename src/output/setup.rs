//! The report of a setup, for people: a line for each collection, then what Kibana took.

use std::fmt::Write as _;

use super::shown::one_line;
use crate::jobs::setup::{CollectionReport, Fate, KibanaReport};
use crate::kibana::SavedObject;

/// The collections of a store: `store` names it.
#[must_use]
pub fn collections(store: &str, collections: &[CollectionReport]) -> String {
    let mut text = format!("{:<12} {}\n", "store", one_line(store));
    for CollectionReport { collection, name, index, fate, template } in collections {
        let place = match index {
            Some(index) => format!("{name} → {index}"),
            None => name.clone(),
        };
        let template = template.as_ref().map_or_else(String::new, |template| {
            format!("; template version {}: {}", template.version, word(template.fate))
        });
        let _ = writeln!(text, "{collection:<12} {}: {}{template}", one_line(&place), word(*fate));
    }
    text
}

const fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Made => "made",
        Fate::Replaced => "replaced an older one",
        Fate::Found => "found",
        Fate::Later => "made with its first document",
        Fate::Missing => "not made (`viralmine doctor` tells why)",
    }
}

/// What Kibana took, and where to look at it.
#[must_use]
pub fn kibana(report: &KibanaReport) -> String {
    let mut text = format!("{:<12} {}, version {}\n", "kibana", one_line(&report.url), one_line(&report.version));
    let mut line = |object: &SavedObject, fate: &str| {
        let _ = writeln!(text, "{:<12} {}: {}", kind(object), one_line(&object.title), one_line(fate));
    };
    for object in &report.imported.objects {
        line(object, "imported");
    }
    for failure in &report.imported.failed {
        line(&failure.object, &format!("REFUSED: {}", failure.error));
    }
    if let Some(page) = &report.dashboard {
        let _ = writeln!(text, "{:<12} {}", "open", one_line(page));
    }
    text
}

/// What an object is called in Kibana's own words.
fn kind(object: &SavedObject) -> &str {
    match object.kind.as_str() {
        "index-pattern" => "data view",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::setup::TemplateReport;
    use crate::kibana::{Imported, ObjectFailure};

    #[test]
    fn each_collection_and_each_object_has_its_line() {
        let videos = CollectionReport {
            collection: "videos",
            name: "viralmine-videos".to_owned(),
            index: Some("viralmine-videos-000001".to_owned()),
            fate: Fate::Found,
            template: Some(TemplateReport { version: 2, fate: Fate::Replaced }),
        };
        let name = "viralmine-creators".to_owned();
        let missing =
            CollectionReport { collection: "creators", name, index: None, fate: Fate::Missing, template: None };
        let expected = "\
store        http://127.0.0.1:9200/
videos       viralmine-videos → viralmine-videos-000001: found; template version 2: replaced an older one
creators     viralmine-creators: not made (`viralmine doctor` tells why)
";
        assert_eq!(collections("http://127.0.0.1:9200/", &[videos, missing]), expected);

        let object = |kind: &str, title: &str| SavedObject {
            kind: kind.to_owned(),
            id: "x".to_owned(),
            title: title.to_owned(),
        };
        let failure = ObjectFailure { object: object("dashboard", "What"), error: "is\nnot there".to_owned() };
        let report = KibanaReport {
            url: "http://k/".to_owned(),
            version: "9.5.3".to_owned(),
            dashboard: Some("http://k/app".to_owned()),
            imported: Imported { objects: vec![object("index-pattern", "videos")], failed: vec![failure] },
        };
        let expected = "\
kibana       http://k/, version 9.5.3
data view    videos: imported
dashboard    What: REFUSED: is not there
open         http://k/app
";
        assert_eq!(kibana(&report), expected);
    }
}

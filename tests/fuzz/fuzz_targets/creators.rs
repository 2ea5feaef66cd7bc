//! Any bytes as the file of `--creators`, and any text as one creator.
//!
//! Asserted besides that nothing panics: what is read are ids of the API's alphabet, each once, in the order of the
//! file, and each reads as itself again; a text with an id alone is that id however blanks stand around it; an error
//! names a line of the file, or says what is wrong with the whole.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use viralmine::model::CreatorId;
use viralmine::settings::creators::of_file;

fuzz_target!(|data: &[u8]| {
    match of_file(data.to_vec()) {
        Ok(creators) => {
            let text = std::str::from_utf8(data).expect("a file of creators is text");
            assert!(!creators.is_empty());
            assert_eq!(creators.iter().collect::<HashSet<_>>().len(), creators.len(), "each once");
            let places: Vec<_> = creators.iter().map(|creator| text.find(creator.as_str())).collect();
            assert!(places.iter().all(Option::is_some), "{creators:?} from {text:?}");
            creators.iter().for_each(check);
        }
        Err(error) => {
            let names_a_line = error.0.starts_with("creators.txt:") && error.0.contains(": \"");
            assert!(names_a_line || error.0.starts_with("--creators: ") || error.0.contains("link"), "{error}");
            // Ten lines at most are named, each with what stands in it.
            assert!(error.0.len() <= 10 * (6 * data.len() + 300) + 100);
        }
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(creator) = CreatorId::parse(text)
    {
        check(&creator);
        assert_eq!(CreatorId::parse(&format!(" \t{text}\r")), Ok(creator));
    }
});

fn check(creator: &CreatorId) {
    let id = creator.as_str();
    assert!((16..=200).contains(&id.len()), "{id}");
    assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{id}");
    assert_eq!(CreatorId::parse(id).as_ref(), Ok(creator));
    assert_eq!(CreatorId::parse(&format!("https://www.tiktok.com/@x?sec_uid={id}&y=1")).as_ref(), Ok(creator));
}

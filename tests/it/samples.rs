//! Every file of real posts goes through `normalize`, against counts taken by another program.
//!
//! The posts are not part of the project: `VIRALMINE_SAMPLES` names the folder they lie in.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;
use viralmine::jobs::normalize::run;
use viralmine::normalize::{PageContext, documents};

/// What a file holds once it is normalized.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    pages: u64,
    videos: u64,
    skipped: u64,
    plays: u64,
    hashtags: usize,
    music_ids: usize,
    duration_ms: u64,
}

const fn counts(
    pages: u64,
    videos: u64,
    skipped: u64,
    plays: u64,
    hashtags: usize,
    music_ids: usize,
    duration_ms: u64,
) -> Counts {
    Counts { pages, videos, skipped, plays, hashtags, music_ids, duration_ms }
}

/// Hashtags by a second implementation of the rule, all else by summing the raw JSON. Music ids that a browser
/// rounded are none.
const FILES: &[(&str, Counts)] = &[
    ("timeline-2021.pages.ndjson", counts(4, 65, 0, 38_276_900, 114, 65, 1_524_000)),
    ("posts-2025.pages.ndjson.gz", counts(6_687, 7_218, 0, 13_780_679_800, 29_828, 7_218, 108_270_000)),
    ("lists/posts6.json", counts(1, 6, 0, 0, 7, 0, 68_818)),
    ("lists/user-04074747.json", counts(1, 56, 0, 0, 8, 0, 401_118)),
    ("lists/user-LL991221.json", counts(1, 43, 0, 0, 32, 0, 383_778)),
    ("lists/user-shmumu.json", counts(1, 70, 0, 0, 38, 0, 3_451_034)),
    ("mobile/tiktok-2025-profile-videos.json", counts(1, 1, 0, 141_567, 0, 1, 89_131)),
    ("mobile/tiktok-2025-search-hashtag.json", counts(1, 1, 0, 852_942_803, 1, 1, 10_703)),
    ("mobile/tiktok-2025-search-keyword.json", counts(1, 1, 0, 31_677, 4, 1, 83_851)),
    ("mobile/tiktok-2025-search-top.json", counts(1, 2, 0, 2_676_043, 13, 0, 74_746)),
    ("mobile/tiktok-2025-song-videos.json", counts(1, 1, 0, 2_932_976, 11, 1, 9_700)),
    ("mobile/tiktok-2025-trending-feed.json", counts(1, 2, 0, 2_033_279, 5, 0, 0)),
    ("mobile/tiktok-2025-video-detail.json", counts(1, 1, 0, 355_687, 0, 1, 89_793)),
];

/// Photo posts of the files that are one answer.
const PHOTOS: &[(&str, usize)] = &[
    ("lists/posts6.json", 0),
    ("lists/user-04074747.json", 0),
    ("lists/user-LL991221.json", 1),
    ("lists/user-shmumu.json", 0),
    ("mobile/tiktok-2025-profile-videos.json", 0),
    ("mobile/tiktok-2025-search-hashtag.json", 0),
    ("mobile/tiktok-2025-search-keyword.json", 0),
    ("mobile/tiktok-2025-search-top.json", 1),
    ("mobile/tiktok-2025-song-videos.json", 0),
    ("mobile/tiktok-2025-trending-feed.json", 1),
    ("mobile/tiktok-2025-video-detail.json", 0),
];

fn read(path: &Path) -> Vec<u8> {
    let file = File::open(path).unwrap();
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    } else {
        { file }.read_to_end(&mut bytes).unwrap();
    }
    bytes
}

fn measure(name: &str, bytes: &[u8]) -> Counts {
    let mut output = Vec::new();
    let report = run(name, bytes, &mut output, &mut |error| panic!("{error}")).unwrap();
    let mut counts = counts(report.pages, report.videos, report.skipped, 0, 0, 0, 0);
    for line in output.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let page: Value = serde_json::from_slice(line).unwrap();
        for video in page["video_list"].as_array().unwrap() {
            counts.plays += video["stats"]["play"].as_u64().unwrap();
            counts.hashtags += video["hashtags"].as_array().unwrap().len();
            counts.music_ids += usize::from(video["music_info"]["music_id"].as_str().is_some_and(|id| !id.is_empty()));
            counts.duration_ms += video["video_resource"]["duration_ms"].as_u64().unwrap_or(0);
            assert!(video["publish_ts"].as_i64().is_some_and(|seconds| seconds > 1_400_000_000), "{video}");
        }
    }
    counts
}

#[test]
#[ignore = "needs VIRALMINE_SAMPLES"]
fn every_file_gives_the_counts_taken_by_other_means() {
    let folder = std::env::var("VIRALMINE_SAMPLES").expect("VIRALMINE_SAMPLES names the folder of real posts");
    for (name, expected) in FILES {
        assert_eq!(&measure(name, &read(&Path::new(&folder).join(name))), expected, "{name}");
    }
}

#[test]
#[ignore = "needs VIRALMINE_SAMPLES"]
fn photo_posts_are_told_from_videos() {
    let folder = std::env::var("VIRALMINE_SAMPLES").expect("VIRALMINE_SAMPLES names the folder of real posts");
    let context = PageContext { sec_user_id: "MS4wLjABAAAA", region: None, fetched_at: 1 };
    for (name, expected) in PHOTOS {
        let page = documents(&read(&Path::new(&folder).join(name)), &context).unwrap();
        let is_photo = |head: &&viralmine::model::DocumentHead| {
            let document: Value = serde_json::from_slice(&page.sources[head.source.clone()]).unwrap();
            document["kind"] == "photo"
        };
        assert_eq!(page.documents.iter().filter(is_photo).count(), *expected, "{name}");
    }
}

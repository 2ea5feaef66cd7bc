//! The videos of a run that asks for single ones.

use std::path::Path;

use super::UsageError;
use super::listed::{self, Words};
use crate::model::VideoId;

const WORDS: Words = Words { flag: "--videos", one: "video", done: "asked for", line: "one id a line" };

/// Reads all videos, in order, each once: those typed, then those of the file (`-` is standard input).
pub fn read(typed: &[String], file: Option<&Path>) -> Result<Vec<VideoId>, UsageError> {
    listed::read(typed, file, WORDS, VideoId::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn videos_come_from_both_places_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("videos.txt");
        std::fs::write(&path, "7528963259874125698 # again\nhttps://www.tiktok.com/@a/video/7528959874125369852\n")
            .unwrap();
        let videos = read(&["7528963259874125698".to_owned()], Some(&path)).unwrap();
        let ids: Vec<String> = videos.iter().map(ToString::to_string).collect();
        assert_eq!(ids, ["7528963259874125698", "7528959874125369852"]);
        assert!(read(&[], None).unwrap_err().0.contains("--videos FILE"));
        std::fs::write(&path, "12\n").unwrap();
        assert!(read(&[], Some(&path)).unwrap_err().0.contains("videos.txt:1: \"12\" is no video id"));
    }
}

//! Damaged files, folders that are none, and disks that take no more: a clear error that names the folder and says what
//! to do, or the right answer; never a panic, never a wrong answer.

use std::collections::BTreeMap;
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;
use tokio::sync::mpsc;
use viralmine::model::{Query, Question, Row, Sort};
use viralmine::store::embedded::{EmbeddedExaminer, EmbeddedVersions};
use viralmine::store::{
    Examine, Health, IndexVersions, Lookup, ScannedDocument, StoreContents, StoreError, StoreReader, StoreWriter,
};

use super::*;

/// A store with several segments, some documents in them replaced, and a checkpoint.
async fn make_store() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    for part in 0..3 {
        let documents: Vec<_> = (0..40).map(|number| one(part * 30 + number, part)).collect();
        store_videos(&store, &documents).await;
    }
    write_page(&store, 1).await;
    store.commit().await.expect("committed");
    write_page(&store, 2).await;
    drop(store);
    dir
}

fn one(number: usize, part: usize) -> Value {
    video(
        &format!("{number:03}"),
        &json!({
            "search_text": [format!("summer outfit number{number}")], "hashtag_keys": ["ootd"], "fetched_at": 1_000 + part,
            "publish_ts": 1_750_000_000, "stats": {"play": number * 10 + part}, "video_desc": "text ".repeat(number % 7),
        }),
    )
}

/// What the asking side says.
#[derive(Debug, PartialEq)]
struct Answers {
    all: Vec<bytes::Bytes>,
    phrase: Vec<String>,
    plays: u64,
    newest: Option<i64>,
    versions: Vec<Option<i64>>,
    counts: [u64; 2],
    scanned: [BTreeMap<String, bytes::Bytes>; 2],
}

async fn answers(dir: &Path) -> Result<Answers, StoreError> {
    let reader = EmbeddedReader::open(dir, PREFIX)?;
    let words = ["summer", "outfit"].map(str::to_owned).to_vec();
    let phrase =
        Question { query: Query::Words { tokens: words, prefix: false }, sort: Sort::Plays, ..Question::all() };
    let phrase = ids(&reader.search(&phrase).await?);
    let mut plays = 0;
    reader.rows(&Question::all(), &mut |row: Row| plays += row.stats.play).await?;
    let (videos, checkpoints) = (Collection::Videos, Collection::Checkpoints);
    Ok(Answers {
        phrase,
        plays,
        all: reader.search(&Question::all()).await?.videos,
        newest: reader.newest_fetched_at().await?,
        versions: reader.versions(&["001", "031", "none"].map(str::to_owned)).await?,
        counts: [reader.count(videos).await?, reader.count(checkpoints).await?],
        scanned: [scanned(&reader, videos).await?, scanned(&reader, checkpoints).await?],
    })
}

async fn scanned(
    reader: &EmbeddedReader,
    collection: Collection,
) -> Result<BTreeMap<String, bytes::Bytes>, StoreError> {
    let (sender, mut received) = mpsc::channel(64);
    reader.scan(collection, sender).await?;
    let mut found = BTreeMap::new();
    while let Some(chunk) = received.recv().await {
        let chunk: Vec<ScannedDocument> = chunk;
        found.extend(chunk.into_iter().map(|scanned| (scanned.id, scanned.document.source)));
    }
    Ok(found)
}

/// What the writing side reads back; nothing is changed by it.
async fn written(dir: &Path) -> Result<Vec<Option<bytes::Bytes>>, StoreError> {
    let store = EmbeddedWriter::open(dir, PREFIX)?;
    let videos = store.get(Collection::Videos, &["001", "031", "none"].map(str::to_owned)).await?;
    let checkpoints = store.get(Collection::Checkpoints, &["c".to_owned()]).await?;
    store.commit().await?;
    Ok(videos.into_iter().chain(checkpoints).map(|document| document.map(|document| document.source)).collect())
}

fn assert_said(error: &StoreError, dir: &Path, what: &str) {
    let text = error.to_string();
    assert!(text.contains(&dir.display().to_string()), "{what}: names no folder: {text}");
    let advice = ["viralmine replay", "viralmine reindex", "use that version", "use the viralmine"];
    assert!(advice.iter().any(|advice| text.contains(advice)), "{what}: says not what to do: {text}");
}

/// The files of an index, without locks.
fn files_of(dir: &Path) -> Vec<PathBuf> {
    let folders = ["videos", "checkpoints"].map(|collection| index_folder(dir, collection));
    let files =
        folders.iter().flat_map(|folder| fs::read_dir(folder).expect("entries")).map(|file| file.expect("a file"));
    let mut files: Vec<PathBuf> = files.map(|file| file.path()).filter(|path| !is_lock(path)).collect();
    files.sort();
    files
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "lock")
}

#[derive(Debug, Clone, Copy)]
enum Harm {
    Emptied,
    Halved,
    Flipped,
    Overwritten,
    Removed,
}

fn harm(path: &Path, harm: Harm) {
    let mut bytes = fs::read(path).expect("read");
    match harm {
        Harm::Emptied => bytes.clear(),
        Harm::Halved => bytes.truncate(bytes.len() / 2),
        Harm::Flipped => {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
        }
        Harm::Overwritten => bytes = b"no index at all".repeat(40),
        Harm::Removed => return fs::remove_file(path).expect("removed"),
    }
    fs::write(path, bytes).expect("written");
}

#[tokio::test]
async fn each_file_damaged_in_each_way_is_said_or_does_not_matter() {
    let whole = make_store().await;
    let (right, kept) = (answers(whole.path()).await.expect("whole"), written(whole.path()).await.expect("whole"));
    assert_eq!((right.all.len(), right.counts), (104, [104, 1]));
    let names: Vec<PathBuf> = files_of(whole.path());
    let ends = |end: &str| names.iter().filter(|name| name.extension().is_some_and(|other| other == end)).count();
    assert!(ends("del") > 0 && ends("store") > 2, "a store with more to damage: {names:?}");
    for name in &names {
        let is_list = name.ends_with(".managed.json");
        for how in [Harm::Emptied, Harm::Halved, Harm::Flipped, Harm::Overwritten, Harm::Removed] {
            let dir = copy_of(whole.path());
            let what = format!("{} {how:?}", name.file_name().expect("a name").display());
            harm(&dir.path().join(name.strip_prefix(whole.path()).expect("inside")), how);
            let (read, got) = (answers(dir.path()).await, written(dir.path()).await);
            // Of the list of files the index library reads no more than that it is one. What was verified before is
            // verified again.
            let is_memory = name.ends_with(".verified.json");
            let matters = !(is_memory || is_list && matches!(how, Harm::Flipped | Harm::Removed));
            match (&read, &got) {
                (Err(read), Err(got)) => {
                    assert_said(read, dir.path(), &what);
                    assert_said(got, dir.path(), &what);
                }
                (Ok(read), Ok(got)) if !matters => assert_eq!((read, got), (&right, &kept), "{what}"),
                // Checkpoints without their list are still to be made, for who reads.
                _ => panic!("{what}: {read:?}, {got:?}"),
            }
        }
    }
}

fn file_ending(dir: &Path, end: &str) -> PathBuf {
    let of_videos = |path: &&PathBuf| path.starts_with(index_folder(dir, "videos"));
    let found =
        files_of(dir).into_iter().find(|path| of_videos(&path) && path.extension().is_some_and(|other| other == end));
    found.expect("a segment has one")
}

#[tokio::test]
async fn damage_is_found_where_all_was_whole_before() {
    for end in ["store", "fast", "term", "idx", "pos", "fieldnorm"] {
        let dir = make_store().await;
        answers(dir.path()).await.expect("whole");
        assert!(index_folder(dir.path(), "videos").join(".verified.json").exists());
        harm(&file_ending(dir.path(), end), Harm::Flipped);
        assert_said(&answers(dir.path()).await.expect_err(end), dir.path(), end);
    }
}

/// As a disk does that forgets: nobody wrote to the file. Who only asks need not find it, but whoever writes, copies or
/// examines does.
#[tokio::test]
async fn damage_that_nobody_did_is_found_by_who_writes_copies_or_examines() {
    let dir = make_store().await;
    answers(dir.path()).await.expect("whole");
    let path = file_ending(dir.path(), "store");
    let changed = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("known");
    harm(&path, Harm::Flipped);
    fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(changed)).expect("set");
    assert_said(&written(dir.path()).await.expect_err("refused"), dir.path(), "writing");
    // By the place of the damage, the first who stumbles over it is who opens the file, or who reads it whole.
    let copied = match EmbeddedVersions::open(dir.path(), PREFIX) {
        Ok(versions) => {
            let (sender, _taken) = mpsc::channel(64);
            versions.scan_old(sender).await
        }
        Err(error) => Err(error),
    };
    assert_said(&copied.expect_err("refused"), dir.path(), "copying");
    let findings = EmbeddedExaminer::new(dir.path(), PREFIX).examine().await;
    let videos = findings.iter().find(|finding| finding.about == "videos index").expect("looked at");
    assert_eq!(videos.health, Health::Bad, "{videos:?}");
}

#[derive(Debug, Clone)]
enum Blow {
    Cut,
    Flip(u8),
    Zeros(usize),
}

fn blows() -> impl Strategy<Value = Blow> {
    prop_oneof![Just(Blow::Cut), (1_u8..=255).prop_map(Blow::Flip), (1_usize..300).prop_map(Blow::Zeros)]
}

#[test]
fn a_blow_anywhere_leaves_the_right_answers_or_an_error() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (store, right, kept) = runtime.block_on(async {
        let store = make_store().await;
        let (right, kept) = (answers(store.path()).await.expect("whole"), written(store.path()).await.expect("whole"));
        (store, right, kept)
    });
    let files = files_of(store.path());
    let strike = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), blows());
    let struck = |(file, at, blow): (prop::sample::Index, prop::sample::Index, Blow)| {
        let dir = copy_of(store.path());
        let file = file.get(&files);
        let path = dir.path().join(file.strip_prefix(store.path()).expect("inside"));
        let at = at.index(fs::metadata(file).map_or(1, |file| usize::try_from(file.len()).expect("small")));
        strike_file(&path, at, &blow);
        if let Ok(read) = runtime.block_on(answers(dir.path())) {
            prop_assert_eq!(&read, &right, "{:?} at {} of {}", blow, at, path.display());
        }
        if let Ok(got) = runtime.block_on(written(dir.path())) {
            prop_assert_eq!(&got, &kept, "{:?} at {} of {}", blow, at, path.display());
        }
        Ok(())
    };
    let config = ProptestConfig { cases: 64, ..ProptestConfig::default() };
    TestRunner::new(config).run(&strike, struck).unwrap_or_else(|failure| panic!("{failure}"));
}

fn strike_file(path: &Path, at: usize, blow: &Blow) {
    let mut bytes = fs::read(path).expect("read");
    match blow {
        Blow::Cut => bytes.truncate(at),
        Blow::Flip(bits) => bytes[at] ^= bits,
        Blow::Zeros(count) => bytes[at..].iter_mut().take(*count).for_each(|byte| *byte = 0),
    }
    fs::write(path, bytes).expect("written");
}

#[tokio::test]
async fn a_file_where_a_folder_should_be_is_said() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("index"), "a file").expect("written");
    assert_said(&answers(dir.path()).await.expect_err("refused"), dir.path(), "index");
    let text = written(dir.path()).await.expect_err("refused").to_string();
    assert!(text.contains("cannot be written") && text.contains(&dir.path().display().to_string()), "{text}");

    let dir = make_store().await;
    let folder = index_folder(dir.path(), "videos");
    fs::remove_dir_all(&folder).expect("removed");
    fs::write(&folder, "a file").expect("written");
    assert_said(&answers(dir.path()).await.expect_err("refused"), dir.path(), "a version");
    assert_said(&written(dir.path()).await.expect_err("refused"), dir.path(), "a version");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_takes_no_file_is_said() {
    // Nobody makes a folder here, not even who may write everywhere.
    let text = written(Path::new("/proc/self")).await.expect_err("refused").to_string();
    assert!(text.contains("cannot be written") && text.contains("/proc/self/index"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_folder_takes_no_writer_and_says_so() {
    use std::os::unix::fs::PermissionsExt;

    let dir = make_store().await;
    let index = dir.path().join("index");
    fs::set_permissions(index.join("writer.lock"), fs::Permissions::from_mode(0o444)).expect("set");
    fs::set_permissions(&index, fs::Permissions::from_mode(0o555)).expect("set");
    let obeyed = fs::File::create(index.join("probe")).is_err();
    let opened = EmbeddedWriter::open(dir.path(), PREFIX).map(drop);
    fs::set_permissions(&index, fs::Permissions::from_mode(0o755)).expect("set");
    // Who may do everything is not kept out by permissions.
    match opened {
        Err(error) => assert!(error.to_string().contains("cannot be written"), "{error}"),
        Ok(()) => assert!(!obeyed, "permissions keep files out, but not a writer"),
    }
}

const LIMITED_FOLDER: &str = "VIRALMINE_TEST_LIMITED_FOLDER";

#[tokio::test]
#[ignore = "run by a_disk_that_takes_no_more_ends_writing_with_what_was_committed, in a process of its own"]
async fn writing_until_no_more_fits() {
    let Some(dir) = std::env::var_os(LIMITED_FOLDER) else { return };
    let limits = CommitLimits { documents: 40, ..CommitLimits::default() };
    let store = EmbeddedWriter::open_with_limits(Path::new(&dir), PREFIX, limits).expect("opens");
    let mut failure = None;
    let mut state = 1_u64;
    for page in 1..1_000 {
        // Text that cannot be compressed, more of it on each page, so that the first commits succeed.
        let words = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            format!("{state:x} ")
        });
        let text: String = words.take(page).collect();
        let ids = [format!("{page}-a"), format!("{page}-b")];
        let documents: Vec<_> =
            ids.iter().map(|id| (id.as_str(), 1, video(id, &json!({"video_desc": text})))).collect();
        if let Err(error) = store.bulk(&batch(Collection::Videos, &documents)).await {
            failure = Some(error);
            break;
        }
        let version = i64::try_from(page).expect("small");
        let done = batch(Collection::Checkpoints, &[("c", version, checkpoint("c", page as u64 * 2))]);
        if let Err(error) = store.bulk(&done).await {
            failure = Some(error);
            break;
        }
    }
    let again = store.commit().await.expect_err("refused from then on");
    println!("\nfailure: {}\nagain: {again}", failure.expect("a limit"));
}

/// A file that may not grow fails to be written as one on a full disk does.
#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_takes_no_more_ends_writing_with_what_was_committed() {
    let dir = tempfile::tempdir().expect("a folder");
    let ended = Command::new("sh")
        // The signal that comes with it would end the process; ignored, writing fails.
        .args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", "embedded::damage::writing_until_no_more_fits", "--ignored", "--nocapture"])
        .env(LIMITED_FOLDER, dir.path())
        .output()
        .expect("ran");
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{out}{err}");
    let failures: Vec<&str> = out.lines().filter(|line| line.contains("cannot be written")).collect();
    assert_eq!(failures.len(), 2, "{out}{err}");
    assert!(failures[0].contains("what was committed is kept") && !err.contains("panicked"), "{out}{err}");
    let (videos, received) = state(dir.path()).await;
    assert!(videos > 0 && received <= videos, "a checkpoint of {received} stands over {videos} videos");
    let store = writer(dir.path());
    write_page(&store, 1_000_000).await;
    store.commit().await.expect("written again");
}

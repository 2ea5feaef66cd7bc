//! Starts the binary in an empty folder, with a clean environment, and waits for its end.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use viralmine::model::Secret;
use viralmine::simulator::{Simulator, SimulatorOptions};

use crate::support::place::forget_time;

/// The only key that [`simulator`] takes.
pub const KEY: &str = "tk_live_correct_horse_battery";

/// A creator that no simulator knows.
pub const STRANGER: &str = "MS4wLjABAAAAnobodyknowsthisone";

/// Nothing listens there: a port that only the system may take, and does not.
pub const NOBODY: &str = "http://127.0.0.1:1";

/// Answers at once, to [`KEY`] alone.
pub async fn simulator(creators: u32) -> Simulator {
    let keys = vec![Secret::new(KEY)];
    let quick = SimulatorOptions { rate: 0.0, latency: Duration::ZERO, videos: 40, ..SimulatorOptions::default() };
    Simulator::start(SimulatorOptions { creators, keys, ..quick }).await.unwrap()
}

/// A folder to type commands in.
pub struct Shell {
    folder: Arc<TempDir>,
    variables: Vec<(&'static str, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` after a kill.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Shell {
    pub fn new() -> Self {
        // No terminal: help is as wide as the columns say.
        let variables = vec![("VIRALMINE_NOW", "2025-06-20T00:00:00Z".to_owned()), ("COLUMNS", "100".to_owned())];
        Self { folder: Arc::new(TempDir::new().unwrap()), variables }
    }

    /// A shell whose environment names the API and its key, with the creators in `creators.txt`.
    pub fn with_api(simulator: &Simulator) -> Self {
        let shell = Self::new().set("VIRALMINE_API_URL", &simulator.url()).set("VIRALMINE_API_KEYS", KEY);
        let lines: Vec<String> = simulator.creators().iter().map(ToString::to_string).collect();
        shell.write("creators.txt", &lines.join("\n"));
        shell
    }

    /// Another shell in the same folder, with the same variables.
    pub fn beside(&self) -> Self {
        Self { folder: Arc::clone(&self.folder), variables: self.variables.clone() }
    }

    pub fn set(self, name: &'static str, value: &str) -> Self {
        let mut shell = self.without(name);
        shell.variables.push((name, value.to_owned()));
        shell
    }

    /// Without `VIRALMINE_NOW`, time passes as it does outside.
    pub fn without(mut self, name: &'static str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// The names of what is in the folder.
    pub fn entries(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = fs::read_dir(self.folder.path()).unwrap().map(name).collect();
        names.sort();
        names
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_under(&[], arguments)
    }

    /// The command as another program starts it: its words stand before the binary's path.
    pub fn command_under(&self, starter: &[&str], arguments: &[&str]) -> Command {
        self.command_instead(&[starter, &[env!("CARGO_BIN_EXE_viralmine")]].concat(), arguments)
    }

    /// Another program, in the same place.
    pub fn command_instead(&self, program: &[&str], arguments: &[&str]) -> Command {
        let words = [program, arguments].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.folder.path()).env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub async fn run(&self, arguments: &[&str]) -> Ended {
        end_of(self.spawn(arguments)).await
    }

    /// Types a command, and then its standard input.
    pub async fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
        let writing = tokio::task::spawn_blocking(move || {
            // Whoever refuses its arguments reads nothing.
            let _ = stdin.write_all(&input);
        });
        let ended = end_of(child).await;
        writing.await.unwrap();
        ended
    }

    /// `backfill` with quick requests and the report as JSON.
    pub async fn backfill(&self, more: &[&str]) -> Ended {
        self.run(&[&["backfill", "--rate", "1000", "--format", "json"], more].concat()).await
    }

    /// All documents that are stored, sorted, without when they were fetched.
    pub async fn documents(&self) -> Vec<String> {
        let found = self.run(&["search", "--limit", "all", "--format", "ndjson"]).await.succeeded();
        let timeless = |line: &str| {
            let mut document: Value = serde_json::from_str(line).unwrap();
            forget_time(&mut document);
            document.to_string()
        };
        let mut documents: Vec<String> = found.stdout.lines().map(timeless).collect();
        documents.sort();
        documents
    }
}

/// Waits for a process whose outputs are piped. Off the test's thread: the simulator has to answer meanwhile.
pub async fn end_of(child: Child) -> Ended {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ended = Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    ended
}

impl Ended {
    /// Asserts the exit code, and that stderr holds each of these words.
    #[track_caller]
    pub fn ends(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for wanted in words {
            assert!(self.stderr.contains(wanted), "no {wanted:?} in {}", self.stderr);
        }
        self
    }

    #[track_caller]
    pub fn succeeded(self) -> Self {
        self.ends(0, &[])
    }

    /// What stands on stdout, which is one JSON text.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// All files below a folder, compressed ones unpacked, as text.
pub fn contents(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
            continue;
        }
        let mut bytes = Vec::new();
        let mut reader = viralmine::archive::input::open_input(Some(&path)).unwrap();
        std::io::Read::read_to_end(&mut reader, &mut bytes).unwrap();
        found.push((path, String::from_utf8_lossy(&bytes).into_owned()));
    }
    found
}

//! Damage on our own side: full disks, folders that cannot be written or are gone, archives and dead letters that are
//! cut, spoilt or newer, files that are no files. Each ends with a clear message and its exit code, and a later run on
//! a healthy folder ends like one that had no trouble. Needs a Unix; what needs a mount says so when there can be none.

mod archive; // segments that are spoilt or newer, under a walk that goes on from them
mod disk; // no room: from the start, in the middle, for the archive, the index, the dead letters
mod files; // creators, configurations and dead letters that cannot be read
mod folders; // data folders that cannot be written, are in use, or vanish
mod index; // an index that somebody deleted

use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command};

use viralmine::model::Secret;
use viralmine::simulator::{Simulator, SimulatorOptions};

use crate::command_line::shell::{KEY, Shell};
use crate::elastic::{clean_up_blocking, node_url};
use crate::support::proxy::FaultProxy;

const BACKFILL: [&str; 6] = ["backfill", "--creators", "creators.txt", "--rate=1000", "--format", "json"];

/// Answers at once, to [`KEY`] alone.
async fn simulator(creators: u32, videos: u32) -> Simulator {
    let keys = vec![Secret::new(KEY)];
    let quick = SimulatorOptions { rate: 0.0, latency: std::time::Duration::ZERO, ..SimulatorOptions::default() };
    Simulator::start(SimulatorOptions { creators, videos, keys, ..quick }).await.unwrap()
}

/// How many posts there are.
fn posts(api: &Simulator) -> u64 {
    api.creators().iter().filter_map(|creator| api.video_count(creator)).sum()
}

/// What a run that had no trouble makes of it.
async fn faultless(api: &Simulator) -> Vec<String> {
    let shell = Shell::with_api(api);
    shell.run(&BACKFILL).await.succeeded();
    shell.documents().await
}

/// Indices of its own on the real node, reached through a proxy.
struct OnTheNode {
    proxy: FaultProxy,
    prefix: String,
}

impl OnTheNode {
    async fn new(name: &str) -> Self {
        let proxy = FaultProxy::start(&node_url()).await;
        Self { proxy, prefix: format!("damage-{name}-{}", std::process::id()) }
    }

    /// Makes the shell's commands use it.
    fn set_in(&self, shell: &Shell) {
        shell.write(
            "viralmine.toml",
            &format!("store = \"{}\"\nindex-prefix = \"{}\"\n", self.proxy.url(), self.prefix),
        );
    }
}

impl Drop for OnTheNode {
    fn drop(&mut self) {
        clean_up_blocking(&node_url(), &self.prefix);
    }
}

/// What stands before a command that is to heed permissions: nothing does, for root.
fn unprivileged() -> &'static [&'static str] {
    let is_root = std::fs::metadata("/proc/self").map_or(true, |metadata| metadata.uid() == 0);
    if is_root { &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] } else { &[] }
}

fn kill(child: &Child) {
    assert!(Command::new("kill").args(["-KILL", &child.id().to_string()]).status().unwrap().success());
}

//! A node of a test's own, for what the shared one must not suffer: blocks by the whole cluster, stops and starts.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::repository::root;

/// A node with a home of its own, started by `scripts/elasticsearch`. Dropping it stops it; so does the end of the test's
/// process, however it ends.
pub struct OwnNode {
    home: TempDir,
    port: u16,
    guard: Child,
}

impl OwnNode {
    /// Starts one. Its data outlive a stop only out of jars, so it is made of these.
    pub async fn start() -> Self {
        // Free now; taken again at once by the node.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let home = TempDir::new().unwrap();
        let stop = format!("cat >/dev/null; exec {} stop --port {port} --home {}", script(), shown(home.path()));
        // Ends `cat`, and with it the node, when our end of the pipe is closed.
        let guard =
            Command::new("bash").args(["-c", &stop]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let node = Self { home, port, guard };
        node.go_on().await;
        node
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it again on what it had.
    pub async fn go_on(&self) {
        self.ask("start").await;
    }

    /// Stops it; its data stay.
    pub async fn stop(&self) {
        self.ask("stop").await;
    }

    async fn ask(&self, command: &str) {
        let (port, home) = (self.port.to_string(), shown(self.home.path()));
        let arguments = [command, "--port", &port, "--home", &home];
        let mut script = Command::new(script());
        script.args(arguments).env("VIRALMINE_NODE", "jars").stdin(Stdio::null()).stdout(Stdio::null());
        script.stderr(Stdio::piped());
        let said = tokio::task::spawn_blocking(move || {
            let mut child = script.spawn().unwrap();
            let status = child.wait().unwrap();
            let mut said = String::new();
            if !status.success() {
                child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            }
            (status, said)
        });
        let (status, said) = said.await.unwrap();
        assert!(status.success(), "scripts/elasticsearch {command}: {said}");
    }
}

impl Drop for OwnNode {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

fn script() -> String {
    shown(&root().join("scripts/elasticsearch"))
}

fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

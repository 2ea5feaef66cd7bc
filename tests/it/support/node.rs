//! An Elasticsearch node of a test's own, which it may kill: `scripts/elasticsearch` in another process.

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rand::Rng;
use serde_json::Value;
use tempfile::TempDir;

use crate::elastic::rest;
use crate::repository::root;

/// A node that is up or killed; it goes with this value.
pub struct Node {
    flags: Vec<String>,
    url: String,
    _home: TempDir,
}

impl Node {
    /// A node alone.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// So many nodes that are one cluster.
    pub async fn start_cluster(nodes: usize) -> Vec<Self> {
        let ports: Vec<String> = (0..nodes).map(|_| free_port().to_string()).collect();
        let transport = ports.join(",");
        let members: Vec<String> = (1..=nodes).map(|number| number.to_string()).collect();
        let flags = members.iter().map(|number| ["--member", number, "--transport", &transport]);
        let flags: Vec<_> = flags.collect();
        futures::future::join_all(flags.iter().map(|flags| Self::start_with(flags))).await
    }

    async fn start_with(more: &[&str]) -> Self {
        let home = TempDir::new().unwrap();
        let (port, owner) = (free_port().to_string(), std::process::id().to_string());
        // Also when the test is killed, the node ends.
        let flags = ["--port", &port, "--home", home.path().to_str().unwrap(), "--owner", &owner];
        let flags = flags.iter().chain(more).map(ToString::to_string).collect();
        let node = Self { flags, url: format!("http://127.0.0.1:{port}"), _home: home };
        node.start_again().await;
        node
    }

    /// Comes up with what was acknowledged before it was killed.
    pub async fn start_again(&self) {
        self.script("start").await;
    }

    /// SIGKILL.
    pub async fn kill(&self) {
        self.script("kill").await;
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks the node something.
    pub async fn get(&self, path: &str) -> Value {
        rest(&self.url, "GET", path, Value::Null).await.1
    }

    /// How many documents it wrote into an index since it came up.
    pub async fn written(&self, index: &str) -> u64 {
        let stats = self.get(&format!("{index}/_stats/indexing")).await;
        stats["_all"]["primaries"]["indexing"]["index_total"].as_u64().unwrap_or_default()
    }

    async fn script(&self, command: &'static str) {
        let mut script = script(command, &self.flags);
        let output = tokio::task::spawn_blocking(move || script.output()).await.unwrap().unwrap();
        succeeded(command, &output);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Ok(output) = script("stop", &self.flags).output()
            && !std::thread::panicking()
        {
            succeeded("stop", &output);
        }
    }
}

fn script(command: &str, flags: &[String]) -> Command {
    let mut script = Command::new(root().join("scripts/elasticsearch"));
    // Several may be up beside the one that all tests share.
    script.arg(command).args(flags).env("ELASTICSEARCH_HEAP", "512m").stdin(Stdio::null());
    script
}

fn succeeded(command: &str, output: &Output) {
    assert!(output.status.success(), "scripts/elasticsearch {command}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A port that is free, below those that the system gives to outgoing connections: while the node is down, nobody takes
/// it.
fn free_port() -> u16 {
    loop {
        let port = rand::rng().random_range(20_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Looks again and again until the condition is met. What takes minutes will not come: that is said by name.
pub async fn until(what: &str, mut is_met: impl AsyncFnMut() -> bool) {
    let looking = async {
        while !is_met().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_mins(4), looking).await.is_ok(), "waited in vain until {what}");
}

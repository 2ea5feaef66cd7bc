//! A headless Chromium, by way of its driver's own protocol (`WebDriver`, JSON over HTTP): the libraries that speak it
//! bring a second HTTP stack, or a licence that is not ours, for what are a few requests here.
//!
//! `CHROMIUM` and `CHROMEDRIVER` name the programs (scripts/chromium sets them), else they are looked for on the PATH.
//! A test that has no browser fails.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

const ADVICE: &str = "scripts/chromium finds or installs both";

const FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// The Enter key, as the protocol names it.
pub const ENTER: &str = "\u{e007}";

/// One browser with one page.
pub struct Browser {
    driver: Child,
    client: Client,
    session: String,
    /// The browser's own folder; it goes away with it.
    _profile: TempDir,
}

impl Browser {
    pub async fn start() -> Self {
        let profile = TempDir::new().unwrap();
        let (browser, program) = (program("CHROMIUM", "chromium"), program("CHROMEDRIVER", "chromedriver"));
        let driver = Command::new(&program).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut driver = driver.unwrap_or_else(|error| panic!("{}: {error}; {ADVICE}", program.display()));
        let stdout = driver.stdout.take().unwrap();
        let port = tokio::task::spawn_blocking(move || {
            let mut lines = BufReader::new(stdout).lines();
            let port = lines.by_ref().find_map(|line| {
                let rest = line.ok()?.split_once("successfully on port ")?.1.to_owned();
                rest.trim_end_matches('.').parse::<u16>().ok()
            });
            // Whoever writes to a pipe that nobody reads ends.
            std::thread::spawn(move || lines.for_each(drop));
            port.expect("the driver says where it listens")
        });
        let port = port.await.unwrap();
        let mut arguments: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments, "binary": browser},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let client = Client::builder().no_proxy().build().unwrap();
        let mut browser =
            Self { driver, client, session: format!("http://127.0.0.1:{port}/session"), _profile: profile };
        let started = browser.send(Method::POST, "", &capabilities).await;
        browser.session = format!("{}/{}", browser.session, started["sessionId"].as_str().unwrap());
        browser
    }

    /// Opens a file, and waits until it is loaded.
    pub async fn open(&self, page: &Path) {
        self.send(Method::POST, "/url", &json!({"url": format!("file://{}", page.display())})).await;
    }

    /// What a function's body returns in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.send(Method::POST, "/execute/sync", &json!({"script": script, "args": []})).await
    }

    /// A command of the browser's own protocol.
    pub async fn command(&self, name: &str, parameters: Value) -> Value {
        self.send(Method::POST, "/goog/cdp/execute", &json!({"cmd": name, "params": parameters})).await
    }

    /// A window of this width (CSS pixels), in this colour scheme, for this medium ("screen", "print").
    pub async fn look(&self, width: u32, scheme: &str, medium: &str) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.command("Emulation.setDeviceMetricsOverride", size).await;
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.command("Emulation.setEmulatedMedia", json!({"media": medium, "features": features})).await;
    }

    /// Clicks what a selector finds first, as a mouse does.
    pub async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.send(Method::POST, &format!("/element/{element}/click"), &json!({})).await;
    }

    /// Presses keys in what has the focus.
    pub async fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})])
            .collect();
        let keyboard = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.send(Method::POST, "/actions", &keyboard).await;
    }

    /// What stood on the console since this was asked last, violations of the page's policy included.
    pub async fn console(&self) -> Vec<Value> {
        self.log("browser").await
    }

    /// The addresses that were asked for since this was asked last, but for the browser's own.
    pub async fn requests(&self) -> Vec<String> {
        let events = self.log("performance").await.into_iter().map(|entry| {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            message["message"].clone()
        });
        let sent = events.filter(|event| event["method"] == "Network.requestWillBeSent");
        let of_pages = sent.filter(|event| {
            let page = event["params"]["documentURL"].as_str().unwrap_or_default();
            !page.starts_with("chrome:") && !page.starts_with("about:")
        });
        of_pages.map(|event| event["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }

    async fn log(&self, kind: &str) -> Vec<Value> {
        self.send(Method::POST, "/se/log", &json!({"type": kind})).await.as_array().unwrap().clone()
    }

    async fn element(&self, selector: &str) -> String {
        let found = json!({"using": "css selector", "value": selector});
        let found = self.send(Method::POST, "/element", &found).await;
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.client.request(method, format!("{}{path}", self.session)).json(body);
        let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer["value"].get("error").is_none(), "{path}: {}", answer["value"]);
        answer["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser when it is asked to end.
        let session = self.session.clone();
        let ended = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async { Client::new().delete(session).send().await }).map_err(std::io::Error::other)
        });
        let _ = ended.join();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn program(variable: &str, name: &str) -> PathBuf {
    if let Some(named) = std::env::var_os(variable).filter(|named| !named.is_empty()) {
        return named.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("there is no {name} on the PATH, and {variable} names none: {ADVICE}"))
}

//! The provider of others (`tests/oidc`), and a person at its pages.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use hinan_town::{Officer, StatusCode, eventually, free_port, unescaped, without_peer};

use super::PAGES;

/// A provider that knows nothing of us. Ends with its owner.
pub(super) struct Peer {
    process: Child,
    pub(super) issuer: String,
}

impl Peer {
    /// It sends people back to our pages; none where it is not installed.
    pub(super) async fn starts() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        if !folder.join("node_modules/oidc-provider").is_dir() {
            without_peer("no oidc-provider in tests/oidc/node_modules");
            return None;
        }
        let port = free_port();
        let redirect = format!("{PAGES}/plain/signin/oidc");
        let started = Command::new("node")
            .current_dir(&folder)
            .args(["provider.mjs", &port.to_string(), &redirect])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = match started {
            Ok(process) => process,
            Err(error) => {
                without_peer(&format!("no node ({error})"));
                return None;
            }
        };
        let peer = Self {
            process,
            issuer: format!("http://127.0.0.1:{port}"),
        };
        eventually("the provider answers", || async {
            let _ = tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .ok()?;
            Some(())
        })
        .await;
        let nobody = Officer::nobody(&peer.issuer, "nobody");
        let said = nobody.opens("/.well-known/openid-configuration").await;
        assert_eq!(said.status, StatusCode::OK);
        Some(peer)
    }

    pub(super) fn ends(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// A browser with the provider's cookies.
    pub(super) fn browser(&self, name: &str) -> Officer {
        Officer::nobody(&self.issuer, name)
    }

    /// Where the provider sends a browser that was sent to it.
    pub(super) async fn sends_on(&self, browser: &Officer, begun_at: &str) -> String {
        browser.opens(&self.path(begun_at)).await.to.unwrap()
    }

    /// A person who is asked signs in at the provider's own pages: where their browser is sent at last.
    pub(super) async fn signs_in(&self, browser: &Officer, asked_at: &str, name: &str) -> String {
        let login = [("prompt", "login"), ("login", name), ("password", "any")];
        let sent = browser.posts(&self.path(asked_at), &login).await.to;
        let mut at = self.sends_on(browser, &sent.unwrap()).await;
        if !at.starts_with(PAGES) {
            let consent = [("prompt", "consent")];
            let sent = browser.posts(&self.path(&at), &consent).await.to;
            at = self.sends_on(browser, &sent.unwrap()).await;
        }
        at
    }

    /// A browser goes from the town to the provider, where a person signs in: what it is sent back with.
    pub(super) async fn takes_round(&self, at_the_town: &Officer, person: &str) -> String {
        let begun = at_the_town.opens("/plain/signin/oidc/begin").await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let browser = self.browser(person);
        let asked_at = self.sends_on(&browser, &begun.to.unwrap()).await;
        let back = self.signs_in(&browser, &asked_at, person).await;
        back.strip_prefix(PAGES).expect(&back).to_owned()
    }

    fn path(&self, address: &str) -> String {
        let address = unescaped(address);
        address
            .strip_prefix(&self.issuer)
            .unwrap_or(&address)
            .to_owned()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

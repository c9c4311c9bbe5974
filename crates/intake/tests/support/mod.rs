//! An application and a way to ask what becomes of a body.
#![allow(dead_code, reason = "each test uses its part")]

use std::borrow::Cow;
use std::path::PathBuf;

use intake::beacon::Beacon;
use intake::{
    Accepted, App, Arrival, Catalog, CatalogConfig, Dimension, KeyState, Plausibility, Refusal,
    Reserved, Slots, Source,
};
use observation::{Entry, UnixMillis};

pub(crate) const NOW: UnixMillis = UnixMillis(1_795_000_000_000);

const CONFIG: &str = r#"
    [[apps]]
    name = "shop"
    keys = ["shop-key-1"]
    page_origins = ["https://shop.test"]
    endpoints = ["/reserved/:id"]
    environment = "staging"
    [[apps.log_keys]]
    key = "a-secret-of-a-gateway"
    [[apps.log_keys]]
    key = "a-secret-of-a-network"
    source = "edge"
    [[apps]]
    name = "open"
    keys = ["open-key-1"]
    dangerously_any_page_origin = true
    lab_traffic = "count"
    [[apps]]
    name = "strict"
    keys = ["strict-key"]
    page_origins = ["https://shop.test"]
    opaque_origin = "refuse"
    [[apps]]
    name = "closed"
    keys = ["closed-key"]
    dangerously_any_page_origin = true
    opaque_origin = "refuse"
    [[apps]]
    name = "easy"
    keys = ["easy-key-1"]
    page_origins = ["https://shop.test"]
    opaque_origin = "accept"
    [[services]]
    name = "api"
    [[services.match]]
    origin = "https://api.shop.test"
    [[services]]
    name = "cart"
    [[services.match]]
    origin = "https://api.shop.test"
    path = "/cart/"
    [[services]]
    name = "anywhere"
    [[services.match]]
    origin = "https://*.shop.test"
    path = "/cart/items"
"#;

/// Headers of a request, and the key it is sent with.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) key: &'a str,
    pub(crate) origin: Option<&'a str>,
    pub(crate) user_agent: &'a str,
}

pub(crate) const PLAIN: Sender<'_> = Sender {
    key: "shop-key-1",
    origin: None,
    user_agent: "",
};

pub(crate) struct Edge {
    pub(crate) catalog: Catalog,
    pub(crate) slots: Slots,
    pub(crate) plausibility: Plausibility,
}

impl Default for Edge {
    fn default() -> Self {
        let mut config: CatalogConfig = toml::from_str(CONFIG).expect("a configuration");
        // As an objective names them.
        for (dimension, text) in [
            (Dimension::Environment, "production"),
            (Dimension::Release, "v2"),
        ] {
            config.reserved.push(Reserved {
                app: "shop".into(),
                dimension,
                text: text.into(),
            });
        }
        let catalog = Catalog::build(&config).expect("without problems");
        let slots = Slots::new(catalog.apps().len());
        let plausibility = Plausibility::new(catalog.apps().len());
        Self {
            catalog,
            slots,
            plausibility,
        }
    }
}

impl Edge {
    pub(crate) fn accept(&self, sender: Sender<'_>, body: &[u8]) -> Result<Accepted, Refusal> {
        self.accept_from(7, sender, body)
    }

    /// The same of a client in `network`.
    pub(crate) fn accept_from(
        &self,
        network: u32,
        sender: Sender<'_>,
        body: &[u8],
    ) -> Result<Accepted, Refusal> {
        let KeyState::Active { app, .. } = self.catalog.key(sender.key) else {
            panic!("an active key");
        };
        let from = Beacon {
            origin: sender.origin,
            user_agent: sender.user_agent,
        };
        self.parse_from(network, &from, app, body)
    }

    pub(crate) fn parse(
        &self,
        source: &impl Source,
        app: &App,
        body: &[u8],
    ) -> Result<Accepted, Refusal> {
        self.parse_from(7, source, app, body)
    }

    fn parse_from(
        &self,
        network: u32,
        source: &impl Source,
        app: &App,
        body: &[u8],
    ) -> Result<Accepted, Refusal> {
        let arrival = Arrival {
            app,
            catalog: &self.catalog,
            received_at: NOW,
            network,
            cardinality: &self.slots,
            plausibility: &self.plausibility,
        };
        source.parse(body, &arrival).map(owned)
    }
}

/// What a reader of the journal finds.
fn owned(accepted: Accepted<Cow<'_, str>>) -> Accepted {
    let given = format!("{:?}", accepted.envelope);
    let record = Entry::Beacon(accepted.envelope).encode();
    let Ok(Entry::Beacon(envelope)) = Entry::decode(&record) else {
        panic!("the record of a beacon");
    };
    // What is borrowed and what is owned print alike.
    assert_eq!(format!("{envelope:?}"), given);
    Accepted {
        envelope,
        ignored_members: accepted.ignored_members,
        ignored_rows: accepted.ignored_rows,
        unknown_words: accepted.unknown_words,
        sdk: accepted.sdk,
        overflowed: accepted.overflowed,
    }
}

/// A beacon of `rows` (JSON texts), with `more` members.
pub(crate) fn beacon(more: &str, rows: &[&str]) -> Vec<u8> {
    format!(
        r#"{{"v":1,"id":"AAECAwQFBgcICQr-","age":12,"s":"EjRWeJq8","page":"https://shop.test",{more}"rows":[{}]}}"#,
        rows.join(",")
    )
    .into_bytes()
}

/// The example files of a folder: name without `.json`, and content.
pub(crate) fn examples(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/beacon/examples");
    let mut found: Vec<_> = std::fs::read_dir(root.join(folder))
        .expect("the folder of the examples")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read(&path).expect("readable"))
        })
        .collect();
    found.sort();
    assert!(
        found.len() > 10,
        "{folder} has only {} examples",
        found.len()
    );
    found
}

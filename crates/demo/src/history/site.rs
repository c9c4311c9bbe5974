//! The business whose traffic is generated: its pages, servers, endpoints and users.

/// An application and the origins of its pages.
#[derive(Debug)]
pub(super) struct App {
    pub(super) name: &'static str,
    pub(super) page_origins: &'static [&'static str],
    /// Share of the traffic, in hundredths.
    pub(super) weight: u64,
    /// Days between two releases.
    pub(super) release_days: i64,
}

/// An endpoint of a service.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) app: &'static str,
    pub(super) service: &'static str,
    pub(super) origin: &'static str,
    pub(super) path: &'static str,
    pub(super) method: &'static str,
    /// Names of request headers that are not safelisted.
    pub(super) headers: &'static str,
    pub(super) credentialed: bool,
    /// A response header that pages read.
    pub(super) reads: &'static str,
    pub(super) weight: u64,
    /// Usual duration in milliseconds.
    pub(super) usual_ms: f64,
}

impl Endpoint {
    /// Whether the request is none that the Fetch standard calls simple.
    pub(super) fn is_preflighted(&self) -> bool {
        !self.headers.is_empty() || !matches!(self.method, "GET" | "HEAD" | "POST")
    }
}

/// The configured applications.
pub(super) const APPS: &[App] = &[
    App {
        name: "shop",
        page_origins: &["https://shop.example", "https://m.shop.example"],
        weight: 70,
        release_days: 4,
    },
    App {
        name: "partners",
        page_origins: &["https://partner-one.example", "https://partner-two.example"],
        weight: 20,
        release_days: 14,
    },
    App {
        name: "console",
        page_origins: &["https://console.shop.example"],
        weight: 10,
        release_days: 7,
    },
];

/// Services: name, team, origin, path prefix.
pub(super) const SERVICES: &[(&str, &str, &str, &str)] = &[
    ("catalog", "team-catalog", API, "/catalog"),
    ("search", "team-catalog", API, "/search"),
    ("cart", "team-checkout", API, "/cart"),
    ("checkout", "team-checkout", PAY, ""),
    ("accounts", "team-identity", ID, ""),
    ("media", "team-platform", CDN, ""),
    ("reports", "team-console", ADMIN, ""),
];

const API: &str = "https://api.shop.example";
const PAY: &str = "https://pay.shop.example";
const ID: &str = "https://id.shop.example";
const CDN: &str = "https://cdn.shop.example";
const ADMIN: &str = "https://admin-api.shop.example";

macro_rules! endpoints {
    ($($app:literal $service:literal $origin:ident $method:literal $path:literal [$headers:literal]
        $credentials:literal reads $reads:literal weight $weight:literal ms $ms:literal;)+) => {
        /// What pages ask for.
        pub(super) const ENDPOINTS: &[Endpoint] = &[$(Endpoint {
            app: $app, service: $service, origin: $origin, path: $path, method: $method,
            headers: $headers, credentialed: $credentials, reads: $reads, weight: $weight,
            usual_ms: $ms,
        },)+];
    };
}

endpoints! {
    "shop" "catalog" API "GET" "/catalog/items" [""] false reads "x-total-count" weight 220 ms 90.0;
    "shop" "catalog" API "GET" "/catalog/items/:id" [""] false reads "" weight 260 ms 60.0;
    "shop" "catalog" API "GET" "/catalog/recommendations" ["x-tenant"] false reads "" weight 90 ms 120.0;
    "shop" "search" API "GET" "/search" [""] false reads "x-total-count" weight 130 ms 150.0;
    "shop" "search" API "POST" "/search/suggest" ["content-type"] false reads "" weight 110 ms 45.0;
    "shop" "cart" API "GET" "/cart" ["x-tenant"] true reads "" weight 60 ms 70.0;
    "shop" "cart" API "PUT" "/cart/:id" ["content-type,x-tenant"] true reads "" weight 40 ms 95.0;
    "shop" "cart" API "DELETE" "/cart/:id" ["x-tenant"] true reads "" weight 8 ms 80.0;
    "shop" "checkout" PAY "POST" "/payments" ["authorization,content-type"] true reads "x-request-id" weight 16 ms 380.0;
    "shop" "checkout" PAY "GET" "/payments/:id" ["authorization"] true reads "" weight 22 ms 110.0;
    "shop" "accounts" ID "POST" "/session" ["content-type"] true reads "" weight 18 ms 210.0;
    "shop" "accounts" ID "GET" "/me" ["authorization"] true reads "" weight 46 ms 75.0;
    "shop" "media" CDN "GET" "/images/:id" [""] false reads "" weight 150 ms 35.0;
    "partners" "catalog" API "GET" "/catalog/items" ["x-partner-key"] false reads "x-total-count" weight 60 ms 110.0;
    "partners" "cart" API "POST" "/cart/import" ["content-type,x-partner-key"] false reads "" weight 20 ms 240.0;
    "partners" "media" CDN "GET" "/images/:id" [""] false reads "" weight 40 ms 40.0;
    "console" "reports" ADMIN "GET" "/reports/:id" ["authorization"] true reads "x-total-count" weight 30 ms 420.0;
    "console" "reports" ADMIN "POST" "/reports" ["authorization,content-type"] true reads "" weight 12 ms 530.0;
    "console" "accounts" ID "GET" "/me" ["authorization"] true reads "" weight 22 ms 75.0;
}

/// Browser family, newest major version, weight, and whether pages see how long preflights take.
pub(super) const BROWSERS: &[(&str, u16, u64)] = &[
    ("chrome", 156, 56),
    ("safari", 26, 22),
    ("edge", 156, 10),
    ("firefox", 153, 9),
    ("other", 0, 3),
];

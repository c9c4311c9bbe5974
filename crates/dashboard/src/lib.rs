//! The private side: JSON API, metrics, health and the web UI.

//! What tests share: builders, a real broker, a real engine, a real browser.

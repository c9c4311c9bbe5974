//! A small shop and its API on two origins, with CORS failures to switch on and off.

//! What directives do to an answer, for those that are not looked at one by one.

/// What a directive can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing that CORS depends on.
    None,
    /// Answers by itself, in ways that the file does not tell.
    Content,
    /// May refuse what reaches it, after `return` and `rewrite` have had their say.
    Gate,
    /// Sets a variable to something that the file does not tell: the argument of that number.
    Variable(usize),
    /// May change the headers of any answer.
    Filter,
}

const CONTENT: &[&str] = &[
    "content_by_lua",
    "js_content",
    "perl",
    "stub_status",
    "empty_gif",
    "api",
    "dav_methods",
    "mirror_content",
    "passenger_enabled",
    "redis_pass",
    "srcache_fetch",
    "postgres_pass",
];

const GATES: &[&str] = &[
    "access_by_lua",
    "rewrite_by_lua",
    "server_rewrite_by_lua",
    "js_access",
    "auth_jwt",
    "auth_pam",
    "auth_digest",
    "auth_oidc",
    "modsecurity",
    "naxsi",
    "secure_link",
    "more_set_input_headers",
    "more_clear_input_headers",
    "satisfy",
    "valid_referers",
];

const FILTERS: &[&str] = &[
    "header_filter_by_lua",
    "js_header_filter",
    "srcache_store",
    "pagespeed",
    "include",
    "load_headers",
];

/// Beginnings of names that have nothing to do with CORS.
const NOTHING: &[&str] = &[
    "absolute_redirect",
    "access_log",
    "add_after_body",
    "add_before_body",
    "add_trailer",
    "addition_types",
    "aio",
    "alias",
    "ancient_browser",
    "auth_basic_user_file",
    "auth_delay",
    "auth_http",
    "auth_jwt_key",
    "autoindex",
    "body_filter_by_lua",
    "brotli",
    "charset",
    "chunked_transfer",
    "client_",
    "connection_pool",
    "create_full_put",
    "daemon",
    "debug_",
    "default_type",
    "directio",
    "disable_symlinks",
    "error_log",
    "etag",
    "events",
    "expires",
    "fastcgi_",
    "geoip",
    "google_perftools",
    "grpc_",
    "gunzip",
    "gzip",
    "hash_",
    "health_check",
    "hls",
    "http2",
    "http3",
    "if_modified_since",
    "ignore_invalid",
    "image_filter",
    "index",
    "init_by_lua",
    "init_worker",
    "js_import",
    "js_path",
    "keepalive",
    "large_client",
    "least_",
    "limit_conn",
    "limit_rate",
    "limit_req",
    "lingering",
    "listen",
    "load_module",
    "lock_file",
    "log_",
    "lua_",
    "map_hash",
    "max_ranges",
    "memcached_",
    "merge_slashes",
    "min_delete",
    "mirror",
    "modern_browser",
    "modsecurity_rules",
    "more_set_types",
    "msie",
    "open_file",
    "open_log",
    "opentelemetry",
    "opentracing",
    "otel",
    "output_buffers",
    "override_charset",
    "pcre_jit",
    "pid",
    "port_in_redirect",
    "postpone_output",
    "proxy_",
    "quic",
    "random_index",
    "read_ahead",
    "real_ip",
    "recursive_error",
    "referer_hash",
    "request_pool",
    "reset_timedout",
    "resolver",
    "rewrite_log",
    "root",
    "scgi_",
    "send_",
    "sendfile",
    "server_name",
    "server_names_hash",
    "server_tokens",
    "set_real_ip",
    "slice",
    "source_charset",
    "spdy",
    "split_clients",
    "ssi",
    "ssl",
    "status_zone",
    "sub_filter",
    "subrequest",
    "tcp_",
    "thread_pool",
    "timer_resolution",
    "types",
    "underscores",
    "uninitialized",
    "upstream",
    "user",
    "userid",
    "uwsgi_",
    "variables_hash",
    "vhost_traffic",
    "worker_",
    "working_dir",
    "xml_",
    "xslt",
    "zone",
    "zstd",
    "geo",
    "env",
    "log_by_lua",
    "accept_mutex",
    "multi_accept",
    "use",
    "stream",
    "mail",
    "server_names",
    "default",
];

/// What a directive does that is not looked at by name; `None` for one that no one here knows.
pub(crate) fn effect(name: &str) -> Option<Effect> {
    let begins = |list: &[&str]| {
        list.iter()
            .any(|word| name == *word || name.starts_with(&format!("{word}_")))
    };
    if name.starts_with("set_by_lua") || matches!(name, "js_set" | "perl_set" | "auth_request_set")
    {
        return Some(Effect::Variable(0));
    }
    if name.starts_with("echo") || begins(CONTENT) {
        return Some(Effect::Content);
    }
    if begins(FILTERS) {
        return Some(Effect::Filter);
    }
    if NOTHING.iter().any(|word| name.starts_with(word)) && !begins(GATES) {
        return Some(Effect::None);
    }
    if begins(GATES) {
        return Some(Effect::Gate);
    }
    // The set-misc module: `set_unescape_uri $to ..`.
    name.starts_with("set_").then_some(Effect::Variable(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_has_its_effect() {
        let cases = [
            ("proxy_set_header", Some(Effect::None)),
            ("content_by_lua_block", Some(Effect::Content)),
            ("echo", Some(Effect::Content)),
            ("access_by_lua_file", Some(Effect::Gate)),
            ("auth_jwt", Some(Effect::Gate)),
            ("header_filter_by_lua_block", Some(Effect::Filter)),
            ("set_by_lua_block", Some(Effect::Variable(0))),
            ("set_real_ip_from", Some(Effect::None)),
            ("set_unescape_uri", Some(Effect::Variable(0))),
            ("add_headr", None),
        ];
        for (name, expected) in cases {
            assert_eq!(effect(name), expected, "{name}");
        }
    }
}

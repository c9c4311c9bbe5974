//! The options of curl.

use super::draft::Draft;

/// Options of curl that take a value and do not matter here (curl 8, `curl --help all`).
const CURL_VALUES: &str = "\
    --abstract-unix-socket --alt-svc --aws-sigv4 --cacert --capath --cert --cert-type --ciphers --config \
    --connect-timeout --connect-to --continue-at --cookie-jar --create-file-mode --crlfile --curves \
    --dns-interface --dns-ipv4-addr --dns-ipv6-addr --dns-servers --doh-url --dump-header --ech \
    --egd-file --engine --etag-compare --etag-save --expect100-timeout --ftp-account \
    --ftp-alternative-to-user --ftp-method --ftp-port --ftp-ssl-ccc-mode --happy-eyeballs-timeout-ms \
    --haproxy-clientip --hostpubmd5 --hostpubsha256 --hsts --interface --ip-tos --ipfs-gateway \
    --keepalive-cnt --keepalive-time --key --key-type --krb --libcurl --limit-rate --local-port \
    --login-options --mail-auth --mail-from --mail-rcpt --max-filesize --max-redirs --max-time \
    --netrc-file --noproxy --output --output-dir --parallel-max --pass --pinnedpubkey --preproxy --proto \
    --proto-default --proto-redir --proxy --proxy-cacert --proxy-capath --proxy-cert --proxy-cert-type \
    --proxy-ciphers --proxy-crlfile --proxy-header --proxy-key --proxy-key-type --proxy-pass \
    --proxy-pinnedpubkey --proxy-service-name --proxy-tls13-ciphers --proxy-tlsauthtype \
    --proxy-tlspassword --proxy-tlsuser --proxy-user --proxy1.0 --pubkey --quote --random-file --range \
    --rate --request-target --resolve --retry --retry-delay --retry-max-time --sasl-authzid \
    --service-name --sigalgs --socks4 --socks4a --socks5 --socks5-gssapi-service --socks5-hostname \
    --speed-limit --speed-time --stderr --telnet-option --tftp-blksize --time-cond --tls-max \
    --tls13-ciphers --tlsauthtype --tlspassword --tlsuser --trace --trace-ascii --trace-config \
    --unix-socket --url-query --variable --vlan-priority --write-out -C -D -E -K -P -Q -U -Y -c -m -o -r \
    -t -w -x -y -z";

pub(super) fn curl(words: &[String], draft: &mut Draft) {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, glued) = option(word);
        let mut value = || {
            glued
                .map(str::to_owned)
                .or_else(|| words.next().cloned())
                .unwrap_or_default()
        };
        match name {
            "-X" | "--request" => draft.method = Some(value()),
            "-H" | "--header" => draft.header(&value()),
            "--url" => draft.url = Some(value()),
            "-b" | "--cookie" => {
                value();
                draft.has_cookies = true;
            }
            "-e" | "--referer" => {
                let referer = value();
                draft.header(&format!("referer: {referer}"));
            }
            "-T" | "--upload-file" => {
                value();
                draft.by_itself = Some("PUT");
            }
            "-A" | "--user-agent" => drop(value()),
            "-u" | "--user" => {
                value();
                draft.headers.push("authorization", "Basic (not shown)");
            }
            "--oauth2-bearer" => {
                value();
                draft.headers.push("authorization", "Bearer (not shown)");
            }
            "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii"
            | "--data-urlencode" => {
                value();
                draft.body("application/x-www-form-urlencoded");
            }
            "--json" => {
                value();
                draft.has_body = true;
                draft.body_type = Some("application/json");
                draft.headers.push("accept", "application/json");
            }
            "-F" | "--form" | "--form-string" => {
                value();
                draft.body("multipart/form-data; boundary=x");
            }
            // A method of its own goes before that of `-I`, wherever it stands.
            "-I" | "--head" => draft.by_itself = Some("HEAD"),
            "-G" | "--get" => draft.body_in_url = true,
            name if takes_value(name) => drop(value()),
            name if name.starts_with('-') => {}
            _ => {
                draft.url.get_or_insert_with(|| word.clone());
            }
        }
    }
}

fn takes_value(name: &str) -> bool {
    CURL_VALUES.split(' ').any(|option| option == name)
}

/// An option and the value that is glued to it: `-XPUT`, `--request=PUT`. Letters without a value may
/// stand together, as in `-isX PUT`.
fn option(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
    }
    if !word.starts_with('-') || word.len() < 3 {
        return (word, None);
    }
    let has_value = |letter: char| "XHbAeudFTCDEKPQUYcmortwxyz".contains(letter);
    let at = word
        .char_indices()
        .skip(1)
        .find(|(_, letter)| has_value(*letter));
    match at {
        None if word.contains('I') => ("-I", None),
        None if word.contains('G') => ("-G", None),
        None => ("-s", None),
        Some((at, letter)) => {
            let rest = &word[at + letter.len_utf8()..];
            let name = ["-X", "-H", "-b", "-A", "-e", "-u", "-d", "-F", "-T"]
                .into_iter()
                .find(|name| name.ends_with(letter))
                .unwrap_or("-o");
            (name, (!rest.is_empty()).then_some(rest))
        }
    }
}

//! Paths of sources, from the root of the checkout, and of what is made from them, from the book's address.

use crate::DOCS;

/// What lies outside of `docs/` is put here.
const ELSEWHERE: &str = "repository";

/// Joins `link` to the folder of the file `from`; none for one that leaves the checkout.
pub(crate) fn joined(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Where the output of `source` stands. As mdBook has it, a `README.md` is the index of its folder.
pub(crate) fn output_of(source: &str) -> String {
    let below = source
        .strip_prefix(DOCS)
        .and_then(|rest| rest.strip_prefix('/'))
        .map_or_else(|| format!("{ELSEWHERE}/{source}"), str::to_owned);
    match below.strip_suffix("README.md") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("{folder}index.html"),
        _ => match below.strip_suffix(".md") {
            Some(name) => format!("{name}.html"),
            None => below,
        },
    }
}

/// The address of `to`, from the page `from`.
pub(crate) fn relative(from: &str, to: &str) -> String {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    let folders = from.len() - 1;
    let same = from[..folders]
        .iter()
        .zip(&to[..to.len() - 1])
        .take_while(|(a, b)| a == b)
        .count();
    let up = std::iter::repeat_n("..", folders - same);
    let down = to[same..].iter().copied();
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_from_the_folder_of_their_page() {
        for (from, link, to) in [
            ("docs/a.md", "b.md", Some("docs/b.md")),
            ("docs/x/a.md", "../b.md", Some("docs/b.md")),
            ("docs/a.md", "../README.md", Some("README.md")),
            ("docs/a.md", "./x/./b.md", Some("docs/x/b.md")),
            ("docs/a.md", "../../etc/passwd", None),
        ] {
            assert_eq!(joined(from, link).as_deref(), to, "{from} {link}");
        }
    }

    #[test]
    fn outputs_stand_where_mdbook_puts_them_and_all_else_apart() {
        for (source, output) in [
            ("docs/README.md", "index.html"),
            ("docs/alerts.md", "alerts.html"),
            ("docs/understand/README.md", "understand/index.html"),
            ("docs/images/a.png", "images/a.png"),
            ("sdk-js/README.md", "repository/sdk-js/index.html"),
            ("README.md", "repository/index.html"),
            ("schemas/x.json", "repository/schemas/x.json"),
        ] {
            assert_eq!(output_of(source), output, "{source}");
        }
    }

    #[test]
    fn addresses_are_relative_so_that_the_book_stands_anywhere() {
        for (from, to, address) in [
            ("index.html", "alerts.html", "alerts.html"),
            ("index.html", "x/a.html", "x/a.html"),
            ("x/a.html", "index.html", "../index.html"),
            ("x/a.html", "x/b.html", "b.html"),
            ("x/y/a.html", "x/z/b.html", "../z/b.html"),
        ] {
            assert_eq!(relative(from, to), address, "{from} {to}");
        }
    }
}

//! A page that shows originals and results side by side.

use std::fmt::Write;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::files;
use crate::record::Made;
use crate::sources::Source;
use crate::table::{bytes, percent, total};

const HEAD: &str = include_str!("page.head.html");

/// Writes `index.html` into `out`. It needs no files besides the photos that it shows.
pub(crate) fn write(out: &Path, sources: &[Source], made: &[Option<Made>]) -> anyhow::Result<()> {
    let done: Vec<_> = sources.iter().zip(made).filter_map(|(source, made)| Some((source, made.as_ref()?))).collect();
    let mut html = HEAD.to_owned();
    let summary = total(&done.iter().map(|(_, made)| *made).collect::<Vec<_>>());
    html += &format!("<header><h1>Darkroom</h1><p>{}</p></header>\n<main>\n", escape(&summary));
    for (source, made) in done {
        html += &card(out, source, made);
    }
    html += "</main>\n</html>\n";
    files::write(&out.join("index.html"), html.as_bytes())
}

fn card(out: &Path, source: &Source, made: &Made) -> String {
    let photo = &made.photo;
    let mut html = format!("<article>\n<h2>{}</h2>\n", escape(&photo.original_key));
    if let Some(error) = &photo.error {
        let _ = writeln!(html, "<p class=error>{}</p>", escape(error));
    }
    let Some((width, height)) = photo.width.zip(photo.height) else { return html + "</article>\n" };
    html += "<div class=pair>\n";
    let caption = format!("Original: {width} × {height}, {}", bytes(photo.original_size));
    html += &figure(&link(out, &source.path), &caption);
    if let (Some(key), Some(size)) = (&photo.compressed_key, photo.compressed_size) {
        let saved = photo.savings_percent.map_or(String::new(), percent);
        html += &figure(&encode(key), &format!("Compressed: {}, {saved} saved", bytes(size)));
    }
    html += "</div>\n<div class=strip>\n";
    let mut others: Vec<_> = photo.thumbnails.iter().chain(&photo.variants).collect();
    others.sort_by_key(|(_, key)| made.files.get(*key));
    for (name, key) in others {
        html += &figure(&encode(key), &format!("{name}: {}", bytes(made.size([key]))));
    }
    html + "</div>\n</article>\n"
}

fn figure(url: &str, caption: &str) -> String {
    let (url, caption) = (escape(url), escape(caption));
    format!(
        "<figure><a href=\"{url}\"><img src=\"{url}\" alt=\"{caption}\" loading=lazy></a>\
         <figcaption>{caption}</figcaption></figure>\n"
    )
}

/// The relative URL from the folder `out` to `path`.
fn link(out: &Path, path: &Path) -> String {
    let absolute = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let (out, path) = (absolute(out), absolute(path));
    let shared = out.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = out.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(path.components().skip(shared)).collect();
    encode(&way.to_string_lossy())
}

/// Percent-encodes all but slashes and the unreserved characters (RFC 3986 §2.3).
fn encode(path: &str) -> String {
    let mut url = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => url.push(char::from(byte)),
            _ => drop(write!(url, "%{byte:02X}")),
        }
    }
    url
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_markup() {
        let html = figure(&encode("a\"b/<i>&#?%.jpg"), "<script>\"&");
        assert!(html.contains("href=\"a%22b/%3Ci%3E%26%23%3F%25.jpg\""), "{html}");
        assert!(html.contains("<figcaption>&lt;script&gt;&quot;&amp;</figcaption>"), "{html}");
    }
}

//! Tables for human readers.

use std::path::Path;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use darkroom_host::savings_percent;
use indicatif::DecimalBytes;

use crate::plan::{Kind, Wanted};
use crate::record::Made;

/// Longer names are shortened in the middle, so that a line fits a terminal.
const NAME_WIDTH: usize = 40;

const STYLE: TableStyle = NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));

/// A table whose columns after the first are numbers.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The outputs of each photo, the total, and their location.
pub(crate) fn render(done: &[&Made], wanted: &[Wanted], out: &Path, page: bool) -> String {
    let columns = Columns::of(wanted);
    let mut table = table(&columns.header());
    for made in done {
        table.add_row(columns.row(made));
    }
    let mut text = format!("{table}\n\n{}\n", total(done));
    let mut place = |label: &str, shown: bool, path: &str| {
        if shown {
            text.push_str(&format!("{label:<11} {}\n", out.join(path).display()));
        }
    };
    let some = done.iter().any(|made| !made.files.is_empty());
    place("compressed", some && columns.compressed, "compressed");
    place("thumbnails", some && columns.thumbnails, "thumbnails");
    place("variants", some && columns.variants, "variants");
    place("page", page, "index.html");
    text
}

/// The kinds of outputs that exist.
struct Columns {
    compressed: bool,
    thumbnails: bool,
    variants: bool,
}

impl Columns {
    fn of(wanted: &[Wanted]) -> Self {
        let any = |is: fn(&Kind) -> bool| wanted.iter().any(|wanted| is(&wanted.kind));
        Self {
            compressed: any(|kind| matches!(kind, Kind::Compressed)),
            thumbnails: any(|kind| matches!(kind, Kind::Thumbnail(_))),
            variants: any(|kind| matches!(kind, Kind::Variant(_))),
        }
    }

    fn header(&self) -> Vec<&'static str> {
        let mut header = vec!["photo", "original"];
        if self.compressed {
            header.extend(["compressed", "saved"]);
        }
        if self.thumbnails {
            header.push("thumbnails");
        }
        if self.variants {
            header.push("variants");
        }
        header.push("time");
        header
    }

    fn row(&self, made: &Made) -> Vec<String> {
        let photo = &made.photo;
        let mut row = vec![shortened(&photo.original_key), bytes(photo.original_size)];
        if self.compressed {
            row.push(photo.compressed_size.map_or("-".into(), bytes));
            row.push(photo.savings_percent.map_or("-".into(), percent));
        }
        if self.thumbnails {
            row.push(counted(photo.thumbnails.len(), made.size(photo.thumbnails.values())));
        }
        if self.variants {
            row.push(counted(photo.variants.len(), made.size(photo.variants.values())));
        }
        row.push(match made {
            made if made.failed() => "failed".into(),
            made if made.skipped => "up to date".into(),
            _ => seconds(photo.processing_time_ms),
        });
        row
    }
}

/// A summary line about all photos.
pub(crate) fn total(done: &[&Made]) -> String {
    let (failed, good): (Vec<&Made>, Vec<&Made>) = done.iter().partition(|made| made.failed());
    let mut text = match good.len() {
        1 => "1 photo".to_owned(),
        count => format!("{count} photos"),
    };
    let compressed: Vec<_> =
        good.iter().filter_map(|made| made.photo.compressed_size.map(|size| (made, size))).collect();
    if !compressed.is_empty() {
        let before = compressed.iter().map(|(made, _)| made.photo.original_size).sum();
        let after = compressed.iter().map(|(_, size)| size).sum();
        text +=
            &format!(", {} became {}, {} saved", bytes(before), bytes(after), percent(savings_percent(before, after)));
    }
    let skipped = good.iter().filter(|made| made.skipped).count();
    if skipped > 0 {
        text += &format!("; {skipped} up to date already");
    }
    if !failed.is_empty() {
        text += &format!("; {} failed", failed.len());
    }
    text
}

fn counted(count: usize, size: u64) -> String {
    if count == 0 { "-".into() } else { format!("{count}, {}", bytes(size)) }
}

/// `1.53 MB`: in powers of 1000, as in file managers.
pub(crate) fn bytes(bytes: u64) -> String {
    DecimalBytes(bytes).to_string()
}

pub(crate) fn percent(percent: f64) -> String {
    format!("{percent:.1}%")
}

fn seconds(milliseconds: u64) -> String {
    format!("{:.2} s", milliseconds as f64 / 1000.0)
}

/// As a terminal may get it: what would move its cursor, set its colours, break its lines or turn the reading direction is
/// written out.
pub(crate) fn shown(text: &str) -> String {
    let acts = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    shown
}

pub(crate) fn shortened(name: &str) -> String {
    let name = &shown(name);
    let length = name.chars().count();
    if length <= NAME_WIDTH {
        return name.clone();
    }
    let half = (NAME_WIDTH - 1) / 2;
    let start: String = name.chars().take(half).collect();
    let end: String = name.chars().skip(length - half).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_orders() {
        for (name, expected) in [
            ("photo-\u{e9}\u{1f408}.jpg", "photo-\u{e9}\u{1f408}.jpg"),
            ("\u{1b}[31ma\u{7}", "\\u{1b}[31ma\\u{7}"),
            ("a\nfailed: b\r", "a\\nfailed: b\\r"),
            ("a\u{9b}2J", "a\\u{9b}2J"),
            ("a\u{202e}gpj.exe", "a\\u{202e}gpj.exe"),
        ] {
            assert_eq!(shown(name), expected);
            assert_eq!(shortened(name), expected);
        }
    }
}

//! Renditions have a budget in bytes: what was not used for longest goes first. Delivery can make each of them again of its
//! original. Originals never count, and neither do the outputs of uploads, which items name.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use darkroom_delivery::{Key, ObjectKey, Provenance, Source, cache_tag, preset_key};
use darkroom_host::clock::since_1970;
use darkroom_host::pipeline::Settings;
use darkroom_recipe::{Format, Preset};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::index::{Attributes, Deleted, Object};
use crate::metrics::METRICS;
use crate::queue::milliseconds;

/// A file takes whole blocks of the disk, however small it is.
const BLOCK: u64 = 4096;
/// As many go at one time: nobody waits for long.
const STEP: usize = 1000;
/// Uses that are not written down yet; more are written at once.
const NOTED: usize = 1000;
/// Of an upload by whose outputs those of all uploads are known.
const STEM: &str = "user/20000101_000000_00000000_name";

/// Which objects are renditions that can be made again, and how many bytes they may take.
pub(crate) struct Rules {
    bytes: u64,
    buckets: [String; 2],
    outputs: Vec<Output>,
}

/// Where the pipeline keeps one output of each upload.
struct Output {
    bucket: String,
    prefix: String,
    ending: String,
}

/// The renditions' account.
pub(super) struct Renditions {
    pub(super) rules: Rules,
    /// The bytes of all renditions, as the index has them, and how many they are. Change while the index is held.
    taken: AtomicU64,
    files: AtomicU64,
    /// When each was last used, since that was last written down.
    uses: Mutex<HashMap<(String, String), i64>>,
}

/// What has to go for what is to come.
pub(super) struct Evicted {
    /// Their files.
    pub(super) files: Vec<String>,
    bytes: u64,
    /// Whether it is enough.
    pub(super) enough: bool,
}

impl Rules {
    /// At most `bytes` of renditions.
    pub(crate) fn new(bytes: u64, settings: &Settings) -> Self {
        let buckets = [settings.buckets.processed.clone(), settings.buckets.thumbnails.clone()];
        let output = |preset: &Preset, format: Format| {
            let upload = Source::Key(format!("uploads/{STEM}.jpg").parse().ok()?).upload()?;
            let ObjectKey { bucket, key } = preset_key(&upload, &preset.name, format);
            let (prefix, ending) = key.split_once(STEM)?;
            let bucket = settings.buckets.name(bucket).to_owned();
            Some(Output { bucket, prefix: prefix.to_owned(), ending: ending.to_owned() })
        };
        let formats = |preset: &Preset| [&[preset.recipe.encoding.format], settings.formats.as_slice()].concat();
        let outputs = settings.presets.iter().flat_map(|preset| {
            formats(preset).into_iter().filter_map(|format| output(preset, format)).collect::<Vec<_>>()
        });
        Self { bytes, buckets, outputs: outputs.collect() }
    }

    /// None, wherever they are.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { bytes: 0, buckets: ["processed", "thumbnails"].map(Into::into), outputs: Vec::new() }
    }

    /// The tag of an original and all that was derived from it; empty where it is not known.
    pub(super) fn tag(&self, bucket: &str, key: &str, attributes: &Attributes) -> String {
        let of = |key: &str| key.parse::<Key>().map(|key| cache_tag(&Source::Key(key))).ok();
        if !self.buckets.iter().any(|known| known == bucket) {
            return of(key).unwrap_or_default();
        }
        let told = attributes.metadata.as_ref().and_then(|metadata| metadata.get("cache-tag"));
        let variant_of = || key.strip_prefix("variants/").and_then(|key| key.rsplit_once('/'));
        told.cloned().or_else(|| of(variant_of()?.0)).unwrap_or_default()
    }

    /// Whether delivery has made it, as its metadata tells, and nothing but delivery names it.
    pub(super) fn count(&self, bucket: &str, key: &str, attributes: &Attributes) -> bool {
        let value = |name: &str| attributes.metadata.as_ref()?.get(name).map(String::as_str);
        let is_output = |output: &Output| {
            output.bucket == bucket && key.starts_with(&output.prefix) && key.ends_with(&output.ending)
        };
        self.buckets.iter().any(|known| known == bucket)
            && Provenance::read(value).is_some()
            && !self.outputs.iter().any(is_output)
    }
}

impl Renditions {
    /// Counts what is there.
    pub(super) fn open(rules: Rules, connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT coalesce(sum((coalesce(length, size) + 4095) / 4096 * 4096), 0), count(*) FROM objects
            WHERE used IS NOT NULL";
        let (taken, files) = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        METRICS.renditions(taken, files);
        Ok(Self { rules, taken: AtomicU64::new(taken), files: AtomicU64::new(files), uses: Mutex::default() })
    }

    /// When an object is first used: now, where it is a rendition.
    pub(super) fn first_use(&self, bucket: &str, object: &Object) -> Option<i64> {
        self.rules.count(bucket, &object.key, &object.attributes).then(|| milliseconds(since_1970()))
    }

    /// A rendition was used. Whether there is much to be written down by now.
    pub(super) fn note(&self, bucket: &str, key: &str) -> bool {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        uses.insert((bucket.to_owned(), key.to_owned()), milliseconds(since_1970()));
        uses.len() >= NOTED
    }

    /// Writes down what was noted.
    pub(super) fn write_uses(&self, connection: &Connection) -> rusqlite::Result<()> {
        let uses = std::mem::take(&mut *self.uses.lock().unwrap_or_else(PoisonError::into_inner));
        let sql = "UPDATE objects SET used = ?3 WHERE bucket = ?1 AND key = ?2 AND used IS NOT NULL";
        let mut statement = connection.prepare_cached(sql)?;
        uses.iter().try_for_each(|((bucket, key), used)| statement.execute(params![bucket, key, used]).map(drop))
    }

    #[cfg(test)]
    pub(super) fn taken(&self) -> (u64, u64) {
        (self.taken.load(Ordering::Relaxed), self.files.load(Ordering::Relaxed))
    }

    /// Whether a rendition of this size can be stored at all.
    pub(super) const fn fits(&self, size: u64) -> bool {
        blocks(size) <= self.rules.bytes
    }

    /// Deletes what has to go for `size` more bytes, in the place of `replaced`.
    pub(super) fn make_room(
        &self,
        transaction: &Transaction<'_>,
        size: u64,
        replaced: Option<&Deleted>,
    ) -> rusqlite::Result<Evicted> {
        self.write_uses(transaction)?;
        let taken = self.taken.load(Ordering::Relaxed) + blocks(size);
        let mut over = taken.saturating_sub(replaced.map_or(0, Deleted::taken)).saturating_sub(self.rules.bytes);
        let mut evicted = Evicted::none();
        let mut oldest = transaction.prepare_cached(
            "DELETE FROM objects WHERE (bucket, key) = (SELECT bucket, key FROM objects WHERE used IS NOT NULL
             ORDER BY used LIMIT 1) RETURNING file, coalesce(length, size), TRUE",
        )?;
        while over > 0 && evicted.files.len() < STEP {
            let Some(deleted) = oldest.query_row([], Deleted::read).optional()? else { break };
            evicted.bytes += deleted.taken();
            over = over.saturating_sub(deleted.taken());
            evicted.files.push(deleted.file);
        }
        evicted.enough = over == 0;
        Ok(evicted)
    }

    /// The index has changed: `evicted` went, `added` has come, and `deleted` is gone.
    pub(super) fn changed<'a>(
        &self,
        evicted: &Evicted,
        added: Option<u64>,
        deleted: impl IntoIterator<Item = &'a Deleted>,
    ) {
        let evictions = evicted.files.len() as u64;
        let (mut gone, mut fewer) = (evicted.bytes, evictions);
        for deleted in deleted.into_iter().filter(|deleted| deleted.rendition) {
            gone += deleted.taken();
            fewer += 1;
        }
        let taken = (self.taken.load(Ordering::Relaxed) + added.map_or(0, blocks)).saturating_sub(gone);
        let files = (self.files.load(Ordering::Relaxed) + u64::from(added.is_some())).saturating_sub(fewer);
        self.taken.store(taken, Ordering::Relaxed);
        self.files.store(files, Ordering::Relaxed);
        METRICS.renditions(taken, files);
        METRICS.evicted(evictions, evicted.bytes);
    }
}

impl Evicted {
    /// Where nothing has to go.
    pub(super) const fn none() -> Self {
        Self { files: Vec::new(), bytes: 0, enough: true }
    }
}

impl Deleted {
    /// Of the renditions' bytes.
    const fn taken(&self) -> u64 {
        if self.rendition { blocks(self.length) } else { 0 }
    }
}

/// What a file of this size takes.
const fn blocks(size: u64) -> u64 {
    size.div_ceil(BLOCK) * BLOCK
}

/// In an index of an earlier build none is marked.
pub(super) fn mark_all(transaction: &Transaction<'_>, rules: &Rules) -> rusqlite::Result<()> {
    let mut objects = transaction.prepare("SELECT bucket, key, attributes FROM objects")?;
    let mut rows = objects.query([])?;
    let mut mark = transaction.prepare("UPDATE objects SET used = 1000 * modified WHERE bucket = ?1 AND key = ?2")?;
    while let Some(row) = rows.next()? {
        let (bucket, key, attributes): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if rules.count(&bucket, &key, &serde_json::from_str(&attributes).unwrap_or_default()) {
            mark.execute(params![bucket, key])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use darkroom_recipe::Recipe;

    use super::*;

    fn rules(formats: Vec<Format>) -> Rules {
        let config = crate::Config::default();
        Rules::new(1, &Settings { formats, ..config.settings().expect("settings") })
    }

    #[test]
    fn what_delivery_alone_names_counts() {
        let source = Source::Key("a.jpg".parse().expect("a key"));
        let stamp = Provenance::new(&source, "a", &Recipe::default()).metadata();
        let metadata = stamp.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let made = Attributes { metadata: Some(metadata), ..Attributes::default() };
        let stem = "u1/20251231_235959_abcdef01_a.b";
        for (bucket, key, counts, with_webp) in [
            ("processed-images", "variants/site/a.jpg/width=9.webp".to_owned(), true, true),
            ("processed-images", format!("variants/uploads/{stem}.jpg/width=9.webp"), true, true),
            ("processed-images", format!("compressed/{stem}.webp"), false, false),
            ("processed-images", format!("compressed/{stem}.avif"), true, true),
            ("thumbnails", format!("thumbnails/small/{stem}.jpg"), false, false),
            ("thumbnails", format!("thumbnails/small/{stem}.webp"), true, false),
            ("thumbnails", format!("thumbnails/own/{stem}.jpg"), true, true),
            ("raw-images", format!("uploads/{stem}.jpg"), false, false),
            ("raw-images", "variants/site/a.jpg/width=9.webp".to_owned(), false, false),
        ] {
            assert_eq!(rules(Vec::new()).count(bucket, &key, &made), counts, "{bucket} {key}");
            assert_eq!(rules(vec![Format::WebP]).count(bucket, &key, &made), with_webp, "{bucket} {key}");
            assert!(!rules(Vec::new()).count(bucket, &key, &Attributes::default()), "{bucket} {key}: somebody else's");
        }
    }

    #[test]
    fn files_take_whole_blocks() {
        assert_eq!([0, 1, 4096, 4097].map(blocks), [0, 4096, 4096, 8192]);
    }
}

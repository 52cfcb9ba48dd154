//! Where outputs are kept. The pipeline that writes them and the edge that looks them up both ask here.
//!
//! | output | bucket | key |
//! |---|---|---|
//! | preset `compressed` of an upload | processed | `compressed/<user>/<stem>.<ending>` |
//! | another preset of an upload | thumbnails | `thumbnails/<preset>/<user>/<stem>.<ending>` |
//! | anything else | processed | `variants/<source>/<canonical recipe>.<ending>` |

use darkroom_recipe::Recipe;

use crate::Source;

/// Which of the three buckets; their names are the shell's to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Originals.
    Raw,
    /// Compressed images and variants.
    Processed,
    /// The presets' other outputs.
    Thumbnails,
}

/// Where an object is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    /// In which bucket.
    pub bucket: Bucket,
    /// At most 1,024 bytes.
    pub key: String,
}

/// The preset whose output has a place of its own.
const COMPRESSED: &str = "compressed";

/// Where the output of `recipe`, its format included, of `source` is kept. `preset` is the name of the preset that the
/// recipe comes from; only uploads have places for those.
#[must_use]
pub fn rendition_key(source: &Source, preset: Option<&str>, recipe: &Recipe) -> ObjectKey {
    let ending = recipe.encoding.format.extension();
    match (preset, source.upload()) {
        (Some(COMPRESSED), Some(upload)) => {
            let key = format!("{COMPRESSED}/{}/{}.{ending}", upload.user(), upload.stem());
            ObjectKey { bucket: Bucket::Processed, key }
        }
        (Some(preset), Some(upload)) => {
            let key = format!("thumbnails/{preset}/{}/{}.{ending}", upload.user(), upload.stem());
            ObjectKey { bucket: Bucket::Thumbnails, key }
        }
        _ => {
            let key = format!("variants/{}/{}.{ending}", source.name(), file(recipe));
            ObjectKey { bucket: Bucket::Processed, key }
        }
    }
}

/// The default recipe's text is empty, and a file needs a name.
fn file(recipe: &Recipe) -> String {
    let text = recipe.to_string();
    if text.is_empty() { "default".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPLOAD: &str = "uploads/u1/20251231_235959_abcdef01_a.b.jpg";

    fn key(source: &str, preset: Option<&str>, recipe: &str) -> (Bucket, String) {
        let source = match source.parse() {
            Ok(remote) => Source::Remote(remote),
            Err(_) => Source::Key(source.parse().expect(source)),
        };
        let ObjectKey { bucket, key } = rendition_key(&source, preset, &recipe.parse().expect(recipe));
        (bucket, key)
    }

    #[test]
    fn places() {
        let stem = "20251231_235959_abcdef01_a.b";
        for (source, preset, recipe, bucket, expected) in [
            (UPLOAD, Some("compressed"), "q=80", Bucket::Processed, format!("compressed/u1/{stem}.webp")),
            (UPLOAD, Some("compressed"), "f=avif", Bucket::Processed, format!("compressed/u1/{stem}.avif")),
            (UPLOAD, Some("small"), "f=jpeg,w=150", Bucket::Thumbnails, format!("thumbnails/small/u1/{stem}.jpg")),
            (UPLOAD, None, "w=80,q=75", Bucket::Processed, format!("variants/{UPLOAD}/quality=75,width=80.webp")),
            (UPLOAD, None, "f=jpg", Bucket::Processed, format!("variants/{UPLOAD}/format=jpeg.jpg")),
            (UPLOAD, None, "", Bucket::Processed, format!("variants/{UPLOAD}/default.webp")),
            ("site/a.jpg", Some("small"), "w=9", Bucket::Processed, "variants/site/a.jpg/width=9.webp".into()),
        ] {
            assert_eq!(key(source, preset, recipe), (bucket, expected), "{source} {recipe}");
        }
    }

    #[test]
    fn remote_sources_have_a_folder_each() {
        let (_, first) = key("https://h.example/a.jpg", None, "w=9");
        let (_, second) = key("https://h.example/a.jpg?x", None, "w=9");
        assert!(first.starts_with("variants/remote/h.example/") && first.ends_with("/width=9.webp"), "{first}");
        assert_ne!(first, second);
    }

    #[test]
    fn the_longest_key_fits_into_s3() {
        let recipe = "anim=false,background=11223344,blur=249.99998,effort=10,fit=squeeze,flip=hv,format=webp,\
                      gravity=0.123456789x0.123456789,height=65535,lossless=true,max-bytes=18446744073709551615,\
                      metadata=copyright,oversize=refuse,quality=100,rotate=270,sharpen=9.999999,\
                      trim=65535;65535;65535;65535,width=65535,dpr=3.9999998";
        let (_, key) = key(&"k".repeat(700), None, recipe);
        assert!(key.len() <= 1024, "{}", key.len());
    }
}

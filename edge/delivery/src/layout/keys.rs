//! The keys of outputs. The pipeline that writes them and the edge that looks them up both use this module.
//!
//! | output | bucket | key |
//! |---|---|---|
//! | preset `compressed` of an upload | processed | `compressed/<user>/<stem>.<ending>` |
//! | another preset of an upload | thumbnails | `thumbnails/<preset>/<user>/<stem>.<ending>` |
//! | anything else | processed | `variants/<source>/<canonical options>.<ending>` |
//!
//! A URL that names its format has a key of its own: `format=webp,width=800.webp` is WebP, whoever asks, and
//! `width=800.webp` what the clients of WebP get, which is the original where that does better. Facts end in `.json`.

use darkroom_recipe::Format;

use crate::{FormatChoice, Options, Source, UploadKey};

/// One of the three buckets; the shell knows their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bucket {
    /// Originals.
    Raw,
    /// Compressed images and variants.
    Processed,
    /// The other presets' outputs.
    Thumbnails,
}

/// Where an object is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// In which bucket.
    pub bucket: Bucket,
    /// At most 1,024 bytes.
    pub key: String,
}

/// The preset whose output has its own place.
const COMPRESSED: &str = "compressed";

/// The key of the response to `options` for `source`, in one of its possible formats.
pub(crate) fn rendition_key(source: &Source, options: &Options, format: Format) -> ObjectKey {
    let negotiated = options.format == FormatChoice::Auto;
    if let (Some(preset), Some(upload), true) = (&options.preset, source.upload(), negotiated) {
        return preset_key(&upload, preset, format);
    }
    let text = Options { redirect_on_error: false, ..options.clone() }.to_string();
    // The default options' text is empty, and a file needs a name.
    let name = if text.is_empty() { "default" } else { &text };
    let ObjectKey { bucket, key } = variants_of(source);
    let ending = if options.format == FormatChoice::Json { "json" } else { format.extension() };
    ObjectKey { bucket, key: format!("{key}{name}.{ending}") }
}

/// The key under which the upload pipeline stores a preset's output.
#[must_use]
pub fn preset_key(upload: &UploadKey, preset: &str, format: Format) -> ObjectKey {
    let (user, stem, ending) = (upload.user(), upload.stem(), format.extension());
    match preset {
        COMPRESSED => ObjectKey { bucket: Bucket::Processed, key: format!("{COMPRESSED}/{user}/{stem}.{ending}") },
        _ => ObjectKey { bucket: Bucket::Thumbnails, key: format!("thumbnails/{preset}/{user}/{stem}.{ending}") },
    }
}

/// The prefix of the keys of all variants of `source`.
#[must_use]
pub fn variants_of(source: &Source) -> ObjectKey {
    ObjectKey { bucket: Bucket::Processed, key: format!("variants/{}/", source.name()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;

    const UPLOAD: &str = "uploads/u1/20251231_235959_abcdef01_a.b.jpg";

    fn key(url: &str, format: Format) -> (Bucket, String) {
        let Request { options, source } = Request::parse(url, "").expect(url);
        let ObjectKey { bucket, key } = rendition_key(&source, &options, format);
        (bucket, key)
    }

    #[test]
    fn places() {
        use Bucket::{Processed, Thumbnails};
        use Format::{Avif, Jpeg, WebP};
        let stem = "20251231_235959_abcdef01_a.b";
        for (url, format, bucket, expected) in [
            (format!("preset=compressed/{UPLOAD}"), WebP, Processed, format!("compressed/u1/{stem}.webp")),
            (format!("preset=compressed/{UPLOAD}"), Avif, Processed, format!("compressed/u1/{stem}.avif")),
            (format!("preset=small/{UPLOAD}"), Jpeg, Thumbnails, format!("thumbnails/small/u1/{stem}.jpg")),
            (
                format!("preset=small,f=webp/{UPLOAD}"),
                WebP,
                Processed,
                format!("variants/{UPLOAD}/format=webp,preset=small.webp"),
            ),
            (format!("w=80,q=75/{UPLOAD}"), Avif, Processed, format!("variants/{UPLOAD}/quality=75,width=80.avif")),
            (format!("w=80,f=webp/{UPLOAD}"), WebP, Processed, format!("variants/{UPLOAD}/format=webp,width=80.webp")),
            (format!("f=jpg,onerror=redirect/{UPLOAD}"), Jpeg, Processed, format!("variants/{UPLOAD}/format=jpeg.jpg")),
            (format!("f=json,w=80/{UPLOAD}"), WebP, Processed, format!("variants/{UPLOAD}/format=json,width=80.json")),
            (UPLOAD.into(), WebP, Processed, format!("variants/{UPLOAD}/default.webp")),
            ("preset=small/site/a.jpg".into(), Jpeg, Processed, "variants/site/a.jpg/preset=small.jpg".into()),
        ] {
            assert_eq!(key(&format!("/image/{url}"), format), (bucket, expected), "{url}");
        }
    }

    #[test]
    fn remote_sources_have_a_folder_each() {
        let (_, first) = key("/image/w=9/https://h.example/a.jpg", Format::WebP);
        let (_, second) = key("/image/w=9/https://h.example/a.jpg%3Fx", Format::WebP);
        assert!(first.starts_with("variants/remote/h.example/") && first.ends_with("/width=9.webp"), "{first}");
        assert_ne!(first, second);
    }

    #[test]
    fn the_longest_key_fits_into_s3() {
        let options = "anim=false,background=11223344,blur=249.99998,effort=10,fit=squeeze,flip=hv,format=webp,\
                       gravity=0.123456789x0.123456789,height=16383,lossless=true,max-bytes=18446744073709551615,\
                       metadata=copyright,on-damage=refuse,oversize=refuse,quality=100,rotate=270,sharpen=9.999999,\
                       trim=65535;65535;65535;65535,width=16383,dpr=3.9999998";
        let (_, key) = key(&format!("/image/{options}/{}", "k".repeat(700)), Format::WebP);
        assert!(key.len() <= 1024, "{}", key.len());
    }
}

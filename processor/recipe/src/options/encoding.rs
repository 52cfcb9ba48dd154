//! Encoding options: the output file, and the metadata kept in it.

use crate::option::{Default, Kind, Opt, When};
use crate::value::{self, field, formats, words};
use crate::{ColorSpace, Metadata, OnDamage, Oversize};

pub(super) static FORMAT: Opt = Opt {
    short: Some("f"),
    ..Opt::new(
        "format",
        Kind::WordsOr(formats, "several in the order of preference, such as jpeg;png"),
        "webp",
        value::FORMAT,
        "of the output; of several, the first that can carry the image's frames and transparency",
    )
};

pub(super) static QUALITY: Opt = Opt {
    short: Some("q"),
    default: Default::OfEncoder(|encoder| encoder.default_quality),
    ..Opt::new(
        "quality",
        Kind::Integer(1, 100),
        "",
        field!(encoding.quality),
        "without meaning for a lossless output; of GIF the share of 256 colours, in percent",
    )
};

pub(super) static EFFORT: Opt = Opt {
    default: Default::OfEncoder(|encoder| encoder.default_effort),
    costly: When::IsNot("0"),
    ..Opt::new("effort", Kind::Integer(0, 10), "", field!(encoding.effort), "from fastest to smallest")
};

pub(super) static LOSSLESS: Opt = Opt {
    costly: When::Always,
    ..Opt::new(
        "lossless",
        Kind::Words(words::<bool>),
        "false",
        field!(encoding.lossless),
        "keeps every opaque pixel; WebP, JPEG XL and PNG only, and PNG always does",
    )
};

pub(super) static MAX_BYTES: Opt = Opt {
    costly: When::Always,
    ..Opt::new(
        "max-bytes",
        Kind::Integer(1, u64::MAX),
        "none",
        field!(encoding.max_bytes),
        "takes the highest quality up to `quality` whose bytes are no more",
    )
};

pub(super) static OVERSIZE: Opt = Opt {
    costly: When::Always,
    ..Opt::new(
        "oversize",
        Kind::Words(words::<Oversize>),
        "scale-down",
        field!(encoding.oversize),
        "what to do with an output that is larger than its format can express",
    )
};

pub(super) static COLOR: Opt = Opt::new(
    "color",
    Kind::Words(words::<ColorSpace>),
    "srgb",
    field!(color),
    "`keep` keeps the source's colours (Display P3, Adobe RGB, Rec. 2020 and others) with its profile, and more than 8 bits \
     a channel where the output can have them",
);

pub(super) static METADATA: Opt = Opt::new(
    "metadata",
    Kind::Words(words::<Metadata>),
    "none",
    field!(metadata),
    "what is kept of EXIF, XMP and IPTC: nothing, EXIF's Copyright and Artist, or all",
);

pub(super) static ANIM: Opt = Opt::new(
    "anim",
    Kind::Words(words::<bool>),
    "true",
    field!(animation),
    "`false` asks for the first frame of an animation as a still; otherwise an animation stays one in WebP and GIF",
);

pub(super) static FRAME: Opt = Opt::new(
    "frame",
    Kind::Integer(1, u32::MAX as u64),
    "none",
    field!(frame),
    "asks for that frame of an animation as a still, or for that page of a TIFF; the first one is 1",
);

pub(super) static ON_DAMAGE: Opt = Opt::new(
    "on-damage",
    Kind::Words(words::<OnDamage>),
    "show",
    field!(on_damage),
    "what to do with a source of which pixels are missing: show the others, or refuse it",
);

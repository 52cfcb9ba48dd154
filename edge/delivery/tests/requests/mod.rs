//! Requests for images as browsers, image components, people and attackers write them.

use darkroom_delivery::{SigningKey, sign};

use crate::dice::Dice;

/// An unparsed request.
#[derive(Clone, Debug)]
pub(crate) struct Spelling {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) fields: Vec<(&'static str, String)>,
}

/// A random request.
pub(crate) fn request(dice: &mut Dice, keys: &[SigningKey]) -> Spelling {
    let mut url = format!("{}{}", prefix(dice), if dice.roll(3) == 0 { in_query(dice) } else { in_path(dice) });
    if dice.roll(4) == 0 {
        url = signed(dice, &url, keys);
    }
    let method = ["GET", "HEAD", "OPTIONS", "POST"][dice.roll(60).saturating_sub(56)];
    Spelling { method, url, fields: fields(dice) }
}

fn prefix(dice: &mut Dice) -> &'static str {
    match dice.roll(40) {
        0 => dice.pick(&["/", "/images/", "/image", "//image/", "/Image/", "/cdn-cgi/images/"]),
        1..10 => "/cdn-cgi/image/",
        _ => "/image/",
    }
}

fn in_path(dice: &mut Dice) -> String {
    let options: Vec<String> = (0..dice.roll(6)).map(|_| encoded_option(dice, false)).collect();
    let (source, query) = (source(dice), extra(dice));
    format!("{}{}/{source}{query}", options.join(dice.pick(&[",", ",", ",", ",,"])), dice.pick(&["", "", ","]))
}

fn in_query(dice: &mut Dice) -> String {
    let source = source(dice);
    let options: Vec<String> = (0..dice.roll(5)).map(|_| encoded_option(dice, true)).collect();
    format!("{}?{}", source.split('?').next().unwrap_or_default(), options.join("&"))
}

fn extra(dice: &mut Dice) -> &'static str {
    match dice.roll(12) {
        0 => dice.pick(&["?", "?v=2", "?a=b&c", "?sig=00", "?exp=5", "?sig=1&sig=2", "?&", "?x=%3f?&y=é"]),
        _ => "",
    }
}

/// A name with one of its valid or invalid values.
fn option(dice: &mut Dice, imgix: bool) -> String {
    let whole = ["1", "80", "640", "641", "1200", "3840", "65535", "65536", "0", "-1", "007", "", "1.5", "9999999999"];
    let few = ["0", "1", "5", "10", "11", "75", "100", "101", "x", "050"];
    let name = match dice.roll(if imgix { 30 } else { 24 }) {
        0..4 => dice.pick(&["w", "width"]),
        4..6 => dice.pick(&["h", "height"]),
        6 => "dpr",
        7 => dice.pick(&["f", "format", "fm"]),
        8 => dice.pick(&["q", "quality", "scq", "slow-connection-quality"]),
        9 => "fit",
        10 => dice.pick(&["g", "gravity"]),
        11 => dice.pick(&["bg", "background"]),
        12 => dice.pick(&["blur", "sharpen"]),
        13 => "rotate",
        14 => dice.pick(&["trim", "trim.top", "trim.left", "trim.right", "trim.bottom", "trim.width", "trim."]),
        15 => dice.pick(&["anim", "lossless", "metadata", "oversize", "flip"]),
        16 => dice.pick(&["effort", "max-bytes", "compression"]),
        17 => dice.pick(&["onerror", "preset"]),
        18 => dice.pick(&["colour", "", "constructor", "__proto__", "toString", "W", " w", "w ", "fit2"]),
        19..24 => "w",
        24..26 => "fit",
        26 => "crop",
        27 => "fm",
        28 => "auto",
        _ => dice.pick(&["rot", "trim", "bg"]),
    };
    let value = match name {
        "w" | "width" if dice.roll(10) == 0 => "auto".into(),
        "w" | "h" | "width" | "height" if dice.roll(4) > 0 => (1 + dice.roll(4000)).to_string(),
        "w" | "h" | "width" | "height" => dice.pick(&whole).into(),
        "dpr" | "blur" | "sharpen" => number(dice),
        "f" | "format" | "fm" => dice
            .pick(&[
                "auto",
                "webp",
                "avif",
                "jpeg",
                "jpg",
                "png",
                "json",
                "baseline-jpeg",
                "pjpg",
                "png32",
                "gif",
                "WEBP",
            ])
            .into(),
        "q" | "quality" | "scq" | "slow-connection-quality" => {
            dice.pick(&["high", "medium-high", "medium-low", "low", "75", "1", "100", "0", "101", "best"]).into()
        }
        "fit" => dice
            .pick(&[
                "cover",
                "contain",
                "crop",
                "pad",
                "squeeze",
                "scale-down",
                "clip",
                "max",
                "min",
                "fill",
                "scale",
                "no",
            ])
            .into(),
        "g" | "gravity" | "crop" => match dice.roll(3) {
            0 => format!("{}x{}", number(dice), number(dice)),
            _ => dice
                .pick(&[
                    "auto",
                    "left",
                    "top",
                    "center",
                    "top-left",
                    "bottom-right",
                    "top,left",
                    "left,top",
                    "right,bottom",
                    "faces",
                    "entropy",
                    "edges",
                    "x",
                    "0.5x",
                    "top,top",
                    "1x0.25",
                    "0x0",
                ])
                .into(),
        },
        "bg" | "background" => dice
            .pick(&[
                "fff",
                "#fff",
                "f0f8",
                "FFAA00",
                "#ff000080",
                "ff0000ff",
                "red",
                "Transparent",
                "rgb(1,2,3)",
                "no",
                "rgb(1, 2, 3",
                "hsl(120+100%25+50%25)",
                "ff",
                "##fff",
                "12345",
                "rebeccapurple",
                "",
            ])
            .into(),
        "rotate" | "rot" => dice.pick(&["0", "90", "180", "270", "45", "-90"]).into(),
        "trim" => {
            dice.pick(&["none", "border", "auto", "1;2;3;4", "0;0;0;0", "1;2;3", "01;2;3;70000", "1;2;;4"]).into()
        }
        "anim" | "lossless" => dice.pick(&["true", "false", "True", ""]).into(),
        "metadata" => dice.pick(&["none", "copyright", "keep", "all"]).into(),
        "oversize" => dice.pick(&["scale-down", "refuse", "no"]).into(),
        "flip" => dice.pick(&["none", "h", "v", "hv", "vh", "vv"]).into(),
        "compression" => dice.pick(&["fast", "slow"]).into(),
        "onerror" => dice.pick(&["redirect", "ignore"]).into(),
        "preset" => dice.pick(&["small", "compressed", "large", "hero", "lossless", "nope", "Small", ""]).into(),
        "auto" => {
            dice.pick(&["format", "compress", "format,compress", "compress,format", "enhance", "format,", ""]).into()
        }
        "max-bytes" => dice
            .pick(&["1", "50000", "0", "18446744073709551615", "18446744073709551616", "018446744073709551615", "9e9"])
            .into(),
        _ => dice.pick(&few).into(),
    };
    format!("{name}={value}")
}

/// Decimal numbers of every form and length.
fn number(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 => dice.pick(&["1", "2", "3", "4", "0", "1.5", "0.5", "250", "10", "4.0", "1.0", "00.50"]).into(),
        1 => dice
            .pick(&["", ".", ".5", "5.", "1e0", "NaN", "inf", "-1", "+1", "1.2.3", "4.1", "250.1", "0,5", "1 "])
            .into(),
        2 => format!("{}.{}", dice.roll(5), dice.roll(10)),
        3 => format!("0.{:0>2}", dice.roll(100)),
        4 => format!("{}.{:0>3}", dice.roll(260), dice.roll(1000)),
        5 => format!("{}.{:0>9}{:0>6}", dice.roll(4), dice.roll(1_000_000_000), dice.roll(1_000_000)),
        6 => format!("0.00000{}{}", dice.roll(100), dice.roll(1_000_000)),
        // A 32-bit number, or the midpoint of two, in full.
        _ => {
            let number = f64::from(f32::from_bits(0x3F80_0000 + dice.roll(0x0100_0000) as u32));
            let middle = number + number * 2_f64.powi(-25);
            let exact = if dice.roll(2) == 0 { number } else { middle };
            exact.to_string()
        }
    }
}

/// The same, sometimes with more characters percent-encoded than necessary.
fn encoded_option(dice: &mut Dice, imgix: bool) -> String {
    let text = option(dice, imgix);
    if dice.roll(3) > 0 {
        return text.replace(' ', "%20");
    }
    let spell = |character: char| match (dice.roll(4), character) {
        (0, ascii) if ascii.is_ascii() => format!("%{:02X}", ascii as u8),
        (1, ascii) if ascii.is_ascii() && ascii != '=' => format!("%{:02x}", ascii as u8),
        (_, ' ') => "%20".into(),
        (_, '#') => "%23".into(),
        (_, same) => same.into(),
    };
    text.chars().map(spell).collect()
}

fn source(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 => remote(dice),
        1 => dice
            .pick(&[
                "",
                "/",
                "a//b.jpg",
                "../a.jpg",
                "a/%2e%2e/b.jpg",
                "a%2Fb.jpg",
                "a%5Cb.jpg",
                "a\\b.jpg",
                "a%00.jpg",
                "%",
                "a%zz.jpg",
                "a%c3.jpg",
                "remote/h/x",
                "%72emote/x",
                "a/./b",
                "a/.../b.jpg",
                "a%E2%82%AC.jpg",
                "w=80",
                "a=b/c.jpg",
                "a%C2%85.jpg",
                "a%ED%A0%80.jpg",
                "a+b.jpg",
                "a%2bb.jpg",
                "a:b@c;d,e&f='g'(h)*!$~.jpg",
                "a[b]{c}|^`\"<>.jpg",
            ])
            .into(),
        2 => format!("{}/{}.jpg", "k".repeat(dice.roll(720)), "é".repeat(dice.roll(4))),
        3 => format!("site/é {}.png", dice.roll(9)).replace(' ', dice.pick(&[" ", "%20", "%2520", "+"])),
        _ => format!("uploads/u{}/20260102_030405_abcdef0{}_photo.jpg", dice.roll(9), dice.roll(9)),
    }
}

fn remote(dice: &mut Dice) -> String {
    let scheme = dice.pick(&[
        "https://",
        "https://",
        "http://",
        "HTTPS://",
        "https%3A%2F%2F",
        "http%3a//",
        "https:/",
        "httpsx://",
    ]);
    let host = dice.pick(&[
        "h.example",
        "H.Example",
        "h.example:443",
        "h.example:80",
        "h.example:8443",
        "h.example:0",
        "h.example:",
        "h.example:99999",
        "h.example:0080",
        "127.0.0.1",
        "127.1",
        "a.b.1c",
        "[::1]",
        "u@h.example",
        "höst.example",
        "h..example",
        "h_x.example",
        "",
        "localhost",
        "other.example",
        "h.example.",
        "%4b.example",
        "\u{212a}.example",
    ]);
    let path = dice.pick(&[
        "",
        "/",
        "/a.jpg",
        "/a b/é.jpg",
        "/o/a%2Fb.jpg",
        "/o/a%2fb.jpg",
        "/a/../b",
        "/a/%2e%2E/b",
        "/a/.%2e",
        "/a#b",
        "/a\\b",
        "/%zz",
        "/a.jpg%3Fb=c&d",
        "/a.jpg%3fb=%3F",
        "/a.jpg?b=c&d=e",
        "/a.jpg?b=?c",
        "?x",
        "/a?b%3Fc",
        "%2Fa%20b.jpg",
        "%2Fa.jpg%3Fb%3Dc",
        "/a.jpg?sig=1",
        "/[a]{b}|c",
        "/a;b=c,d",
        "/a.jpg?w=80&h=9",
    ]);
    format!("{scheme}{host}{path}")
}

/// Signed, and sometimes tampered with.
fn signed(dice: &mut Dice, url: &str, keys: &[SigningKey]) -> String {
    let Some(key) = keys.get(dice.roll(keys.len().max(1))) else { return format!("{url}{}sig=00", join(url)) };
    let expires = [None, Some(2000), Some(1000), Some(999), Some(u64::MAX)][dice.roll(5)];
    let url = sign(url, key, expires);
    match dice.roll(12) {
        0 => url.replace("sig=", "sig=0"),
        1 => url.replace("w=", "w=1"),
        2 => format!("{url}&exp=2000"),
        3 => format!("{url}&x=1"),
        4 => url.replace("sig=", "SIG="),
        5 => match url.split_once("sig=") {
            Some((before, code)) => format!("{before}sig={}", code.to_ascii_uppercase()),
            None => url,
        },
        _ => url,
    }
}

fn join(url: &str) -> char {
    if url.contains('?') { '&' } else { '?' }
}

fn fields(dice: &mut Dice) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if dice.roll(12) > 0 {
        fields.push(("accept", accept(dice)));
    }
    let numbers = [
        "1",
        "1.5",
        "2",
        "2.625",
        "3",
        "5",
        "320",
        "700",
        "99999",
        "",
        "-1",
        "0",
        "1e3",
        "1.2.3",
        ".5",
        "99999999999999999",
    ];
    for name in ["sec-ch-width", "width", "sec-ch-dpr", "dpr"] {
        if dice.roll(4) == 0 {
            fields.push((name, dice.pick(&numbers).into()));
        }
    }
    if dice.roll(5) == 0 {
        fields.push(("save-data", dice.pick(&["on", "On", " on\t", "off", "1"]).into()));
    }
    if dice.roll(5) == 0 {
        fields.push(("ect", dice.pick(&["4g", "3g", "2g", "slow-2g", "3G"]).into()));
    }
    fields
}

/// The fields that browsers and others send for images, as documented by MDN and as captured.
pub(crate) const REAL: [&str; 15] = [
    "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
    "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
    "image/webp,image/avif,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
    "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5",
    "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5",
    "image/avif,image/webp,*/*",
    "image/webp,*/*",
    "image/webp,image/apng,image/*,*/*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "*/*",
    "image/*",
    "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
];

fn accept(dice: &mut Dice) -> String {
    if dice.roll(2) == 0 {
        return dice.pick(&REAL).into();
    }
    let range = |dice: &mut Dice| {
        let kind = dice.pick(&[
            "image/jxl",
            "image/avif",
            "image/avif",
            "image/webp",
            "image/webp",
            "image/jpeg",
            "image/png",
            "image/gif",
            "image/*",
            "image/*",
            "*/*",
            "*/*",
            "text/html",
            "IMAGE/WebP",
            "*",
            "*/webp",
            "image/",
            "im age/webp",
            "image/heic",
            "image/a/b",
            "",
        ]);
        let weight = dice.pick(&[
            "",
            "",
            "",
            "",
            ";q=1",
            ";q=1.000",
            ";q=0",
            ";q=0.000",
            ";q=0.1",
            "; q=0.5",
            " ; Q=0.8",
            ";q=0.999",
            ";q=2",
            ";q=.5",
            ";q=0.1234",
            ";level=1;q=0.9",
            ";v",
            ";q=0.5;q=0.6",
            ";q=",
            ";q=1.",
            ";q=0.",
            "; ;q=0.3",
            ";p=\"a,b\"",
        ]);
        format!("{kind}{weight}")
    };
    let elements: Vec<String> = (0..=dice.roll(6)).map(|_| range(dice)).collect();
    elements.join(dice.pick(&[",", ", ", " , ", ",\t"]))
}

//! Client hints (RFC 8942), rounded before they can become part of a key.

use darkroom_recipe::InvalidRecipe;

use crate::http::headers::Header;
use crate::{Config, Fields, FormatChoice, Options};

/// A client's information about its screen and its connection.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hints {
    /// `Sec-CH-Width`, or `Width`: the image's width in physical pixels.
    pub width: Option<u32>,
    /// `Sec-CH-DPR`, or `DPR`: physical pixels for each CSS pixel, rounded up to 1, 1.5, 2, 3 or 4.
    pub dpr: Option<f32>,
    /// `Save-Data: on`.
    pub save_data: bool,
    /// `Save-Data: on`, or an `ECT` of `slow-2g`, `2g` or `3g`. `RTT` and `Downlink`, which Cloudflare also reads, are
    /// ignored: browsers derive `ECT` from them, and a cache can't vary on numbers.
    pub slow: bool,
}

pub(crate) const DPR_STEPS: [f32; 5] = [1.0, 1.5, 2.0, 3.0, 4.0];

impl Hints {
    /// Reads them; a malformed one counts as absent.
    #[must_use]
    pub fn read(fields: &Fields) -> Self {
        let either = |name: &str, legacy: &str| fields.get(name).or(fields.get(legacy)).map(str::to_owned);
        let save_data = fields.get("save-data").is_some_and(|value| value.eq_ignore_ascii_case("on"));
        let slow = fields.get("ect").is_some_and(|kind| matches!(kind, "slow-2g" | "2g" | "3g"));
        Self {
            width: either("sec-ch-width", "width").and_then(|width| positive(&width)).map(|width| width.ceil() as u32),
            dpr: either("sec-ch-dpr", "dpr").and_then(|dpr| positive(&dpr)).map(round_dpr),
            save_data,
            slow: slow || save_data,
        }
    }

    /// Fills in the options that depend on the client. Afterwards they contain only numbers.
    pub(crate) fn apply(self, options: &mut Options, config: &Config) -> Result<(), InvalidRecipe> {
        if options.auto_width {
            self.apply_width(options, config)?;
        }
        let encoding = &mut options.recipe.encoding;
        match options.slow_quality.take() {
            Some(quality) if self.slow => encoding.quality = Some(quality),
            None if self.save_data && options.preset.is_none() => {
                encoding.quality = encoding.quality.or(config.save_data_quality);
            }
            _ => {}
        }
        Ok(())
    }

    /// A hinted width is in physical pixels. The configured width is multiplied, like the height, by the URL's `dpr` or
    /// else the hint's.
    fn apply_width(self, options: &mut Options, config: &Config) -> Result<(), InvalidRecipe> {
        let resize = &mut options.recipe.resize;
        if resize.dpr == 1.0 {
            resize.dpr = self.dpr.unwrap_or(1.0);
        }
        resize.width = Some(config.auto_width);
        options.auto_width = false;
        options.fold_dpr()?;
        let resize = &mut options.recipe.resize;
        resize.width = self.width.or(resize.width).map(|width| config.widths.round_up(width));
        options.drop_idle();
        Ok(())
    }
}

/// The fields that a response to `options` depends on, for `Vary`.
pub(crate) fn vary(options: &Options, config: &Config) -> Vec<&'static str> {
    let mut names = Vec::new();
    if options.format == FormatChoice::Auto {
        names.push("Accept");
    }
    if options.auto_width {
        names.extend(["Sec-CH-Width", "Width", "Sec-CH-DPR", "DPR"]);
    }
    let encoding = &options.recipe.encoding;
    if options.slow_quality.is_some() {
        names.extend(["Save-Data", "ECT"]);
    } else if config.save_data_quality.is_some() && options.preset.is_none() && encoding.quality.is_none() {
        names.push("Save-Data");
    }
    names
}

/// `Accept-CH`, with which a *page* asks the browser for the hints. Sent with an image it has no effect on that image's
/// page. For images of another origin the page must delegate the hints in its `Permissions-Policy`.
pub(crate) const ACCEPT_CH: &str = "Sec-CH-Width, Sec-CH-DPR, Width, DPR, ECT";

/// The fields to send with a page that has images with `width=auto`. `Critical-CH` makes the browser repeat its first
/// request with the hint; it omits `Width`, since no request for a page has one.
#[must_use]
pub fn document_headers() -> Vec<Header> {
    vec![("Accept-CH", ACCEPT_CH.into()), ("Critical-CH", "Sec-CH-DPR".into())]
}

/// Digits with at most one point, above zero (RFC 9651 §3.3.1 and §3.3.2).
fn positive(value: &str) -> Option<f32> {
    let plain = value.len() <= 16 && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    value.parse().ok().filter(|number| plain && *number > 0.0)
}

fn round_dpr(dpr: f32) -> f32 {
    DPR_STEPS.into_iter().find(|step| *step >= dpr).unwrap_or(4.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;

    fn resolved(options: &str, fields: &[(&str, &str)]) -> String {
        let config = Config { save_data_quality: Some(40), ..Config::default() };
        let mut request = Request::parse(&format!("/image/{options}/a.jpg"), "").expect(options);
        Hints::read(&Fields::from_pairs(fields.iter().copied())).apply(&mut request.options, &config).expect(options);
        request.options.to_string()
    }

    #[test]
    fn hints_decide_what_the_url_leaves_to_them() {
        for (options, fields, expected) in [
            ("width=auto", &[][..], "width=1200"),
            ("width=auto", &[("Sec-CH-DPR", "1.75")], "width=2560"),
            ("width=auto", &[("DPR", "1.0"), ("Width", "700")], "width=750"),
            ("width=auto", &[("Sec-CH-Width", "320"), ("Width", "700"), ("Sec-CH-DPR", "2")], "width=320"),
            ("width=auto", &[("Sec-CH-Width", "99999")], "width=3840"),
            ("width=auto,h=100", &[("Sec-CH-Width", "600"), ("Sec-CH-DPR", "3")], "height=300,width=640"),
            ("width=auto,dpr=2", &[("Sec-CH-DPR", "3")], "width=2560"),
            ("width=700", &[("Sec-CH-Width", "320"), ("Sec-CH-DPR", "2")], "width=700"),
            ("q=80,scq=50", &[("Save-Data", "on")], "quality=50"),
            ("q=80,scq=50", &[("ECT", "3g")], "quality=50"),
            ("q=80,scq=50", &[("ECT", "4g")], "quality=80"),
            ("w=9", &[("Save-Data", "On")], "quality=40,width=9"),
            ("w=9", &[("ECT", "2g")], "width=9"),
            ("q=80", &[("Save-Data", "on")], "quality=80"),
            ("preset=small", &[("Save-Data", "on")], "preset=small"),
        ] {
            assert_eq!(resolved(options, fields), expected, "{options} {fields:?}");
        }
    }

    #[test]
    fn malformed_hints_are_absent() {
        for value in ["", "-1", "0", "1e3", "NaN", "inf", "1.2.3", "auto", "99999999999999999999"] {
            let fields = Fields::from_pairs([("Sec-CH-Width", value), ("Sec-CH-DPR", value), ("Save-Data", value)]);
            assert_eq!(Hints::read(&fields), Hints::default(), "{value}");
        }
    }

    #[test]
    fn an_answer_varies_on_what_it_depends_on() {
        for (options, expected) in [
            ("w=9", &["Accept"][..]),
            ("f=webp,w=9", &[]),
            ("f=json", &[]),
            ("width=auto", &["Accept", "Sec-CH-Width", "Width", "Sec-CH-DPR", "DPR"]),
            ("scq=50,f=webp", &["Save-Data", "ECT"]),
            ("preset=small", &["Accept"]),
        ] {
            let request = Request::parse(&format!("/image/{options}/a.jpg"), "").expect(options);
            assert_eq!(vary(&request.options, &Config::default()), expected, "{options}");
        }
    }
}

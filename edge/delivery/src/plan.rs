//! From a request's head to what a shell has to look up and make.

use darkroom_recipe::{Encoding, Format, ImageInfo, Metadata, OnDamage, Recipe};

use crate::hints::{self, Hints};
use crate::keys::rendition_key;
use crate::{
    Accept, AcceptClass, Authority, AvifPolicy, Bounds, Config, Error, Fields, FormatChoice, Method, Mode,
    NotAcceptable, ObjectKey, Options, Request, SignatureError, Source, Stamp, Verified, verify,
};

/// What to do with a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Answer with [`crate::preflight_headers`] and 204.
    Preflight,
    /// Look up, make and send.
    Deliver(Box<Plan>),
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The image.
    Image,
    /// Facts about the original and about the image that would be sent, as JSON.
    Facts,
}

/// The format of the answer, as far as it is known before the source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one.
    Format(Format),
    /// JPEG or PNG.
    Fallback,
}

/// What to look up and make for one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// GET or HEAD.
    pub method: Method,
    /// In numbers only: hints are put in, and the width of an unsigned URL is on the ladder.
    pub request: Request,
    /// The image or facts about it.
    pub output: Output,
    /// What the client should get.
    pub target: Target,
    /// What it gets at once where `target` is not stored: only for AVIF, by [`AvifPolicy::Background`].
    pub stand_in: Option<Target>,
    /// How large the image may become.
    pub bounds: Bounds,
    /// Until when the URL is good, in seconds since 1970.
    pub expires: Option<u64>,
    /// For `Vary`.
    pub vary: Vec<&'static str>,
    /// The request's own fields, for its conditions.
    pub fields: Fields,
    /// What whoever goes on with this request elsewhere has to know of it.
    pub verified: Verified,
    recipe: Recipe,
}

/// One rendition: how it is made, and where it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its format included.
    pub recipe: Recipe,
    /// Where it is, or is to be stored.
    pub object: ObjectKey,
    /// Whether something better is to replace it soon.
    pub provisional: bool,
}

/// Decides what to do. `path` is still encoded; `query` is without its `?`; `now` is in seconds since 1970.
///
/// # Errors
/// What is wrong with the request, or why it is refused.
pub fn plan(
    method: &str,
    path: &str,
    query: &str,
    fields: &Fields,
    config: &Config,
    now: u64,
) -> Result<Decision, Error> {
    let method = method.parse()?;
    if method == Method::Options {
        return Ok(Decision::Preflight);
    }
    let authority = verify(path, query, &config.signing_keys, now)?;
    decide(method, Request::parse(path, query)?, authority, None, fields, config)
}

/// The same for a path that an earlier plan's [`Request::path`] gave, or an edge that says what it has verified: the
/// signature is looked at no more, but the mode and what needs a signature are.
///
/// # Errors
/// As [`plan`].
pub fn plan_verified(
    method: &str,
    path: &str,
    verified: &Verified,
    fields: &Fields,
    config: &Config,
) -> Result<Decision, Error> {
    let method = method.parse()?;
    if method == Method::Options {
        return Ok(Decision::Preflight);
    }
    let authority = if verified.signed { Authority::Signed { expires: None } } else { Authority::Unsigned };
    decide(method, Request::parse(path, "")?, authority, Some(&verified.class), fields, config)
}

fn decide(
    method: Method,
    mut request: Request,
    authority: Authority,
    class: Option<&AcceptClass>,
    fields: &Fields,
    config: &Config,
) -> Result<Decision, Error> {
    authorise(&request, authority, config)?;
    let vary = hints::vary(&request.options, config);
    Hints::read(fields).apply(&mut request.options, config)?;
    let signed = authority != Authority::Unsigned;
    if !signed {
        config.ladder.apply(&mut request.options.recipe.resize);
    }
    if config.on_damage == OnDamage::Refuse && request.options.preset.is_none() {
        request.options.recipe.on_damage = OnDamage::Refuse;
    }
    let recipe = recipe(&request.options, config)?;
    let class = match class {
        _ if request.options.format != FormatChoice::Auto => AcceptClass::ANY,
        Some(class) => offered(class, &recipe, config.avif)?,
        None => offered(&AcceptClass::of(&Accept::parse(fields.get("accept"))), &recipe, config.avif)?,
    };
    let (target, stand_in) = choose(request.options.format, &recipe, &class, config.avif);
    let bounded = !signed && request.options.preset.is_none();
    Ok(Decision::Deliver(Box::new(Plan {
        method,
        output: if request.options.format == FormatChoice::Json { Output::Facts } else { Output::Image },
        request,
        target,
        stand_in,
        bounds: if bounded { config.unsigned } else { Bounds::NONE },
        expires: match authority {
            Authority::Signed { expires } => expires,
            Authority::Unsigned => None,
        },
        vary,
        fields: fields.clone(),
        verified: Verified { class, signed },
        recipe,
    })))
}

fn authorise(request: &Request, authority: Authority, config: &Config) -> Result<(), Error> {
    let forbid = |what: String, allowed: &str| Err(Error::Forbidden { what, allowed: allowed.into() });
    if let Source::Remote(remote) = &request.source
        && !config.remote_origins.contains(remote.origin())
    {
        return forbid(format!("source {}", remote.origin()), "must be one of the configuration's remote_origins");
    }
    let options = &request.options;
    match config.mode {
        _ if authority != Authority::Unsigned => Ok(()),
        // It may tell where somebody lives. A preset's is the operator's to allow.
        _ if options.recipe.metadata == Metadata::Keep => forbid("metadata=keep".into(), "needs a signature"),
        Mode::Signed => Err(SignatureError::Missing.into()),
        Mode::Presets if options.preset.is_none() => {
            forbid(options.to_string(), "needs a signature; without one only preset=<name> is made")
        }
        Mode::Open if !config.costly_options => match options.recipe.costly() {
            Some(option) => forbid(option.into(), "needs a signature"),
            None => Ok(()),
        },
        Mode::Open | Mode::Presets => Ok(()),
    }
}

/// The preset's recipe, or the options'; in the format that the URL names, if any.
fn recipe(options: &Options, config: &Config) -> Result<Recipe, Error> {
    let Some(name) = &options.preset else { return Ok(options.recipe.clone()) };
    let preset = config.presets.iter().find(|preset| preset.name == *name);
    let recipe = &preset.ok_or_else(|| Error::NotFound(format!("preset={name}")))?.recipe;
    let recipe = match options.format {
        FormatChoice::Fixed => recipe.in_format(options.recipe.encoding.format),
        FormatChoice::Auto | FormatChoice::Json => recipe.clone(),
    };
    let on_damage = if config.on_damage == OnDamage::Refuse { OnDamage::Refuse } else { recipe.on_damage };
    Ok(Recipe { on_damage, ..recipe })
}

/// What of a client's formats `auto` may make of `recipe`.
fn offered(class: &AcceptClass, recipe: &Recipe, avif: AvifPolicy) -> Result<AcceptClass, NotAcceptable> {
    let lossless = recipe.encoding.lossless;
    class.offered(|format| avif.offers(format) && (!lossless || format.can_be_lossless()))
}

/// [`Plan::target`] and [`Plan::stand_in`]. Who takes nothing but what is slow waits for it.
fn choose(format: FormatChoice, recipe: &Recipe, class: &AcceptClass, avif: AvifPolicy) -> (Target, Option<Target>) {
    if format != FormatChoice::Auto {
        return (Target::Format(recipe.encoding.format), None);
    }
    let target = class.preferences().next().map_or(Target::Fallback, Target::from);
    let waits = avif == AvifPolicy::Wait || !target.is_slow();
    (target, if waits { None } else { next(class, target) })
}

/// What the client wants next, of what is made quickly.
fn next(class: &AcceptClass, target: Target) -> Option<Target> {
    class.preferences().map(Target::from).skip_while(|other| *other != target).skip(1).find(|other| !other.is_slow())
}

impl From<Option<Format>> for Target {
    fn from(preference: Option<Format>) -> Self {
        preference.map_or(Self::Fallback, Self::Format)
    }
}

impl Target {
    /// `avif`, `webp`, `jpeg`, `png` or `fallback`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Format(format) => format.name(),
            Self::Fallback => "fallback",
        }
    }

    fn is_slow(self) -> bool {
        matches!(self, Self::Format(format) if format.is_slow())
    }
}

impl Plan {
    /// Whether the client's `Accept` has a say in the format. A format that the URL names is everybody's.
    #[must_use]
    pub fn negotiates(&self) -> bool {
        self.request.options.format == FormatChoice::Auto
    }

    /// Whether this type may be sent. For content that was not negotiated: an original, or what another client's request
    /// has stored.
    #[must_use]
    pub fn sends(&self, media_type: &str) -> bool {
        !self.negotiates() || self.verified.class.takes(media_type)
    }

    /// Whether this release would store the same object for a candidate. In place of a format that is negotiated there
    /// may be the next best one.
    #[must_use]
    pub fn is_current(&self, candidate: &Candidate, stamp: &Stamp) -> bool {
        let made_as = |format: Format| stamp.is_current(&self.recipe.in_format(format));
        let negotiated = || Format::ALL.into_iter().any(made_as) || stamp.is_current(&self.taken_over());
        stamp.is_current(&candidate.recipe) || (self.negotiates() && negotiated())
    }

    /// The same request as GET without conditions and ranges: what a cache keeps is its answer.
    #[must_use]
    pub fn unconditional(&self) -> Self {
        Self { method: Method::Get, fields: Fields::default(), ..self.clone() }
    }

    /// A name for the answer in a cache: equal only for requests with equal answers.
    #[must_use]
    pub fn cache_key(&self) -> String {
        format!("{}?as={}", self.request.path(), self.verified)
    }

    /// What may be stored already, in the order in which to look. A stand-in comes after what it stands in for.
    #[must_use]
    pub fn stored(&self) -> Vec<Candidate> {
        let formats = |target: Target, provisional| {
            self.formats(target).into_iter().map(move |format| self.candidate(format, provisional))
        };
        let stand_in = self.stand_in.into_iter().flat_map(|target| formats(target, true));
        formats(self.target, false).chain(stand_in).collect()
    }

    /// How it is made at once where nothing is stored, before it is known whether the source has frames and transparent
    /// pixels: as [`Plan::make`] would have it once it is.
    #[must_use]
    pub fn recipe(&self) -> Recipe {
        self.recipe_of(&self.formats(self.stand_in.unwrap_or(self.target)))
    }

    fn recipe_of(&self, formats: &[Format]) -> Recipe {
        let (first, others) = formats.split_first().unwrap_or((&Format::Jpeg, &[]));
        let mut recipe = self.recipe.in_format(*first);
        recipe.encoding.alternatives = others.to_vec();
        recipe
    }

    /// A JPEG as it is, for those who take JPEG XL: the same coefficients in fewer bytes.
    #[must_use]
    pub fn taken_over(&self) -> Recipe {
        let encoding = Encoding { format: Format::Jxl, lossless: true, ..Encoding::default() };
        Recipe { encoding, ..self.recipe.clone() }
    }

    /// What to make at once of the source where nothing is stored.
    #[must_use]
    pub fn make(&self, info: &ImageInfo) -> Candidate {
        self.candidate(self.recipe().for_source(info).encoding.format, self.stand_in.is_some())
    }

    /// Whether `candidate` would be a still of an animation, although the format is negotiated and another one has frames.
    #[must_use]
    pub fn loses_frames(&self, info: &ImageInfo, candidate: &Candidate) -> bool {
        let still = info.frames > 1 && self.recipe.keeps_frames() && !candidate.recipe.encoding.format.has_animation();
        still && self.negotiates() && self.instead(candidate, info).is_some()
    }

    /// What to make where a limit forbids `candidate`. In place of a format that the URL names it is WebP, under WebP's own
    /// key and for a short time.
    #[must_use]
    pub fn instead(&self, candidate: &Candidate, info: &ImageInfo) -> Option<Candidate> {
        if self.negotiates() {
            let formats = self.formats(next(&self.verified.class, Target::Format(candidate.recipe.encoding.format))?);
            let recipe = self.recipe_of(&formats).for_source(info);
            return Some(Candidate { recipe, ..candidate.clone() });
        }
        (self.output == Output::Image && candidate.recipe.encoding.format != Format::WebP)
            .then(|| self.candidate(Format::WebP, true))
    }

    /// What to make after the answer, where the answer was a stand-in.
    #[must_use]
    pub fn make_later(&self) -> Option<Candidate> {
        match (self.stand_in, self.target) {
            (Some(_), Target::Format(format)) => Some(self.candidate(format, false)),
            _ => None,
        }
    }

    /// Where to send a client for which the image can't be made, if the URL wants that and there is such a place.
    #[must_use]
    pub fn redirect(&self, config: &Config) -> Option<String> {
        if !self.request.options.redirect_on_error {
            return None;
        }
        match &self.request.source {
            Source::Remote(remote) => Some(remote.to_string()),
            Source::Key(key) => config.originals_url.as_ref().map(|base| format!("{base}{}", key.to_path())),
        }
    }

    /// The formats that a target can become: one, or first without transparency, then with it, then with frames. A preset's
    /// own JPEG or PNG is its fallback.
    fn formats(&self, target: Target) -> Vec<Format> {
        match (target, self.recipe.encoding.format) {
            (Target::Format(format), _) => vec![format],
            (Target::Fallback, format @ (Format::Jpeg | Format::Png | Format::Gif)) => vec![format],
            (Target::Fallback, _) if self.recipe.encoding.lossless => vec![Format::Png, Format::Gif],
            (Target::Fallback, _) => vec![Format::Jpeg, Format::Png, Format::Gif],
        }
    }

    fn candidate(&self, format: Format, provisional: bool) -> Candidate {
        let recipe = self.recipe.in_format(format);
        let mut options = self.request.options.clone();
        options.recipe.encoding.format = format;
        let object = rendition_key(&self.request.source, &options, format);
        Candidate { recipe, object, provisional }
    }
}

/// Of a source that is as good as any other.
#[cfg(test)]
pub(crate) const fn info(format: Format, frames: u32, alpha: bool) -> ImageInfo {
    ImageInfo {
        format,
        width: 2000,
        height: 1000,
        orientation: 1,
        frames,
        alpha,
        bits_per_channel: 8,
        icc_profile: false,
        metadata: false,
        damaged: false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sign;

    const CHROME: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
    const UPLOAD: &str = "uploads/u/20251231_235959_abcdef01_a.jpg";

    fn decide(url: &str, accept: &str, config: &Config) -> Result<Plan, Error> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        match plan("GET", path, query, &Fields::from_pairs([("Accept", accept)]), config, 1000)? {
            Decision::Deliver(plan) => Ok(*plan),
            Decision::Preflight => unreachable!("GET"),
        }
    }

    fn stored(plan: &Plan) -> Vec<String> {
        plan.stored().into_iter().map(|candidate| candidate.object.key).collect()
    }

    fn with_key() -> (Config, crate::SigningKey) {
        let key = crate::SigningKey::try_from("0123456789abcdef".to_owned()).expect("key");
        (Config { signing_keys: vec![key.clone()], ..Config::default() }, key)
    }

    #[test]
    fn avif_is_looked_up_first_and_webp_stands_in() {
        let plan = decide("/image/w=700/a.jpg", CHROME, &Config::default()).expect("plan");
        assert_eq!(stored(&plan), ["variants/a.jpg/width=750.avif", "variants/a.jpg/width=750.webp"]);
        assert_eq!(plan.make(&info(Format::Png, 1, true)).recipe.to_string(), "width=750");
        assert!(plan.make(&info(Format::Png, 1, false)).provisional);
        assert_eq!(plan.make_later().expect("avif").recipe.to_string(), "format=avif,width=750");
        assert_eq!(plan.cache_key(), "/image/width=750/a.jpg?as=avif-webp-any");
        assert_eq!(plan.vary, ["Accept"]);
    }

    #[test]
    fn policies_for_avif() {
        let with = |avif| Config { avif, ..Config::default() };
        for (avif, accept, target, stand_in) in [
            (AvifPolicy::Wait, CHROME, "avif", None),
            (AvifPolicy::Off, CHROME, "webp", None),
            (AvifPolicy::Background, "image/avif", "avif", None),
            (AvifPolicy::Background, "image/avif,image/png", "avif", Some("fallback")),
            (AvifPolicy::Background, "*/*", "fallback", None),
        ] {
            let plan = decide("/image/w=700/a.jpg", accept, &with(avif)).expect("plan");
            assert_eq!((plan.target.name(), plan.stand_in.map(Target::name)), (target, stand_in), "{avif:?} {accept}");
        }
        let off = decide("/image/f=avif/a.jpg", "*/*", &with(AvifPolicy::Off)).expect("named by the URL");
        assert_eq!(off.target, Target::Format(Format::Avif));
    }

    #[test]
    fn the_fallback_follows_the_source() {
        let plan = decide("/image/w=640/a.png", "*/*", &Config::default()).expect("plan");
        assert_eq!(stored(&plan), ["jpg", "png", "gif"].map(|ending| format!("variants/a.png/width=640.{ending}")));
        for (frames, alpha, format) in
            [(1, false, Format::Jpeg), (1, true, Format::Png), (3, false, Format::Gif), (3, true, Format::Gif)]
        {
            assert_eq!(plan.make(&info(Format::Png, frames, alpha)).recipe.encoding.format, format);
        }
    }

    #[test]
    fn presets_are_found_where_the_pipeline_put_them() {
        let stem = "u/20251231_235959_abcdef01_a";
        for (preset, accept, expected) in [
            ("small", CHROME, vec![format!("thumbnails/small/{stem}.avif"), format!("thumbnails/small/{stem}.webp")]),
            ("small", "*/*", vec![format!("thumbnails/small/{stem}.jpg")]),
            ("compressed", "image/webp", vec![format!("compressed/{stem}.webp")]),
            ("compressed", "*/*", ["jpg", "png", "gif"].map(|ending| format!("compressed/{stem}.{ending}")).to_vec()),
        ] {
            let plan = decide(&format!("/image/preset={preset}/{UPLOAD}"), accept, &Config::default()).expect(preset);
            assert_eq!(stored(&plan), expected, "{preset} {accept}");
        }
        let plan = decide(&format!("/image/preset=small,f=jpeg/{UPLOAD}"), CHROME, &Config::default()).expect("plan");
        let own = Config::default().presets.into_iter().find(|preset| preset.name == "small").expect("builtin");
        assert_eq!(plan.make(&info(Format::Jpeg, 1, false)).recipe, own.recipe);
    }

    #[test]
    fn modes() {
        let (open, key) = with_key();
        let signed = Config { mode: Mode::Signed, ..open.clone() };
        let presets = Config { mode: Mode::Presets, ..open.clone() };
        let cheap = format!("/image/w=700/{UPLOAD}");
        let costly = format!("/image/w=700,max-bytes=9999/{UPLOAD}");
        let preset = format!("/image/preset=small/{UPLOAD}");
        for (config, allowed) in
            [(&open, [true, false, true]), (&signed, [false, false, false]), (&presets, [false, false, true])]
        {
            for (url, allowed) in [&cheap, &costly, &preset].into_iter().zip(allowed) {
                let status = decide(url, "*/*", config).map(|_| ()).map_err(|error| error.status());
                assert_eq!(status, if allowed { Ok(()) } else { Err(403) }, "{:?} {url}", config.mode);
                assert!(decide(&sign(url, &key, None), "*/*", config).is_ok(), "{:?} {url}", config.mode);
                assert_eq!(decide(&format!("{url}?sig=00"), "*/*", config).map_err(|error| error.status()), Err(403));
            }
        }
        let free = Config { costly_options: true, ..open };
        assert!(decide(&costly, "*/*", &free).is_ok());
    }

    #[test]
    fn a_signed_url_gets_the_width_it_asks_for() {
        let (config, key) = with_key();
        let plan = decide(&sign("/image/w=701,h=7/a.jpg", &key, Some(2000)), "*/*", &config).expect("plan");
        assert_eq!(plan.request.path(), "/image/height=7,width=701/a.jpg");
        assert_eq!(plan.expires, Some(2000));
        let expired = decide(&sign("/image/w=701/a.jpg", &key, Some(1000)), "*/*", &config).expect_err("expired");
        assert_eq!(expired.to_string(), "exp=1000: expired");
    }

    #[test]
    fn errors_have_their_status() {
        let config = Config { remote_origins: vec!["h.example".parse().expect("origin")], ..Config::default() };
        for (url, accept, expected) in [
            ("/image/w=0/a.jpg", "*/*", Err(400)),
            ("/image/preset=nope/a.jpg", "*/*", Err(404)),
            ("/other", "*/*", Err(404)),
            ("/image/w=9/a.jpg", "text/html", Err(406)),
            ("/image/w=9,f=jpeg/a.jpg", "text/html", Ok(())),
            ("/image/f=json/a.jpg", "application/json", Ok(())),
            ("/image/w=9/https://h.example/a.jpg", "*/*", Ok(())),
            ("/image/w=9/https://h.example:8443/a.jpg", "*/*", Err(403)),
            ("/image/w=9/http://h.example/a.jpg", "*/*", Err(403)),
            ("/image/w=9/https://evil.example/a.jpg", "*/*", Err(403)),
        ] {
            assert_eq!(decide(url, accept, &config).map(|_| ()).map_err(|error| error.status()), expected, "{url}");
        }
        let method = plan("POST", "/image/w=9/a.jpg", "", &Fields::default(), &config, 0).expect_err("method");
        assert_eq!((method.status(), method.to_string().as_str()), (405, "method POST: must be GET, HEAD or OPTIONS"));
    }

    #[test]
    fn onerror_redirects_to_the_original() {
        let config = Config { originals_url: Some("https://o.example/".into()), ..Config::default() };
        let redirect = |url| decide(url, "*/*", &config).expect(url).redirect(&config);
        assert_eq!(redirect("/image/onerror=redirect,w=9/a%20b.jpg").as_deref(), Some("https://o.example/a%20b.jpg"));
        assert_eq!(redirect("/image/w=9/a.jpg"), None);
    }

    #[test]
    fn what_was_verified_is_followed_and_no_more() {
        let (config, key) = with_key();
        let config = Config { mode: Mode::Signed, ..config };
        let first = decide(&sign("/image/w=701,effort=3/a.jpg", &key, None), CHROME, &config).expect("signed");
        assert_eq!(first.verified.to_string(), "avif-webp-any;signed");
        let again = |path: &str, verified: &str, config: &Config| {
            plan_verified("GET", path, &verified.parse().expect(verified), &first.fields, config)
        };
        let path = first.request.path();
        assert_eq!(again(&path, "avif-webp-any;signed", &config), Ok(Decision::Deliver(Box::new(first.clone()))));
        let open = Config { mode: Mode::Open, ..config.clone() };
        let presets = Config { mode: Mode::Presets, ..config.clone() };
        for (path, config, status) in [
            (&*path, &config, 403),
            (&path, &open, 403),
            ("/image/width=9/a.jpg", &presets, 403),
            ("/image/metadata=keep/a.jpg", &open, 403),
            ("/image/width=9/https://h.example/a.jpg", &open, 403),
            ("/image/preset=nope/a.jpg", &open, 404),
        ] {
            assert_eq!(again(path, "avif-webp-any", config).expect_err(path).status(), status, "{path}");
        }
        assert!(again("/image/width=9/a.jpg", "any", &open).is_ok());
    }

    #[test]
    fn only_equal_images_are_shared() {
        let config = Config::default();
        let key = |url, accept| decide(url, accept, &config).expect(url).cache_key();
        let image = key("/image/w=700/a.jpg", CHROME);
        assert_eq!(image, key("/cdn-cgi/image/width=750/a.jpg", "image/avif, image/webp, */*;q=0.5"));
        for (url, accept) in [
            ("/image/w=750/b.jpg", CHROME),
            ("/image/w=640/a.jpg", CHROME),
            ("/image/w=750,f=json/a.jpg", CHROME),
            ("/image/w=750/a.jpg", "*/*"),
            ("/image/w=750/a.jpg", "image/avif"),
            ("/image/w=750/a.jpg", "image/avif,image/webp"),
        ] {
            assert_ne!(image, key(url, accept), "{url} {accept}");
        }
    }

    proptest! {
        #[test]
        fn planning_the_canonical_path_gives_the_same_plan(
            options in proptest::collection::vec(
                "(w|h)=[1-9][0-9]{0,3}|dpr=[1-3](\\.5)?|fit=(cover|pad|contain)|g=(auto|0\\.[0-9]x1)|q=(high|[1-9][0-9])\
                |f=(auto|webp|avif|jpg|png|json|baseline-jpeg)|w=auto|compression=fast|rotate=90|blur=[0-9]\\.[0-9]\
                |background=(red|fff)|trim\\.left=[0-9]|onerror=redirect|scq=low",
                1..8,
            ),
            accept in "(image/avif,|image/webp,)?(image/jpeg|\\*/\\*)",
        ) {
            let url = format!("/cdn-cgi/image/{}/a%20b.jpg", options.join(","));
            let first = decide(&url, &accept, &Config::default()).expect("valid options");
            let mut again = decide(&first.request.path(), &accept, &Config::default()).expect("canonical");
            again.vary.clone_from(&first.vary); // the hints are put in already
            prop_assert_eq!(again, first);
        }
    }
}

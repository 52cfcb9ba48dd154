//! Turns a request's head into a plan for a shell: which objects to look up, and what to make.

use darkroom_recipe::{Encoding, Format, ImageInfo, Metadata, OnDamage, Recipe};

use crate::layout::keys::rendition_key;
use crate::negotiate::hints::{self, Hints};
use crate::{
    Accept, AcceptClass, Authority, AvifPolicy, Bounds, Config, Error, Fields, FormatChoice, Method, Mode,
    NotAcceptable, ObjectKey, Options, Provenance, Request, SignatureError, Source, StorePolicy, Verified, verify,
};

/// How to handle a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Respond with [`crate::preflight_headers`] and 204.
    Preflight,
    /// Look up, make and send.
    Deliver(Box<Plan>),
}

/// The kind of response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The image.
    Image,
    /// Facts about the original and about the image that would be sent, as JSON.
    Facts,
}

/// The format of the response, as far as it is known before the source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one.
    Format(Format),
    /// JPEG or PNG.
    Fallback,
}

/// Which objects to look up and what to make for one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// GET or HEAD.
    pub method: Method,
    /// In numbers only: hints are put in.
    pub request: Request,
    /// The image or facts about it.
    pub output: Output,
    /// The format that the client should get.
    pub target: Target,
    /// The format that it gets at once if `target` is not stored: only for AVIF, by [`AvifPolicy::Background`].
    pub stand_in: Option<Target>,
    /// How large the image may become.
    pub bounds: Bounds,
    /// The time at which the URL expires, in seconds since 1970.
    pub expires: Option<u64>,
    /// For `Vary`.
    pub vary: Vec<&'static str>,
    /// The request's own fields, for its conditions.
    pub fields: Fields,
    /// Whether what is made is stored, or HTTP caches alone keep it.
    pub stored: bool,
    /// What whoever goes on with this request elsewhere has to know of it.
    pub verified: Verified,
    recipe: Recipe,
}

/// One rendition: its recipe and its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its format included.
    pub recipe: Recipe,
    /// Its place in the store, now or later.
    pub object: ObjectKey,
    /// Whether a better image will replace it soon.
    pub provisional: bool,
}

/// Plans a request. `path` is still encoded; `query` excludes the `?`; `now` is in seconds since 1970.
///
/// # Errors
/// Describes the error in the request, or the reason for its refusal.
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

/// The same for a path that an earlier plan's [`Request::path`] returned, or for an edge that passes on verified facts.
/// It does not check the signature again, but it still checks the mode and the options that need a signature.
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
    if config.on_damage == OnDamage::Refuse && request.options.preset.is_none() {
        request.options.recipe.on_damage = OnDamage::Refuse;
    }
    let recipe = recipe(&request.options, config)?;
    let class = match class {
        _ if request.options.format != FormatChoice::Auto => AcceptClass::ANY,
        Some(class) => offered(class, &recipe, config.avif)?,
        None => offered(&AcceptClass::of(&Accept::parse(fields.get("accept"))), &recipe, config.avif)?,
    };
    let stored =
        signed || config.store == StorePolicy::All || (request.source.is_here() && config.lists(&request.options));
    let (target, stand_in) = choose(request.options.format, &recipe, &class, config.avif, stored);
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
        stored,
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
        // It may reveal where somebody lives. For a preset, the operator decides.
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

/// The preset's recipe, or the options', in the format that the URL names, if any.
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

/// Which of a client's formats `auto` may choose for `recipe`.
fn offered(class: &AcceptClass, recipe: &Recipe, avif: AvifPolicy) -> Result<AcceptClass, NotAcceptable> {
    let lossless = recipe.encoding.lossless;
    class.offered(|format| avif.offers(format) && (!lossless || format.can_be_lossless()))
}

/// [`Plan::target`] and [`Plan::stand_in`]. Who takes nothing but what is slow waits for it. Where nothing is stored, what is
/// made after the answer would be made for nobody.
fn choose(
    format: FormatChoice,
    recipe: &Recipe,
    class: &AcceptClass,
    avif: AvifPolicy,
    stored: bool,
) -> (Target, Option<Target>) {
    if format != FormatChoice::Auto {
        return (Target::Format(recipe.encoding.format), None);
    }
    let target = class.preferences().next().map_or(Target::Fallback, Target::from);
    if avif == AvifPolicy::Wait || !target.is_slow() {
        return (target, None);
    }
    match next(class, target) {
        Some(quick) if !stored => (quick, None),
        stand_in => (target, stand_in),
    }
}

/// The client's next preference among the formats that are fast to make.
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
    /// Whether the format depends on the client's `Accept`. A format that the URL names is the same for everybody.
    #[must_use]
    pub fn negotiates(&self) -> bool {
        self.request.options.format == FormatChoice::Auto
    }

    /// Whether this type may be sent. For content that was not negotiated: an original, or a rendition stored for
    /// another client's request.
    #[must_use]
    pub fn sends(&self, media_type: &str) -> bool {
        !self.negotiates() || self.verified.class.takes(media_type)
    }

    /// Whether this release would store the same object for a candidate. An object may hold the next best format in
    /// place of a negotiated one.
    #[must_use]
    pub fn is_current(&self, candidate: &Candidate, stamp: &Provenance) -> bool {
        if self.output == Output::Facts {
            return stamp.is_current_facts(&candidate.recipe);
        }
        let made_as = |format: Format| stamp.is_current(&self.recipe.in_format(format));
        let negotiated = || Format::ALL.into_iter().any(made_as) || stamp.is_current(&self.taken_over());
        stamp.is_current(&candidate.recipe) || (self.negotiates() && negotiated())
    }

    /// The same request as a GET without conditions and ranges; a cache stores its response.
    #[must_use]
    pub fn unconditional(&self) -> Self {
        Self { method: Method::Get, fields: Fields::default(), ..self.clone() }
    }

    /// The response's name in a cache: equal only for requests with equal responses.
    #[must_use]
    pub fn cache_key(&self) -> String {
        format!("{}?as={}", self.request.path(), self.verified)
    }

    /// The objects that may be stored already, in lookup order. A stand-in comes after the image that it replaces.
    #[must_use]
    pub fn candidates(&self) -> Vec<Candidate> {
        let formats = |target: Target, provisional| {
            self.formats(target).into_iter().map(move |format| self.candidate(format, provisional))
        };
        let stand_in = self.stand_in.into_iter().flat_map(|target| formats(target, true));
        formats(self.target, false).chain(stand_in).collect()
    }

    /// The candidate to make at once if nothing is stored, before the source's frames and transparency are known;
    /// [`Plan::make`] decides once they are.
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

    /// A JPEG original unchanged, for clients that accept JPEG XL: the same coefficients in fewer bytes.
    #[must_use]
    pub fn taken_over(&self) -> Recipe {
        let encoding = Encoding { format: Format::Jxl, lossless: true, ..Encoding::default() };
        Recipe { encoding, ..self.recipe.clone() }
    }

    /// The candidate to make from the source at once if nothing is stored.
    #[must_use]
    pub fn make(&self, info: &ImageInfo) -> Candidate {
        self.candidate(self.recipe().for_source(info).encoding.format, self.stand_in.is_some())
    }

    /// Whether `candidate` would be a still of an animation, although the format is negotiated and another one has
    /// frames.
    #[must_use]
    pub fn loses_frames(&self, info: &ImageInfo, candidate: &Candidate) -> bool {
        let still = info.frames > 1 && self.recipe.keeps_frames() && !candidate.recipe.encoding.format.has_animation();
        still && self.negotiates() && self.instead(candidate, info).is_some()
    }

    /// The candidate to make if a limit forbids `candidate`. In place of a format that the URL names it is WebP, under
    /// WebP's own key and for a short time.
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

    /// The candidate to make after the response, if the response was a stand-in.
    #[must_use]
    pub fn make_later(&self) -> Option<Candidate> {
        match (self.stand_in, self.target) {
            (Some(_), Target::Format(format)) => Some(self.candidate(format, false)),
            _ => None,
        }
    }

    /// The URL to redirect a client to if the image can't be made, if the request allows that and such a URL exists.
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

    /// The formats that a target can resolve to: one, or the preference without transparency, then with it, then with
    /// frames. A preset's own JPEG or PNG is its fallback.
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
mod tests;

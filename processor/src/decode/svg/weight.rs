//! Computes the size of a document with all references expanded, before they are: a few hundred bytes of `use`, markers
//! or patterns can expand to millions of elements.

use std::collections::HashMap;

use resvg::usvg::roxmltree::{Document, Node};
use simplecss::{AttributeOperator, DeclarationTokenizer, Element, PseudoClass, StyleSheet};

use crate::Error;

/// The most elements, after expansion.
const MOST_ELEMENTS: u64 = 250_000;

/// The deepest nesting of elements, following references, that the stack allows.
const MOST_NESTED: u32 = 96;

/// The most pairs of an element and a style sheet rule: every rule is matched against every element.
const MOST_MATCHES: usize = 50_000_000;

/// The expanded size of an element.
#[derive(Clone, Copy, Default)]
struct Weight {
    /// Elements in it, and those that `use` adds.
    own: u64,
    /// Points of their paths, where markers may be drawn.
    points: u64,
    /// `own`, plus the elements that clips, masks, filters, markers, patterns and gradients add.
    all: u64,
    /// The nesting depth.
    depth: u32,
}

/// The number of elements in the expanded document.
///
/// # Errors
/// If there are too many elements, they are nested too deeply, or its style sheets have too many rules.
pub(super) fn elements(document: &Document<'_>) -> Result<u64, Error> {
    check_nesting(document)?;
    let mut style = StyleSheet::new();
    for node in document.descendants().filter(|node| node.has_tag_name("style")) {
        style.parse_more(node.text().unwrap_or_default());
    }
    let count = document.descendants().count();
    let matches = style.rules.len().saturating_mul(count);
    if matches > MOST_MATCHES {
        return Err(refuse(format!("{} rules of style for {count} elements", style.rules.len())));
    }
    style.rules.retain(|rule| rule.declarations.iter().any(|declaration| declaration.value.contains("url(")));
    let mut ids = HashMap::new();
    for node in document.descendants() {
        node.attribute("id").into_iter().for_each(|id| _ = ids.entry(id).or_insert(node));
    }
    let weights = vec![Known::Not; count];
    let all = Scale { ids, style, weights }.weigh(document.root_element(), 0)?.all;
    if all > MOST_ELEMENTS {
        return Err(refuse(format!("{all} elements, references followed; at most {MOST_ELEMENTS} are")));
    }
    Ok(all)
}

/// Checks the nesting of elements before any recursion.
fn check_nesting(document: &Document<'_>) -> Result<(), Error> {
    let mut depths = vec![0; document.descendants().count()];
    for node in document.descendants() {
        let depth = node.parent().map_or(0, |parent| depths[parent.id().get_usize()] + 1);
        depths[node.id().get_usize()] = depth;
        if depth > MOST_NESTED {
            return Err(too_deep());
        }
    }
    Ok(())
}

fn too_deep() -> Error {
    refuse(format!("elements nested more than {MOST_NESTED} deep"))
}

fn refuse(what: String) -> Error {
    Error::UnsupportedFeature(format!("SVG with {what}"))
}

struct Scale<'a> {
    ids: HashMap<&'a str, Node<'a, 'a>>,
    /// Rules with references.
    style: StyleSheet<'a>,
    weights: Vec<Known>,
}

/// The state of an element's weighing.
#[derive(Clone, Copy)]
enum Known {
    Not,
    /// It is being weighed.
    Open,
    Is(Weight),
}

impl<'a> Scale<'a> {
    fn weigh(&mut self, node: Node<'a, 'a>, level: u32) -> Result<Weight, Error> {
        if level > MOST_NESTED {
            return Err(too_deep());
        }
        match self.weights[node.id().get_usize()] {
            Known::Is(weight) if level + weight.depth > MOST_NESTED => return Err(too_deep()),
            Known::Is(weight) => return Ok(weight),
            Known::Open => return Err(refuse("an element that is drawn inside of itself".into())),
            Known::Not => self.weights[node.id().get_usize()] = Known::Open,
        }
        let mut weight = Weight { own: 1, points: points(node), all: 1, depth: 0 };
        for child in node.children().filter(Node::is_element) {
            weight.add(self.weigh(child, level + 1)?, 1);
        }
        for (property, id) in self.references(node) {
            let Some(target) = self.ids.get(id).copied() else { continue };
            let target = self.weigh(target, level + 1)?;
            match property {
                "href" => weight.add(target, 1),
                // Everything in it inherits these.
                _ if property.starts_with("marker") => weight.add_beside(target, weight.points),
                "fill" | "stroke" => weight.add_beside(target, weight.all),
                _ => weight.add_beside(target, 1),
            }
        }
        self.weights[node.id().get_usize()] = Known::Is(weight);
        Ok(weight)
    }

    /// Property names and the elements that they refer to. Paints come last, because the elements that markers add are
    /// painted too.
    fn references(&self, node: Node<'a, 'a>) -> Vec<(&'a str, &'a str)> {
        let copies = matches!(
            node.tag_name().name(),
            "use" | "feImage" | "filter" | "linearGradient" | "pattern" | "radialGradient"
        );
        let attributes = node.attributes().map(|attribute| (attribute.name(), attribute.value()));
        let attributes = attributes.filter(move |(name, _)| copies || *name != "href");
        let style = DeclarationTokenizer::from(node.attribute("style").unwrap_or_default());
        let rules = self.style.rules.iter().filter(|rule| rule.selector.matches(&Styled(node)));
        let declarations = style.chain(rules.flat_map(|rule| rule.declarations.iter().copied()));
        let all = attributes.chain(declarations.map(|declaration| (declaration.name, declaration.value)));
        let mut found: Vec<_> = all
            .filter(|(name, _)| *name != "style")
            .flat_map(|(name, value)| targets(name, value).map(move |id| (name, id)))
            .collect();
        found.sort_by_key(|(name, _)| matches!(*name, "fill" | "stroke"));
        found
    }
}

impl Weight {
    /// Adds the weight of its content.
    fn add(&mut self, inside: Self, times: u64) {
        self.own = self.own.saturating_add(inside.own.saturating_mul(times));
        self.points = self.points.saturating_add(inside.points.saturating_mul(times));
        self.add_beside(inside, times);
    }

    /// Adds the weight of what is drawn on its behalf, `times` over.
    fn add_beside(&mut self, other: Self, times: u64) {
        self.all = self.all.saturating_add(other.all.saturating_mul(times));
        self.depth = self.depth.max(other.depth + 1);
    }
}

/// The identifiers in a value: `#id` of a link, and any number of `url(#id)`.
fn targets<'a>(name: &str, value: &'a str) -> impl Iterator<Item = &'a str> {
    let link = (name == "href").then(|| value.trim().strip_prefix('#')).flatten();
    let urls = value.split("url(").skip(1).filter_map(|rest| {
        let inside = rest.split(')').next()?.trim().trim_matches(['"', '\'']);
        inside.trim().strip_prefix('#')
    });
    link.into_iter().chain(urls)
}

/// An upper bound of the points in a shape's path, each of which takes at least two bytes.
fn points(node: Node<'_, '_>) -> u64 {
    const OF_OTHER_SHAPES: u64 = 16;
    let text = node.attribute("d").or_else(|| node.attribute("points"));
    text.map_or(OF_OTHER_SHAPES, |text| text.len() as u64 / 2 + 1)
}

/// An element, as a selector target.
struct Styled<'a>(Node<'a, 'a>);

impl Element for Styled<'_> {
    fn parent_element(&self) -> Option<Self> {
        self.0.parent_element().map(Self)
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.0.prev_sibling_element().map(Self)
    }

    fn has_local_name(&self, name: &str) -> bool {
        self.0.tag_name().name() == name
    }

    fn attribute_matches(&self, name: &str, operator: AttributeOperator<'_>) -> bool {
        self.0.attribute(name).is_some_and(|value| operator.matches(value))
    }

    fn pseudo_class_matches(&self, class: PseudoClass<'_>) -> bool {
        matches!(class, PseudoClass::FirstChild) && self.prev_sibling_element().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(text: &str) -> Result<u64, String> {
        elements(&Document::parse(text).expect("XML")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_referred_to_counts_where_it_is_drawn() {
        for (text, expected) in [
            ("<svg><g><rect/></g></svg>", 3),
            ("<svg><g id='a'><rect/></g><use href='#a'/></svg>", 6),
            ("<svg><a id='a' href='#a'><rect/></a></svg>", 3),
            ("<svg><clipPath id='c'><rect/></clipPath><g clip-path='url(#c)'><rect/></g></svg>", 7),
            // The root, the pattern's two, and two shapes in a group. Each shape has its own pattern, and so does the
            // group.
            ("<svg><pattern id='p'><rect/></pattern><g style='fill: url( \"#p\" )'><rect/><rect/></g></svg>", 12),
            ("<svg><style>.a{fill:url(#p)}</style><pattern id='p'><b/></pattern><rect class='a'/></svg>", 7),
            ("<svg><marker id='m'><b/></marker><path marker-mid='url(#m)' d='M0 0h1h1h1'/></svg>", 4 + 2 * 6),
        ] {
            assert_eq!(weighed(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn bombs_are_refused_before_they_go_off() {
        let uses: String = (1..30)
            .map(|level| format!("<g id='a{level}'><use href='#a{0}'/><use href='#a{0}'/></g>", level - 1))
            .collect();
        let nested = |depth: usize| format!("<svg>{}{}</svg>", "<g>".repeat(depth), "</g>".repeat(depth));
        let chain: String =
            (1..200).map(|level| format!("<g id='c{level}'><use href='#c{}'/></g>", level - 1)).collect();
        let rules = ".a{fill:red}".repeat(10_000) + "</style>" + &"<b/>".repeat(10_000);
        for (text, message) in [
            (format!("<svg><b id='a0'/>{uses}</svg>"), "elements, references followed; at most 250000 are"),
            (nested(200), "nested more than 96 deep"),
            (nested(100_000), "nested more than 96 deep"),
            (format!("<svg><b id='c0'/>{chain}<use href='#c199'/></svg>"), "nested more than 96 deep"),
            (
                "<svg><g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g></svg>".into(),
                "drawn inside of itself",
            ),
            (format!("<svg><style>{rules}</svg>"), "10000 rules of style for"),
        ] {
            let error = weighed(&text).expect_err(message);
            assert!(error.contains(message), "{error}");
        }
        assert_eq!(weighed(&nested(90)), Ok(91));
    }
}

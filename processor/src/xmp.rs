//! What is kept of an XMP packet (ISO 16684-1): what it says of the picture and its rights, and nothing of how the file was
//! built that it comes from.

/// Properties that would be wrong in a rendition: size and orientation, which are the rendition's own; thumbnails, which
/// show the image as it was; where the rest of the packet is; other images, depths and sounds in the file.
const OF_THE_FILE: [(&str, &[&str]); 12] = [
    ("http://ns.adobe.com/tiff/1.0/", &["ImageWidth", "ImageLength", "Orientation"]),
    ("http://ns.adobe.com/exif/1.0/", &["PixelXDimension", "PixelYDimension"]),
    ("http://ns.adobe.com/xap/1.0/", &["Thumbnails"]),
    ("http://ns.adobe.com/xmp/note/", ALL),
    ("http://ns.adobe.com/hdr-gain-map/1.0/", ALL),
    ("http://ns.apple.com/HDRGainMap/1.0/", ALL),
    ("http://ns.apple.com/pixeldatainfo/1.0/", ALL),
    ("http://ns.google.com/photos/1.0/audio/", ALL),
    ("http://ns.google.com/photos/1.0/camera/", ALL),
    ("http://ns.google.com/photos/1.0/container/", ALL),
    ("http://ns.google.com/photos/1.0/depthmap/", ALL),
    ("http://ns.google.com/photos/1.0/image/", ALL),
];

/// Every property of a namespace.
const ALL: &[&str] = &[];

/// Elements in each other, and namespaces that are known at one place: more are none of XMP's.
const MOST: usize = 256;

/// The same packet without the properties of [`OF_THE_FILE`]. None where it is not well-formed, or not in UTF-8.
pub(crate) fn keep(packet: &[u8]) -> Option<Vec<u8>> {
    let mut rest = std::str::from_utf8(packet).ok()?.trim_end_matches('\0');
    let mut copy = Copy::default();
    while !rest.is_empty() {
        let (token, next) = Token::read(rest)?;
        copy.take(token, &rest[..rest.len() - next.len()])?;
        rest = next;
    }
    (copy.open.is_empty() && copy.elements > 0).then(|| copy.text.into_bytes())
}

/// The packet that is kept, as far as it is read.
#[derive(Default)]
struct Copy<'a> {
    text: String,
    /// Names of the elements that are open.
    open: Vec<&'a str>,
    /// Prefixes, namespaces, and how many elements were open around that which declares them.
    namespaces: Vec<(&'a str, &'a str, usize)>,
    /// How many elements were open around that which is left out.
    left_out: Option<usize>,
    elements: usize,
}

impl<'a> Copy<'a> {
    fn take(&mut self, token: Token<'a>, source: &'a str) -> Option<()> {
        match token {
            Token::Start { name, attributes, empty } => self.start(name, &attributes, empty),
            Token::End(name) => {
                (self.open.pop()? == name).then_some(())?;
                self.push(source);
                self.close();
                Some(())
            }
            Token::Other => {
                self.push(source);
                Some(())
            }
        }
    }

    fn start(&mut self, name: &'a str, attributes: &[(&'a str, &'a str, &'a str)], empty: bool) -> Option<()> {
        let depth = self.open.len();
        for (name, value, _) in attributes {
            if let Some(prefix) = name.strip_prefix("xmlns:") {
                self.namespaces.push((prefix, value, depth));
            }
        }
        (depth < MOST && self.namespaces.len() < MOST).then_some(())?;
        self.elements += 1;
        if self.left_out.is_none() && self.is_of_the_file(name) {
            self.left_out = Some(depth);
        }
        self.push("<");
        self.push(name);
        for (_, _, source) in attributes.iter().filter(|(name, ..)| !self.is_of_the_file(name)).collect::<Vec<_>>() {
            self.push(" ");
            self.push(source);
        }
        self.push(if empty { "/>" } else { ">" });
        if empty {
            self.close();
        } else {
            self.open.push(name);
        }
        Some(())
    }

    /// An element has ended, and those are open that were around it.
    fn close(&mut self) {
        let depth = self.open.len();
        self.namespaces.retain(|(_, _, of)| *of != depth);
        if self.left_out == Some(depth) {
            self.left_out = None;
        }
    }

    fn push(&mut self, text: &str) {
        if self.left_out.is_none() {
            self.text.push_str(text);
        }
    }

    fn is_of_the_file(&self, name: &str) -> bool {
        let Some((prefix, local)) = name.split_once(':') else { return false };
        let declared = self.namespaces.iter().rev().find(|(declared, ..)| *declared == prefix);
        let Some((_, namespace, _)) = declared else { return false };
        OF_THE_FILE.iter().any(|(of, names)| {
            if names.is_empty() { namespace.starts_with(of) } else { namespace == of && names.contains(&local) }
        })
    }
}

/// A part of an XML text.
enum Token<'a> {
    /// Attributes are names, values, and both as they stand.
    Start {
        name: &'a str,
        attributes: Vec<(&'a str, &'a str, &'a str)>,
        empty: bool,
    },
    End(&'a str),
    /// Text, comments, instructions.
    Other,
}

impl<'a> Token<'a> {
    /// The first part, and what follows. None where it is broken, or a declaration: XMP has none.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let behind = |end: &str| text.find(end).map(|at| (Self::Other, &text[at + end.len()..]));
        if !text.starts_with('<') {
            return Some((Self::Other, &text[text.find('<').unwrap_or(text.len())..]));
        }
        for (begin, end) in [("<?", "?>"), ("<!--", "-->"), ("<![CDATA[", "]]>")] {
            if text.starts_with(begin) {
                return behind(end);
            }
        }
        if let Some(rest) = text.strip_prefix("</") {
            let (name, rest) = rest.split_once('>')?;
            return Some((Self::End(name.trim_ascii_end()), rest));
        }
        let (name, rest) = Self::name(&text[1..])?;
        Self::attributes(name, rest)
    }

    fn name(text: &'a str) -> Option<(&'a str, &'a str)> {
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/' | '>' | '<' | '!' | '"' | '\'');
        let (name, rest) = text.split_at(text.find(ends)?);
        (!name.is_empty()).then_some((name, rest))
    }

    fn attributes(name: &'a str, mut text: &'a str) -> Option<(Self, &'a str)> {
        let mut attributes = Vec::new();
        loop {
            text = text.trim_ascii_start();
            if let Some(rest) = text.strip_prefix('>') {
                return Some((Self::Start { name, attributes, empty: false }, rest));
            }
            if let Some(rest) = text.strip_prefix("/>") {
                return Some((Self::Start { name, attributes, empty: true }, rest));
            }
            let (attribute, rest) = Self::name(text)?;
            let rest = rest.trim_ascii_start().strip_prefix('=')?.trim_ascii_start();
            let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let (value, rest) = rest[1..].split_once(quote)?;
            attributes.push((attribute, value, &text[..text.len() - rest.len()]));
            text = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(packet: &str) -> Option<String> {
        keep(packet.as_bytes()).map(|kept| String::from_utf8(kept).expect("UTF-8"))
    }

    const HEAD: &str =
        "<?xpacket begin='\u{feff}' id='x'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='rdf'>";
    const TAIL: &str = "</rdf:RDF></x:xmpmeta>\n<?xpacket end='w'?>";

    #[test]
    fn what_tells_of_the_file_is_left_out() {
        let xmlns = "xmlns:t='http://ns.adobe.com/tiff/1.0/' xmlns:dc='dc' xmlns:xmp='http://ns.adobe.com/xap/1.0/' \
            xmlns:c='http://ns.google.com/photos/1.0/container/item/'";
        let packet = format!(
            "{HEAD}<rdf:Description {xmlns} t:Orientation = \"6\" t:Make='A>'><dc:rights a=\"'\">Ana</dc:rights >\
            <xmp:Thumbnails><rdf:Alt xmlns:t='t'><t:Orientation/></rdf:Alt></xmp:Thumbnails><xmp:Rating>5</xmp:Rating>\
            <c:Item c:Mime='x'/><t:Orientation>6</t:Orientation><!--<--></rdf:Description>{TAIL}\0"
        );
        let right = format!(
            "{HEAD}<rdf:Description {xmlns} t:Make='A>'><dc:rights a=\"'\">Ana</dc:rights >\
            <xmp:Rating>5</xmp:Rating><!--<--></rdf:Description>{TAIL}"
        );
        assert_eq!(kept(&packet), Some(right));
    }

    #[test]
    fn a_prefix_counts_where_it_is_declared() {
        let packet =
            "<a><b xmlns:t='http://ns.adobe.com/tiff/1.0/'><t:Orientation/></b><t:Orientation xmlns:t='t'/></a>";
        let right = "<a><b xmlns:t='http://ns.adobe.com/tiff/1.0/'></b><t:Orientation xmlns:t='t'/></a>";
        assert_eq!(kept(packet).as_deref(), Some(right));
    }

    #[test]
    fn what_is_broken_is_not_kept() {
        let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(kept(&deep(MOST)).is_some());
        let broken = [
            "",
            "text",
            "<a>",
            "<a></b>",
            "</a>",
            "<a b></a>",
            "<a b=c/>",
            "<a b='c/>",
            "<!DOCTYPE a><a/>",
            "<a/",
            "< a/>",
        ];
        for packet in broken.map(String::from).into_iter().chain([deep(MOST + 1)]) {
            assert_eq!(kept(&packet), None, "{packet:.40}");
        }
        assert_eq!(keep(b"<a>\xFF</a>"), None);
        let whole = format!("{HEAD}<a b='c'/>{TAIL}");
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            let _ = kept(&whole[..end]);
        }
    }
}

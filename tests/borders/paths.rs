//! The paths that a Rust source names, read from its tokens: comments and strings are not among them, macros are.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// One path, resolved as far as the file itself tells: `crate::io::clock`, `std::time::Instant`, `println!`.
#[derive(Debug, PartialEq, Eq)]
pub struct NamedPath {
    /// Its segments; `crate` first where it leads into this crate.
    pub segments: Vec<String>,
    /// The line, from 1.
    pub line: usize,
    /// Inside an item that is compiled for tests alone.
    pub in_tests: bool,
}

/// The paths named in `source`, whose module is `module` (`["core", "time"]`).
pub fn named_paths(source: &str, module: &[String]) -> Vec<NamedPath> {
    let tokens: TokenStream = source.parse().expect("the compiler has parsed it too");
    let mut reader = Reader { found: Vec::new() };
    reader.read(tokens, &Place { module: module.to_vec(), in_tests: false, in_use: false });
    reader.found
}

#[derive(Clone)]
struct Place {
    module: Vec<String>,
    in_tests: bool,
    in_use: bool,
}

struct Reader {
    found: Vec<NamedPath>,
}

impl Reader {
    /// Reads one nesting level; `place` changes with `use`, `mod` and `#[cfg(test)]`, and back at the item's end.
    fn read(&mut self, tokens: TokenStream, outer: &Place) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut place = outer.clone();
        let mut at = 0;
        while at < tokens.len() {
            at += match &tokens[at] {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    place.in_tests |= is_cfg_test(tokens.get(at + 1));
                    1
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => {
                    place = outer.clone();
                    1
                }
                TokenTree::Group(group) => {
                    self.read(group.stream(), &place);
                    if group.delimiter() == Delimiter::Brace && !place.in_use {
                        place = outer.clone();
                    }
                    1
                }
                TokenTree::Ident(ident) if ident == "use" || (ident == "crate" && follows(&tokens, at, "extern")) => {
                    place.in_use = true;
                    1
                }
                TokenTree::Ident(ident) if ident == "mod" => {
                    place.module.extend(tokens.get(at + 1).map(ToString::to_string));
                    1
                }
                TokenTree::Ident(_) => self.path(&tokens[at..], &[], &place).max(1),
                TokenTree::Punct(_) | TokenTree::Literal(_) => 1,
            };
        }
    }

    /// Reads a path that begins at the first of `tokens`, behind `prefix`; says how many tokens it took.
    fn path(&mut self, tokens: &[TokenTree], prefix: &[String], place: &Place) -> usize {
        let mut segments = prefix.to_vec();
        let mut at = 0;
        let line = tokens.first().map_or(0, |token| token.span().start().line);
        loop {
            match tokens.get(at) {
                Some(TokenTree::Ident(ident)) => {
                    segments.push(name(ident));
                    at += 1;
                }
                Some(TokenTree::Punct(star)) if star.as_char() == '*' && place.in_use => {
                    segments.push("*".to_owned());
                    at += 1;
                }
                Some(TokenTree::Group(tree)) if tree.delimiter() == Delimiter::Brace && place.in_use => {
                    self.branches(tree.stream(), &segments, place);
                    return at + 1;
                }
                _ => break,
            }
            if !is_double_colon(&tokens[at..]) {
                break;
            }
            at += 2;
        }
        if is_punct(tokens.get(at), '!') && !is_punct(tokens.get(at + 1), '=') {
            segments.last_mut().into_iter().for_each(|last| last.push('!'));
        }
        self.add(segments, line, place);
        at
    }

    /// Reads the branches of a `use` tree: `{a, b::{c, d}, self}`.
    fn branches(&mut self, tree: TokenStream, prefix: &[String], place: &Place) {
        let tokens: Vec<TokenTree> = tree.into_iter().collect();
        for branch in tokens.split(|token| is_punct(Some(token), ',')) {
            let skipped = if is_double_colon(branch) { 2 } else { 0 };
            if !branch.is_empty() {
                self.path(&branch[skipped..], prefix, place);
            }
        }
    }

    fn add(&mut self, mut segments: Vec<String>, line: usize, place: &Place) {
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        // A single word is a name of this file's own, unless it is imported or a macro.
        let single = segments.len() == 1 && !place.in_use && !segments[0].ends_with('!');
        if segments.is_empty() || single {
            return;
        }
        let segments = resolved(segments, &place.module);
        self.found.push(NamedPath { segments, line, in_tests: place.in_tests });
    }
}

fn name(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// Replaces `self`, `super` and this crate's own name by the path from the crate's root.
fn resolved(segments: Vec<String>, module: &[String]) -> Vec<String> {
    let root = || vec!["crate".to_owned()];
    match segments[0].as_str() {
        "leakwatch" => root().into_iter().chain(segments.into_iter().skip(1)).collect(),
        "self" | "super" => {
            let up = segments.iter().take_while(|segment| *segment == "super").count();
            let below = segments.into_iter().skip(up.max(1));
            let kept = &module[..module.len().saturating_sub(up)];
            root().into_iter().chain(kept.iter().cloned()).chain(below).collect()
        }
        _ => segments,
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_double_colon(tokens: &[TokenTree]) -> bool {
    is_punct(tokens.first(), ':') && is_punct(tokens.get(1), ':')
}

fn is_cfg_test(attribute: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = attribute else { return false };
    let text: String = group.stream().to_string().split_whitespace().collect();
    text == "cfg(test)"
}

fn follows(tokens: &[TokenTree], at: usize, word: &str) -> bool {
    at > 0 && matches!(&tokens[at - 1], TokenTree::Ident(ident) if ident == word)
}

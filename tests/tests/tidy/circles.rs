//! No two files of a crate use each other, by however many others in between: each can be read, moved and
//! tested with what is below it.
//!
//! A file may use what its own submodules hold, and they what it holds: together they are one module.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{Source, is_test, none, sources};

/// The place of a file in its crate: `log.rs` is `["log"]`, `log/tail.rs` is `["log", "tail"]`, `lib.rs` is `[]`.
type Module = Vec<String>;
/// What each file of a crate uses.
type Uses = BTreeMap<Module, BTreeSet<Module>>;

#[test]
fn no_two_files_of_a_crate_use_each_other() {
    let mut crates: BTreeMap<String, Vec<(Module, Source)>> = BTreeMap::new();
    for source in sources().into_iter().filter(|source| !is_test(source)) {
        let Some((home, file)) = source.path.split_once("/src/") else { continue };
        let (home, module) = (home.to_owned(), module(file));
        crates.entry(home).or_default().push((module, source));
    }
    assert!(crates.len() > 10, "the crates were not found");
    none(crates.into_iter().flat_map(|(home, files)| {
        let all: BTreeSet<Module> = files.iter().map(|(module, _)| module.clone()).collect();
        let uses =
            |(module, source): &(Module, Source)| (module.clone(), used(module, source, &all));
        let uses: Uses = files.iter().map(uses).collect();
        let named = move |circle: Vec<Module>| {
            let files: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            format!("{home}: {}", files.join(" -> "))
        };
        circle(&uses).map(named)
    }));
}

#[test]
fn a_circle_is_found_however_long_it_is() {
    let module = |name: &str| vec![name.to_owned()];
    let uses = |pairs: &[(&str, &str)]| -> Uses {
        let mut uses = Uses::new();
        for (from, to) in pairs {
            uses.entry(module(from)).or_default().insert(module(to));
        }
        uses
    };
    assert_eq!(circle(&uses(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    let found = circle(&uses(&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")]));
    assert_eq!(found.unwrap(), ["b", "c", "d", "b"].map(module));
}

#[test]
fn a_file_uses_what_it_names_by_paths_and_in_trees_of_uses() {
    let text = "use crate::{log::{Log, tail::Tail}, stream as s};\n\
                fn a() { super::b::c(); }\n\
                #[cfg(test)]\nmod tests { use crate::only_here::A; }\n\
                mod own; use self::own::D;";
    let source = Source { path: String::new(), text: text.to_owned() };
    let names = ["log", "log::tail", "stream", "a::b", "a::here", "only_here", "a::here::own"];
    let all = names.map(|name| name.split("::").map(str::to_owned).collect::<Module>()).into();
    let used = used(&["a".to_owned(), "here".to_owned()].into(), &source, &all);
    let used: Vec<String> = used.iter().map(|module| module.join("::")).collect();
    assert_eq!(used, ["a::b", "log", "log::tail", "stream"]);
}

/// The module that a file under `src` is.
fn module(file: &str) -> Module {
    let mut module: Module = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    module.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()));
    module
}

/// The other files that a file uses, its own submodules left out.
fn used(module: &Module, source: &Source, all: &BTreeSet<Module>) -> BTreeSet<Module> {
    let tokens: TokenStream = source.text.parse().unwrap();
    let mut paths = Vec::new();
    find(&tokens.into_iter().collect::<Vec<_>>(), &mut paths);
    let file = |path: &Vec<String>| {
        let whole = absolute(module, path)?;
        let longest = (0..=whole.len()).rev().map(|length| whole[..length].to_vec());
        longest.into_iter().find(|part| all.contains(part))
    };
    paths.iter().filter_map(file).filter(|other| !other.starts_with(module)).collect()
}

/// A path from the root of the crate; none where it leads out of it.
fn absolute(module: &Module, path: &[String]) -> Option<Module> {
    let mut whole = match path.first()?.as_str() {
        "crate" => Vec::new(),
        _ => module.clone(),
    };
    for segment in path {
        match segment.as_str() {
            "crate" | "self" => (),
            "super" => drop(whole.pop()?),
            name => whole.push(name.to_owned()),
        }
    }
    Some(whole)
}

/// Finds the paths that begin at `crate`, `self` or `super`, but in what is for tests only.
fn find(tokens: &[TokenTree], paths: &mut Vec<Vec<String>>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let rest = &tokens[at + 1..];
        at += 1 + match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' && is_for_tests(rest) => item(rest),
            TokenTree::Ident(name)
                if ["crate", "self", "super"].iter().any(|root| name == root) =>
            {
                branch(&[name.to_string()], rest, paths)
            }
            TokenTree::Group(group) => {
                find(&group.stream().into_iter().collect::<Vec<_>>(), paths);
                0
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => 0,
        };
    }
}

/// Whether these begin with `[cfg(test)]`.
fn is_for_tests(tokens: &[TokenTree]) -> bool {
    matches!(tokens.first(), Some(TokenTree::Group(group)) if group.to_string().replace(' ', "") == "[cfg(test)]")
}

/// How many of these are one item: up to its braces or its semicolon.
fn item(tokens: &[TokenTree]) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(mark) => mark.as_char() == ';',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    };
    tokens.iter().position(ends).map_or(tokens.len(), |last| last + 1)
}

/// Takes the rest of a path that has begun, with what branches off in braces; returns how many tokens it has.
fn branch(begun: &[String], tokens: &[TokenTree], paths: &mut Vec<Vec<String>>) -> usize {
    let mut path = begun.to_vec();
    let mut taken = 0;
    loop {
        match &tokens[taken..] {
            [TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(name), ..]
                if one.as_char() == ':' && two.as_char() == ':' =>
            {
                path.push(name.to_string());
                taken += 3;
            }
            [TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Group(group), ..]
                if one.as_char() == ':'
                    && group.delimiter() == Delimiter::Brace
                    && two.as_char() == ':' =>
            {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',');
                for part in inner.split(is_comma) {
                    if let [TokenTree::Ident(name), rest @ ..] = part {
                        let whole = [&path[..], &[name.to_string()]].concat();
                        branch(&whole, rest, paths);
                    }
                }
                return taken + 3;
            }
            _ => break,
        }
    }
    // `pub(super)` names nothing.
    if taken > 0 || begun.len() > 1 {
        paths.push(path);
    }
    taken
}

/// A circle, if there is one: from a file back to itself.
fn circle(uses: &Uses) -> Option<Vec<Module>> {
    let mut done = BTreeSet::new();
    uses.keys().find_map(|file| follow(uses, file, &mut Vec::new(), &mut done))
}

fn follow(
    uses: &Uses,
    file: &Module,
    way: &mut Vec<Module>,
    done: &mut BTreeSet<Module>,
) -> Option<Vec<Module>> {
    if let Some(begun) = way.iter().position(|earlier| earlier == file) {
        return Some([&way[begun..], std::slice::from_ref(file)].concat());
    }
    if !done.insert(file.clone()) {
        return None;
    }
    way.push(file.clone());
    let found = uses.get(file).into_iter().flatten().find_map(|next| follow(uses, next, way, done));
    way.pop();
    found
}

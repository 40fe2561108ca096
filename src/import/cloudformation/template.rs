//! What a value of a template is worth before it is deployed: literals, parameters with a default, and mappings that lead to
//! one. Everything else is decided later.

use crate::import::Seen;
use crate::import::tree::{Form, Tree, at};
use crate::span::Loc;
use crate::syntax::{Kind, Node};

/// References that lead to references are followed this far.
const MOST_STEPS: usize = 4;

pub struct Template<'n> {
    pub root: &'n Node<'n>,
    pub tree: &'n Tree<'n>,
}

/// A function of the template language, whichever way it is written.
pub struct Function<'n> {
    /// `Ref`, `GetAtt`, `Sub`: without `Fn::` and `!`.
    pub name: &'n str,
    pub argument: &'n Node<'n>,
}

/// `!Ref X` and `{"Ref": "X"}`, `!Sub` and `{"Fn::Sub": ...}`.
pub fn function<'n>(node: &'n Node<'n>) -> Option<Function<'n>> {
    match &node.kind {
        Kind::Tagged(tagged) => Some(Function { name: tagged.tag.trim_start_matches('!'), argument: &tagged.value }),
        Kind::Map(entries) => match &entries[..] {
            [one] => {
                let key = one.key.text.as_ref();
                let name = if key == "Ref" { Some(key) } else { key.strip_prefix("Fn::") };
                name.map(|name| Function { name, argument: &one.value })
            }
            _ => None,
        },
        _ => None,
    }
}

impl<'n> Template<'n> {
    pub const fn of(root: &'n Node<'n>, tree: &'n Tree<'n>) -> Self {
        Self { root, tree }
    }

    /// The literal that a value stands for, where that is known now.
    pub fn literal(&self, node: &'n Node<'n>) -> Result<&'n Node<'n>, String> {
        let mut node = node;
        for _ in 0..MOST_STEPS {
            let Some(function) = function(node) else { return Ok(node) };
            node = match function.name {
                "Ref" => self.parameter(function.argument)?,
                "FindInMap" => self.mapped(function.argument)?,
                name => return Err(format!("the function {name}")),
            };
        }
        Err("a reference that leads too far".to_owned())
    }

    fn parameter(&self, argument: &'n Node<'n>) -> Result<&'n Node<'n>, String> {
        let name = argument.as_str().unwrap_or_default();
        let parameter = at(self.root, &["Parameters", name]);
        let default = parameter.and_then(|parameter| parameter.get("Default"));
        default.ok_or_else(|| match parameter {
            Some(_) => format!("the parameter {name}, which has no default"),
            None => format!("the reference {name}"),
        })
    }

    fn mapped(&self, argument: &'n Node<'n>) -> Result<&'n Node<'n>, String> {
        let Kind::Seq(keys) = &argument.kind else { return Err("the function FindInMap".to_owned()) };
        let mut path = vec!["Mappings"];
        for key in keys {
            let literal = self.literal(key)?;
            path.push(literal.as_str().ok_or("the function FindInMap")?);
        }
        at(self.root, &path).ok_or_else(|| format!("the mapping {}", path[1..].join(".")))
    }

    /// A duration and where it stands; none where nothing is set.
    pub fn time(&self, node: &'n Node<'n>, form: Form) -> Option<(Seen, Loc)> {
        match self.literal(node) {
            Ok(literal) => Some((self.tree.seen(literal, form)?, self.tree.value_loc(literal))),
            Err(why) => Some((Seen::Hidden(why), self.tree.node_loc(node))),
        }
    }

    /// A plain word, where it is one.
    pub fn word(&self, node: &'n Node<'n>) -> Option<&'n str> {
        self.literal(node).ok().and_then(|literal| self.tree.word(literal))
    }
}

//! What a PowerShell script contains, read from its syntax tree.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::{Node, Parser};

/// A place in a script, by its line from 1, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Where.
    pub line: usize,
    /// What.
    pub text: String,
}

/// A call of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The command's name.
    pub name: Mark,
    /// Its parameters, with their dashes.
    pub parameters: Vec<String>,
}

/// A script taken apart.
#[derive(Debug, Default)]
pub struct Script {
    /// Where the grammar could not follow.
    pub errors: Vec<Mark>,
    /// The functions declared, with their parameters in lower case.
    pub functions: BTreeMap<String, BTreeSet<String>>,
    /// The script's own parameters.
    pub parameters: Vec<String>,
    /// Every command called by a fixed name, and every script beside this one.
    pub calls: Vec<Call>,
    /// Every variable that gets a value, in lower case.
    pub assigned: BTreeMap<String, usize>,
    /// Those of them that are outside of functions and blocks: what a module can export.
    pub constants: BTreeSet<String>,
    /// Every variable whose value is used, in lower case.
    pub read: BTreeMap<String, usize>,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// Only when the grammar itself does not fit the parser.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_powershell::LANGUAGE.into())
            .map_err(|error| format!("the grammar of PowerShell does not load: {error}"))?;
        let tree = parser
            .parse(text, None)
            .ok_or("the parser gave up without a reason")?;
        let mut script = Self::default();
        script.look(tree.root_node(), text);
        Ok(script)
    }

    fn look(&mut self, node: Node<'_>, text: &str) {
        if node.is_error() || node.is_missing() {
            self.errors.push(mark(node, text));
        }
        match node.kind() {
            "function_statement" => self.function(node, text),
            "param_block"
                if node
                    .parent()
                    .is_none_or(|parent| parent.kind() == "program") =>
            {
                let names = parameters(node, text);
                self.parameters = names.into_iter().collect();
            }
            "command" => self.call(node, text),
            "variable" => self.variable(node, text),
            _ => {}
        }
        for child in children(node) {
            self.look(child, text);
        }
    }

    fn function(&mut self, node: Node<'_>, text: &str) {
        let name = children(node).find(|child| child.kind() == "function_name");
        let block = children(node).find(|child| child.kind() == "script_block");
        let own = block
            .into_iter()
            .flat_map(children)
            .chain(children(node))
            .find(|child| child.kind() == "param_block");
        if let Some(name) = name {
            let own = own.map(|block| parameters(block, text)).unwrap_or_default();
            self.functions.insert(mark(name, text).text, own);
        }
    }

    fn call(&mut self, node: Node<'_>, text: &str) {
        let Some(name) = node.child_by_field_name("command_name") else {
            return;
        };
        let called = match name.kind() {
            "command_name" => mark(name, text),
            // & (Join-Path $PSScriptRoot 'other.ps1')
            _ => match script_in(name, text) {
                Some(script) => script,
                None => return,
            },
        };
        let elements = node.child_by_field_name("command_elements");
        let parameters = elements
            .into_iter()
            .flat_map(children)
            .filter(|child| child.kind() == "command_parameter")
            .map(|child| mark(child, text).text)
            .collect();
        self.calls.push(Call {
            name: called,
            parameters,
        });
    }

    fn variable(&mut self, node: Node<'_>, text: &str) {
        let mut mark = mark(node, text);
        mark.text = name(&mark.text);
        let into = if gets_value(node) {
            if is_outside_of_blocks(node) {
                self.constants.insert(mark.text.clone());
            }
            &mut self.assigned
        } else {
            &mut self.read
        };
        into.entry(mark.text).or_insert(mark.line);
    }
}

/// `$Script:Name`, `${Name}` and `@Name` are all `name`; other drives, such as `$env:Path`, keep their prefix.
fn name(text: &str) -> String {
    let bare = text.trim_start_matches(['$', '@']);
    let bare = bare.trim_start_matches('{').trim_end_matches('}');
    let bare = bare.to_ascii_lowercase();
    let scopes = ["script:", "global:", "local:", "using:"];
    let scope = scopes.iter().find(|scope| bare.starts_with(*scope));
    scope
        .map_or(bare.as_str(), |scope| &bare[scope.len()..])
        .into()
}

/// Whether the variable is a parameter, a loop's variable, or what an assignment fills as a whole.
fn gets_value(node: Node<'_>) -> bool {
    let mut at = node;
    while let Some(parent) = at.parent() {
        match parent.kind() {
            "script_parameter" => return parent.child_by_field_name("default") != Some(at),
            "foreach_statement" => {
                return children(parent).find(|child| child.kind() == "variable") == Some(at);
            }
            "left_assignment_expression" => return true,
            // `$a.b = 1` and `$a[1] = 1` use $a.
            "member_access" | "element_access" | "invokation_expression" => return false,
            "pipeline" | "statement_block" | "script_block" | "sub_expression" => return false,
            _ => at = parent,
        }
    }
    false
}

fn is_outside_of_blocks(node: Node<'_>) -> bool {
    let inside = ["function_statement", "script_block", "statement_block"];
    let mut at = Some(node);
    while let Some(node) = at {
        if inside.contains(&node.kind()) {
            return false;
        }
        at = node.parent();
    }
    true
}

/// The script that a computed name leads to.
fn script_in(node: Node<'_>, text: &str) -> Option<Mark> {
    let mark = mark(node, text);
    let (_, after) = mark.text.split_once("$PSScriptRoot '")?;
    let (file, _) = after.split_once('\'')?;
    Some(Mark {
        line: mark.line,
        text: file.to_owned(),
    })
}

fn parameters(block: Node<'_>, text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![block];
    while let Some(node) = open.pop() {
        if node.kind() == "script_parameter" {
            let own = children(node).find(|child| child.kind() == "variable");
            found.extend(own.map(|variable| name(&mark(variable, text).text)));
        } else {
            open.extend(children(node));
        }
    }
    found
}

fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let count = node.child_count();
    (0..count).filter_map(move |index| node.child(index))
}

fn mark(node: Node<'_>, text: &str) -> Mark {
    let range = node.byte_range();
    Mark {
        line: node.start_position().row + 1,
        text: text.get(range).unwrap_or_default().trim().to_owned(),
    }
}

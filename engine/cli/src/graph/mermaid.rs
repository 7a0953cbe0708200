//! A drawing as Mermaid text, which documents and code pages draw by themselves.

use super::Drawing;

/// The text, ready for a block ```` ```mermaid ````.
pub fn mermaid(drawing: &Drawing) -> String {
    let mut text = "flowchart TD\n".to_owned();
    for (place, card) in drawing.boxes.iter().enumerate() {
        let words: Vec<_> = card.words.iter().map(|line| escaped(line)).collect();
        text += &format!("    t{place}[\"{}\"]\n", words.join("<br/>"));
    }
    for line in &drawing.lines {
        let arrow = if line.is_again { "-.->" } else { "-->" };
        let words = if line.words.is_empty() { String::new() } else { format!("|\"{}\"|", escaped(&line.words)) };
        text += &format!("    t{} {arrow}{words} t{}\n", line.from, line.to);
    }
    text
}

/// Mermaid reads some letters as its own; it knows them by their numbers.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, letter| {
        match letter {
            '"' | '<' | '>' | '&' | '#' | ';' | '`' => escaped += &format!("#{};", u32::from(letter)),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
        escaped
    })
}

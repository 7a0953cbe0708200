//! A drawing as SVG, laid out in layers by layout-rs.

use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::geometry::{Point, get_size_for_str, pad_shape_scalar};
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;

use super::Drawing;

const LETTER_SIZE: usize = 15;
const PADDING: f64 = 20.0;

/// The picture.
pub fn svg(drawing: &Drawing) -> String {
    let mut graph = VisualGraph::new(Orientation::TopToBottom);
    let nodes = drawing.boxes.iter().map(|card| {
        let words = drawable(&card.words.join("\n"));
        let size: Point = pad_shape_scalar(get_size_for_str(&words, LETTER_SIZE), PADDING);
        Element::create(ShapeKind::new_box(&words), StyleAttr::simple(), Orientation::TopToBottom, size)
    });
    let nodes: Vec<_> = nodes.collect();
    let nodes: Vec<_> = nodes.into_iter().map(|node| graph.add_node(node)).collect();
    for line in &drawing.lines {
        let mut arrow = Arrow::simple(&drawable(&line.words));
        if line.is_again {
            arrow.line_style = LineStyleKind::Dashed;
        }
        graph.add_edge(arrow, nodes[line.from], nodes[line.to]);
    }
    let mut writer = SVGWriter::new();
    graph.do_it(false, false, false, &mut writer);
    writer.finalize()
}

/// Without what XML cannot hold.
fn drawable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() && letter != '\n' { ' ' } else { letter }).collect()
}

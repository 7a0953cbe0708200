//! "Did you mean": the nearest of the words that would have been right.
//!
//! Owns: a small edit distance with a bound. Leaves to the caller which words were possible.

/// Longer words are not compared: nobody mistypes them by one letter, and the comparison stays cheap.
const WORD_CHARACTERS_MAX: usize = 64;

/// The candidate nearest to `word`, if it is near: one change for a short word, a third of the letters for a long one.
pub fn suggest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word: Vec<char> = word.chars().take(WORD_CHARACTERS_MAX + 1).collect();
    if word.len() > WORD_CHARACTERS_MAX {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(&word, candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters to add, drop, change or swap with their neighbour; `None` beyond what counts as a slip.
fn distance(word: &[char], candidate: &str) -> Option<usize> {
    let candidate: Vec<char> = candidate.chars().take(WORD_CHARACTERS_MAX + 1).collect();
    let bound = (word.len().max(candidate.len()) / 3).max(1);
    if candidate.len() > WORD_CHARACTERS_MAX || word.len().abs_diff(candidate.len()) > bound {
        return None;
    }
    let (mut above, mut row): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=candidate.len()).collect());
    for (i, letter) in word.iter().enumerate() {
        let before = above;
        (above, row) = (row, vec![i + 1]);
        for (j, other) in candidate.iter().enumerate() {
            let changed = above[j] + usize::from(!letter.to_lowercase().eq(other.to_lowercase()));
            let mut least = changed.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == candidate[j - 1] && word[i - 1] == *other {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
    }
    row.last().copied().filter(|least| *least <= bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        let words = ["recipient", "due", "depends_on", "id", "assign", "name"];
        for (slip, meant) in [
            ("recipeint", Some("recipient")),
            ("recipients", Some("recipient")),
            ("Due", Some("due")),
            ("depend_on", Some("depends_on")),
            ("dependson", Some("depends_on")),
            ("asign", Some("assign")),
            ("nmae", Some("name")),
            ("colour", None),
            ("to", None),
            ("", None),
        ] {
            assert_eq!(suggest(slip, words), meant, "{slip}");
        }
    }

    #[test]
    fn a_word_of_a_megabyte_is_not_compared() {
        assert_eq!(suggest(&"a".repeat(1 << 20), ["a"]), None);
        assert_eq!(suggest("a", ["a".repeat(1 << 20).as_str()]), None);
    }
}

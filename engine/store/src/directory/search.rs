//! Finding clients and contacts by what one remembers of them.
//!
//! Owns: which words a client is found by, and the one function from a client to its index rows. Every hit is looked at
//! again, so a row that outlived its client, or came before it, finds nothing.

use std::collections::BTreeSet;

use jobwright_core::{
    directory::{Client, Contact},
    id::ContactId,
};

use crate::{Error, Key, Range, Reader, Space, record::key};

/// Longest part of a word that is compared.
pub const WORD_BYTES_MAX: usize = 64;
/// Most index rows that one search looks at.
pub const SEARCHED_ROWS_MAX: usize = 2000;
/// Most words of a search.
const WORDS_MAX: usize = 16;

/// A client that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The client.
    pub client: Client,
    /// The contacts that the words point to; none when they point to the client itself.
    pub contacts: Vec<ContactId>,
}

/// Clients in whose id, name, contacts' names or addresses every word of the text begins a word; at most so many.
pub fn search(reader: &Reader<'_>, text: &str, limit: usize) -> Result<Vec<Hit>, Error> {
    let sought: Vec<String> = words(text).into_iter().take(WORDS_MAX).collect();
    // The longest word has the fewest rows.
    let Some(longest) = sought.iter().max_by_key(|word| word.len()) else { return Ok(vec![]) };
    let range = Range::prefix(Space::NameIndex, longest.as_bytes());
    let (mut hits, mut seen) = (Vec::new(), BTreeSet::new());
    for (key, _) in reader.first(&range, SEARCHED_ROWS_MAX)? {
        let id = key::client_of_word(&key.bytes)?;
        if hits.len() == limit {
            break;
        }
        if seen.insert(id.clone())
            && let Some(client) = super::client(reader, &id)?.value
        {
            hits.extend(hit(client, &sought));
        }
    }
    Ok(hits)
}

/// Every index row that this client calls for.
pub(crate) fn rows(client: &Client) -> BTreeSet<Key> {
    let mut words = words_of_client(client);
    words.extend(client.contacts.iter().flat_map(words_of_contact));
    words.iter().map(|word| key::word(word, &client.id)).collect()
}

fn hit(client: Client, sought: &[String]) -> Option<Hit> {
    let begins = |words: &BTreeSet<String>, sought: &String| words.iter().any(|word| word.starts_with(sought.as_str()));
    let own = words_of_client(&client);
    if sought.iter().all(|sought| begins(&own, sought)) {
        return Some(Hit { client, contacts: vec![] });
    }
    let fits = |contact: &&Contact| {
        let words = words_of_contact(contact);
        sought.iter().all(|sought| begins(&words, sought) || begins(&own, sought))
    };
    let contacts: Vec<_> = client.contacts.iter().filter(fits).map(|contact| contact.id.clone()).collect();
    (!contacts.is_empty()).then_some(Hit { client, contacts })
}

fn words_of_client(client: &Client) -> BTreeSet<String> {
    let mut found = words(&client.name);
    found.insert(client.id.as_str().into());
    found
}

fn words_of_contact(contact: &Contact) -> BTreeSet<String> {
    let mut found = words(&contact.name);
    found.extend(contact.email.iter().flat_map(|email| words(email)));
    found
}

/// The words of a text as they are compared: small letters without accents. An address is one word.
fn words(text: &str) -> BTreeSet<String> {
    let pieces = text.split_whitespace().flat_map(|piece| {
        let whole = piece.contains('@');
        piece.split(move |letter: char| !whole && !letter.is_alphanumeric() && !matches!(letter, '.' | '_' | '-'))
    });
    let trimmed = pieces.map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()));
    trimmed.filter(|word| !word.is_empty()).map(folded).collect()
}

fn folded(word: &str) -> String {
    let mut folded = String::new();
    for letter in word.chars().flat_map(char::to_lowercase) {
        let plain = plain(letter);
        if folded.len() + letter.len_utf8().max(plain.len()) > WORD_BYTES_MAX {
            break;
        }
        if plain.is_empty() { folded.push(letter) } else { folded.push_str(plain) }
    }
    folded
}

/// The plain letters for those that a British or European name is often typed without.
fn plain(letter: char) -> &'static str {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' | 'ģ' => "g",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'ł' | 'ļ' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

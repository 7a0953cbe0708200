// What is counted, and how. Plain JavaScript: runs in Node for the tests, and in the component.

const STANDARD_LINE = 55;
// The component's JavaScript has no Unicode tables, so no \p{…} in a pattern: letters are given by their ranges.
// Written without spaces between words: each letter counts, as translators of these quote.
const UNSPACED = new Set(["ja", "zh", "th", "lo", "km", "my"]);
const UNSPACED_LETTER = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]/g;

// What is no space and no sign, with whatever joins it into one word: don't, e-mail, 1,000.50.
const SIGN = String.raw`\s!-/:-@\[-\x60{-\xbf\xd7\xf7\u2000-\u206f\u20a0-\u20cf\u3000-\u303f\uff01-\uff0f`;
const WORD = new RegExp(`[^${SIGN}]+(?:['’\\-.,][^${SIGN}]+)*`, "g");

export function isLanguage(tag) {
  return /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(tag);
}

export function count(text, language = "en") {
  const lines = text.split(/\r\n|\r|\n/);
  const characters_with_spaces = lines.reduce((sum, line) => sum + [...line].length, 0);
  const characters = [...text.replace(/\s/gu, "")].length;
  return {
    words: words(text, language),
    characters,
    characters_with_spaces,
    lines: lines.filter((line) => line.trim() !== "").length,
    standard_lines: Math.ceil(characters_with_spaces / STANDARD_LINE),
  };
}

function words(text, language) {
  if (!UNSPACED.has(language.split("-")[0])) return (text.match(WORD) ?? []).length;
  const letters = (text.match(UNSPACED_LETTER) ?? []).length;
  return letters + (text.replace(UNSPACED_LETTER, " ").match(WORD) ?? []).length;
}

// About how many tokens a text has: the rule of glm_playground/runs/tokens.py, which a test holds this one to.

const WORDS_PER_TOKEN = 0.75;
const CHINESE_CHARACTERS_PER_TOKEN = 1.5;
const CHARACTERS_PER_TOKEN = 5;

const SPACE = 0x20;

function isChinese(unit) {
  return (
    (unit >= 0x3040 && unit <= 0x30ff) ||
    (unit >= 0x3400 && unit <= 0x4dbf) ||
    (unit >= 0x4e00 && unit <= 0x9fff) ||
    (unit >= 0xac00 && unit <= 0xd7af) ||
    (unit >= 0xf900 && unit <= 0xfaff)
  );
}

// What Python's str.split() splits at; JavaScript's \s is another set.
function isWhitespace(unit) {
  return (
    (unit >= 0x09 && unit <= 0x0d) ||
    (unit >= 0x1c && unit <= SPACE) ||
    unit === 0x85 ||
    unit === 0xa0 ||
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000
  );
}

// As Python rounds: a half goes to the even neighbour.
function roundHalfEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

export function estimateTokens(text) {
  let words = 0;
  let chinese = 0;
  let visible = 0;
  let inWord = false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (isChinese(unit)) {
      chinese += 1;
      inWord = false;
    } else if (isWhitespace(unit)) {
      if (unit !== SPACE) visible += 1;
      inWord = false;
    } else {
      // The two halves of a character beyond U+FFFF count once.
      const next = unit >= 0xd800 && unit <= 0xdbff ? text.charCodeAt(index + 1) : 0;
      if (next >= 0xdc00 && next <= 0xdfff) index += 1;
      visible += 1;
      if (!inWord) words += 1;
      inWord = true;
    }
  }
  return roundHalfEven(
    Math.max(words / WORDS_PER_TOKEN, visible / CHARACTERS_PER_TOKEN) + chinese / CHINESE_CHARACTERS_PER_TOKEN,
  );
}

// A bound: a tokenizer over bytes makes at most one of each.
export function mostTokens(text) {
  return new TextEncoder().encode(text).length;
}

// What the draft will use and cost, in words; the numbers per lane and the words come from Python.

import { costOf, dollars, number } from './money.js';
import { estimateTokens, TOKENS_PER_MESSAGE } from './tokens.js';

const LEAST_SHARE = 0.001;

export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (found, name) => values[name] ?? found);
}

// The parts of the line, each {text, basis}; `basis` says what a figure rests on.
export function forecastParts(data, draft, hasFiles) {
  const { lanes, repeats, locale, texts } = data;
  const added = estimateTokens(draft) + TOKENS_PER_MESSAGE;
  const tokens = lanes.reduce((sum, lane) => sum + lane.prompt + added, 0) * repeats;
  const parts = [{ text: fill(texts.tokens, { count: number(tokens, 0, locale) }) }];
  if (hasFiles) parts.push({ text: texts.without_files });
  const share = Math.max(0, ...lanes.map((lane) => (lane.context ? (lane.prompt + added) / lane.context : 0)));
  if (share >= LEAST_SHARE) parts.push({ text: fill(texts.share, { share: number(100 * share, 1, locale) }) });
  return [...parts, ...costParts(data, added)];
}

function costParts({ lanes, repeats, locale, texts }, added) {
  const sum = (outputOf) => {
    let total = 0n;
    for (const lane of lanes) {
      const output = outputOf(lane);
      if (lane.input === null || lane.output === null || output === null) return null;
      total += costOf(lane.prompt + added, lane.input, output, lane.output);
    }
    return dollars(total * BigInt(repeats), locale);
  };
  const low = sum(() => 0);
  if (low === null) return [{ text: texts.no_price }];
  const high = sum((lane) => lane.most);
  const likely = sum((lane) => lane.likely);
  const range = high === null ? fill(texts.at_least, { low }) : fill(texts.range, { low, high });
  if (likely === null) return [{ text: range, basis: texts.basis }];
  return [{ text: range }, { text: fill(texts.likely, { amount: likely }), basis: texts.basis }];
}

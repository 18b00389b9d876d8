// What the draft will use and cost, in words: `forecast_text` of glm_playground/ui/playground/draft_view.py, as one types.
// The numbers of each request without the draft, and the words, come from Python.

import { costOf, dollars, number } from './money.js';
import { estimateTokens, mostTokens } from './tokens.js';

const LEAST_SHARE = 0.001;

export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (found, name) => values[name] ?? found);
}

// The parts of the line, each {text, basis}; `basis` says what a figure rests on.
export function forecastParts({ requests, locale, texts }, draft, hasFiles) {
  const sent = withDraft(requests, draft);
  const count = sent.reduce((sum, one) => sum + one.times, 0);
  const tokens = sent.reduce((sum, one) => sum + one.tokens * one.times, 0);
  const parts = [{ text: fill(texts.tokens, { count: number(tokens, 0, locale) }) }];
  if (count > 1) parts.unshift({ text: fill(texts.requests, { count: number(count, 0, locale) }) });
  if (hasFiles) parts.push({ text: texts.without_files });
  const share = Math.max(0, ...sent.map((one) => (one.context ? one.tokens / one.context : 0)));
  if (share >= LEAST_SHARE) parts.push({ text: fill(texts.share, { share: number(100 * share, 1, locale) }) });
  return [...parts, ...costParts(sent, locale, texts)];
}

function withDraft(requests, draft) {
  const added = estimateTokens(draft);
  const mostAdded = mostTokens(draft);
  return requests.map((one) => {
    if (!one.draft) return one;
    const most = one.most_tokens + mostAdded;
    return { ...one, tokens: one.tokens + added, most_tokens: one.context ? Math.min(most, one.context) : most };
  });
}

// What all cost together; null where one of them has no price or no number of tokens.
function sum(sent, locale, termsOf) {
  let total = 0n;
  for (const one of sent) {
    const [tokens, price, output] = termsOf(one);
    if (price === null || one.output === null || output === null) return null;
    total += BigInt(one.times) * costOf(tokens, price, output, one.output);
  }
  return dollars(total, locale);
}

function costParts(sent, locale, texts) {
  const low = sum(sent, locale, (one) => [one.tokens, one.cheapest, 0]);
  if (low === null) return [{ text: texts.no_price }];
  const mostOf = (one) => [one.most_tokens, one.input, one.most_output];
  const high = sum(sent, locale, mostOf);
  // A warm-up asks for one token: its bound is what it is likely to cost.
  const likely = sum(sent, locale, (one) => (one.draft ? [one.tokens, one.input, one.likely_output] : mostOf(one)));
  const range = high === null ? fill(texts.at_least, { low }) : fill(texts.range, { low, high });
  const parts = [{ text: range, basis: texts.basis }];
  if (likely !== null) parts.push({ text: fill(texts.likely, { amount: likely }) });
  return parts;
}

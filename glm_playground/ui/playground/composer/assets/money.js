// US dollars, exact: an amount is a BigInt of 10^-18 dollars, so that a price per million tokens may have 12 decimals.

const PRICE_DECIMALS = 12;
const AMOUNT_DECIMALS = 18;
const ONE = 10n ** BigInt(AMOUNT_DECIMALS);
const LEAST_SHOWN_DECIMALS = 8;
const LEAST_SHOWN = ONE / 10n ** BigInt(LEAST_SHOWN_DECIMALS);

// A price per million tokens, as Python writes a Decimal without an exponent.
function pricePerToken(text) {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole + fraction.slice(0, PRICE_DECIMALS).padEnd(PRICE_DECIMALS, '0'));
}

export function costOf(inputTokens, inputPrice, outputTokens, outputPrice) {
  return BigInt(inputTokens) * pricePerToken(inputPrice) + BigInt(outputTokens) * pricePerToken(outputPrice);
}

// A number with `digits` decimals, by locale; text keeps every digit of a long one.
export function number(value, digits, locale) {
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    roundingMode: 'halfEven',
  }).format(value);
}

// As `dollars` of glm_playground/ui/shared/figures.py writes it: enough digits to tell a small amount from nothing.
export function dollars(amount, locale) {
  if (amount === 0n) return '$0';
  if (amount < LEAST_SHOWN) return `<$${number(`0.${'1'.padStart(LEAST_SHOWN_DECIMALS, '0')}`, LEAST_SHOWN_DECIMALS, locale)}`;
  const whole = amount / ONE;
  const fraction = (amount % ONE).toString().padStart(AMOUNT_DECIMALS, '0');
  const leadingZeros = fraction.length - fraction.replace(/^0+/, '').length;
  const digits = whole > 0n ? 2 : Math.min(leadingZeros + 3, LEAST_SHOWN_DECIMALS);
  return `$${number(`${whole}.${fraction}`, digits, locale)}`;
}

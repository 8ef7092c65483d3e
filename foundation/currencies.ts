/** ISO 4217, three capital letters. */
export type Currency = string;

/** How many digits of an amount stand behind its point. */
export type Decimals = 0 | 2 | 3;

/**
 * Where ISO 4217 (list one) says another number of decimals than 2. Intl is not asked: its data say how people write
 * prices, so that Node 24 gives 0 for HUF, IDR, IQD and fourteen others, of which books and providers count 2 or 3.
 */
const notTwo: Readonly<Record<string, Decimals>> = {
  ...ofEach(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
  ...ofEach(3, "BHD IQD JOD KWD LYD OMR TND"),
};

/** That Intl knows. Units of account with four decimals (CLF, UYW) are no money that anybody pays with. */
const known: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));
const unitsOfAccount: ReadonlySet<string> = new Set(["CLF", "UYW", "UYI"]);

export function isCurrency(code: string): boolean {
  return known.has(code) && !unitsOfAccount.has(code);
}

/** Throws for what is no currency: a guess would be wrong by a factor of a hundred. */
export function decimalsOf(currency: Currency): Decimals {
  if (!isCurrency(currency)) throw new Error(`${JSON.stringify(currency)} is no currency`);
  return notTwo[currency] ?? 2;
}

function ofEach(decimals: Decimals, codes: string): Record<string, Decimals> {
  return Object.fromEntries(codes.split(" ").map((code) => [code, decimals]));
}
